"""Why a descriptor has no value, in a sentence the person with the camera understands."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES, Skeleton
from skelgait.gait.descriptors import ANGLE_POINTS, DESCRIPTORS, Descriptor

NEARLY = 0.98  # 29.97 frames/s count as 30
POINTS = frozenset(p for d in DESCRIPTORS for p in d.points)
NOTED_TURN_DEG = 10.0  # a heading off the plane by more is noted beside lengths and angles
PHASE = re.compile("stance|swing|support")
NO_FEET = (
    "from the front, contacts and foot-offs are told by heels and toes, which {why}: ankles alone are late (0.02 s in recorded "
    "walks, 0.04 to 0.15 s in synthetic ones), and not alike on both sides. What to do: use an estimator that gives feet (BODY_25, "
    "Halpe-26, MediaPipe), or film from the side"
)
SIDE_ONLY = {"sagittal": "it is measured from the side", "frontal": "it is measured from the front or from behind"}


@dataclass(eq=False)
class PlaneEvidence:
    """What a plane offered, as far as reasons need it.

    Parameters
    ----------
    plane : str
    pose : PoseSequence
        Clean.
    bouts : int
        Straight stretches of walking.
    strides : dict of side to int
    steps : dict of side to int
    angles : dict of side to dict of angle to str
        Why an angle is missing throughout, where its maker said so.
    small : str
        Not empty where the person is too small in the image for fine heights.
    withheld : mapping of str to str
        What this recording cannot tell, and why: see `why_withheld`.
    phases : dict of side to str
        Why no stance of a foot is believed, though its foot-offs were found.
    slow : str
        Not empty where every step takes longer than is believed.
    nobody : str
        Why nobody seems to walk, where something better can be said than that.
    """

    plane: str
    pose: PoseSequence
    bouts: int
    strides: Mapping[str, int]
    steps: Mapping[str, int]
    angles: Mapping[str, str] = field(default_factory=dict)
    small: str = ""
    withheld: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[str, str] = field(default_factory=dict)
    slow: str = ""
    nobody: str = ""

    def __post_init__(self) -> None:
        self.lacking = lacking_points(self.pose.skeleton)
        self.complete = not self.lacking
        self.fps = self.pose.fps


@lru_cache(maxsize=64)
def lacking_points(skeleton: Skeleton) -> frozenset[str]:
    """Points some descriptor needs and a layout lacks."""
    return frozenset(p for p in POINTS if not skeleton.has(p))


def why_missing(
    descriptor: Descriptor, evidence: PlaneEvidence | None, *, absent: str, no_scale: str, count: int, known: bool
) -> str:
    """The first reason that holds against a descriptor.

    Parameters
    ----------
    descriptor : Descriptor
    evidence : PlaneEvidence or None
        What the plane it comes from offered; None when there is no such recording.
    absent : str
        Why there is none.
    no_scale : str
        Why there are no metres; empty when there are.
    count : int
        Strides or steps its value rests on.
    known : bool
        Whether it has a value so far.

    Returns
    -------
    str
        Empty when nothing stands against it and it has a value.
    """
    if evidence is None:
        return absent
    lacking, fps = evidence.lacking, evidence.fps
    if lacking and (points := [p for p in descriptor.points if p in lacking]):
        return f"the layout {evidence.pose.skeleton.name} has no {' and no '.join(_words(points))}"
    if evidence.withheld and (why := why_withheld(descriptor, evidence)):
        return why
    if fps < descriptor.min_fps * NEARLY:
        return f"{fps:g} frames/s are too few: it needs {descriptor.min_fps:g}"
    if not evidence.bouts:
        return evidence.nobody or f"nobody walks in the {evidence.plane} recording"
    if descriptor.scale and no_scale:
        return no_scale
    if count and count < descriptor.min_cycles:
        whose = f" of the {descriptor.side} leg" if descriptor.side else ""
        return f"{count} cycle{'s' * (count > 1)}{whose}, it needs {descriptor.min_cycles}"
    return "" if known else _not_seen(descriptor, descriptor.side, evidence)


def turned_note(turned_deg: float, plane: str) -> str:
    """A caution for lengths and angles of a walk that heads off the plane of the image (or off the line of sight).

    Parameters
    ----------
    turned_deg : float, degrees
    plane : {"sagittal", "frontal"}

    Returns
    -------
    str

    Examples
    --------
    >>> turned_note(20, "sagittal")[:79]
    'the walk heads some 20 degrees off the image plane: lengths along the walk look'
    """
    short = 100 * (1 - math.cos(math.radians(turned_deg)))
    if plane == "sagittal":
        what = (
            f"the image plane: lengths along the walk look {short:.0f} % short (cosine of the turn), "
            "and flexion looks about as much less"
        )
    else:
        what = (
            f"the line of sight: widths look {short:.0f} % narrow (cosine of the turn), and a bent knee shows "
            f"{100 * math.sin(math.radians(turned_deg)):.0f} % of its bend as varus or valgus"
        )
    return f"the walk heads some {turned_deg:.0f} degrees off {what}"


def why_withheld(descriptor: Descriptor, evidence: PlaneEvidence) -> str:
    """Why a descriptor is not given though it was counted: its recording cannot tell it.

    Parameters
    ----------
    descriptor : Descriptor
    evidence : PlaneEvidence
        ``withheld["sides"]`` speaks against whatever has a side or is an angle or a width seen from the front,
        ``withheld["gait"]`` against everything, ``withheld["phases"]`` against stance, swing, support and the step times of a side.

    Returns
    -------
    str
        Empty when nothing does.
    """
    d, withheld = descriptor, evidence.withheld
    if "gait" in withheld:
        return withheld["gait"]
    if "sides" in withheld and (d.side or d.group == "symmetry" or d.plane == "frontal"):
        return withheld["sides"]
    if "phases" in withheld and d.plane == "either" and (PHASE.search(d.name) or ("step_time" in d.name and _one_sided(d))):
        return withheld["phases"]
    return ""


def _one_sided(descriptor: Descriptor) -> bool:
    """Whether an error of one foot's contacts that the other foot does not share shows in it."""
    return bool(descriptor.side) or descriptor.group in ("symmetry", "variability")


