"""What the validity matrix says is held against walkers: what it promises comes out, what it denies is missing with a reason."""

from __future__ import annotations

from functools import cache
from math import isfinite

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, COCO23, SIDES, Skeleton
from skelgait.core.trial import Trial
from skelgait.gait.alignment import align_measurements
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.evgs import score_measurements
from skelgait.gait.matrix import ALIGNMENT, RATES, VIEWS, item_metric, validity_matrix
from skelgait.gait.measure import Measurement, measure
from skelgait.gait.patterns import find_patterns
from skelgait.tasks.evgs import evgs_items
from skelgait.walker import Camera, Walker

LAYOUTS = (COCO17, COCO23, BODY25)
CELLS = [(view, layout, fps) for view in VIEWS for layout in LAYOUTS for fps in RATES]


@cache
def filmed(view: str, fps: float) -> PoseSequence:
    """Twenty strides or so, up and down, large in the picture: nothing is missing but what the setup cannot show."""
    child = Walker(cadence_spm=120, there_and_back=True, lane_m=6.0, stride_time_cv_percent=2, knee_valgus_deg=3)
    return child.film(Camera(view=view, size=(2560, 1440)), fps=fps, duration_s=24, skeleton=BODY25).pose


@cache
def measured(view: str, layout: Skeleton, fps: float) -> Measurement:
    pose = filmed(view, fps).map_to(layout)
    return measure(Trial("child", {view: pose}, height_m=1.28, leg_length_m=0.6, age_years=8))


@cache
def matrix() -> pd.DataFrame:
    return validity_matrix(skeletons=LAYOUTS)


def cell(view: str, layout: Skeleton, fps: float, kind: str) -> pd.DataFrame:
    m = matrix()
    own = m[(m["view"] == view) & (m["skeleton"] == layout.name) & (m["fps"] == fps) & (m["kind"] == kind)]
    assert len(own), kind
    return own.set_index("metric")


def ids(value: object) -> str:
    return value.name if isinstance(value, Skeleton) else f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize(("view", "layout", "fps"), CELLS, ids=ids)
def test_descriptors(view: str, layout: Skeleton, fps: float) -> None:
    found, said = measured(view, layout, fps), cell(view, layout, fps, "descriptor")
    for d in DESCRIPTORS:
        row = said.loc[d.name.replace("right_", "left_")]
        if row["given"] == "no":
            assert not isfinite(found.values[d.name]), d.name
            assert row["note"], d.name
            assert found.reasons[d.name], d.name
        else:
            assert isfinite(found.values[d.name]), (d.name, found.reasons.get(d.name))


@pytest.mark.parametrize(("view", "layout", "fps"), CELLS, ids=ids)
def test_the_reason_is_the_one_a_measured_walk_gives(view: str, layout: Skeleton, fps: float) -> None:
    found, said = measured(view, layout, fps), cell(view, layout, fps, "descriptor")
    for d in DESCRIPTORS:
        note = said.loc[d.name.replace("right_", "left_"), "note"]
        if d.name in found.reasons:
            assert found.reasons[d.name].removeprefix(f"no {d.plane} recording: ") == note, d.name


@pytest.mark.parametrize(("view", "layout", "fps"), CELLS, ids=ids)
def test_items_of_the_edinburgh_score(view: str, layout: Skeleton, fps: float) -> None:
    scores = score_measurements([measured(view, layout, fps)]).set_index(["side", "item"])
    said = cell(view, layout, fps, "EVGS item")
    for item in evgs_items():
        given = said.loc[item_metric(item), "given"]
        for side in SIDES:
            row = scores.loc[(side, item.item)]
            assert isfinite(row["score"]) == (given != "no"), (item.name, side, row["reason"])
            assert given == "yes" or row["reason"], item.name


@pytest.mark.parametrize(("view", "layout", "fps"), CELLS, ids=ids)
def test_patterns(view: str, layout: Skeleton, fps: float) -> None:
    table = find_patterns([measured(view, layout, fps)])
    said = cell(view, layout, fps, "pattern")
    for row in table.itertuples():
        given, note = said.loc[row.pattern, ["given", "note"]]
        if given == "no":
            assert row.present != row.present, row.pattern
            assert row.reason, row.pattern
        elif note.startswith("it can be ruled out"):
            assert row.present is not True, row.pattern
        elif "when" not in row.evidence and "time of" not in row.evidence:  # the curve of this child may have no such turning point
            assert row.present in (True, False), (row.pattern, row.reason)


@pytest.mark.parametrize(("view", "layout", "fps"), CELLS, ids=ids)
def test_alignment_and_events(view: str, layout: Skeleton, fps: float) -> None:
    walk = measured(view, layout, fps)
    knees, said = align_measurements([walk]), cell(view, layout, fps, "alignment")
    for name in ALIGNMENT:
        known = knees[name].ne("") if name == "alignment" else np.isfinite(knees[name].astype(float))
        assert known.tolist() == [said.loc[name, "given"] != "no"] * 2, name
    for name, row in cell(view, layout, fps, "event").iterrows():
        assert row["given"] != "no"
        assert len(walk.planes[view].events.select(event=name)) > 20, name


def test_what_takes_both_views_is_had_from_both() -> None:
    both = [measured(view, BODY25, 60.0) for view in VIEWS]
    assert np.isfinite(align_measurements(both)["cross_talk_deg"]).all()


def test_every_metric_has_a_unit_and_every_refusal_a_reason() -> None:
    table = matrix()
    assert not table.duplicated(["metric", "kind", "view", "skeleton", "fps"]).any()
    assert (table.loc[table.given != "yes", "note"] != "").all()
    assert (table.loc[table.given == "yes", "note"] == "").all()
    assert table.loc[table.given == "no", ["frame_floor", "error", "video_error"]].isna().all(axis=None)
    assert {"yes", "with caution", "no"} == set(table.given)


def test_a_query() -> None:
    table = validity_matrix(["right_step_length_m", "crouch"], views=["sagittal"], skeletons=["halpe26"], fps=[50])
    assert table.metric.tolist() == ["left_step_length_m", "crouch"]
    assert "scale" in table.needs[0]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"metrics": "knee_flexion_max_swing"}, "there is no such metric.*knee_flexion_max_swing_deg"),
        ({"skeletons": ["coco"]}, "there is no such layout.*coco17"),
        ({"views": ["oblique"]}, "a view without a validity.*sagittal, frontal"),
        ({"fps": [0]}, "must be positive"),
    ],
)
def test_refusals(how: dict, says: str) -> None:
    with pytest.raises(SkelgaitError, match=says):
        validity_matrix(**how)
