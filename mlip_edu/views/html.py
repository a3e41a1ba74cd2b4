"""What a notebook shows as HTML or Markdown: figures that keep their alternative text, and source code."""

from __future__ import annotations

import base64
import html
import inspect
import io
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure

from .colours import BLUE, GREEN, GREY, PURPLE, VERMILLION

__all__ = ["BLUE", "GREEN", "GREY", "PURPLE", "VERMILLION", "png", "show_figure", "show_source"]


def png(figure: Figure, dpi: int, **options: Any) -> bytes:
    """``figure`` as a PNG on white paper, which it keeps in a dark theme; the figure is closed."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white", **options)
    plt.close(figure)
    return buffer.getvalue()


def show_figure(figure: Figure, alt: str, dpi: int = 110) -> None:
    """Show ``figure`` below the cell with the alternative text ``alt``, then close it.

    Parameters
    ----------
    figure
        A matplotlib figure; it keeps its white paper in a dark theme.
    alt
        What a reader who cannot see the picture should know: axes, shape of the curves, the point of it all.
    dpi
        Pixels an inch, at the figure's size in inches.
    """
    picture = base64.b64encode(png(figure, dpi, bbox_inches="tight")).decode("ascii")
    page = (
        f'<figure style="margin:0.5em 0"><img alt="{html.escape(alt)}" style="max-width:100%;background:white" '
        f'src="data:image/png;base64,{picture}"></figure>'
    )
    display({"text/html": page, "text/plain": f"[figure: {alt}]"}, raw=True)


def show_source(item: Callable | type) -> None:
    """Show the source of a function or class of the package below the cell, coloured by the reader's theme."""
    source = inspect.getsource(item)
    title = f"`{item.__module__}.{item.__qualname__}`"
    display({"text/markdown": f"{title}\n\n```python\n{source}```", "text/plain": source}, raw=True)
