"""Pictures of the body: the skeleton at foot contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.report.style import MUTED, PAPER, colour_of, new_figure, set_title
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


TALLEST_IN = 3.4


def visible_bones(pose: PoseSequence) -> list[tuple[int, int, str]]:
    """The bones worth drawing, far leg first: (keypoint, keypoint, colour).

    Face and fingers are left out; a bone has the colour of its side, a bone across the body none.

    Examples
    --------
    >>> import numpy as np
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = PoseSequence(np.zeros((1, 17, 2)), fps=30, skeleton=COCO17, view="sagittal_left")
    >>> names = [COCO17.names[a] for a, b, _ in visible_bones(pose)]
    >>> names.index("right_knee") < names.index("left_knee")
    True
    """
    near = "left" if pose.view == "sagittal_left" else "right"
    skip = ("face_", "eye", "mouth", "ear", "thumb", "finger", "pinky", "index", "_hand")
    drawn = []
    for a, b in pose.skeleton.bones:
        if any(word in name.replace("foot_index", "toe") for name in (a, b) for word in skip):
            continue
        colours = {colour_of(a), colour_of(b)}
        colour = colours.pop() if len(colours) == 1 else colour_of("neck")
        drawn.append((pose.skeleton.index(a), pose.skeleton.index(b), colour))
    return sorted(drawn, key=lambda bone: bone[2] == colour_of(near))


def choose_contacts(events: GaitEvents, most: int = 6) -> np.ndarray:
    """Which contacts to show: the surest of either side, in equal numbers, in order of time.

    Parameters
    ----------
    events : GaitEvents
    most : int
        Largest number of pictures.

    Returns
    -------
    (n,) int
        Rows of ``events``.

    Examples
    --------
    >>> events = GaitEvents(["left", "right", "left"], ["initial_contact"] * 3, [0, 1, 2], [0, 30, 60], [0.2, 0.9, 0.8])
    >>> choose_contacts(events, 2).tolist()
    [1, 2]
    """
    chosen: list[int] = []
    rows = {s: np.flatnonzero(events.where(s, "initial_contact")) for s in SIDES}
    for side, other in zip(SIDES, SIDES[::-1], strict=True):
        room = max(most // 2, most - len(rows[other]))
        best = rows[side][np.argsort(-events.confidence[rows[side]], kind="stable")][:room]
        chosen.extend(best.tolist())
    return np.sort(np.array(chosen, int))[:most]


def draw_contacts(
    pose: PoseSequence,
    events: GaitEvents,
    *,
    images: Mapping[int, np.ndarray] | None = None,
    most: int = 6,
    texts: Texts = ENGLISH,
) -> Figure:
    """Draw the body at foot contacts, side by side, on the video frame where there is one.

    Parameters
    ----------
    pose : PoseSequence
        The cleaned pose.
    events : GaitEvents
        Contacts, on the same clock.
    images : mapping of row of ``events`` to (H, W, 3) uint8 RGB, optional
        The video frame of a contact; it fills ``pose.size``. Default: stick figures on white.
    most : int
        Largest number of pictures.
    texts : Texts
        The words of the figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    SkelgaitError
        There is no contact at which the body was seen.

    Notes
    -----
    Left red, right blue; a hollow joint was interpolated, not seen. The foot that lands is ringed. A side view has one scale
    for all pictures; in a front view each is scaled to the body.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=4)
    >>> len(draw_contacts(walk.pose, walk.truth.events, most=4).axes)
    4
    """
    rows = choose_contacts(events, most)
    frames = np.array([int(np.abs(pose.time_s - events.time_s[r]).argmin()) for r in rows], int)
    seen = np.isfinite(pose.xy[frames, :, 0]).any(axis=1) if len(frames) else np.zeros(0, bool)
    rows, frames = rows[seen], frames[seen]
    if len(rows) == 0:
        raise SkelgaitError("there is no contact to draw", found=f"{len(events)} events, none with the body in sight")
    points = sorted({i for bone in visible_bones(pose) for i in bone[:2]})
    body = pose.xy[frames][:, points]
    low, high = np.nanmin(body, axis=1), np.nanmax(body, axis=1)
    low[:, 1] -= 0.12 * (high - low)[:, 1]  # the top of the head is no keypoint
    high[:, 1] += 0.03 * (high - low)[:, 1]  # nor, without feet, is the floor
    middle = (low + high) / 2
    halves = 0.56 * (high - low)
    if pose.plane == "frontal":  # the body grows as it comes nearer: every picture has its own scale, by its height
        shape = np.array([max((halves[:, 0] / halves[:, 1]).max(), 0.32), 1.0])
        halves = np.maximum(halves[:, 1:], halves[:, :1] / shape[0]) * shape
    else:
        halves = np.broadcast_to(np.maximum(halves.max(axis=0), [0.32 * halves[:, 1].max(), 0]), halves.shape)
    # Placed by hand: automatic layout does not know how tall axes of a fixed shape will be.
    shape = halves[0, 1] / halves[0, 0]
    wide = min(0.95 * 7.4 / max(len(rows), 6), TALLEST_IN / shape)
    gap, head, foot = 0.05 * wide, 0.24, 0.24
    total = (wide + gap) * len(rows), wide * shape + head + foot
    figure, axes = new_figure(*total, 1, len(rows))
    figure.set_layout_engine("none")
    for i, ax in enumerate(axes):
        ax.set_position((((wide + gap) * i + gap / 2) / total[0], foot / total[1], wide / total[0], wide * shape / total[1]))
    for ax, row, frame, centre, half in zip(axes, rows, frames, middle, halves, strict=True):
        image = None if images is None else images.get(int(row))
        _draw_body(ax, pose, frame, str(events.side[row]), image)
        ax.set_xlim(centre[0] - half[0], centre[0] + half[0])
        ax.set_ylim(centre[1] + half[1], centre[1] - half[1])
        side = str(events.side[row])
        set_title(ax, texts(f"picture.{side}_contact"), colour=colour_of(side))
        ax.set_xlabel(f"{events.time_s[row]:.2f} s", color=MUTED, fontsize=7.5)
    return figure


def _draw_body(ax: Axes, pose: PoseSequence, frame: int, landing: str, image: np.ndarray | None) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_aspect("equal")
    for spine in ax.spines.values():
        spine.set_visible(True)
    if image is not None:
        width, height = pose.size or (image.shape[1], image.shape[0])
        ax.imshow(image, extent=(-0.5, width - 0.5, height - 0.5, -0.5), aspect="equal", interpolation="bilinear")
    # All bones are one drawing, all joints another: hundreds of lines of their own take a second a page.
    xy = pose.xy[frame]
    bones = visible_bones(pose)
    strokes = [(xy[[a, b]], to_rgba(colour), 1.9) for a, b, colour in bones]
    if image is not None:
        strokes = [s for stroke in strokes for s in ((stroke[0], to_rgba(PAPER, 0.7), 3.4), stroke)]
    lines, colours, widths = zip(*strokes, strict=True) if strokes else ((), (), ())
    ax.add_collection(LineCollection(lines, colors=colours, linewidths=widths, capstyle="round", zorder=2, gid="bones"))
    joints = sorted({k for bone in bones for k in bone[:2]})
    own = [colour_of(pose.skeleton.names[k]) for k in joints]
    faces = [PAPER if pose.filled[frame, k] else colour for k, colour in zip(joints, own, strict=True)]
    ax.scatter(xy[joints, 0], xy[joints, 1], s=2.8**2, c=faces, edgecolors=own, linewidths=0.8, zorder=3)
    ankle = pose.point(f"{landing}_ankle")[frame]
    ax.plot(
        *ankle, marker="o", markersize=15, markerfacecolor="none", markeredgecolor=colour_of(landing), markeredgewidth=1.1, zorder=4
    )
