"""Curves a clinician reads, each a function that returns a matplotlib Figure: show it in a notebook, or save it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CurveNorm
from skelgait.core.skeleton import SIDES
from skelgait.report.style import (
    ANGLES,
    INK,
    MUTED,
    SIDE_COLOURS,
    SIDE_LINES,
    add_legend,
    angle_words,
    new_figure,
    set_title,
    unit_of,
)
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Line styles of the sets that `compare_cycles` lays over each other, first to last.
_SET_LINES = ("-", (0, (4.0, 1.4)), (0, (1.2, 1.2)), (0, (6.0, 1.5, 1.2, 1.5)))
# An axis never shows less than this, so that a degree of noise does not look like a finding.
SMALLEST_SPAN_DEG = 20.0
MANY_STRIDES = 20
SOME_STRIDES = 8  # beyond these a single stride is drawn at every second percent
NORM_BAND = "#c9cfd6"


def draw_cycles(
    cycles: pd.DataFrame,
    *,
    foot_off: Mapping[str, float] | None = None,
    columns: Sequence[str] | None = None,
    norms: Mapping[str, CurveNorm] | None = None,
    texts: Texts = ENGLISH,
) -> Figure:
    """Draw every angle over 0-100 % of the gait cycle: each stride faint, mean ± SD of either side in front.

    Parameters
    ----------
    cycles : DataFrame
        As `cut_cycles` gives it: index (``side``, ``cycle``, ``percent``), one column an angle, without its side.
    foot_off : mapping of side to float, percent of the cycle, optional
        Where each foot leaves the ground; drawn as a vertical line of that side's colour.
    columns : sequence of str, optional
        Which angles, in order. Default: every column that has a value, the main joints first.
    norms : mapping of angle to CurveNorm, optional
        Curves of healthy people, drawn as a grey band of mean ± SD behind the walker's.
    texts : Texts
        The words of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        One panel an angle, two or three to a row. Each stride is a line with ``gid`` ``"<side> stride"``, each mean
        one with ``"<side> mean"``.

    Raises
    ------
    SkelgaitError
        There is no cycle, or none of the columns asked for has a value.

    Notes
    -----
    Mean and SD (n - 1) at each percent are over the strides that were seen there; the band is drawn from two strides on.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> index = pd.MultiIndex.from_product([["left"], [0, 1], range(101)], names=["side", "cycle", "percent"])
    >>> knee = 30 - 25 * np.cos(np.arange(202) * 2 * np.pi / 101)
    >>> figure = draw_cycles(pd.DataFrame({"knee_flexion_deg": knee}, index=index), foot_off={"left": 61.0})
    >>> figure.axes[0].get_ylabel().split()
    ['←', 'extension', 'flexion', '→', '(°)']
    """
    shown = _columns_with_values(cycles, columns)
    across = 3 if len(shown) > 4 else min(len(shown), 2)
    figure, axes = _panels(len(shown), across, texts)
    counts: dict[str, int] = {}
    for ax, column in zip(axes, shown, strict=False):
        norm = (norms or {}).get(column)
        if norm is not None:
            at, spread = np.linspace(0, 100, len(norm.mean)), np.nan_to_num(norm.sd)
            ax.fill_between(
                at, norm.mean - spread, norm.mean + spread, color=NORM_BAND, alpha=0.75, linewidth=0, zorder=0.5, gid="norm"
            )
        for side in SIDES:
            percent, curves = _curves(cycles, side, column)
            counts[side] = max(counts.get(side, 0), len(curves))
            if len(curves) == 0:
                continue
            # Hundreds of vector lines make a page heavy: many strides become one picture behind the curves.
            many, faint = len(curves) > MANY_STRIDES, 0.28 if len(curves) <= MANY_STRIDES else 0.12
            colour = SIDE_COLOURS[side]
            for curve in curves:
                at = slice(None, None, 1 + (len(curves) > SOME_STRIDES))
                style = {"color": colour, "linewidth": 0.6, "alpha": faint, "zorder": 1.5}
                ax.plot(percent[at], curve[at], rasterized=many, gid=f"{side} stride", **style)
            mean, sd = _mean_sd(curves)
            if len(curves) > 1:
                ax.fill_between(percent, mean - sd, mean + sd, color=colour, alpha=0.16, linewidth=0, zorder=1.8)
            ax.plot(percent, mean, color=colour, linestyle=SIDE_LINES[side], linewidth=1.9, zorder=3, gid=f"{side} mean")
        for side, at in (foot_off or {}).items():
            if np.isfinite(at):
                ax.axvline(
                    at, color=SIDE_COLOURS[side], linestyle=SIDE_LINES[side], linewidth=0.9, alpha=0.9, gid=f"{side} foot-off"
                )
        _label_angle(ax, column, texts=texts)
    banded = any(column in (norms or {}) for column in shown)
    add_legend(figure, _cycle_handles(counts, bool(foot_off), banded, texts))
    return figure


def compare_cycles(sets: Mapping[str, pd.DataFrame], *, columns: Sequence[str] | None = None, texts: Texts = ENGLISH) -> Figure:
    """Lay the mean curves of several walks over each other: before and after an operation, barefoot and with orthoses.

    Parameters
    ----------
    sets : mapping of name to DataFrame
        Cycles of each walk, as `cut_cycles` gives them. At most four.
    columns : sequence of str, optional
        Which angles. Default: every column that has a value in the first walk.
    texts : Texts
        The words of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        One row an angle, the left leg on the left and the right leg on the right.

    Raises
    ------
    SkelgaitError
        No walk, more than four, or no angle to show.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> index = pd.MultiIndex.from_product([["left", "right"], [0], range(101)], names=["side", "cycle", "percent"])
    >>> walk = pd.DataFrame({"knee_flexion_deg": np.tile(np.linspace(0, 60, 101), 2)}, index=index)
    >>> figure = compare_cycles({"before": walk, "after": walk * 0.9})
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['Knee, left', 'Knee, right']
    """
    if not 1 <= len(sets) <= len(_SET_LINES):
        raise SkelgaitError("compare_cycles: lay 1 to 4 walks over each other", found=f"{len(sets)} walks")
    shown = _columns_with_values(next(iter(sets.values())), columns)
    figure, axes = _panels(2 * len(shown), 2, texts)
    for (column, side), ax in zip(((c, s) for c in shown for s in SIDES), axes, strict=False):
        for (name, cycles), line in zip(sets.items(), _SET_LINES, strict=False):
            percent, curves = _curves(cycles, side, column)
            if len(curves) == 0:
                continue
            mean, sd = _mean_sd(curves)
            first = line == "-"
            if len(curves) > 1:
                ax.fill_between(percent, mean - sd, mean + sd, color=SIDE_COLOURS[side], alpha=0.14 if first else 0.08, linewidth=0)
            ax.plot(percent, mean, color=SIDE_COLOURS[side], linestyle=line, linewidth=1.8, gid=f"{side} {name}", label=name)
        _label_angle(ax, column, side, texts=texts)
    for left, right in zip(axes[::2], axes[1::2], strict=True):
        span = [*left.get_ylim(), *right.get_ylim()]
        left.set_ylim(min(span), max(span))
        right.set_ylim(min(span), max(span))
    from matplotlib.lines import Line2D

    add_legend(figure, [Line2D([], [], color=INK, linestyle=line, label=n) for n, line in zip(sets, _SET_LINES, strict=False)])
    return figure


def _columns_with_values(cycles: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    known = [c for c in ANGLES if c in cycles.columns]
    asked = [*known, *(c for c in cycles.columns if c not in ANGLES)] if columns is None else list(columns)
    shown = [c for c in asked if c in cycles.columns and cycles[c].notna().any()]
    if not shown:
        raise SkelgaitError(
            "there is no gait cycle to draw",
            found=f"{len(cycles)} rows, columns {', '.join(map(str, cycles.columns)) or 'none'}",
            expected="at least one stride with " + (", ".join(asked) or "an angle"),
        )
    return shown


def _panels(number: int, across: int, texts: Texts) -> tuple[Figure, list[Axes]]:
    rows = -(-number // across)
    figure, axes = new_figure(7.4, 0.5 + (2.15 if across < 3 else 1.95) * rows, rows, across)
    for ax in axes[number:]:
        ax.set_axis_off()
    for ax in axes[max(0, number - across) : number]:
        ax.set_xlabel(texts("axis.cycle"))
    return figure, axes


def _curves(cycles: pd.DataFrame, side: str, column: str) -> tuple[np.ndarray, np.ndarray]:
    """Percent (P,) and the strides of a side, (n, P), those that have any value."""
    if column not in cycles.columns or side not in cycles.index.get_level_values("side"):
        return np.arange(101.0), np.empty((0, 101))
    wide = cycles.loc[side, column].unstack("percent")
    curves = wide.to_numpy(float)
    return wide.columns.to_numpy(float), curves[np.isfinite(curves).any(axis=1)]


def _mean_sd(curves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seen = np.isfinite(curves).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(curves, axis=0) / np.where(seen, seen, np.nan)
        sd = np.sqrt(np.nansum((curves - mean) ** 2, axis=0) / np.where(seen > 1, seen - 1, np.nan))
    return mean, sd


def _label_angle(ax: Axes, column: str, side: str = "", *, texts: Texts) -> None:
    from matplotlib.ticker import MaxNLocator

    title, negative, positive = angle_words(column, texts)
    set_title(ax, ", ".join(filter(None, (title, side and texts(f"side.{side}")))))
    ax.set_ylabel(f"← {negative}\u2003{positive} → ({unit_of(column, texts)})", fontsize=7.2)
    ax.set_xlim(0, 100)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    low, high = ax.get_ylim()
    if column.endswith("_deg") and high - low < SMALLEST_SPAN_DEG:
        middle = (low + high) / 2
        ax.set_ylim(middle - SMALLEST_SPAN_DEG / 2, middle + SMALLEST_SPAN_DEG / 2)
    low, high = ax.get_ylim()
    if column.endswith("_deg"):
        ax.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True))
    if low < 0 < high:
        ax.axhline(0, color=MUTED, linewidth=0.6, zorder=1)


def _cycle_handles(counts: Mapping[str, int], foot_off: bool, banded: bool, texts: Texts) -> list:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list = [
        Line2D([], [], color=SIDE_COLOURS[s], linestyle=SIDE_LINES[s], linewidth=1.9, label=texts(f"legend.{s}_mean", n=n))
        for s, n in counts.items()
        if n
    ]
    if foot_off:
        handles.append(
            Line2D([], [], color=MUTED, linewidth=0.9, marker="|", markersize=9, linestyle="none", label=texts("legend.foot_off"))
        )
    if banded:
        handles.append(Patch(facecolor=NORM_BAND, alpha=0.75, label=texts("legend.norm")))
    return handles
