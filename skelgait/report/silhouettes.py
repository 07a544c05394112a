"""A contact sheet of the silhouettes of a walk: to look at them before anything is learned from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.silhouettes import HEIGHT, WIDTH, SilhouetteSequence
from skelgait.report.style import FILLED, INK, MUTED, RULE, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GAP = 3  # points between pictures, and
_HEAD = 11  # above each, for its number
_INCH = 0.62  # width of a picture
_BODY, _EDGE = (np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255 for colour in (INK, RULE))


def plot_silhouettes(walk: SilhouetteSequence, *, most: int = 36, columns: int = 12) -> Figure:
    """Draw silhouettes of a walk side by side, evenly spread over it, and below them which frames are kept.

    Parameters
    ----------
    walk : SilhouetteSequence
    most : int
        Pictures at most.
    columns : int
        In a row.

    Returns
    -------
    Figure
        The number over a picture is that of its frame. The band below is the recording from its first to its last frame: dark
        where a silhouette is kept, amber where an edge of the picture cuts the body off (kept or not), blank where nobody is.

    Raises
    ------
    SkelgaitError
        Fewer than one picture, or none in a row.

    Examples
    --------
    >>> import numpy as np
    >>> walk = SilhouetteSequence(np.ones((90, 64, 44), bool), fps=30, empty=[90, 91], info={"cut_off": [91]})
    >>> plot_silhouettes(walk, most=10, columns=5).axes[0].get_title(loc="left")
    '90 silhouettes, 2 frames left out; 1 cut off by an edge'
    """
    if most < 1 or columns < 1:
        raise SkelgaitError("a sheet needs pictures", found=f"most={most}, columns={columns}", expected="1 or more")
    chosen = np.unique(np.linspace(0, len(walk) - 1, min(most, len(walk))).round().astype(int))
    columns = min(columns, len(chosen))
    rows = -(-len(chosen) // columns)
    tall, wide = HEIGHT + _GAP + _HEAD, WIDTH + 2 * _GAP
    sheet = np.ones((rows * columns, tall, wide, 3))
    shown = sheet[: len(chosen)]
    shown[:, _HEAD - 1 : tall - _GAP + 1, _GAP - 1 : wide - _GAP + 1] = _EDGE
    shown[:, _HEAD : tall - _GAP, _GAP : wide - _GAP] = 1 - walk.frames_at(chosen)[..., None] / 255 * (1 - _BODY)
    sheet = sheet.reshape(rows, columns, tall, wide, 3).swapaxes(1, 2).reshape(rows * tall, columns * wide, 3)
    across = max(_INCH * columns, 4.5)
    high = _INCH * rows * tall / wide
    figure, _ = new_figure(across, high + 0.85)
    figure.clear()
    ax, band = figure.subplots(2, 1, height_ratios=[high, 0.14])
    ax.imshow(sheet, interpolation="nearest")
    for place, number in enumerate(walk.frame[chosen]):
        x, y = place % columns * wide, place // columns * tall
        ax.text(x + _GAP, y + _HEAD - 2, str(number), fontsize=5.5, color=MUTED, va="bottom")
    ax.set_axis_off()
    ax.set_title(_words(walk), fontsize=8.5, color=INK, loc="left")
    _draw_band(band, walk)
    return figure


def _words(walk: SilhouetteSequence) -> str:
    cut = len(walk.info.get("cut_off", ()))
    out = f", {len(walk.empty)} frames left out" if len(walk.empty) else ""
    return f"{len(walk)} silhouettes{out}" + (f"; {cut} cut off by an edge" if cut else "")


def _draw_band(ax: Axes, walk: SilhouetteSequence) -> None:
    """Which frames are kept."""
    every = np.concatenate([walk.frame, walk.empty])
    for frames, colour in ((walk.frame, INK), (np.array(walk.info.get("cut_off", ()), int), FILLED)):
        for run in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1) if len(frames) else ():
            ax.axvspan(run[0], run[-1] + 1, color=colour, lw=0)
    ax.set(xlim=(every.min(), every.max() + 1), yticks=[])
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(False)
    ax.set_xlabel("frame (dark: kept, amber: cut off, blank: nobody)", fontsize=7, color=MUTED)
    ax.tick_params(labelsize=6.5, colors=MUTED, length=2)
    for spine in ax.spines.values():
        spine.set(color=RULE)
