"""Which metric can be had from which view, with which keypoints, at which frame rate, and how well: by the tables, not by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17, COCO23, SIDES, SKELETONS, Skeleton
from skelgait.gait.descriptors import DESCRIPTORS, Descriptor
from skelgait.gait.evgs_items import ITEM_POINTS
from skelgait.gait.evidence import FROM_THE_FRONT, WITHOUT_FEET
from skelgait.gait.matrix_errors import BESIDE, measured_error, usual_floors, video_errors
from skelgait.gait.norms import bare_name, cited_norms
from skelgait.gait.reasons import NO_FEET, SIDE_ONLY, PlaneEvidence, why_missing
from skelgait.gait.recording import unseen_feet
from skelgait.gait.spread import SPREAD_OF
from skelgait.tasks.alignment import ERROR_DEG
from skelgait.tasks.evgs import EvgsItem, evgs_items
from skelgait.tasks.patterns import Pattern, pattern_measures, pattern_rules

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("metric", "kind", "unit", "view", "skeleton", "fps", "given", "note", "needs"),
    *("frame_floor", "error", "error_95", "error_from", "video_error"),
)
KINDS = ("event", "descriptor", "alignment", "EVGS item", "pattern")
VIEWS = ("sagittal", "frontal")
RATES = (25.0, 30.0, 60.0, 120.0)
YES, CAUTION, NO = "yes", "with caution", "no"
MANY = 10**6  # strides: what a few of them lack is said under `needs`
# A spread says little where the frame rate alone would give this share of what healthy walkers have.
MOST_FLOOR = 0.5
EXPERIMENTAL = "experimental: no rule for it is published; see the measured error"
ALIGNMENT = {"alignment": "", "fppa_deg": "deg", "kasr": "ratio", "cross_talk_deg": "deg"}  # columns of `knee_alignment`, units
TWO_VIEWS = "it takes both: how far the knee is bent (side) and how far the body is turned (front, with feet)"
UNTURNED = "without heels and toes the heading is judged by the drift across the image alone, and the cross-talk is not known"
SCALES = {"metres": "a scale (height, leg length or a known distance)", "leg_length": "the leg length in metres"}


@dataclass(frozen=True, eq=False)
class Setup:
    """A recording of somebody who walks well, as far as what can be had from it goes.

    Parameters
    ----------
    view : {"sagittal", "frontal"}
    skeleton : Skeleton
    fps : float
    """

    view: str
    skeleton: Skeleton
    fps: float

    @property
    def feet(self) -> bool:
        """Whether the layout has heels and toes."""
        return self.skeleton.has("left_heel", "right_heel", "left_toe", "right_toe")

    def evidence(self) -> PlaneEvidence:
        """What such a recording offers, in the terms that every measured walk is judged by."""
        pose = PoseSequence(np.zeros((1, len(self.skeleton), 2)), fps=self.fps, skeleton=self.skeleton, view=self.view)
        steps = dict.fromkeys(SIDES, MANY)
        why = unseen_feet(pose) if self.view == "frontal" else ""
        withheld = {"phases": NO_FEET.format(why=why)} if why else {}
        return PlaneEvidence(self.view, pose, bouts=1, strides=steps, steps=steps, withheld=withheld)


def validity_matrix(
    metrics: str | Iterable[str] | None = None,
    *,
    views: Sequence[str] = VIEWS,
    skeletons: Sequence[str | Skeleton] = (COCO17, COCO23),
    fps: Sequence[float] = RATES,
    stride_s: float = 1.0,
) -> pd.DataFrame:
    """Say what can be measured from which recording, and how well.

    Parameters
    ----------
    metrics : str or iterable of str, optional
        Names of descriptors, of items of the Edinburgh score (``evgs_09_peak_knee_extension_stance``),
        of patterns, of the columns of `knee_alignment`, or ``initial_contact`` and ``foot_off``. Default: all.
    views : sequence of str
        ``"sagittal"``, ``"frontal"``.
    skeletons : sequence of str or Skeleton
        Layouts, or their names. Default: COCO-17, which has no feet, and COCO-23, which has.
    fps : sequence of float, frames/second
    stride_s : float, seconds
        Duration of a stride, for floors that depend on it.

    Returns
    -------
    DataFrame
        One row a metric, view, layout and frame rate; what is said of the left holds for the right. ``given``: ``yes``, ``with
        caution`` or ``no``, for a walk that is seen well and long enough; ``note``: why not, or the caution; ``needs``: what it
        needs besides (a scale, so many strides). ``frame_floor``: standard deviation that events known only to the frame would
        give to one stride, in the metric's unit; the mean of n strides has ``1 / sqrt(n)`` of it. ``error`` and ``error_95``:
        median and 95th percentile of the error of a walk's value, measured on recorded walks whose keypoints have 2 px of noise
        (legs of some 160 px); ``error_from``: against what. ``video_error``: standard deviation of the error that keypoints
        estimated from video bring, published or our own estimate.

    Raises
    ------
    SkelgaitError
        A metric, view or layout that does not exist.

    Notes
    -----
    Whether a descriptor is given is asked of the same code that decides it for a measured walk, with the keypoints, the view and
    the frame rate of the setup. A pattern is given where its measures are: it must be possible both to find it and to rule it
    out. Times and phases need no feet from the side; from the front they are withheld without feet.

    Measured errors are those of the nearest lower frame rate of 25, 30, 60 and 100-150, in each view with exact geometry and a
    camera 4 to 6 m away; they hold no estimator's own error. Of the two columns the larger is the one to reckon with.

    Examples
    --------
    >>> table = validity_matrix("left_knee_flexion_max_swing_deg", fps=[30]).set_index(["view", "skeleton"])
    >>> table.given.to_dict()[("sagittal", "coco17")], table.given.to_dict()[("frontal", "coco17")]
    ('yes', 'no')
    >>> validity_matrix("evgs_01_initial_contact", views=["sagittal"], skeletons=["body25"], fps=[30, 60]).given.tolist()
    ['no', 'yes']
    """
    import pandas as pd

    layouts = [_layout(s) for s in skeletons]
    if unknown := [v for v in views if v not in VIEWS]:
        raise SkelgaitError("a view without a validity", found=", ".join(map(str, unknown)), expected="sagittal, frontal")
    if any(not rate > 0 for rate in fps):
        raise SkelgaitError("a frame rate must be positive", found=str(list(fps)))
    wanted = None if metrics is None else _wanted([metrics] if isinstance(metrics, str) else list(metrics))
    rows = []
    for view in views:
        for layout in layouts:
            for rate in fps:
                rows += _rows_of(Setup(view, layout, float(rate)), stride_s, wanted)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    order = {name: place for place, name in enumerate(dict.fromkeys(zip(table["kind"], table["metric"], strict=True)))}
    place = [order[key] for key in zip(table["kind"], table["metric"], strict=True)]
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _rows_of(setup: Setup, stride_s: float, wanted: frozenset[str] | None) -> list[tuple[object, ...]]:
    """Every row of one setup."""
    evidence = setup.evidence()
    floors = usual_floors(setup.fps, stride_s)
    rows: list[tuple[object, ...]] = []

    def put(name: str, kind: str, unit: str, answer: tuple[str, str], needs: str = "", of: str = "", video: float = nan) -> None:
        if wanted is not None and name not in wanted:
            return
        given, note = answer
        nothing = given == NO
        measured = measured_error(of or name, setup.view, feet=setup.feet, fps=setup.fps) if not nothing else (nan, nan, "")
        floor = nan if nothing else floors.get(of or name, nan)
        head = (name, kind, unit, setup.view, setup.skeleton.name, setup.fps, given, note, "" if nothing else needs)
        rows.append((*head, floor, *measured, nan if nothing else video))

    for name in ("initial_contact", "foot_off"):
        put(name, "event", "s", _event(name, setup, evidence))
    for name, d in _descriptors().items():
        needs = ", ".join(filter(None, (SCALES.get(d.scale, ""), f"{d.min_cycles} cycles" if d.min_cycles > 1 else "")))
        put(
            name,
            "descriptor",
            d.unit,
            _descriptor(d, setup, evidence, floors),
            needs,
            video=video_errors().get(bare_name(name), nan),
        )
    for name, unit in ALIGNMENT.items():
        put(name, "alignment", unit, _alignment(name, setup), video=ERROR_DEG if name == "fppa_deg" else nan)
    for item in evgs_items():
        of = item.descriptor if item.item not in BESIDE else "nothing"
        needs = "both feet's events"
        put(item_metric(item), "EVGS item", item.unit, _item(item, setup, evidence, floors), needs, of, item.error)
    for rule in pattern_rules().values():
        put(rule.name, "pattern", "", _pattern(rule, setup, evidence, floors), of="nothing")
    return rows


def _event(name: str, setup: Setup, evidence: PlaneEvidence) -> tuple[str, str]:
    if setup.view == "sagittal":
        return YES, ""
    if "phases" in evidence.withheld:
        return CAUTION, evidence.withheld["phases"]
    return (YES, "") if name == "initial_contact" else (CAUTION, EXPERIMENTAL)


def _descriptor(d: Descriptor, setup: Setup, evidence: PlaneEvidence, floors: Mapping[str, float]) -> tuple[str, str]:
    mine = d.plane in ("either", setup.view)
    absent = SIDE_ONLY.get(d.plane, "")
    why = why_missing(d, evidence if mine else None, absent=absent, no_scale="", count=MANY, known=True)
    if why:
        return NO, why
    if d.plane == "either" and setup.view == "frontal":
        return CAUTION, WITHOUT_FEET if "phases" in evidence.withheld else FROM_THE_FRONT
    if d.group == "variability" and d.plane == "either" and not d.name.endswith("floor_percent"):
        healthy = cited_norms().number("stride_time_cv_percent", 12)
        floor = floors[f"{_quantity(d.name)}_cv_percent"]
        if healthy is not None and floor > MOST_FLOOR * healthy.mean:
            return CAUTION, (
                f"events known only to the frame would vary by {floor:.1f} % by themselves; the stride time of healthy children of "
                f"11-14 years varies by {healthy.mean:g} % ({healthy.group.source.split(',')[0]})"
            )
    return YES, ""


def _alignment(name: str, setup: Setup) -> tuple[str, str]:
    if setup.view == "sagittal":
        return NO, TWO_VIEWS if name == "cross_talk_deg" else SIDE_ONLY["frontal"]
    if name == "cross_talk_deg":
        return NO, TWO_VIEWS
    return (YES, "") if setup.feet else (CAUTION, UNTURNED)


def _item(item: EvgsItem, setup: Setup, evidence: PlaneEvidence, floors: Mapping[str, float]) -> tuple[str, str]:
    if item.tier == "not assessable":
        return NO, item.why
    given, note = _descriptor(_beside(item.descriptor), setup, evidence, floors)
    points = ITEM_POINTS.get(item.item, ())
    if given != NO and not setup.skeleton.has(*points):
        return NO, f"the layout {setup.skeleton.name} has no heel or toe"
    return (CAUTION, item.why) if given != NO and item.why else (given, note)


def _pattern(rule: Pattern, setup: Setup, evidence: PlaneEvidence, floors: Mapping[str, float]) -> tuple[str, str]:
    """A pattern is told where it can be both found and ruled out by what is measured."""
    answers = {"all": [], "some": []}  # type: dict[str, list[tuple[str, str]]]
    for c in rule.criteria:
        if c.role in answers:
            measure = pattern_measures()[c.measure]
            answers[c.role].append(_descriptor(_beside(measure.descriptor), setup, evidence, floors))
    every = [*answers["all"], *answers["some"]]
    missing = list(dict.fromkeys(note for given, note in every if given == NO))
    some = sum(given != NO for given, _ in answers["some"])
    found = all(given != NO for given, _ in answers["all"]) and some >= rule.at_least
    others = len(answers["some"]) - some
    excluded = any(given != NO for given, _ in answers["all"]) or (rule.at_least > 0 and others < rule.at_least)
    if not (found or excluded):
        return NO, "; ".join(missing)
    if not found:
        return CAUTION, f"it can be ruled out, not found: {'; '.join(missing)}"
    if not excluded:
        return CAUTION, f"it can be found, not ruled out: {'; '.join(missing)}"
    cautions = list(dict.fromkeys(note for given, note in every if given == CAUTION))
    return (CAUTION, "; ".join(cautions)) if cautions else (YES, "")


@cache
def _descriptors() -> dict[str, Descriptor]:
    """Every descriptor but those of the right side, which are as those of the left."""
    return {d.name: d for d in DESCRIPTORS if d.side != "right"}


def _beside(descriptor: str) -> Descriptor:
    """The descriptor that an item or a measure lives beside, named without its side."""
    return _descriptors().get(f"left_{descriptor}") or _descriptors()[descriptor]


@cache
def _names() -> frozenset[str]:
    names = {*_descriptors(), *ALIGNMENT, "foot_off", "initial_contact", *pattern_rules(), *map(item_metric, evgs_items())}
    return frozenset(names)


def item_metric(item: EvgsItem) -> str:
    """Name of an item of the Edinburgh score in the matrix: ``evgs_09_peak_knee_extension_stance``."""
    return f"evgs_{item.item:02d}_{item.name}"


def _wanted(metrics: Sequence[str]) -> frozenset[str]:
    found = set()
    for name in metrics:
        own = name.replace("right_", "left_", 1) if name.startswith("right_") else name
        own = own if own in _names() else f"left_{name}"
        if own not in _names():
            near = get_close_matches(name, _names(), n=3)
            raise SkelgaitError(
                "there is no such metric", found=name, expected=", ".join(near) or "a name of validity_matrix().metric"
            )
        found.add(own)
    return frozenset(found)


def _layout(skeleton: str | Skeleton) -> Skeleton:
    if isinstance(skeleton, Skeleton):
        return skeleton
    if skeleton not in SKELETONS:
        raise SkelgaitError("there is no such layout", found=str(skeleton), expected=", ".join(SKELETONS))
    return SKELETONS[skeleton]


def _quantity(name: str) -> str:
    """What a spread is of: ``stride_time`` of ``stride_time_cv_percent``."""
    return next(quantity for quantity, *_ in SPREAD_OF.values() if name.startswith(f"{quantity}_"))
