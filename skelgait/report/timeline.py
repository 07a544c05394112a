"""Contacts and foot-offs on the traces of the ankles: a function that returns a matplotlib Figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.report.style import MUTED, PAPER, SIDE_COLOURS, SIDE_LINES, add_legend, new_figure
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_EVENT_MARKS = {"initial_contact": "v", "foot_off": "^"}


def draw_events(
    pose: PoseSequence,
    events: GaitEvents,
    *,
    direction: np.ndarray | None = None,
    row_s: float | None = None,
    texts: Texts = ENGLISH,
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
    texts : Texts
        The words of the figure.

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
    traces, label = ankle_traces(pose, direction, texts=texts)
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
            for event, mark in _EVENT_MARKS.items():
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
            ax.text(
                1.006, bars[side], texts(f"side.{side}.short"), transform=ax.get_yaxis_transform(), color=colour, fontsize=6.5,
                fontweight="bold", va="center",
            )  # fmt: skip
        ax.set_xlim(left, right)
        ax.set_ylim(low - 0.38 * span, high + 0.12 * span)
        ax.set_ylabel(label)
    axes[-1].set_xlabel(texts("axis.time"))
    add_legend(figure, _event_handles(texts), columns=6)
    return figure


def ankle_traces(
    pose: PoseSequence, direction: np.ndarray | None = None, *, texts: Texts = ENGLISH
) -> tuple[dict[str, np.ndarray], str]:
    """The two curves in which steps are seen, in leg lengths, and what they are called.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    direction : (T,) int, optional
        Direction of travel of each frame; default: found. Not used in a front view.
    texts : Texts
        The words of the label.

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
        return {s: (hips[:, 1] - pose.point(f"{s}_ankle")[:, 1]) / size for s in SIDES}, _wrap(texts("axis.ankle_height"))
    d = travel_direction(pose) if direction is None else np.asarray(direction)
    # Outside the bouts nobody travels: keep the last direction, so that the trace shows what the feet did there.
    known = np.flatnonzero(d)
    d = d[known[np.clip(np.searchsorted(known, np.arange(len(d)), "right") - 1, 0, None)]] if len(known) else np.ones(len(d))
    length = leg_length_px(pose)
    return {s: d * (pose.point(f"{s}_ankle")[:, 0] - hips[:, 0]) / length for s in SIDES}, _wrap(texts("axis.ankle_forward"))


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


def _heights(time_s: np.ndarray, trace: np.ndarray, at: np.ndarray) -> np.ndarray:
    known = np.isfinite(trace)
    return np.interp(at, time_s[known], trace[known]) if known.any() else np.zeros(len(at))


def _wrap(label: str) -> str:
    return label.replace(" (", "\n(")


def _event_handles(texts: Texts) -> list:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=SIDE_COLOURS[s], linestyle=SIDE_LINES[s], linewidth=1.4, label=texts(f"legend.{s}_ankle"))
        for s in SIDES
    ]
    handles += [
        Line2D(
            *([], []),
            color=MUTED,
            linestyle="none",
            marker=mark,
            markersize=6,
            markerfacecolor=MUTED if mark == "v" else PAPER,
            label=texts(f"legend.{event}"),
        )
        for event, mark in _EVENT_MARKS.items()
    ]
    return [*handles, Line2D([], [], color=MUTED, linewidth=4.5, label=texts("legend.stance"))]
