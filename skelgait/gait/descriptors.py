"""Every descriptor of a walk: what it is called, what it means, where that comes from and what it needs. Data only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from skelgait.core.skeleton import SIDES
from skelgait.gait.peaks import PEAKS, WINDOWS, Peak
from skelgait.gait.symmetry import INDICES

# Below this an event is not known to 1/6 of the shortest phase (double support of about 0.1 s).
EVENT_FPS = 20.0
# A symmetry index, a spread and a coefficient of variation mean something from this many strides (or steps) on.
SYMMETRY_CYCLES, SPREAD_CYCLES, CV_CYCLES, CV_STEADY = 2, 3, 10, 30

LENGTHS = ("ll", "m", "ll/s", "m/s")  # units of lengths, and of speeds
LEGS = ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle")
ANGLE_POINTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hip_flexion_deg": ("{side}_hip", "{side}_knee", "mid_shoulder"),
        "thigh_flexion_deg": ("{side}_hip", "{side}_knee"),
        "knee_flexion_deg": ("{side}_hip", "{side}_knee", "{side}_ankle"),
        "shank_lean_deg": ("{side}_knee", "{side}_ankle"),
        "ankle_dorsiflexion_deg": ("{side}_knee", "{side}_ankle", "{side}_heel", "{side}_toe"),
        "foot_pitch_deg": ("{side}_heel", "{side}_toe"),
        "trunk_lean_deg": ("mid_hip", "mid_shoulder"),
        "knee_valgus_deg": ("{side}_hip", "{side}_knee", "{side}_ankle"),
        "hip_adduction_deg": ("left_hip", "right_hip", "{side}_knee"),
        "pelvis_left_up_deg": ("left_hip", "right_hip"),
        "trunk_left_lean_deg": ("mid_hip", "mid_shoulder"),
    }
)


@dataclass(frozen=True)
class Descriptor:
    """One number of a walk.

    Parameters
    ----------
    name : str
        Its column: sides lead, the unit trails.
    unit : str
        ``s``, ``spm`` (steps/min), ``percent``, ``ll`` (leg lengths), ``ll/s``, ``m``, ``m/s``, ``deg``, ``ratio``, ...
    plane : {"sagittal", "frontal", "either"}
        View it is measured from; ``either`` takes the sagittal one and only without it the frontal.
    group : {"time", "space", "angle", "variability", "symmetry"}
    definition : str
        One sentence.
    source : str
        Where the definition comes from.
    points : tuple of str
        Keypoints (or points that follow from keypoints) the layout must have.
    scale : {"", "metres", "leg_length"}
        Whether it needs metres in the image, or the leg length in metres.
    min_fps : float
        Frames a second it needs.
    min_cycles : int
        Strides, steps or contacts it needs, on each side it speaks of.
    """

    name: str
    unit: str
    plane: str
    group: str
    definition: str
    source: str
    points: tuple[str, ...] = ()
    scale: str = ""
    min_fps: float = EVENT_FPS
    min_cycles: int = 1

    @property
    def side(self) -> str:
        """``"left"``, ``"right"``, or ``""`` for a number of the whole walk."""
        return next((s for s in SIDES if self.name.startswith(f"{s}_")), "")

    @property
    def needs(self) -> tuple[str, ...]:
        """What it needs, in words."""
        scale = {"metres": "a scale (height, leg length or a known distance)", "leg_length": "the leg length in metres"}
        points = {p.removeprefix("left_").removeprefix("right_").replace("_", " ") for p in self.points}
        parts = (
            f"{self.plane} view" if self.plane != "either" else "sagittal view (else frontal)",
            *sorted(points),
            scale.get(self.scale, ""),
            f"{self.min_fps:g} frames/s" if self.min_fps > EVENT_FPS else "",
            f"{self.min_cycles} cycles" if self.min_cycles > 1 else "",
        )
        return tuple(p for p in parts if p)


_STANDARD = "standard (Perry & Burnfield 2010); Whittle 2007"
_TIME = (
    # name, unit, sentence
    ("step_time", "s", "mean time from a contact of the other foot to the next contact of this foot"),
    ("stride_time", "s", "mean time between two contacts of the foot"),
    ("stance_time", "s", "mean time from contact to foot-off"),
    ("swing_time", "s", "mean time from foot-off to contact"),
    ("single_support_time", "s", "mean time from the other foot's off to its contact, within this foot's stride"),
    ("double_support_time", "s", "mean of initial plus terminal double support within the stride"),
    ("stance", "percent", "stance in percent of the stride, mean over strides"),
    ("swing", "percent", "swing in percent of the stride, mean over strides"),
    ("initial_double_support", "percent", "time from contact to the other foot's off, in percent of the stride"),
    ("terminal_double_support", "percent", "time from the other foot's contact to this foot's off, in percent of the stride"),
    ("double_support", "percent", "initial plus terminal double support within the stride, in percent of it"),
    ("single_support", "percent", "single support of this limb (other foot's off to its contact), in percent of the stride"),
)
_FOOTPRINT = "distance between footprints, as a pressure walkway gives it; Whittle 2007"
_HOF = "Hof 1996, doi:10.1016/0966-6362(95)01057-2"
# What both sides are compared by, with every index: name without side, unit, plane, points, sentence.
COMPARED = (
    ("step_time", "s", "either"),
    ("stance_time", "s", "either"),
    ("swing_time", "s", "either"),
    ("single_support_time", "s", "either"),
    ("step_length", "ll", "sagittal"),
    ("hip_flexion_range", "deg", "sagittal"),
    ("knee_flexion_range", "deg", "sagittal"),
    ("ankle_dorsiflexion_range", "deg", "sagittal"),
)
# Angles that may be 0 or negative: their difference is all that means something.
SUBTRACTED = (
    ("hip_flexion_max_swing", "deg", "sagittal"),
    ("hip_flexion_min_stance", "deg", "sagittal"),
    ("knee_flexion_initial_contact", "deg", "sagittal"),
    ("knee_flexion_min_stance", "deg", "sagittal"),
    ("knee_flexion_max_swing", "deg", "sagittal"),
    ("ankle_dorsiflexion_max_stance", "deg", "sagittal"),
    ("ankle_dorsiflexion_max_swing", "deg", "sagittal"),
    ("knee_valgus_mid_stance", "deg", "frontal"),
    ("pelvis_up_mid_stance", "deg", "frontal"),
    ("trunk_lean_to_side_mid_stance", "deg", "frontal"),
)
# Whose spread over strides is given: name, unit, plane, how many events at frame precision its floor adds up (0: none).
SPREAD = (
    ("stride_time", "s", "either", 2),
    ("step_time", "s", "either", 2),
    ("stance_time", "s", "either", 2),
    ("swing_time", "s", "either", 2),
    ("double_support_time", "s", "either", 4),
    ("step_length", "ll", "sagittal", 0),
    ("stride_length", "ll", "sagittal", 0),
)
_INDEX_WORDS = {
    "difference": ("left minus right", _STANDARD),
    "ratio": ("left / right", _STANDARD),
    "difference_of_left": ("100 (left - right) / left", _STANDARD),
    "difference_of_larger": ("100 (left - right) / larger side", _STANDARD),
    "symmetry_index": ("100 (left - right) / (0.5 (left + right))", "Robinson et al. 1987"),
    "normalised_difference": ("100 (left - right) / (left + right)", _STANDARD),
    "left_share": ("100 left / (left + right)", _STANDARD),
    "symmetry_angle": ("100 (45 deg - atan(left / right)) / 90 deg, negative when left is larger", "Zifchock et al. 2008"),
    "gait_asymmetry": ("100 |ln(left / right)|", "Plotnik et al. 2005"),
}


def _time_rows() -> Iterator[Descriptor]:
    yield Descriptor(
        "cadence_spm",
        "spm",
        "either",
        "time",
        "steps a minute: 60 / mean step time, each side weighing the same; of one foot alone, 120 / its mean stride time",
        _STANDARD,
        LEGS,
    )
    yield Descriptor(
        "cadence_dimensionless",
        "1",
        "either",
        "time",
        "steps a second over sqrt(g / leg length)",
        _HOF,
        LEGS,
        scale="leg_length",
    )
    for name, unit, what in _TIME:
        yield Descriptor(f"{name}_{unit}", unit, "either", "time", f"{what}; mean of both sides", _STANDARD, LEGS)
        for side in SIDES:
            yield Descriptor(f"{side}_{name}_{unit}", unit, "either", "time", f"{what}; {side}", _STANDARD, LEGS)


def _space_rows() -> Iterator[Descriptor]:
    feet = (*LEGS, "left_toe", "right_toe")
    for name, what, source, points, fps in (
        ("step_length", "how far this foot lands ahead of the other footprint", _FOOTPRINT, LEGS, EVENT_FPS),
        ("stride_length", "distance between two footprints of the foot", _FOOTPRINT, LEGS, EVENT_FPS),
        (
            "toe_clearance",
            "least height of the toe in the middle of swing above the line between its own footprints",
            "minimum toe clearance, Winter 1992",
            feet,
            30.0,
        ),
    ):
        for unit, scale in (("ll", ""), ("m", "metres")):
            for lead, whose in (("", "mean of both sides"), ("left_", "left"), ("right_", "right")):
                yield Descriptor(
                    f"{lead}{name}_{unit}", unit, "sagittal", "space", f"{what}, mean; {whose}", source, points, scale, fps
                )
    speed = "sum of stride lengths over sum of stride times"
    for name, unit, what, source, scale in (
        ("speed_ll_s", "ll/s", speed, _STANDARD, ""),
        ("speed_m_s", "m/s", speed, _STANDARD, "metres"),
        ("speed_dimensionless", "1", "speed over sqrt(g leg length)", _HOF, "leg_length"),
        ("walk_ratio_ll_per_spm", "ll/spm", "mean step length over cadence", "Sekiya & Nagasaki 1998", ""),
        ("walk_ratio_m_per_spm", "m/spm", "mean step length over cadence", "Sekiya & Nagasaki 1998", "metres"),
    ):
        yield Descriptor(name, unit, "sagittal", "space", what, source, LEGS, scale)
    width = (
        "how far the left ankle is to the left of the right one early in double support, mean over the steps of each side, then of "
        "both sides; negative where the feet cross; the front view's stand-in for base width"
    )
    for unit, scale in (("ll", ""), ("m", "metres")):
        yield Descriptor(f"step_width_{unit}", unit, "frontal", "space", width, _STANDARD, LEGS, scale)


def _angle_rows() -> Iterator[Descriptor]:
    for peak in PEAKS:
        rows = "stances" if peak.plane == "frontal" and peak.window in ("middle", "bearing") else "strides"
        what = f"{peak.what}; window: {WINDOWS[peak.window]}; median over {rows}"
        for side in SIDES if peak.sided else ("",):
            lead = f"{side}_" if side else ""
            yield _angle(peak, f"{lead}{peak.name}_deg", f"{what}; {side or 'strides of both sides'}", side or "left")
            if peak.name == "knee_valgus_mid_stance":
                spread = f"interquartile range over stances of the value of each stance; {side}"
                yield replace(_angle(peak, f"{lead}{peak.name}_iqr_deg", spread, side), min_cycles=SPREAD_CYCLES)


def _angle(peak: Peak, name: str, definition: str, side: str) -> Descriptor:
    points = tuple(p.format(side=side) for p in ANGLE_POINTS[peak.angle])
    plane, source = peak.plane, peak.source if peak.source != "standard" else _STANDARD
    return Descriptor(name, "deg", plane, "angle", definition, source, points, "", peak.min_fps, peak.min_cycles)


def _variability_rows() -> Iterator[Descriptor]:
    pooled = "about the mean of its side and bout"
    for name, unit, plane, floor_events in SPREAD:
        words = name.replace("_", " ")
        for statistic, out, cycles, what in (
            ("sd", unit, SPREAD_CYCLES, f"standard deviation of {words} over strides, {pooled}"),
            ("mad", unit, SPREAD_CYCLES, f"1.4826 x median absolute deviation of {words} from the median of its side"),
            ("cv", "percent", CV_CYCLES, f"100 SD / mean of {words}; unsteady below {CV_STEADY} strides"),
        ):
            yield Descriptor(
                f"{name}_{statistic}_{out}", out, plane, "variability", what, "Hausdorff 2005", LEGS, min_cycles=cycles
            )
        if floor_events:
            floor = f"coefficient of variation of {words} that events known only to the frame would show by themselves"
            yield Descriptor(
                f"{name}_cv_floor_percent", "percent", plane, "variability", floor, "uniform error of 1 frame an event", LEGS
            )


def _symmetry_rows() -> Iterator[Descriptor]:
    of_angle = {p.name: tuple(point.format(side=s) for s in SIDES for point in ANGLE_POINTS[p.angle]) for p in PEAKS}
    for table, indices in ((COMPARED, tuple(INDICES)), (SUBTRACTED, ("difference",))):
        for name, unit, plane in table:
            points = tuple(dict.fromkeys(LEGS + of_angle.get(name, ())))
            for index in indices:
                out = INDICES[index][0] or unit
                column = symmetry_column(name, index, unit)
                formula, source = _INDEX_WORDS[index]
                what = f"{formula} of {name.replace('_', ' ')}"
                yield Descriptor(column, out, plane, "symmetry", what, source, points, min_cycles=SYMMETRY_CYCLES)


def symmetry_column(name: str, index: str, unit: str) -> str:
    """Column of an index of a quantity.

    Parameters
    ----------
    name : str
        The quantity without side and unit.
    index : str
        A key of `INDICES`.
    unit : str
        Of the quantity.

    Returns
    -------
    str

    Examples
    --------
    >>> symmetry_column("step_time", "difference", "s"), symmetry_column("step_time", "ratio", "s")
    ('step_time_difference_s', 'step_time_ratio')
    """
    out = INDICES[index][0] or unit
    return f"{name}_{index}" if out == "ratio" else f"{name}_{index}_{out}"


DESCRIPTORS: tuple[Descriptor, ...] = (
    *_time_rows(),
    *_space_rows(),
    *_angle_rows(),
    *_variability_rows(),
    *_symmetry_rows(),
)
