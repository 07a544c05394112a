"""Figures of one recording, each turned into a picture that lives inside the page."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
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


def encode_figure(figure: Figure, *, photo: bool = False) -> str:
    """A figure as a data URI: SVG, or JPEG when it shows video frames.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> encode_figure(Figure())[:26]
    'data:image/svg+xml;base64,'
    """
    from matplotlib import rc_context

    buffer = io.BytesIO()
    if photo:
        figure.savefig(buffer, format="jpg", dpi=170, pil_kwargs={"quality": 86})
    else:
        with rc_context({"svg.fonttype": "path", "svg.hashsalt": "skelgait"}):
            figure.savefig(buffer, format="svg", dpi=200, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    kind = "jpeg" if photo else "svg+xml"
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def plane_figures(result: Measurement, m: PlaneMeasurement) -> dict[str, Any]:
    """What the page shows of one recording: its figures, and its quality as a table.

    Parameters
    ----------
    result : Measurement
    m : PlaneMeasurement
        One of its planes.

    Returns
    -------
    dict
        ``figures``: title, caption, alt text, picture (empty where it could not be drawn; then the caption says why);
        ``quality``: rows of the table; ``quality_notes``.
    """
    from matplotlib import rc_context, rcdefaults

    with rc_context():
        rcdefaults()  # the reader's page does not depend on the author's matplotlib style
        figures = [_cycles(m), _events(m), _contacts(result, m), _quality_picture(m)]
    return {"figures": figures, "quality": quality_rows(m), "quality_notes": _quality_notes(m)}


def _figure(title: str, caption: str, draw: Callable[[], Figure], *, photo: bool = False, kind: str = "") -> dict[str, Any]:
    try:
        drawn = draw()
    except SkelgaitError as error:
        return {"title": title, "caption": f"Not drawn: {error.problem}.", "alt": "", "src": "", "kind": kind, "width": 0}
    share = round(100 * min(1.0, drawn.get_figwidth() / 7.4))
    return {
        "title": title,
        "caption": caption,
        "alt": f"{title}. {caption}",
        "src": encode_figure(drawn, photo=photo),
        "kind": kind,
        "width": share if share < 100 else 0,
    }


def foot_off_percent(m: PlaneMeasurement) -> dict[str, float]:
    """Mean foot-off of either side in percent of the cycle; a side without one is left out."""
    percent = m.strides.percent("foot_off")
    chosen = {side: percent[(m.strides.side == side) & np.isfinite(percent)] for side in SIDES}
    return {side: float(values.mean()) for side, values in chosen.items() if len(values)}


def _cycles(m: PlaneMeasurement) -> dict[str, Any]:
    caption = (
        "Faint: single strides. Thick: mean, band ± 1 SD; left drawn through, right dashed. 0 % is contact of that foot, the "
        "vertical lines are its foot-off."
    )
    # The thigh says little more than the hip beside it.
    columns = [c for c in ANGLE_WORDS if c != "thigh_flexion_deg" and c in m.cycles.columns and m.cycles[c].notna().any()] or None
    return _figure(
        "Angles over the gait cycle", caption, lambda: draw_cycles(m.cycles, foot_off=foot_off_percent(m), columns=columns)
    )


def _events(m: PlaneMeasurement) -> dict[str, Any]:
    what = "its forward distance from the hips" if m.plane != "frontal" else "its height in the picture relative to the hips"
    caption = f"Each ankle: {what}. Every contact and foot-off the numbers rest on; bars show stance."
    return _figure("Foot contacts on the ankle traces", caption, lambda: draw_events(m.pose, m.events, direction=m.direction))


def _contacts(result: Measurement, m: PlaneMeasurement) -> dict[str, Any]:
    video = next((result.trial.video.get(filed) for filed, pose in result.trial.pose.items() if pose is m.raw), None)
    images, why = contact_images(m, video) if video else ({}, "")
    caption = "The skeleton as it was tracked, at the surest contacts; the landing foot is ringed, hollow joints were filled in."
    return _figure(
        "The body at foot contact",
        f"{caption} {why}".strip(),
        lambda: draw_contacts(m.pose, m.events, images=images or None),
        photo=bool(images),
        kind="strip",
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


def _quality_picture(m: PlaneMeasurement) -> dict[str, Any]:
    caption = "Which points were seen, and how surely, over the recording."
    return _figure("Quality of the recording", caption, lambda: draw_quality(m.pose))


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


def _quality_notes(m: PlaneMeasurement) -> list[str]:
    swapped = int(m.pose.swapped.sum())
    fps = m.raw.fps
    frame_ms, interval_ms = 1000 / fps, 1000 / (fps * np.sqrt(6))
    return [
        f"Left and right leg were exchanged by the tracker and put back in {swapped} of {m.pose.n_frames} frames.",
        f"At {fps:g} frames a second one frame lasts {frame_ms:.1f} ms; the time between two events known only to the frame has "
        f"a standard deviation of {interval_ms:.1f} ms. Events here are placed between frames.",
    ]
