"""Explorables: pictures one can take hold of, each beside a static figure and a function that can be tested."""
