"""The recordings as a small player in the page: a skeleton that walks beside its own curves."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.measure import PlaneMeasurement
from skelgait.report.pictures import visible_bones
from skelgait.report.style import SIDE_COLOURS, angle_words, unit_of
from skelgait.report.timeline import stances
from skelgait.report.words import ENGLISH, Texts
from skelgait.signals.filters import low_pass
from skelgait.signals.travel import body_size, leg_length_px

if TYPE_CHECKING:
    from skelgait.report.visit import Visit

MOST_FPS, MOST_FRAMES = 30.0, 1500
MISSING = -32768
PER_LEG, PER_DEGREE = 4000, 20  # steps of the numbers in the page: 0.25 thousandth of a leg, a twentieth of a degree
CURVES = {
    "sagittal": ("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg"),
    "frontal": ("knee_valgus_deg", "pelvis_left_up_deg", "trunk_left_lean_deg"),
}


def player_data(visit: Visit, *, texts: Texts = ENGLISH) -> dict[str, Any]:
    """What the player plays, ready for JSON.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    dict
        ``recordings``: of each that has a body to show its ``label``, ``fps``, ``n`` frames, ``bones`` ([from, to, colour]), ``xy``
        (frames x points x 2), ``curves`` (title, unit, left, right or both) and ``stances``; ``words``, ``colours``, and the scales
        of the numbers. Arrays are base64 of little-endian 16-bit integers, -32768 where missing.

    Notes
    -----
    At most 30 frames a second and 1500 frames a recording are kept; the skeleton stays in the middle of the picture, in the size of
    its leg (side) or body (front), so that nothing of the recording but the pose is in the page.
    """
    recordings = []
    for r in visit.recordings:
        m = r.measured
        if not np.isfinite(m.pose.xy).any():
            continue
        label = texts("player.recording", number=r.number, view=texts(f"view.{m.pose.view or 'unknown'}"))
        recordings.append({"label": label, **_recording(m, texts)})
    keys = ("play", "pause", "speed", "left_short", "right_short", "no_curves", "frame")
    return {
        "recordings": recordings,
        "words": {k: texts(f"player.{k}") for k in keys},
        "colours": dict(SIDE_COLOURS),
        "perLeg": PER_LEG,
        "perDegree": PER_DEGREE,
    }


def player_json(visit: Visit, *, texts: Texts = ENGLISH) -> str:
    """The same as JSON that may stand inside a ``script`` element."""
    text = json.dumps(player_data(visit, texts=texts), ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _recording(m: PlaneMeasurement, texts: Texts) -> dict[str, Any]:
    pose = m.pose
    step = max(1, int(np.ceil(pose.fps / MOST_FPS - 1e-6)), int(np.ceil(pose.n_frames / MOST_FRAMES)))
    bones = visible_bones(pose)
    points = sorted({k for a, b, _ in bones for k in (a, b)})
    place = {k: i for i, k in enumerate(points)}
    xy = _centred(m)[::step][:, points]
    curves = []
    for column in CURVES.get(m.plane, ()):
        title, negative, positive = angle_words(column, texts)
        unit = unit_of(column, texts)
        sided = {s: m.angles.get(f"{s}_{column}") for s in SIDES}
        known = {s: v for s, v in (sided | {"both": m.angles.get(column)}).items() if v is not None and np.isfinite(v).any()}
        if known:
            packed = {s: _pack(v[::step] * PER_DEGREE) for s, v in known.items()}
            curves.append({"title": title, "minus": negative, "plus": positive, "unit": unit, **packed})
    start = float(pose.time_s[0])
    return {
        "fps": round(pose.fps / step, 4),
        "start": round(start, 3),
        "n": len(xy),
        "points": len(points),
        "bones": [[place[a], place[b], colour] for a, b, colour in bones],
        "xy": _pack(xy * PER_LEG),
        "curves": curves,
        "stances": {s: [[round(a - start, 3), round(b - start, 3)] for a, b in stances(m.events, s)] for s in SIDES},
    }


def _centred(m: PlaneMeasurement) -> np.ndarray:
    """The pose about its hips, in leg lengths (side) or body sizes (front), y down."""
    pose = m.pose
    hips = pose.point("mid_hip")
    if m.plane == "frontal":
        return (pose.xy - hips[:, None]) / body_size(pose)[:, None, None]
    # The picture follows the walk, not the bobbing of the hips: that belongs to the gait.
    known = np.isfinite(hips[:, 0])
    frames = np.arange(len(hips))
    x = np.interp(frames, frames[known], hips[known, 0]) if known.any() else np.zeros(len(hips))
    x = low_pass(x, pose.fps, 0.5) if len(x) > 3 * pose.fps else x
    centre = np.stack([x, np.full(len(x), np.nanmedian(hips[:, 1]) if known.any() else 0.0)], axis=1)
    return (pose.xy - centre[:, None]) / leg_length_px(pose)


def _pack(values: np.ndarray) -> str:
    whole = np.where(np.isfinite(values), np.clip(np.round(values), -32767, 32767), MISSING).astype("<i2")
    return base64.b64encode(whole.tobytes()).decode("ascii")
