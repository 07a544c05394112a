"""A figure as a picture inside the page."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Drawing:
    """A figure with the words around it; without a figure the caption says why.

    Parameters
    ----------
    name : str
        Short name, of its file.
    title, caption : str
    figure : matplotlib.figure.Figure or None
    photo : bool
        Whether it shows video frames: then it is kept as JPEG, else as SVG.
    """

    name: str
    title: str
    caption: str
    figure: Figure | None
    photo: bool = False

    @property
    def kind(self) -> str:
        """``"jpg"`` or ``"svg"``."""
        return "jpg" if self.photo else "svg"

    @cached_property
    def data(self) -> bytes:
        """The picture as a JPEG or SVG file, the same every time; empty without a figure."""
        from matplotlib import rc_context

        if self.figure is None:
            return b""
        buffer = io.BytesIO()
        if self.photo:
            self.figure.savefig(buffer, format="jpg", dpi=170, pil_kwargs={"quality": 86})
        else:
            nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
            with rc_context({"svg.fonttype": "none", "svg.hashsalt": "skelgait"}):
                self.figure.savefig(buffer, format="svg", dpi=200, metadata=nothing)
        self.figure.set_layout_engine("none")  # laid out now: another format need not do it again
        return buffer.getvalue() if self.photo else _round_paths(buffer.getvalue())

    @property
    def uri(self) -> str:
        """The picture as a data URI; empty without a figure."""
        kind = "jpeg" if self.photo else "svg+xml"
        return f"data:image/{kind};base64,{base64.b64encode(self.data).decode('ascii')}" if self.figure else ""

    @property
    def width_percent(self) -> int:
        """Share of the page's width it takes."""
        return round(100 * min(1.0, self.figure.get_figwidth() / 7.4)) if self.figure else 100


def _round_paths(svg: bytes) -> bytes:
    """The same drawing with points to a hundredth of a point: a third of the size of a page is digits nobody sees."""
    return _PATH.sub(lambda d: _DIGITS.sub(rb"\1", d.group()), svg)


_PATH, _DIGITS = re.compile(rb' [dxy]="[^"]*"'), re.compile(rb"(\d\.\d\d)\d+")
