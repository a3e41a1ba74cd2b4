"""Okabe and Ito's palette; all but amber keep a contrast of 3 : 1 on white and on JupyterLab's dark grey."""

BLUE, VERMILLION, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#777777"
AMBER = "#E69F00"
