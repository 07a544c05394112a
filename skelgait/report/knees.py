"""The knees from the front: the frame that shows the measured alignment, with the lines it was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.report.numbers import number
from skelgait.report.pictures import visible_bones
from skelgait.report.style import MUTED, PAPER, RULE, colour_of, new_figure, set_title
from skelgait.report.words import ENGLISH, Texts
from skelgait.signals.travel import body_size

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from skelgait.report.visit import Recording, Visit

NEAR_DEG = 0.3  # frames this near to the median may be shown: the largest picture of them is
WIDE_IN, TALL_IN = 2.3, 3.1


@dataclass(frozen=True, eq=False)
class KneeFrame:
    """A frame that shows a knee as it was measured.

    Parameters
    ----------
    side : str
    recording : Recording
    frame : int
        Of its cleaned pose.
    valgus_deg : float
        In this frame, valgus +.
    """

    side: str
    recording: Recording
    frame: int
    valgus_deg: float

    @property
    def time_s(self) -> float:
        """When it was filmed."""
        return float(self.recording.measured.pose.time_s[self.frame])


def choose_knees(visit: Visit) -> list[KneeFrame]:
    """For each knee the frame nearest to its median alignment; of several the one with the largest body.

    Parameters
    ----------
    visit : Visit

    Returns
    -------
    list of KneeFrame
        A knee that could not be measured is missing.
    """
    chosen = []
    for side in SIDES:
        (value,) = visit.alignment.loc[visit.alignment["side"] == side, "valgus_deg"]
        best: tuple[float, float] | None = None
        found: KneeFrame | None = None
        for recording in visit.planes.get("frontal", []):
            m = recording.measured
            angle = m.angles.get(f"{side}_knee_valgus_deg")
            if angle is None or not isfinite(value) or not np.isfinite(angle).any():
                continue
            away = np.where(np.isfinite(angle), np.abs(angle - value), np.inf)
            size = np.nan_to_num(body_size(m.pose))
            near = away <= max(NEAR_DEG, float(away.min()))
            frame = int(np.where(near, size, -1.0).argmax())
            worth = (-max(away[frame], NEAR_DEG), float(size[frame]))
            if best is None or worth > best:
                best, found = worth, KneeFrame(side, recording, frame, float(angle[frame]))
        if found is not None:
            chosen.append(found)
    return chosen


def draw_knees(chosen: Sequence[KneeFrame], *, images: Mapping[str, np.ndarray] | None = None, texts: Texts = ENGLISH) -> Figure:
    """Draw the legs with the line hip-knee-ankle, the straight line from hip to ankle, and the angle.

    Parameters
    ----------
    chosen : sequence of KneeFrame
    images : mapping of side to (H, W, 3) uint8 RGB, optional
        Frame of the recording. Default: a stick figure.
    texts : Texts

    Returns
    -------
    matplotlib.figure.Figure
        One picture a knee.

    Raises
    ------
    SkelgaitError
        No knee could be measured.
    """
    if not chosen:
        raise SkelgaitError("no knee could be measured from the front")
    figure, axes = new_figure(WIDE_IN * len(chosen), TALL_IN, 1, len(chosen))
    for ax, one in zip(axes, chosen, strict=True):
        _draw_leg(ax, one, (images or {}).get(one.side), texts)
    return figure


def _draw_leg(ax: Axes, one: KneeFrame, image: np.ndarray | None, texts: Texts) -> None:
    pose = one.recording.measured.pose
    ax.grid(False)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_aspect("equal")
    for spine in ax.spines.values():
        spine.set_visible(True)
        spine.set_color(RULE)
    if image is not None:
        width, height = pose.size or (image.shape[1], image.shape[0])
        ax.imshow(image, extent=(-0.5, width - 0.5, height - 0.5, -0.5), aspect="equal", interpolation="bilinear")
    xy = pose.xy[one.frame]
    legs = ("hip", "knee", "ankle", "heel", "toe")
    for a, b, colour in visible_bones(pose):
        ends = (pose.skeleton.names[a], pose.skeleton.names[b])
        if all(any(part in end for part in legs) for end in ends):
            ax.plot(*xy[[a, b]].T, color=colour, linewidth=1.2, alpha=0.55, solid_capstyle="round")
    hip, knee, ankle = (pose.point(f"{one.side}_{joint}")[one.frame] for joint in ("hip", "knee", "ankle"))
    colour = colour_of(one.side)
    line = np.array([hip, knee, ankle])
    ax.plot(*line.T, color=PAPER, linewidth=5.0, alpha=0.8, solid_capstyle="round")
    ax.plot(*line.T, color=colour, linewidth=2.6, solid_capstyle="round", marker="o", markersize=5.5, markerfacecolor=PAPER,
            markeredgecolor=colour, markeredgewidth=1.6, gid="hip-knee-ankle")  # fmt: skip
    straight = np.array([hip, ankle])
    if image is not None:
        ax.plot(*straight.T, color=PAPER, linewidth=2.6, alpha=0.8)
    ax.plot(*straight.T, color="#1f2a36", linewidth=1.1, linestyle=(0, (4, 3)), gid="straight")
    size = number(abs(one.valgus_deg), "deg")
    kind = "straight" if float(size) == 0 else "valgus" if one.valgus_deg > 0 else "varus"
    length = float(np.hypot(*(ankle - hip)))
    points = np.array([pose.point(f"{side}_{joint}")[one.frame] for side in SIDES for joint in ("hip", "knee", "ankle")])
    centre = np.nanmean(points[:, 0])
    half = max(0.62 * length, 0.55 * float(np.nanmax(points[:, 0]) - np.nanmin(points[:, 0])) + 0.2 * length)
    ax.set_xlim(centre - half, centre + half)
    ax.set_ylim(max(hip[1], ankle[1]) + 0.24 * length, min(hip[1], ankle[1]) - 0.16 * length)
    away = 1 if knee[0] >= centre else -1
    ax.annotate(
        texts(f"knee.{kind}", n=size),
        (knee[0] + 0.07 * length * away, knee[1]),
        ha="left" if away > 0 else "right", va="center", fontsize=9, fontweight="bold", color=colour,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": PAPER, "edgecolor": "none", "alpha": 0.85}, annotation_clip=False,
    )  # fmt: skip
    set_title(ax, texts(f"side.{one.side}").capitalize(), colour=colour)
    ax.set_xlabel(texts("picture.at", t=f"{one.time_s:.2f}", number=one.recording.number), color=MUTED, fontsize=7.5)
