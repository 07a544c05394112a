"""What the recordings of a walk can support: every descriptor gets its reason, or its caution."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.descriptors import DESCRIPTORS, LENGTHS
from skelgait.gait.phases import LEAST_STANCE, MOST_STANCE
from skelgait.gait.reasons import NEARLY, NOTED_TURN_DEG, SIDE_ONLY, PlaneEvidence, turned_note, why_missing
from skelgait.gait.samples import LEAST_LEG_PX, PlaneCycles
from skelgait.gait.steps import why_no_steps
from skelgait.signals.view import unseen_legs

if TYPE_CHECKING:
    from skelgait.gait.measure import PlaneMeasurement
    from skelgait.gait.summary import Summary

PLANES = ("sagittal", "frontal", "either")
# What the table asks of each descriptor, a column each: a walk has two hundred of them.
NAMES = tuple(d.name for d in DESCRIPTORS)
NO_VALUES, NO_COUNTS = dict.fromkeys(NAMES, nan), dict.fromkeys(NAMES, 0)
PLANE = np.array([PLANES.index(d.plane) for d in DESCRIPTORS])
MIN_FPS = np.array([d.min_fps * NEARLY for d in DESCRIPTORS])
MIN_CYCLES = np.array([d.min_cycles for d in DESCRIPTORS])
TIMED = tuple(d.name for d in DESCRIPTORS if d.plane == "either")
# A walk that heads off the plane looks shorter, and its angles less.
OF_THE_PLANE = {
    plane: tuple(d.name for d in DESCRIPTORS if d.plane == plane and d.unit in (*LENGTHS, "ll/spm", "m/spm", "deg"))
    for plane in PLANES[:2]
}
WITHOUT_FEET = "from the frontal view without heels and toes: the rhythm holds, the moments are 0.02 to 0.15 s late"
FROM_THE_FRONT = "timed from the frontal view, where contacts and above all foot-offs are less certain"


def explain(
    summary: Summary,
    planes: Mapping[str, PlaneMeasurement],
    walks: Mapping[str, PlaneCycles],
    failures: Mapping[str, str],
    *,
    timed: str,
    no_scale: str,
) -> None:
    """Put every descriptor in the order of the table; take back values that nothing supports; say why.

    Parameters
    ----------
    summary : Summary
        Changed in place: values, counts and filled get every descriptor; reasons every NaN; notes what to be careful with.
    planes : mapping of plane to PlaneMeasurement
    walks : mapping of plane to PlaneCycles
        Of the planes that are not oblique.
    failures : mapping of plane to str
        Why a plane could not be measured.
    timed : str
        The plane that times come from; empty when there is none.
    no_scale : str
        Why there are no metres; empty when there are.
    """
    either = timed or next(iter(failures), "sagittal")
    asked = ("sagittal", "frontal", either)  # in the order of PLANES
    evidence = {plane: plane_evidence(walk) for plane, walk in walks.items()}
    absent = {plane: _absent(plane, planes, failures) for plane in PLANES[:2]}
    reasons, notes = summary.reasons, summary.notes
    values, counts = _in_order(NO_VALUES, summary.values), _in_order(NO_COUNTS, summary.counts)
    value, count = list(values.values()), list(counts.values())
    fps = np.array([_fps_if_sound(evidence.get(plane)) for plane in asked])
    sound = np.isfinite(value) & (np.array(count) >= MIN_CYCLES) & (fps[PLANE] >= MIN_FPS)
    for i in np.flatnonzero(~sound).tolist():
        plane, known = asked[PLANE[i]], isfinite(value[i])
        reason = why_missing(
            DESCRIPTORS[i], evidence.get(plane), absent=absent[plane], no_scale=no_scale, count=count[i], known=known
        )
        if reason:
            reasons[NAMES[i]] = reason
            values[NAMES[i]] = nan
            notes.pop(NAMES[i], None)
    summary.values, summary.counts, summary.filled = values, counts, _in_order(NO_VALUES, summary.filled)
    for plane, walk in walks.items():
        if walk.measured.turned_deg > NOTED_TURN_DEG:
            summary.caution(OF_THE_PLANE[plane], turned_note(walk.measured.turned_deg, plane))
    if either == "frontal":
        seen = evidence.get(either)
        summary.caution(TIMED, WITHOUT_FEET if seen is not None and "phases" in seen.withheld else FROM_THE_FRONT)


def _in_order(none: dict, found: dict) -> dict:  # type: ignore[type-arg]
    """What was found, of the table only and in its order."""
    out = none | found
    for name in list(out)[len(none) :]:
        del out[name]
    return out


def _fps_if_sound(evidence: PlaneEvidence | None) -> float:
    """The frame rate of a plane in which nothing is lacking and nothing withheld; less than any need otherwise."""
    return evidence.fps if evidence is not None and evidence.complete and not evidence.withheld else -1.0


def _absent(plane: str, planes: Mapping[str, PlaneMeasurement], failures: Mapping[str, str]) -> str:
    if plane in failures:
        return failures[plane]
    if "oblique" in planes:
        return f"the recording was taken obliquely ({planes['oblique'].view.reason}); {SIDE_ONLY[plane]}"
    return f"no {plane} recording: {SIDE_ONLY[plane]}"


def plane_evidence(walk: PlaneCycles) -> PlaneEvidence:
    """What a plane offered.

    Parameters
    ----------
    walk : PlaneCycles

    Returns
    -------
    PlaneEvidence
    """
    leg = walk.leg_px
    small = f"the leg spans {leg:.0f} px in the image: the toe's height needs {LEAST_LEG_PX:.0f}" if leg < LEAST_LEG_PX else ""
    return PlaneEvidence(
        plane=walk.measured.plane,
        pose=walk.pose,
        bouts=len(walk.measured.bouts),
        strides={side: int(np.count_nonzero(walk.strides.side == side)) for side in SIDES},
        steps={side: int(np.count_nonzero(walk.steps.side == side)) for side in SIDES},
        angles=walk.measured.angle_reasons,
        small=small,
        withheld=walk.measured.withheld,
        phases=_implausible(walk),
        slow="" if len(walk.steps) else why_no_steps(walk.measured.events),
        nobody="" if walk.measured.bouts else unseen_legs(walk.pose),
    )


def _implausible(walk: PlaneCycles) -> dict[str, str]:
    """By side why none of its stances is believed, where foot-offs were found."""
    stance = walk.strides.percent("foot_off")
    out = {}
    for side in SIDES:
        share = stance[(walk.strides.side == side) & np.isfinite(stance)]
        if len(share) and not ((share >= LEAST_STANCE) & (share <= MOST_STANCE)).any():
            out[side] = (
                f"the {side} foot would stand for {np.median(share):.0f} % of its stride, and walkers stand for "
                f"{LEAST_STANCE:.0f}-{MOST_STANCE:.0f} %: its foot-offs or contacts are wrong, or this is no walking"
            )
    return out
