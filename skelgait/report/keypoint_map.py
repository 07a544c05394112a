"""Which keypoints were seen when, and how surely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.report.style import FILLED, INK, MISSING, MUTED, PAPER, SWAPPED, add_legend, colour_of, new_figure
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# The points whose quality decides a gait measurement, top to toe; the rest of a rich layout (face, fingers) is left out.
GAIT_POINTS = ("nose", "neck", *(f"{s}_{p}" for p in ("shoulder", "hip", "knee", "ankle", "heel", "toe") for s in SIDES))

# Least confidence, word and colour of how surely a point was seen.
SURENESS = ((0.0, "unsure", "#cfdfea"), (0.4, "fair", "#8fb3cd"), (0.7, "sure", "#3f6f94"))


def draw_quality(pose: PoseSequence, *, texts: Texts = ENGLISH) -> Figure:
    """Draw which keypoints were seen when: how surely, what was filled in, what is missing, where the legs were exchanged.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    texts : Texts
        The words of the figure.

    Returns
    -------
    matplotlib.figure.Figure
        One row a keypoint, time to the right. The darker, the surer; amber with a dark line was interpolated, blank is missing:
        both can be told without colours.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> draw_quality(Walker().film(fps=60, duration_s=3).pose).axes[0].get_xlabel()
    'time (s)'
    """
    from matplotlib.colors import to_rgb
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    names = [name for name in GAIT_POINTS if pose.has(name)]
    confidence = np.stack([pose.point_confidence(name) for name in names])
    sources = [list(pose.skeleton.sources(name)) for name in names]
    filled = np.stack([pose.filled[:, at].any(axis=1) for at in sources])
    missing = np.stack([np.isnan(pose.point(name)[:, 0]) for name in names])
    shades = np.array([to_rgb(colour) for _, _, colour in SURENESS])
    picture = shades[np.digitize(confidence, [least for least, _, _ in SURENESS[1:]])]
    picture[filled] = to_rgb(FILLED)
    picture[missing] = to_rgb(MISSING)
    figure, (ax,) = new_figure(7.4, 0.82 + 0.135 * len(names))
    extent = (float(pose.time_s[0]), float(pose.time_s[-1]) + 1 / pose.fps, len(names) - 0.5, -0.5)
    ax.imshow(_shrink(picture), extent=extent, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.set_yticks(range(len(names)), [point_words(name, texts) for name in names], fontsize=7)
    for tick, name in zip(ax.get_yticklabels(), names, strict=True):
        tick.set_color(colour_of(name) if name.split("_")[0] in SIDES else INK)
    for row, runs in enumerate(filled & ~missing):
        edges = np.flatnonzero(np.diff(np.r_[0, runs.astype(int), 0])).reshape(-1, 2)
        if len(edges):
            a, b = pose.time_s[edges[:, 0]], pose.time_s[edges[:, 1] - 1] + 1 / pose.fps
            ax.hlines(np.full(len(edges), row), a, b, color=INK, linewidth=0.9, gid="filled")
    for edge in range(1, len(names)):
        ax.axhline(edge - 0.5, color=PAPER, linewidth=0.8)
    swaps = np.flatnonzero(np.diff(np.r_[0, pose.swapped.astype(int), 0])).reshape(-1, 2)
    for start, stop in swaps:
        a, b = pose.time_s[start], pose.time_s[stop - 1] + 1 / pose.fps
        ax.plot([a, b], [-0.95, -0.95], color=SWAPPED, linewidth=4, solid_capstyle="butt", clip_on=False, gid="swapped")
    ax.set_ylim(len(names) - 0.5, -1.4 if len(swaps) else -0.5)
    ax.set_xlabel(texts("axis.time"))
    handles = [Patch(facecolor=colour, label=texts(f"quality.{word}")) for _, word, colour in SURENESS[::-1]]
    handles += [
        Patch(facecolor=FILLED, edgecolor=INK, linewidth=0.7, hatch="-", label=texts("quality.filled")),
        Patch(facecolor=MISSING, edgecolor=MUTED, linewidth=0.6, label=texts("quality.missing")),
    ]
    if len(swaps):
        handles.append(Line2D([], [], color=SWAPPED, linewidth=4, label=texts("quality.swapped")))
    add_legend(figure, handles)
    return figure


def point_words(name: str, texts: Texts = ENGLISH) -> str:
    """A keypoint's name as a reader says it.

    Examples
    --------
    >>> point_words("left_knee"), point_words("neck")
    ('left knee', 'neck')
    """
    side, _, joint = name.partition("_")
    if side in SIDES:
        return texts("point.of_side", side=texts(f"side.{side}"), point=texts(f"point.{joint}"))
    return texts(f"point.{name}")


def _shrink(picture: np.ndarray, widest: int = 1500) -> np.ndarray:
    """At most ``widest`` columns: of the frames that share one, the worst looking (brightest) is shown."""
    frames = picture.shape[1]
    if frames <= widest:
        return picture
    step = -(-frames // widest)
    padded = np.concatenate([picture, np.repeat(picture[:, -1:], -frames % step, axis=1)], axis=1)
    groups = padded.reshape(len(picture), -1, step, 3)
    worst = groups[..., 0].argmax(axis=2)  # red: filled and missing are redder than any seen colour
    return np.take_along_axis(groups, worst[:, :, None, None], axis=2)[:, :, 0]
