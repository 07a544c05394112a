from __future__ import annotations

import pickle

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import MissingKeypoint, PoseError, SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17


def make(frames: int = 12, **changes: object) -> PoseSequence:
    xy = np.random.default_rng(0).uniform(0, 500, (frames, 17, 2))
    return PoseSequence(xy, **{"fps": 50, "skeleton": COCO17, **changes})  # type: ignore[arg-type]


def test_missing_is_nan_and_zero_confidence_together() -> None:
    xy = np.ones((3, 17, 2))
    xy[1, 4, 0] = np.nan
    pose = PoseSequence(xy, np.full((3, 17), 0.9), fps=30, skeleton=COCO17)
    assert np.isnan(pose.xy[1, 4]).all()
    assert pose.confidence[1, 4] == 0
    assert pose.confidence[0, 4] == 0.9
    assert pose.missing_share == pytest.approx(1 / 51)


def test_arrays_belong_to_the_pose_and_are_read_only() -> None:
    xy = np.ones((3, 17, 2))
    pose = PoseSequence(xy, fps=30, skeleton=COCO17)
    xy[:] = 7
    assert pose.xy.max() == 1
    for name in ("xy", "confidence", "filled", "swapped", "time_s"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(pose, name)[0] = 1
        with pytest.raises(ValueError, match="WRITEABLE"):
            getattr(pose, name).flags.writeable = True


def test_pickle_keeps_everything_and_stays_read_only() -> None:
    pose = make(view="sagittal_left", info={"a": 1}, source="x.json", steps=("clean()",))
    again = pickle.loads(pickle.dumps(pose))
    assert np.array_equal(again.xy, pose.xy)
    assert (again.view, dict(again.info), again.source, again.steps) == ("sagittal_left", {"a": 1}, "x.json", ("clean()",))
    with pytest.raises(ValueError, match="read-only"):
        again.xy[0] = 1


def test_times() -> None:
    pose = make(frames=10)
    assert pose.time_s[3] == pytest.approx(0.06)
    assert pose.duration_s == pytest.approx(0.2)
    assert pose.is_uniform
    late = pose.cut(4, 8)
    assert late.n_frames == 4
    assert late.time_s[0] == pytest.approx(0.08)
    ragged = make(frames=4, time_s=[0, 0.02, 0.05, 0.06])
    assert not ragged.is_uniform


def test_points() -> None:
    pose = make()
    assert np.allclose(pose.point("mid_hip"), (pose.point("left_hip") + pose.point("right_hip")) / 2)
    with pytest.raises(MissingKeypoint, match="no 'left_heel'"):
        pose.point("left_heel")


def test_map_to_fills_derived_points() -> None:
    body = make().map_to(BODY25)
    assert np.allclose(body.point("mid_hip"), make().point("mid_hip"))
    assert np.isnan(body.point("left_heel")).all()
    assert body.map_to(BODY25) is body


def test_mirror_twice_is_the_same_child_and_once_swaps_sides() -> None:
    pose = make(size=(640, 480), view="sagittal_left")
    once = pose.mirrored()
    assert once.view == "sagittal_right"
    assert np.allclose(once.point("left_knee")[:, 0], 639 - pose.point("right_knee")[:, 0])
    assert np.allclose(once.mirrored().xy, pose.xy)


def test_to_frame_is_tidy() -> None:
    pose = make(frames=3)
    table = pose.to_frame()
    assert list(table.columns) == ["frame", "time_s", "keypoint", "x_px", "y_px", "confidence", "filled"]
    assert len(table) == 51
    knee = table[table.keypoint == "left_knee"]
    assert np.allclose(knee[["x_px", "y_px"]], pose.point("left_knee"))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"fps": 0}, "no usable frame rate"),
        ({"fps": np.nan}, "no usable frame rate"),
        ({"view": "side"}, "unknown view. Found: 'side'"),
        ({"skeleton": BODY25}, r"wrong shape. Found: \(12, 17, 2\)"),
        ({"confidence": np.full((12, 17), 1.5)}, "leaves 0..1"),
        ({"confidence": np.ones((3, 17))}, "confidence of this pose has the wrong shape"),
        ({"time_s": np.zeros(12)}, "not one increasing time a frame"),
        ({"xy": np.full((12, 17, 2), np.inf)}, "infinite"),
        ({"xy": np.zeros((0, 17, 2))}, "no frames"),
    ],
)
def test_refusals(changes: dict, text: str) -> None:
    base = {"xy": np.zeros((12, 17, 2)), "fps": 50, "skeleton": COCO17}
    with pytest.raises(PoseError, match=text):
        PoseSequence(**{**base, **changes})


def test_arrays_known_to_be_sound_are_taken_as_they_are_and_locked() -> None:
    pose = make(view="sagittal_left", source="x.json")
    assert pose.is_uniform  # and so is remembered
    xy = (pose.xy.swapaxes(0, 1) + 1).swapaxes(0, 1)
    arrays = {name: getattr(pose, name) for name in ("confidence", "filled", "swapped")}
    again = pose.with_sound(xy=xy, **arrays, info={"a": 1}, steps=("moved",))
    assert np.shares_memory(again.xy, xy)
    with pytest.raises(ValueError, match="read-only"):
        again.xy[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        again.xy.flags.writeable = True
    assert (again.view, again.source, again.steps, dict(again.info)) == ("sagittal_left", "x.json", ("moved",), {"a": 1})
    assert again.memory == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("walks/side.json", "Found: 'walks/side.json'. Expected: sg.PoseSequence. What to do: read it with sg.read_pose"),
        (sg.Trial("a", sg.Walker().film(fps=30, duration_s=1).pose), 'Found: Trial.*give one of its poses: trial.pose."sagittal".'),
        (None, "Found: NoneType.*read one with"),
    ],
)
@pytest.mark.parametrize(
    "door", ["detect_events", "joint_angles", "clean", "find_bouts", "recognise_view", "quality", "swapped_frames"]
)
def test_doors_say_what_they_take(door: str, given: object, words: str) -> None:
    with pytest.raises(PoseError, match=f"this takes a pose. {words}"):
        getattr(sg, door)(given)


def test_a_measure_is_of_a_trial_and_strides_are_of_events() -> None:
    with pytest.raises(SkelgaitError, match=r"takes a trial. Found: 'side.json'.*wrap a pose"):
        sg.measure("side.json")  # type: ignore[arg-type]
    with pytest.raises(SkelgaitError, match=r"strides are made of events. Found: str. What to do: find them with sg.detect_events"):
        sg.find_strides("side.json")  # type: ignore[arg-type]
