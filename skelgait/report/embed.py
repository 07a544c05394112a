"""Figures of a visit, each turned into a picture that lives inside the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.gait.measure import PlaneMeasurement
from skelgait.report.clip import MOST_BYTES, Clip, make_clip
from skelgait.report.curves import draw_cycles
from skelgait.report.drawing import Drawing
from skelgait.report.faces import hide_faces
from skelgait.report.keypoint_map import draw_quality
from skelgait.report.knees import choose_knees, draw_knees
from skelgait.report.pictures import choose_contacts, draw_contacts
from skelgait.report.style import ANGLES
from skelgait.report.timeline import draw_events
from skelgait.report.words import ENGLISH, Texts

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from skelgait.core.norms import CurveNorm
    from skelgait.report.visit import Recording, Visit


@dataclass(frozen=True, eq=False)
class Drawings:
    """Everything drawn of a visit.

    Parameters
    ----------
    curves : dict of plane to Drawing
        Angles over the gait cycle, from all recordings of the plane.
    recordings : dict of number to list of Drawing
        ``events``, ``contacts``, ``quality`` of each recording.
    knees : Drawing or None
        The alignment of the knees on the picture; None without a frontal recording.
    clips : dict of number to Clip
        Of each recording, for the player.
    """

    curves: dict[str, Drawing] = field(default_factory=dict)
    recordings: dict[int, list[Drawing]] = field(default_factory=dict)
    knees: Drawing | None = None
    clips: dict[int, Clip] = field(default_factory=dict)


def draw_visit(visit: Visit, *, faces: bool = False, clips: bool = True, texts: Texts = ENGLISH) -> Drawings:
    """Draw everything a report shows of a visit.

    Parameters
    ----------
    visit : Visit
    faces : bool
        Show video frames as they are. By default only the walker's body below the neck stays sharp.
    clips : bool
        Cut clips for the player where there are videos.
    texts : Texts

    Returns
    -------
    Drawings
    """
    from matplotlib import rc_context, rcdefaults

    knees = choose_knees(visit)
    no_norms = texts("caption.no_age" if visit.trial.age_years is None else "caption.no_norm_band")
    with rc_context():
        rcdefaults()  # the reader's page does not depend on the author's matplotlib style
        drawn = Drawings()
        for plane, recordings in visit.planes.items():
            drawn.curves[plane] = _cycles([r.measured for r in recordings], visit.curve_norms, no_norms, texts)
        images: dict[str, np.ndarray] = {}
        for r in visit.recordings:
            own = [k for k in knees if k.recording is r]
            contacts, of_knees, why = stills(r, [k.time_s for k in own], faces=faces, texts=texts)
            images |= {k.side: image for k, image in zip(own, of_knees, strict=True) if image is not None}
            drawn.recordings[r.number] = [
                _events(r.measured, texts), _contacts(r.measured, contacts, visit.conceal(why), texts), _quality(r.measured, texts)
            ]  # fmt: skip
        if clips:
            drawn.clips.update(_clips(visit, faces, texts))
        if "frontal" in visit.seen:
            figure = partial(draw_knees, knees, images=images, texts=texts)
            return replace(
                drawn, knees=_drawing("knees", texts("drawing.knees"), texts("caption.knees"), figure, texts, bool(images))
            )
        return drawn


def _clips(visit: Visit, faces: bool, texts: Texts) -> dict[int, Clip]:
    """A clip of every recording with a video; what one does not need of the room is left to the next."""
    filmed = [r for r in visit.recordings if r.video]
    room, made = MOST_BYTES, {}
    for i, r in enumerate(filmed):
        made[r.number] = make_clip(r, most_bytes=room // (len(filmed) - i), faces=faces, texts=texts)
        room -= len(made[r.number].data)
    return made


def _drawing(name: str, title: str, caption: str, draw: Callable[[], Figure], texts: Texts, photo: bool = False) -> Drawing:
    try:
        return Drawing(name, title, caption, draw(), photo)
    except SkelgaitError as error:
        return Drawing(name, title, texts("drawing.none", why=error.problem), None)


def foot_off_percent(planes: Sequence[PlaneMeasurement]) -> dict[str, float]:
    """Mean foot-off of either side in percent of the cycle; a side without one is left out."""
    percent = np.concatenate([np.empty(0), *(m.strides.percent("foot_off") for m in planes)])
    sides = np.concatenate([np.empty(0, str), *(m.strides.side for m in planes)])
    chosen = {side: percent[(sides == side) & np.isfinite(percent)] for side in SIDES}
    return {side: float(values.mean()) for side, values in chosen.items() if len(values)}


def join_cycles(planes: Sequence[PlaneMeasurement]) -> pd.DataFrame:
    """The strides of several recordings in one table; cycles are numbered on."""
    import pandas as pd

    parts, first = [], 0
    for m in planes:
        if not m.angles:
            continue
        part = m.cycles
        if len(part):
            numbers = part.index.get_level_values("cycle")
            levels = [part.index.get_level_values("side"), numbers + first, part.index.get_level_values("percent")]
            part = part.set_axis(pd.MultiIndex.from_arrays(levels, names=part.index.names))
            first += int(numbers.max()) + 1
        parts.append(part)
    if not parts:
        raise SkelgaitError("from this view no angle can be measured")
    return parts[0] if len(parts) == 1 else pd.concat(parts).sort_index()


def _cycles(planes: Sequence[PlaneMeasurement], norms: Mapping[str, CurveNorm], no_norms: str, texts: Texts) -> Drawing:
    plane = planes[0].plane
    caption = [texts("caption.cycles")]
    if plane == "frontal":
        caption.append(texts("caption.cycles_front"))
    # The thigh says little more than the hip beside it, unless it alone has a norm at this age; the ankles' separation is a number
    # of the table, not a curve.
    thigh = "thigh_flexion_deg" in norms and "hip_flexion_deg" not in norms
    wanted = [c for c in ANGLES if c not in ("shank_lean_deg" if thigh else "thigh_flexion_deg", "step_width_ll")]
    if plane == "sagittal":
        shown_norms = list(dict.fromkeys(norms[c].group.cited for c in wanted if c in norms))
        caption.append(texts("caption.norm_band", sources="; ".join(shown_norms)) if shown_norms else no_norms)

    def draw() -> Figure:
        cycles = join_cycles(planes)
        shown = [c for c in wanted if c in cycles.columns and cycles[c].notna().any()] or None
        return draw_cycles(cycles, foot_off=foot_off_percent(planes), columns=shown, norms=norms, texts=texts)

    return _drawing("cycles", texts("drawing.cycles"), " ".join(caption), draw, texts)


def _events(m: PlaneMeasurement, texts: Texts) -> Drawing:
    caption = texts("caption.events_front" if m.plane == "frontal" else "caption.events_side")
    draw = partial(draw_events, m.pose, m.events, direction=m.direction, texts=texts)
    return _drawing("events", texts("drawing.events"), caption, draw, texts)


def _contacts(m: PlaneMeasurement, images: dict[int, np.ndarray], why: str, texts: Texts) -> Drawing:
    caption = f"{texts('caption.contacts')} {why}".strip()
    draw = partial(draw_contacts, m.pose, m.events, images=images or None, texts=texts)
    return _drawing("contacts", texts("drawing.contacts"), caption, draw, texts, bool(images))


def stills(
    recording: Recording, times_s: Sequence[float], *, most: int = 6, faces: bool = False, texts: Texts = ENGLISH
) -> tuple[dict[int, np.ndarray], list[np.ndarray | None], str]:
    """The video frames a page shows of a recording, read in one go.

    Parameters
    ----------
    recording : Recording
    times_s : sequence of float, seconds
        Moments to show beside the contacts.
    most : int
        Contacts to show.
    faces : bool
        As they are; by default faces are hidden.
    texts : Texts

    Returns
    -------
    contacts : dict of row of the events to (H, W, 3) uint8 RGB
    others : list of (H, W, 3) uint8 RGB or None
        At ``times_s``.
    why : str
        Why there are none.
    """
    from skelgait.report.footage import frames_at, match_clock

    m = recording.measured
    rows = choose_contacts(m.events, most)
    nothing: list[np.ndarray | None] = [None] * len(times_s)
    if not recording.video:
        return {}, nothing, ""
    times = np.concatenate([m.events.time_s[rows], np.asarray(times_s, float)])
    try:
        found = frames_at(match_clock(recording.video, m.raw), times)
    except SkelgaitError as error:
        return {}, nothing, texts("caption.no_video", why=str(error))
    shown: list[np.ndarray | None] = []
    for t, image in zip(times, found, strict=True):
        if image is not None and not faces:
            frame = int(np.abs(m.pose.time_s - t).argmin())
            image = hide_faces(image, m.pose, frame)
        shown.append(image)
    contacts = {int(row): image for row, image in zip(rows, shown, strict=False) if image is not None}
    why = "" if contacts or len(rows) == 0 else texts("caption.no_frames")
    return contacts, shown[len(rows) :], why


def _quality(m: PlaneMeasurement, texts: Texts) -> Drawing:
    return _drawing(
        "quality", texts("drawing.quality"), texts("caption.quality"), partial(draw_quality, m.pose, texts=texts), texts
    )