def _not_seen(descriptor: Descriptor, side: str, evidence: PlaneEvidence) -> str:
    sides = (side,) if side else SIDES
    if descriptor.plane == "frontal" and "mid_stance" in descriptor.name:
        without = [s for s in sides if not evidence.steps[SIDES[1 - SIDES.index(s)]]]
        what = "stance"
    else:
        needs_step = "step" in descriptor.name or descriptor.name.startswith(("cadence", "walk_ratio"))
        cycles, what = (evidence.steps, "step") if needs_step else (evidence.strides, "stride")
        without = [s for s in sides if not cycles[s]]
    if without and what != "stance" and evidence.slow:
        return evidence.slow
    if without:
        return f"no complete {what} of the {' or the '.join(without)} foot"
    if "toe_clearance" in descriptor.name and evidence.small:
        return evidence.small
    angle = next((a for a in ANGLE_POINTS if a.removesuffix("_deg") in descriptor.name), "")
    said = [evidence.angles[key] for s in sides if (key := f"{s}_{angle}") in evidence.angles]
    if said:
        return said[0]
    if angle == "knee_valgus_deg":
        return "in no stance was the knee straight and the body in line with the camera for long enough"
    if angle or descriptor.group == "space":
        return f"the {side or 'left or right'} leg or foot was not seen through enough of any stride"
    if PHASE.search(descriptor.name) and evidence.phases:
        return next((evidence.phases[s] for s in sides if s in evidence.phases), next(iter(evidence.phases.values())))
    return "foot-offs or contacts were not found in any stride"


def _words(points: list[str]) -> list[str]:
    bare = (p.removeprefix("left_").removeprefix("right_").replace("_", " ") for p in points)
    return list(dict.fromkeys(bare))
