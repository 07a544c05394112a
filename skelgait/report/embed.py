"""Figures of one recording, each turned into a picture that lives inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.gait.measure import Measurement, PlaneMeasurement
from skelgait.report.figures import draw_cycles, draw_events
from skelgait.report.pictures import GAIT_POINTS, choose_contacts, draw_contacts, draw_quality
from skelgait.report.style import ANGLE_WORDS

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
            with rc_context({"svg.fonttype": "path", "svg.hashsalt": "skelgait"}):
                self.figure.savefig(buffer, format="svg", dpi=200, metadata=nothing)
        self.figure.set_layout_engine("none")  # laid out now: another format need not do it again
        return buffer.getvalue()

    @property
    def uri(self) -> str:
        """The picture as a data URI; empty without a figure."""
        kind = "jpeg" if self.photo else "svg+xml"
        return f"data:image/{kind};base64,{base64.b64encode(self.data).decode('ascii')}" if self.figure else ""

    @property
    def width_percent(self) -> int:
        """Share of the page's width it takes."""
        return round(100 * min(1.0, self.figure.get_figwidth() / 7.4)) if self.figure else 100


def draw_plane(result: Measurement, m: PlaneMeasurement) -> list[Drawing]:
    """Draw everything a report shows of one recording.

    Parameters
    ----------
    result : Measurement
    m : PlaneMeasurement
        One of its planes.

    Returns
    -------
    list of Drawing
        ``cycles``, ``events``, ``contacts``, ``quality``.
    """
    from matplotlib import rc_context, rcdefaults

    with rc_context():
        rcdefaults()  # the reader's page does not depend on the author's matplotlib style
        return [_cycles(m), _events(m), _contacts(result, m), _quality(m)]


def _drawing(name: str, title: str, caption: str, draw: Callable[[], Figure], *, photo: bool = False) -> Drawing:
    try:
        return Drawing(name, title, caption, draw(), photo)
    except SkelgaitError as error:
        return Drawing(name, title, f"Not drawn: {error.problem}.", None)


def foot_off_percent(m: PlaneMeasurement) -> dict[str, float]:
    """Mean foot-off of either side in percent of the cycle; a side without one is left out."""
    percent = m.strides.percent("foot_off")
    chosen = {side: percent[(m.strides.side == side) & np.isfinite(percent)] for side in SIDES}
    return {side: float(values.mean()) for side, values in chosen.items() if len(values)}


def _cycles(m: PlaneMeasurement) -> Drawing:
    caption = (
        "Faint: single strides. Thick: mean, band ± 1 SD; left drawn through, right dashed. 0 % is contact of that foot, the "
        "vertical lines are its foot-off."
    )
    if m.plane == "frontal":
        caption += " The knee is shown only where it is straight and in line with the camera, in stance."
    # The thigh says little more than the hip beside it; the ankles' separation is a number of the table, not a curve.
    wanted = [c for c in ANGLE_WORDS if c not in ("thigh_flexion_deg", "step_width_ll")]

    def draw() -> Figure:
        if not m.angles:
            raise SkelgaitError("from this view no angle can be measured")
        shown = [c for c in wanted if c in m.cycles.columns and m.cycles[c].notna().any()] or None
        return draw_cycles(m.cycles, foot_off=foot_off_percent(m), columns=shown)

    return _drawing("cycles", "Angles over the gait cycle", caption, draw)


def _events(m: PlaneMeasurement) -> Drawing:
    what = "its forward distance from the hips" if m.plane != "frontal" else "its height in the picture relative to the hips"
    caption = f"Each ankle: {what}. Every contact and foot-off the numbers rest on; bars show stance."
    return _drawing(
        "events", "Foot contacts on the ankle traces", caption, lambda: draw_events(m.pose, m.events, direction=m.direction)
    )


def _contacts(result: Measurement, m: PlaneMeasurement) -> Drawing:
    video = next((result.trial.video.get(filed) for filed, pose in result.trial.pose.items() if pose is m.raw), None)
    images, why = contact_images(m, video) if video else ({}, "")
    caption = "The skeleton as it was tracked, at the surest contacts; the landing foot is ringed, hollow joints were filled in."
    return _drawing(
        "contacts",
        "The body at foot contact",
        f"{caption} {why}".strip(),
        lambda: draw_contacts(m.pose, m.events, images=images or None),
        photo=bool(images),
    )


def contact_images(m: PlaneMeasurement, video: str | Path, most: int = 6) -> tuple[dict[int, np.ndarray], str]:
    """The video frames at the contacts that are shown, by row of the events; and, where there are none, why."""
    from skelgait.report.footage import frames_at, match_clock

    rows = choose_contacts(m.events, most)
    try:
        found = frames_at(match_clock(video, m.raw), m.events.time_s[rows])
    except SkelgaitError as error:
        return {}, f"The video could not be shown: {error}"
    images = {int(row): image for row, image in zip(rows, found, strict=True) if image is not None}
    return images, "" if images or len(rows) == 0 else "The video has no frames at these moments."


def _quality(m: PlaneMeasurement) -> Drawing:
    caption = "Which points were seen, and how surely, over the recording."
    return _drawing("quality", "Quality of the recording", caption, lambda: draw_quality(m.pose))


def quality_rows(m: PlaneMeasurement) -> list[dict[str, Any]]:
    """Shares seen and filled in and the mean confidence of each joint, left and right, as text."""
    pose = m.pose
    rows = []
    for joint in dict.fromkeys(name.removeprefix("left_").removeprefix("right_") for name in GAIT_POINTS):
        names = [f"{side}_{joint}" for side in SIDES]
        if not all(pose.has(name) and name in GAIT_POINTS for name in names):
            continue
        at = [list(pose.skeleton.sources(name)) for name in names]
        filled = [float(pose.filled[:, k].any(axis=1).mean()) for k in at]
        known = [float(np.isfinite(pose.xy[:, k, 0]).all(axis=1).mean()) for k in at]
        sure = [pose.confidence[:, k].min(axis=1) for k in at]
        cells = [f"{100 * max(0.0, k - f):.0f} %" for k, f in zip(known, filled, strict=True)]
        cells += [f"{100 * f:.0f} %" for f in filled]
        cells += [f"{float(c[c > 0].mean()):.2f}" if (c > 0).any() else "–" for c in sure]
        rows.append({"label": joint.capitalize(), "cells": cells})
    return rows


def quality_notes(m: PlaneMeasurement) -> list[str]:
    """What was exchanged by the tracker, and what the frame rate allows, in sentences."""
    swapped = int(m.pose.swapped.sum())
    fps = m.raw.fps
    frame_ms, interval_ms = 1000 / fps, 1000 / (fps * np.sqrt(6))
    return [
        f"Left and right leg were exchanged by the tracker and put back in {swapped} of {m.pose.n_frames} frames.",
        f"At {fps:g} frames a second one frame lasts {frame_ms:.1f} ms; the time between two events known only to the frame has "
        f"a standard deviation of {interval_ms:.1f} ms. Events here are placed between frames.",
    ]
