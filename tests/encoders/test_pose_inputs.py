"""From a trial to a sample: the child's own measure, and what of the picture must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, COCO23, Skeleton
from skelgait.core.trial import Trial
from skelgait.encoders.body_frame import LEG_TO_TRUNK, find_body_frame, smooth_course
from skelgait.encoders.stgcn import StGcn
from skelgait.signals.clean import clean
from skelgait.walker import Camera, Walker

VIEWS = {
    "sagittal_right": "sagittal",
    "sagittal_left": "sagittal",
    "frontal_towards": "frontal",
    "frontal_away": "frontal",
}


def film(view: str = "sagittal_right", *, seed: int = 0, fps: float = 50, duration_s: float = 3, **child: object) -> PoseSequence:
    camera = Camera(view=view)
    return Walker(**child).film(camera, fps=fps, duration_s=duration_s, noise_px=1, dropout=0.02, random_state=seed).pose


def encoder(plane: str = "sagittal", **settings: object) -> StGcn:
    return StGcn(plane=plane, stages=(4,), **{"skeleton": "body25", **settings})


def prepared(pose: PoseSequence, plane: str = "sagittal", **settings: object) -> np.ndarray:
    return encoder(plane, **settings).prepare(Trial("child07", {plane: pose}))["pose"]


WALKS = {view: film(view) for view in VIEWS}


@settings(max_examples=8, deadline=None)
@given(
    view=st.sampled_from(sorted(VIEWS)),
    x=st.floats(-2000, 2000),
    y=st.floats(-2000, 2000),
    size=st.floats(0.2, 5),
)
def test_where_the_camera_stood_and_how_far_away_does_not_matter(view: str, x: float, y: float, size: float) -> None:
    pose = WALKS[view]
    moved = pose.with_(xy=pose.xy * size + [x, y], size=None)
    assert np.abs(prepared(moved, VIEWS[view]) - prepared(pose, VIEWS[view])).max() < 1e-5


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("one_way", [True, False])
def test_the_mirror_child_is_the_mirrored_sample(view: str, one_way: bool) -> None:
    plane, pose = VIEWS[view], WALKS[view]
    found = prepared(pose.mirrored(), plane, one_way=one_way)
    turns = not (one_way and plane == "sagittal")
    wanted = prepared(pose, plane, one_way=one_way)[:, BODY25.mirror] * ([-1, 1, 1] if turns else [1, 1, 1])
    assert np.abs(found - wanted).max() < 1e-5


def test_everybody_walks_to_the_right_and_keeps_left_and_right() -> None:
    heel, toe, near = (BODY25.index(f"left_{p}") for p in ("heel", "big_toe", "knee"))
    for view in ("sagittal_left", "sagittal_right"):
        sample = prepared(WALKS[view])
        assert (sample[:, toe, 0] - sample[:, heel, 0]).mean() > 0.1
    raw = prepared(WALKS["sagittal_left"], one_way=False)
    turned = prepared(WALKS["sagittal_left"])
    assert (raw[:, toe, 0] - raw[:, heel, 0]).mean() < -0.1
    # turned over, and nothing else: the left knee is still the left knee
    assert np.allclose(turned[:, near, 0], -raw[:, near, 0], atol=1e-6)
    assert np.allclose(turned[:, near, 1:], raw[:, near, 1:], atol=1e-6)
    left, right = BODY25.index("left_hip"), BODY25.index("right_hip")
    for view in ("frontal_towards", "frontal_away"):
        sample = prepared(WALKS[view], "frontal")
        assert (sample[:, left, 0] - sample[:, right, 0]).mean() > 0.1, "the child's left is on the right, as seen from the front"


def test_there_and_back_is_one_way() -> None:
    walk = Walker(there_and_back=True).film(Camera(view="sagittal_left"), fps=30, duration_s=12).pose
    sample = prepared(walk)
    forward = sample[:, BODY25.index("left_big_toe"), 0] - sample[:, BODY25.index("left_heel"), 0]
    assert np.mean(forward > 0) > 0.85, "all but the turn"
    assert set(np.unique(find_body_frame(clean(walk), plane="sagittal").forward)) == {-1, 1}


def test_what_is_zero() -> None:
    pose = clean(WALKS["sagittal_right"])
    hip = BODY25.index("mid_hip")
    course, frame, walk = (prepared(pose, fps=50, origin=origin)[:, hip, :2] for origin in ("course", "frame", "walk"))
    assert np.abs(frame).max() < 1e-5
    assert np.ptp(walk[:, 0]) > 1, "the whole way walked, in legs"
    # the course leaves what happens within a stride: the pelvis rises and falls, and nothing runs away
    assert np.abs(course[:, 0]).max() < 0.1
    rise = np.ptp(walk[:, 1])
    assert 0.5 * rise < np.ptp(course[:, 1]) < 1.5 * rise


def test_course_of_what_was_not_always_seen() -> None:
    t = np.arange(150) / 50
    line = np.stack([3 * t, 1 - t], 1)
    gaps = line.copy()
    gaps[:20], gaps[70:90], gaps[-15:] = np.nan, np.nan, np.nan
    assert np.abs(smooth_course(gaps, 50) - line)[15:-10].max() < 0.02
    assert np.isfinite(smooth_course(gaps, 50)).all()
    once = np.full((40, 2), np.nan)
    once[3] = 7, 8
    assert np.array_equal(np.unique(smooth_course(once, 50)), [7, 8])


def test_one_is_a_leg() -> None:
    sample = prepared(clean(WALKS["sagittal_right"]))
    hip, knee, ankle = (sample[:, BODY25.index(f"right_{p}"), :2] for p in ("hip", "knee", "ankle"))
    leg = np.linalg.norm(hip - knee, axis=1) + np.linalg.norm(knee - ankle, axis=1)
    assert abs(np.median(leg) - 1) < 0.03
    # towards the camera the child grows in the picture and not in the sample
    grown = find_body_frame(clean(WALKS["frontal_towards"]), plane="frontal").unit
    assert grown[-1] > 1.2 * grown[0]
    front = prepared(WALKS["frontal_towards"], "frontal")
    height = np.nanmedian(front[:, BODY25.index("left_ankle"), 1] - front[:, BODY25.index("neck"), 1])
    third = len(front) // 3
    for part in (front[:third], front[-third:]):
        seen = part[:, BODY25.index("left_ankle"), 1] - part[:, BODY25.index("neck"), 1]
        assert abs(np.median(seen) / height - 1) < 0.05


def test_without_legs_the_trunk_measures() -> None:
    names = [f"{side}_{point}" for side in ("left", "right") for point in ("shoulder", "elbow", "hip")]
    above = COCO17.subset(names, "upper")
    pose = clean(WALKS["sagittal_right"]).map_to(above)
    unit = find_body_frame(pose, plane="sagittal", one_way=False).unit
    trunk = np.linalg.norm(pose.point("mid_shoulder") - pose.point("mid_hip"), axis=1)
    assert np.allclose(unit, LEG_TO_TRUNK * np.median(trunk))
    own = {"name": "upper", "names": names, "bones": [["left_shoulder", "left_elbow"]]}
    assert prepared(pose, skeleton=own, one_way=False).shape[1] == 6


def test_rate_cleaning_and_mapping() -> None:
    raw = film(fps=60)
    sample = encoder(fps=25, skeleton="coco23").prepare(Trial("child07", raw))
    assert abs(len(sample["pose"]) - 75) <= 1
    assert float(sample["fps"]) == 25
    assert sample["pose"].dtype == np.float32
    assert np.array_equal(sample["pose"], encoder(fps=25, skeleton="coco23").prepare(Trial("child07", clean(raw)))["pose"])
    rough = encoder(fps=25, skeleton="coco23", clean=False).prepare(Trial("child07", raw))["pose"]
    ankle = COCO23.index("left_ankle")
    assert np.abs(np.diff(rough[:, ankle], 3, axis=0)).mean() > np.abs(np.diff(sample["pose"][:, ankle], 3, axis=0)).mean()


def test_missing_is_zero_and_nothing_else_is() -> None:
    pose = film()
    xy = pose.xy.copy()
    xy[40:80, BODY25.index("left_wrist")] = np.nan
    sample = prepared(pose.with_(xy=xy), fps=50)
    wrist = sample[:, BODY25.index("left_wrist")]
    assert not wrist[45:75].any()
    assert (wrist[:35, 2] > 0).all()
    assert np.isfinite(sample).all()
    assert not sample[sample[..., 2] == 0].any()


def test_image_is_what_published_weights_were_given() -> None:
    pose = clean(film()).with_(size=(1920, 1080))
    sample = encoder(fps=50, normalise="image").prepare(Trial("child07", pose))
    seen = sample["pose"][..., 2] > 0.01
    wanted = (pose.xy - [960, 540]) / [960, 540]
    assert np.allclose(sample["pose"][..., :2][seen], wanted[seen], atol=1e-6)
    assert not sample["pose"][..., :2][~seen].any()
    assert np.allclose(sample["unit"] * [960, 540], sample["unit"][0] * 960)
    with pytest.raises(SkelgaitError, match=r'trial \'child07\': normalise="image" needs the size of the picture'):
        encoder(normalise="image").prepare(Trial("child07", pose.with_(size=None)))


def test_windows_and_batches() -> None:
    one = encoder()
    long, short = (one.prepare(Trial("child07", film(duration_s=s))) for s in (4, 2))
    assert one.duration_s(long) == 4
    cut = one.cut(long, 1.0, 2.5)
    assert np.array_equal(cut["pose"], long["pose"][30:75])
    assert cut["unit"].shape == (2,)
    inputs = one.collate([long, short, cut])
    assert inputs["pose"].shape == (3, 120, 25, 3)
    assert inputs["mask"].sum(1).tolist() == [120, 60, 45]
    assert not inputs["pose"][~inputs["mask"]].any()
    assert inputs["unit"].tolist() == [[1, 1]] * 3


def test_nobody_walks() -> None:
    """A child that stands: nothing to turn by, still a sample."""
    still = np.repeat(clean(WALKS["sagittal_right"]).xy[:1], 60, axis=0)
    sample = prepared(PoseSequence(still, fps=30, skeleton=BODY25))
    assert sample.shape == (60, 25, 3)
    assert np.isfinite(sample).all()


def test_refusals() -> None:
    pose = WALKS["sagittal_right"]
    with pytest.raises(SkelgaitError, match=r"trial 'child07' has no frontal pose\. Found: sagittal\."):
        encoder("frontal").prepare(Trial("child07", pose))
    with pytest.raises(
        SkelgaitError, match=r"lacks keypoints of the encoder's skeleton 'coco23'\. Found: layout coco17, without left_big"
    ):
        encoder(skeleton="coco23").prepare(Trial("child07", pose.map_to(COCO17)))
    nobody = pose.with_(xy=np.full_like(pose.xy, np.nan))
    with pytest.raises(SkelgaitError, match="trial 'child07': nobody is seen in its sagittal pose"):
        encoder().prepare(Trial("child07", nobody))
    upside = pose.with_(xy=pose.xy * [1, -1] + [0, 1080])
    with pytest.raises(SkelgaitError, match="trial 'child07': "):
        encoder().prepare(Trial("child07", upside))
    hands = Skeleton("hands", ("left_wrist", "right_wrist"), ())
    with pytest.raises(SkelgaitError, match="neither a leg nor the trunk was seen"):
        find_body_frame(clean(pose).map_to(hands), plane="sagittal")
    with pytest.raises(SkelgaitError, match=r"there is no origin 'neck'\. Expected: course, frame, walk"):
        find_body_frame(pose, plane="sagittal", origin="neck")


def test_a_real_walk(data) -> None:
    path = next(iter(sorted((data).rglob("*_keypoints.json"))), None)
    if path is None:
        pytest.skip("no OpenPose recording there")
    pose = sg.read_pose(path.parent, fps=30)
    sample = encoder("frontal" if pose.plane == "frontal" else "sagittal", one_way=False).prepare(
        Trial("someone", {"frontal" if pose.plane == "frontal" else "sagittal": pose})
    )["pose"]
    assert np.isfinite(sample).all()
    assert np.abs(np.median(sample[..., 1][sample[..., 2] > 0])) < 2


def test_a_pose_of_the_other_plane_is_refused_wherever_it_is_filed() -> None:
    front = WALKS["frontal_towards"]
    assert front.view is None
    for pose in (front, front.with_(view="frontal")):
        with pytest.raises(SkelgaitError, match=r"trial 'child07': the model looks at sagittal poses.*Found: frontal\."):
            encoder().prepare(Trial("child07", {"sagittal": pose}))
    assert encoder().prepare(Trial("child07", {"sagittal": front.with_(view="oblique")}))  # as it was filed
