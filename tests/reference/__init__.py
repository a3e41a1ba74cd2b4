"""The slow, obvious versions: every formula as it stands in the book, in plain Python loops.

They share no code with the package. What the package does quickly is held against them.
"""
