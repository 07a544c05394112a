"""Curves a clinician reads, each a function that returns a matplotlib Figure: show it in a notebook, or save it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.report.style import (
    ANGLE_WORDS,
    INK,
    MUTED,
    PAPER,
    SIDE_COLOURS,
    SIDE_LINES,
    add_legend,
    new_figure,
    set_title,
    unit_of,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Line styles of the sets that `compare_cycles` lays over each other, first to last.
_SET_LINES = ("-", (0, (4.0, 1.4)), (0, (1.2, 1.2)), (0, (6.0, 1.5, 1.2, 1.5)))
# An axis never shows less than this, so that a degree of noise does not look like a finding.
SMALLEST_SPAN_DEG = 20.0
MANY_STRIDES = 20
_EVENT_MARKS = {"initial_contact": ("v", "contact"), "foot_off": ("^", "foot-off")}


def draw_cycles(
    cycles: pd.DataFrame, *, foot_off: Mapping[str, float] | None = None, columns: Sequence[str] | None = None
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
    >>> figure.axes[0].get_ylabel()
    '← extension   flexion → (°)'
    """
    shown = _columns_with_values(cycles, columns)
    across = 3 if len(shown) > 4 else min(len(shown), 2)
    figure, axes = _panels(len(shown), across)
    counts: dict[str, int] = {}
    for ax, column in zip(axes, shown, strict=False):
        for side in SIDES:
            percent, curves = _curves(cycles, side, column)
            counts[side] = max(counts.get(side, 0), len(curves))
            if len(curves) == 0:
                continue
            # Hundreds of vector lines make a page heavy: many strides become one picture behind the curves.
            many, faint = len(curves) > MANY_STRIDES, 0.28 if len(curves) <= MANY_STRIDES else 0.12
            colour = SIDE_COLOURS[side]
            for curve in curves:
                ax.plot(percent, curve, color=colour, linewidth=0.6, alpha=faint, rasterized=many, zorder=1.5, gid=f"{side} stride")
            mean, sd = _mean_sd(curves)
            if len(curves) > 1:
                ax.fill_between(percent, mean - sd, mean + sd, color=colour, alpha=0.16, linewidth=0, zorder=1.8)
            ax.plot(percent, mean, color=colour, linestyle=SIDE_LINES[side], linewidth=1.9, zorder=3, gid=f"{side} mean")
        for side, at in (foot_off or {}).items():
            if np.isfinite(at):
                ax.axvline(
                    at, color=SIDE_COLOURS[side], linestyle=SIDE_LINES[side], linewidth=0.9, alpha=0.9, gid=f"{side} foot-off"
                )
        _label_angle(ax, column)
    add_legend(figure, _cycle_handles(counts, bool(foot_off)))
    return figure


