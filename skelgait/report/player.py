"""The recordings as a small player in the page: the skeleton, and the video where there is one, beside the curves."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.measure import PlaneMeasurement
from skelgait.report.clip import Clip, player_frames
from skelgait.report.framing import frame_walk
from skelgait.report.pictures import visible_bones
from skelgait.report.quality import UNSURE
from skelgait.report.style import SIDE_COLOURS, angle_words, unit_of
from skelgait.report.timeline import stances
from skelgait.report.words import ENGLISH, Texts, view_words

if TYPE_CHECKING:
    from skelgait.report.visit import Visit

MISSING = -32768
PER_LEG, PER_DEGREE = 4000, 20  # steps of the numbers in the page: 0.25 thousandth of a leg, a twentieth of a degree
CURVES = {
    "sagittal": ("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg"),
    "frontal": ("knee_valgus_deg", "pelvis_left_up_deg", "trunk_left_lean_deg"),
}


def player_data(visit: Visit, clips: Mapping[int, Clip] | None = None, *, texts: Texts = ENGLISH) -> dict[str, Any]:
    """What the player plays, ready for JSON.

    Parameters
    ----------
    visit : Visit
    clips : mapping of number of the recording to Clip, optional
    texts : Texts

    Returns
    -------
    dict
        ``recordings``: of each that has a body to show its ``label``, ``fps``, ``start`` (s), ``first`` (s after it: where the
        player opens, the first contact of a counted stride), ``n`` frames, ``bones`` ([from, to, colour]), ``xy`` (frames x points
        x 2), ``faint`` (frames x points: unsure, or filled in), ``box`` (half width, top and bottom of the window), ``curves``
        (title, unit, left, right or both), ``stances``, ``clip`` (a data URI, or nothing) and ``note``; ``words``, ``colours``, and
        the scales of the numbers. Arrays are base64 of little-endian 16-bit integers, -32768 where missing; ``faint`` of bytes.

    Notes
    -----
    At most 30 frames a second and 1500 frames a recording are kept; the window follows the walker, in the size of its leg, so that
    without a clip nothing of the recording but the pose is in the page. The clip fills the same window, frame for frame.
    """
    recordings = []
    for r in visit.recordings:
        m = r.measured
        if not np.isfinite(m.pose.xy).any():
            continue
        clip = (clips or {}).get(r.number) or Clip(why="" if r.video else texts("player.no_video"))
        recordings.append(
            {"label": texts("player.recording", number=r.number, view=view_words(m, texts)), **_recording(m, texts)}
            | {"clip": clip.uri, "note": visit.conceal(clip.why)}
        )
    keys = ("play", "pause", "no_curves", "skeleton", "video", "both", "not_played")
    return {
        "recordings": recordings,
        "words": {k: texts(f"player.{k}") for k in keys} | {f"{s}_short": texts(f"side.{s}.short") for s in SIDES},
        "colours": dict(SIDE_COLOURS),
        "perLeg": PER_LEG,
        "perDegree": PER_DEGREE,
    }


def player_json(visit: Visit, clips: Mapping[int, Clip] | None = None, *, texts: Texts = ENGLISH) -> str:
    """The same as JSON that may stand inside a ``script`` element."""
    text = json.dumps(player_data(visit, clips, texts=texts), ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _recording(m: PlaneMeasurement, texts: Texts) -> dict[str, Any]:
    pose = m.pose
    at = player_frames(pose)
    bones = visible_bones(pose)
    points = sorted({k for a, b, _ in bones for k in (a, b)})
    place = {k: i for i, k in enumerate(points)}
    framing = frame_walk(m)
    xy = framing.place(pose.xy)[at][:, points]
    curves = []
    for column in CURVES.get(m.plane, ()):
        title, negative, positive = angle_words(column, texts)
        unit = unit_of(column, texts)
        sided = {s: m.angles.get(f"{s}_{column}") for s in SIDES}
        known = {s: v for s, v in (sided | {"both": m.angles.get(column)}).items() if v is not None and np.isfinite(v).any()}
        if known:
            packed = {s: _pack(v[at] * PER_DEGREE) for s, v in known.items()}
            curves.append({"title": title, "minus": negative, "plus": positive, "unit": unit, **packed})
    start = float(pose.time_s[at[0]])
    counted = m.strides.start_s[np.isfinite(m.strides.start_s)]
    first = float(counted.min()) if len(counted) else float(pose.time_s[m.bouts[0].start]) if m.bouts else start
    faint = (pose.filled | ~(pose.confidence >= UNSURE))[at][:, points]
    step = int(at[1] - at[0]) if len(at) > 1 else 1
    return {
        "fps": round(pose.fps / step, 4),
        "start": round(start, 3),
        "first": round(max(0.0, first - start), 3),
        "n": len(xy),
        "points": len(points),
        "bones": [[place[a], place[b], colour] for a, b, colour in bones],
        "xy": _pack(xy * PER_LEG),
        "faint": base64.b64encode(faint.astype("u1").tobytes()).decode("ascii"),
        "box": [round(x * PER_LEG) for x in (framing.wide, framing.top, framing.bottom)],
        "curves": curves,
        "stances": {s: [[round(a - start, 3), round(b - start, 3)] for a, b in stances(m.events, s)] for s in SIDES},
    }


def _pack(values: np.ndarray) -> str:
    whole = np.where(np.isfinite(values), np.clip(np.round(values), -32767, 32767), MISSING).astype("<i2")
    return base64.b64encode(whole.tobytes()).decode("ascii")
