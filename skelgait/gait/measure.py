"""The whole measurement of one walk, in the order it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.cycles import Strides, cut_cycles, find_strides
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.events import detect_events
from skelgait.gait.facing import exchanged_sides
from skelgait.gait.frontal import frontal_angles
from skelgait.gait.reasons import NO_FEET, NOTED_TURN_DEG, turned_note
from skelgait.gait.recording import (
    ASIDE,
    choose_plane,
    roll_note,
    seen_aside,
    turned_off_plane_deg,
    unseen_feet,
    why_backwards,
    why_misfiled,
)
from skelgait.gait.sagittal import find_foot_flat, sagittal_angles
from skelgait.gait.summary import summarise
from skelgait.signals.clean import clean
from skelgait.signals.travel import Bout, find_bouts, travel_direction
from skelgait.signals.view import ViewEstimate, recognise_view

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class PlaneMeasurement:
    """What one camera saw of a walk, step by step.

    Parameters
    ----------
    plane : {"sagittal", "frontal", "oblique"}
        The plane it was measured in: the recognised one.
    raw, pose : PoseSequence
        As given, and cleaned (its ``view`` is set).
    view : ViewEstimate
        The view, how sure, and why.
    bouts : tuple of Bout
        Straight stretches of walking.
    direction : (T,) int8
        Direction of travel of each frame, 0 outside bouts.
    events : GaitEvents
        Contacts and foot-offs.
    angles : dict of str to (T,) degrees
        Joint angles of the plane; NaN where not supported.
    strides : Strides
        Strides between contacts of one foot.
    notes : list of str
        What the reader should know about this plane, in sentences.
    angle_reasons : dict of angle name to str
        Why an angle is missing throughout (a foot never seen flat has no ankle angle).
    withheld : dict of {"sides", "phases", "gait"} to str
        What cannot be told from this recording, whatever was counted, and why: see `skelgait.gait.reasons.why_withheld`.
    turned_deg : float, degrees
        How far the walk heads off the plane, about; NaN where nobody walks.
    """

    plane: str
    raw: PoseSequence
    pose: PoseSequence
    view: ViewEstimate
    bouts: tuple[Bout, ...]
    direction: np.ndarray
    events: GaitEvents
    angles: dict[str, np.ndarray]
    strides: Strides
    notes: list[str] = field(default_factory=list)
    angle_reasons: dict[str, str] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    turned_deg: float = 0.0

    @cached_property
    def angle_table(self) -> pd.DataFrame:
        """The angles as a table indexed by ``time_s``."""
        import pandas as pd

        return pd.DataFrame(self.angles, index=pd.Index(self.pose.time_s, name="time_s"))

    @cached_property
    def cycles(self) -> pd.DataFrame:
        """The angles of every stride over 0-100 % of the cycle: index ``(side, cycle, percent)``."""
        return cut_cycles(self.angle_table, self.events)


@dataclass(frozen=True, eq=False)
class Measurement:
    """Everything measured on one walk.

    Parameters
    ----------
    trial : Trial
        The walk.
    planes : dict of plane to PlaneMeasurement
        What each camera saw; a plane that could not be measured is missing here and named in ``failures``.
    values : dict of descriptor name to float
        Every descriptor of the table; NaN where it is not supported.
    reasons : dict of descriptor name to str
        Why a value is NaN: one entry for every NaN.
    counts : dict of descriptor name to int
        Strides, steps or contacts a value rests on.
    filled : dict of descriptor name to float, 0..1
        Share of the keypoints behind a value that were interpolated, not seen.
    notes : dict of descriptor name to str
        A caution for a value that *is* given (``"from the frontal view"``).
    failures : dict of plane to str
        Why a plane could not be measured at all.
    """

    trial: Trial
    planes: dict[str, PlaneMeasurement]
    values: dict[str, float]
    reasons: dict[str, str]
    counts: dict[str, int]
    filled: dict[str, float]
    notes: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def measure(trial: Trial) -> Measurement:
    """Measure one walk from every plane it was recorded in.

    Parameters
    ----------
    trial : Trial
        Poses by plane, raw as they came from the estimator (or already cleaned), and what is known of the subject.

    Returns
    -------
    Measurement
        The steps of the measurement by plane, and every descriptor with its validity.

    Raises
    ------
    SkelgaitError
        No plane of the trial could be measured; the message is that of the first.

    Notes
    -----
    The order: clean, recognise the view, find the bouts, detect the events, compute the angles, cut the strides,
    summarise. A plane that cannot be measured does not take the other with it. A recording filed as ``"frontal"``, or beside
    another, that looks like the other plane is refused, not measured under another name; a ``view`` given to its pose insists. A
    lone one under ``"sagittal"``, where a bare pose goes, is measured as what it shows. Events given in ``trial.events`` are used
    instead of detected ones.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> walk = Walker().film(fps=60, duration_s=6)
    >>> result = measure(Trial("child07", walk.pose))
    >>> sorted(result.planes), round(result.values["cadence_spm"] - walk.truth.cadence_spm)
    (['sagittal'], 0)
    """
    if not isinstance(trial, Trial):
        found = repr(trial)[:60] if isinstance(trial, str) else type(trial).__name__
        raise SkelgaitError("this takes a trial", found=found, expected="sg.Trial", do='wrap a pose: sg.Trial("child07", pose)')
    planes: dict[str, PlaneMeasurement] = {}
    errors: dict[str, SkelgaitError] = {}
    for filed, pose in trial.pose.items():
        try:
            # A lone recording under "sagittal" may be a bare pose, which nobody said shows the side.
            said = filed != "sagittal" or len(trial.pose) > 1
            found = measure_plane(pose, filed, said=said, events=trial.events.get(filed))
        except SkelgaitError as error:
            errors[filed] = error
            continue
        if found.plane in planes:
            errors[filed] = SkelgaitError(f"both recordings of {trial.name!r} were taken from the {found.plane} plane")
            continue
        planes[found.plane] = found
    if not planes and errors:
        raise next(iter(errors.values()))
    failures = {plane: str(error) for plane, error in errors.items()}
    summary = summarise(trial, planes, failures)
    misfiled = {plane: why for plane, found in planes.items() if (why := why_misfiled(found))}
    reasons = dict(summary.reasons)
    for plane, why in misfiled.items():
        planes[plane].notes.append(why)
        if len(planes[plane].strides):
            continue
        reasons |= {d.name: why for d in DESCRIPTORS if d.name in reasons and d.plane in (plane, "either")}
    return Measurement(
        trial,
        planes,
        values=summary.values,
        reasons=reasons,
        counts=summary.counts,
        filled=summary.filled,
        notes=summary.notes,
        failures=failures,
    )


def measure_plane(
    pose: PoseSequence, filed: str = "sagittal", *, said: bool = False, events: GaitEvents | None = None
) -> PlaneMeasurement:
    """Measure what one camera saw: clean, recognise the view, find bouts and events, compute angles, cut strides.

    Parameters
    ----------
    pose : PoseSequence
        Raw, or cleaned already (then it is not cleaned again).
    filed : {"sagittal", "frontal"}
        The plane the trial files it under. Where the recording itself looks otherwise, the recording is believed.
    said : bool
        Somebody said so: where the recording looks otherwise it is not measured, unless its ``view`` is given, too.
    events : GaitEvents, optional
        Known contacts, used instead of detection.

    Returns
    -------
    PlaneMeasurement
        Every stage of the measurement. In an oblique view no angles are computed.

    Raises
    ------
    SkelgaitError
        The pose lacks what every measurement needs (hips, legs, frames), or stands on its head.
    WrongView
        It looks otherwise than somebody said.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> measure_plane(Walker().film(fps=60, duration_s=6).pose).plane
    'sagittal'
    """
    raw = pose
    notes: list[str] = []
    if "file_fps" in pose.info:
        notes.append(f"the file says {pose.info['file_fps']:g} frames/s; {pose.fps:g} was given and is used")
    if not any(step.startswith("clean(") for step in pose.steps):
        pose = clean(pose)
    view = recognise_view(pose)
    plane = choose_plane(view, filed, notes, said=said)
    bouts = find_bouts(pose, plane=plane)
    if plane != "oblique" and pose.view != (view.view or plane):
        pose = pose.with_(view=view.view or plane)
    direction = travel_direction(pose, bouts)
    aside = seen_aside(pose, bouts)
    given = events is not None
    if plane == "oblique":
        events = GaitEvents([], [], [], [], method="none")  # type: ignore[arg-type]
    elif events is None:
        events = detect_events(pose, bouts=bouts)
    else:
        events = _in_bouts(events, pose, bouts)
    angles: dict[str, np.ndarray] = {}
    reasons: dict[str, str] = {}
    withheld: dict[str, str] = {}
    if plane == "sagittal":
        if aside.any():
            notes.append(ASIDE.format(share=100 * aside.sum() / np.count_nonzero(direction)))
            direction = np.where(aside, 0, direction).astype(np.int8)
        angles = sagittal_angles(pose, direction, events=events)
        if why := why_backwards(pose, bouts):
            withheld["gait"] = why
            notes.append(why)
        if any(np.isnan(angles[f"{side}_ankle_dorsiflexion_deg"]).all() for side in SIDES):
            flat = find_foot_flat(pose, direction, events=events)
            reasons = {f"{side}_ankle_dorsiflexion_deg": why for side, why in flat.reasons.items()}
    elif plane == "frontal":
        angles = frontal_angles(pose, direction, events)
        if why := exchanged_sides(pose, direction):
            withheld["sides"] = why
            angles = {name: np.full_like(values, np.nan) for name, values in angles.items()}
            reasons = dict.fromkeys(angles, why)
            notes.append(why)
        if not given and (unseen := unseen_feet(pose)):
            withheld["phases"] = NO_FEET.format(why=unseen)
    strides = find_strides(events)
    turned = turned_off_plane_deg(pose, bouts, plane) if plane != "oblique" else 0.0
    if turned > NOTED_TURN_DEG:
        notes.append(turned_note(turned, plane))
    if why := roll_note(pose, plane):
        notes.append(why)
    return PlaneMeasurement(plane, raw, pose, view, bouts, direction, events, angles, strides, notes, reasons, withheld, turned)


def _in_bouts(events: GaitEvents, pose: PoseSequence, bouts: tuple[Bout, ...]) -> GaitEvents:
    """Given events, each with the bout it falls into and its frame; those outside every bout are left out."""
    frame = np.interp(events.time_s, pose.time_s, np.arange(pose.n_frames))
    number = np.full(len(events), -1)
    for i, bout in enumerate(bouts):
        number[(frame >= bout.start) & (frame <= bout.stop)] = i
    k = number >= 0
    return GaitEvents(
        events.side[k], events.event[k], events.time_s[k], frame[k], events.confidence[k], number[k], method=events.method
    )