def compare_cycles(sets: Mapping[str, pd.DataFrame], *, columns: Sequence[str] | None = None) -> Figure:
    """Lay the mean curves of several walks over each other: before and after an operation, barefoot and with orthoses.

    Parameters
    ----------
    sets : mapping of name to DataFrame
        Cycles of each walk, as `cut_cycles` gives them. At most four.
    columns : sequence of str, optional
        Which angles. Default: every column that has a value in the first walk.

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
    figure, axes = _panels(2 * len(shown), 2)
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
        _label_angle(ax, column, side)
    for left, right in zip(axes[::2], axes[1::2], strict=True):
        span = [*left.get_ylim(), *right.get_ylim()]
        left.set_ylim(min(span), max(span))
        right.set_ylim(min(span), max(span))
    from matplotlib.lines import Line2D

    add_legend(figure, [Line2D([], [], color=INK, linestyle=line, label=n) for n, line in zip(sets, _SET_LINES, strict=False)])
    return figure


def draw_events(
    pose: PoseSequence, events: GaitEvents, *, direction: np.ndarray | None = None, row_s: float | None = None
) -> Figure:
    """Draw contacts and foot-offs on the ankle traces they were found on, with stance as bars below.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    events : GaitEvents
        Contacts and foot-offs, on the same clock.
    direction : (T,) int, optional
        Direction of travel of each frame (+1 image right, -1 image left, 0 not walking). Default: found.
    row_s : float, seconds, optional
        Length of time a row shows. Default: the whole walk in rows of up to 8 s, at most six rows.

    Returns
    -------
    matplotlib.figure.Figure
        Side view: how far each ankle is in front of the hips; front view: how high each ankle is below them; both in
        leg lengths. Contacts point down, foot-offs up and hollow.

    Notes
    -----
    A trace is broken where the ankle was not seen. An event whose ankle was not seen is drawn at the height the trace
    has around it.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=4)
    >>> draw_events(walk.pose, walk.truth.events).axes[0].get_xlabel()
    'time (s)'
    """
    traces, label = ankle_traces(pose, direction)
    start, stop = float(pose.time_s[0]), float(pose.time_s[-1]) + 1 / pose.fps
    if row_s is None:
        rows = int(np.clip(np.ceil((stop - start) / 8.0 - 1e-6), 1, 6))
        row_s = (stop - start) / rows
    rows = max(1, int(np.ceil((stop - start) / row_s - 1e-6)))
    figure, axes = new_figure(7.4, 0.55 + 1.75 * rows, rows)
    finite = np.concatenate([t[np.isfinite(t)] for t in traces.values()])
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (-0.5, 0.5)
    span = max(high - low, 0.05)
    bars = {"left": low - 0.16 * span, "right": low - 0.28 * span}
    for row, ax in enumerate(axes):
        left, right = start + row * row_s, start + (row + 1) * row_s
        inside = (pose.time_s >= left - 1 / pose.fps) & (pose.time_s <= right + 1 / pose.fps)
        for side in SIDES:
            colour = SIDE_COLOURS[side]
            ax.plot(
                pose.time_s[inside],
                traces[side][inside],
                color=colour,
                linestyle=SIDE_LINES[side],
                linewidth=1.2,
                gid=f"{side} ankle",
            )
            for a, b in stances(events, side):
                if b > left and a < right:
                    ax.plot(
                        [a, b],
                        [bars[side]] * 2,
                        color=colour,
                        linewidth=4.5,
                        solid_capstyle="butt",
                        alpha=0.75,
                        gid=f"{side} stance",
                    )
            for event, (mark, _) in _EVENT_MARKS.items():
                at = events.times(side, event)
                at = at[(at >= left) & (at < right)]
                ax.plot(
                    at,
                    _heights(pose.time_s, traces[side], at),
                    linestyle="none",
                    marker=mark,
                    markersize=6,
                    markeredgewidth=1.1,
                    markeredgecolor=colour,
                    markerfacecolor=colour if event == "initial_contact" else PAPER,
                    zorder=4,
                    gid=f"{side} {event}",
                )
        ax.set_xlim(left, right)
        ax.set_ylim(low - 0.38 * span, high + 0.12 * span)
        ax.set_ylabel(label)
    axes[-1].set_xlabel("time (s)")
    add_legend(figure, _event_handles(), columns=6)
    return figure


def ankle_traces(pose: PoseSequence, direction: np.ndarray | None = None) -> tuple[dict[str, np.ndarray], str]:
    """The two curves in which steps are seen, in leg lengths, and what they are called.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    direction : (T,) int, optional
        Direction of travel of each frame; default: found. Not used in a front view.

    Returns
    -------
    traces : dict of side to (T,) leg lengths
        Side view: ankle in front of the hips. Front view: ankle above its usual place below the hips.
    label : str
        The axis label.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> traces, label = ankle_traces(Walker().film(fps=60, duration_s=4).pose)
    >>> sorted(traces), label.split()
    (['left', 'right'], ['ankle', 'before', 'hips', '(leg', 'lengths)'])
    """
    from skelgait.signals.travel import body_size, leg_length_px, travel_direction

    hips = pose.point("mid_hip")
    if pose.plane == "frontal":
        size = body_size(pose)
        return {s: (hips[:, 1] - pose.point(f"{s}_ankle")[:, 1]) / size for s in SIDES}, "ankle above hips\n(body sizes)"
    d = travel_direction(pose) if direction is None else np.asarray(direction)
    # Outside the bouts nobody travels: keep the last direction, so that the trace shows what the feet did there.
    known = np.flatnonzero(d)
    d = d[known[np.clip(np.searchsorted(known, np.arange(len(d)), "right") - 1, 0, None)]] if len(known) else np.ones(len(d))
    length = leg_length_px(pose)
    return {s: d * (pose.point(f"{s}_ankle")[:, 0] - hips[:, 0]) / length for s in SIDES}, "ankle before hips\n(leg lengths)"


def stances(events: GaitEvents, side: str) -> list[tuple[float, float]]:
    """When a foot was on the ground: (contact, foot-off) pairs in seconds, each within one bout.

    Examples
    --------
    >>> events = GaitEvents(["left", "left"], ["initial_contact", "foot_off"], [1.0, 1.6], frame=[60, 96])
    >>> stances(events, "left")
    [(1.0, 1.6)]
    """
    one = events.select(side)
    pairs = zip(range(len(one) - 1), range(1, len(one)), strict=True)
    return [
        (float(one.time_s[i]), float(one.time_s[j]))
        for i, j in pairs
        if one.event[i] == "initial_contact" and one.event[j] == "foot_off" and one.bout[i] == one.bout[j]
    ]


def _columns_with_values(cycles: pd.DataFrame, columns: Sequence[str] | None) -> list[str]:
    known = [c for c in ANGLE_WORDS if c in cycles.columns]
    asked = [*known, *(c for c in cycles.columns if c not in ANGLE_WORDS)] if columns is None else list(columns)
    shown = [c for c in asked if c in cycles.columns and cycles[c].notna().any()]
    if not shown:
        raise SkelgaitError(
            "there is no gait cycle to draw",
            found=f"{len(cycles)} rows, columns {', '.join(map(str, cycles.columns)) or 'none'}",
            expected="at least one stride with " + (", ".join(asked) or "an angle"),
        )
    return shown


def _panels(number: int, across: int) -> tuple[Figure, list[Axes]]:
    rows = -(-number // across)
    figure, axes = new_figure(7.4, 0.5 + (2.15 if across < 3 else 1.95) * rows, rows, across)
    for ax in axes[number:]:
        ax.set_axis_off()
    for ax in axes[max(0, number - across) : number]:
        ax.set_xlabel("gait cycle (%)")
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


def _label_angle(ax: Axes, column: str, side: str = "") -> None:
    title, negative, positive = ANGLE_WORDS.get(column, (column.rsplit("_", 1)[0].replace("_", " ").capitalize(), "−", "+"))
    set_title(ax, ", ".join(filter(None, (title, side))))
    ax.set_ylabel(f"← {negative}   {positive} → ({unit_of(column)})", fontsize=7.2)
    ax.set_xlim(0, 100)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    low, high = ax.get_ylim()
    if column.endswith("_deg") and high - low < SMALLEST_SPAN_DEG:
        middle = (low + high) / 2
        ax.set_ylim(middle - SMALLEST_SPAN_DEG / 2, middle + SMALLEST_SPAN_DEG / 2)
    low, high = ax.get_ylim()
    if low < 0 < high:
        ax.axhline(0, color=MUTED, linewidth=0.6, zorder=1)


def _heights(time_s: np.ndarray, trace: np.ndarray, at: np.ndarray) -> np.ndarray:
    known = np.isfinite(trace)
    return np.interp(at, time_s[known], trace[known]) if known.any() else np.zeros(len(at))


def _cycle_handles(counts: Mapping[str, int], foot_off: bool) -> list:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=SIDE_COLOURS[s], linestyle=SIDE_LINES[s], linewidth=1.9, label=f"{s}, mean ± SD of {n} strides")
        for s, n in counts.items()
        if n
    ]
    if foot_off:
        handles.append(Line2D([], [], color=MUTED, linewidth=0.9, marker="|", markersize=9, linestyle="none", label="foot-off"))
    return handles


def _event_handles() -> list:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=SIDE_COLOURS[s], linestyle=SIDE_LINES[s], linewidth=1.4, label=f"{s} ankle") for s in SIDES]
    handles += [
        Line2D(
            [], [], color=MUTED, linestyle="none", marker=m, markersize=6, markerfacecolor=MUTED if m == "v" else PAPER, label=word
        )
        for m, word in _EVENT_MARKS.values()
    ]
    return [*handles, Line2D([], [], color=MUTED, linewidth=4.5, label="stance")]
