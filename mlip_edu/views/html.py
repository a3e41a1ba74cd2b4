"""What a notebook shows as HTML or Markdown: figures that keep their alternative text, and source code."""

from __future__ import annotations

import base64
import html
import inspect
import io
import textwrap
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
from IPython.display import display
from matplotlib.figure import Figure
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Number, Operator, String

from .colours import BLUE, GREEN, GREY, PURPLE, VERMILLION

__all__ = ["BLUE", "GREEN", "GREY", "PURPLE", "VERMILLION", "png", "show_figure", "show_source"]

# The looks of source code: the colours of JupyterLab's editor, in either theme; elsewhere and in grey the rest tells.
FRAME = "margin:0.3em 0 1em;white-space:pre;overflow-x:auto;font-size:0.9em;line-height:1.35"
QUIET = "font-style:italic;opacity:0.72"
LOOKS = {
    Comment: QUIET,
    String.Doc: QUIET,
    Keyword: "font-weight:bold;color:var(--jp-mirror-editor-keyword-color)",
    Operator.Word: "font-weight:bold;color:var(--jp-mirror-editor-keyword-color)",
    String: "color:var(--jp-mirror-editor-string-color)",
    Number: "color:var(--jp-mirror-editor-number-color)",
}


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
    """Show the source of a function or class of the package below the cell, lines unbroken; long ones can be scrolled.

    Keywords are bold, comments and docstrings grey and slanting; the colours are those of the reader's theme.
    """
    source = inspect.getsource(item)
    title = html.escape(f"{item.__module__}.{item.__qualname__}")
    frame = f'tabindex="0" data-lm-suppress-shortcuts="true" style="{FRAME}"'  # the arrow keys scroll it
    code = _coloured(textwrap.dedent(source))
    page = f'<code>{title}</code><pre class="mlip-source" aria-label="source of {title}" {frame}>{code}</pre>'
    display({"text/html": page, "text/plain": source}, raw=True)


def _coloured(source: str) -> str:
    """Python code as HTML, every word with its look."""
    words = []
    for kind, text in PythonLexer(stripnl=False).get_tokens(source):
        look = next((LOOKS[family] for family in reversed(kind.split()) if family in LOOKS), None)
        word = html.escape(text, quote=False)
        words.append(f'<span style="{look}">{word}</span>' if look else word)
    return "".join(words)
