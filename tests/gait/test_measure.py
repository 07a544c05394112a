"""The whole measurement: synthetic children with known truth, mirrors and rates, and what must be refused."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import MissingKeypoint
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17, SIDES, Skeleton
from skelgait.core.trial import Trial
from skelgait.gait.cycles import find_strides
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement, measure
from skelgait.gait.peaks import PEAKS, stride_peaks
from skelgait.gait.steps import find_steps
from skelgait.walker import Camera, Walk, Walker

CHILD = Walker(cadence_spm=112, step_length_m=(0.50, 0.40), stance_percent=(60, 64), knee_valgus_deg=(12, -6), trunk_lean_deg=8)
BY_NAME = {d.name: d for d in DESCRIPTORS}
SIDE, FRONT = Camera(), Camera(view="frontal_towards", distance_m=14)


def trial_of(walk: Walk, **known: object) -> Trial:
    return Trial("child", walk.pose, **known)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def side_walk() -> Walk:
    return CHILD.film(SIDE, fps=60, duration_s=8)


@pytest.fixture(scope="module")
def from_side(side_walk: Walk) -> Measurement:
    return measure(trial_of(side_walk, leg_length_m=side_walk.truth.leg_length_m))


@pytest.fixture(scope="module")
def from_both(side_walk: Walk) -> Measurement:
    front = CHILD.film(FRONT, fps=60, duration_s=8)
    poses = {"sagittal": side_walk.pose, "frontal": front.pose}
    return measure(Trial("child", poses, leg_length_m=side_walk.truth.leg_length_m))


def test_cadence_and_step_times_are_those_walked(from_side: Measurement) -> None:
    assert from_side.values["cadence_spm"] == pytest.approx(112, abs=0.5)
    assert from_side.values["stride_time_s"] == pytest.approx(120 / 112, abs=0.005)
    for side, stance in (("left", 60), ("right", 64)):
        assert from_side.values[f"{side}_step_time_s"] == pytest.approx(60 / 112, abs=0.02)
        assert from_side.values[f"{side}_stance_percent"] == pytest.approx(stance, abs=3)


def test_a_limp_in_time_is_measured() -> None:
    walk = Walker(cadence_spm=110, step_time_ratio=1.25).film(SIDE, fps=60, duration_s=8)
    values = measure(trial_of(walk)).values
    assert [values["left_step_time_s"], values["right_step_time_s"]] == pytest.approx(walk.truth.step_time_s, abs=0.02)
    assert values["step_time_ratio"] == pytest.approx(1.25, abs=0.07)
    assert values["step_time_difference_s"] > 0


def test_step_length_and_speed_are_those_walked(from_side: Measurement, side_walk: Walk) -> None:
    values, truth = from_side.values, side_walk.truth
    assert values["left_step_length_m"] == pytest.approx(0.50, rel=0.02)
    assert values["right_step_length_m"] == pytest.approx(0.40, rel=0.02)
    assert values["stride_length_m"] == pytest.approx(0.90, rel=0.02)
    assert values["speed_m_s"] == pytest.approx(truth.speed_m_s, rel=0.02)
    assert values["speed_dimensionless"] == pytest.approx(truth.speed_m_s / np.sqrt(9.81 * truth.leg_length_m), rel=0.02)
    assert values["step_length_symmetry_index_percent"] == pytest.approx(100 * 0.10 / 0.45, abs=3)
    assert values["walk_ratio_m_per_spm"] == pytest.approx(0.45 / 112, rel=0.02)


def test_peaks_are_those_of_the_joint_centres(from_side: Measurement, side_walk: Walk) -> None:
    angles = {str(c): side_walk.truth.angles[c].to_numpy() for c in side_walk.truth.angles}
    strides = find_strides(side_walk.truth.events)
    peaks = tuple(p for p in PEAKS if p.plane == "sagittal" and p.angle[:5] in ("knee_", "hip_f", "thigh", "trunk"))
    want = stride_peaks(angles, side_walk.pose.time_s, strides, peaks)
    for i, peak in enumerate(peaks):
        for side in ("left", "right") if peak.sided else ("",):
            rows = strides.side == side if side else np.ones(len(strides), bool)
            name = f"{side}_{peak.name}_deg".removeprefix("_")
            assert from_side.values[name] == pytest.approx(np.nanmedian(want[rows, i]), abs=2.5), name


def test_knees_are_bent_in_the_front_view_only(from_both: Measurement) -> None:
    assert from_both.values["left_knee_valgus_mid_stance_deg"] == pytest.approx(12, abs=1.5)
    assert from_both.values["right_knee_valgus_mid_stance_deg"] == pytest.approx(-6, abs=1.5)
    assert from_both.values["knee_valgus_mid_stance_difference_deg"] == pytest.approx(18, abs=2.5)
    assert from_both.values["step_width_m"] == pytest.approx(CHILD.step_width_m, abs=0.03)


def test_with_both_planes_times_come_from_the_side(from_both: Measurement, from_side: Measurement) -> None:
    assert sorted(from_both.planes) == ["frontal", "sagittal"]
    for name in ("cadence_spm", "left_stance_percent", "stride_time_sd_s", "speed_m_s", "left_knee_flexion_range_deg"):
        assert from_both.values[name] == from_side.values[name]
        assert "front" not in from_both.notes.get(name, "")


def test_every_descriptor_can_be_had(from_both: Measurement) -> None:
    assert set(from_both.values) == {d.name for d in DESCRIPTORS}
    long = Walker(cadence_spm=112, treadmill=True).film(SIDE, fps=60, duration_s=15).pose
    front = CHILD.film(FRONT, fps=60, duration_s=8).pose
    both = measure(Trial("child", {"sagittal": long, "frontal": front}, height_m=1.28))
    assert both.reasons == {}
    assert all(np.isfinite(v) for v in both.values.values())


def test_from_the_front_alone_times_carry_a_note() -> None:
    walk = CHILD.film(FRONT, fps=60, duration_s=8)
    result = measure(trial_of(walk))
    assert list(result.planes) == ["frontal"]
    assert result.values["cadence_spm"] == pytest.approx(112, abs=2)
    assert "frontal view" in result.notes["cadence_spm"]
    assert np.isnan(result.values["left_step_length_ll"])
    assert result.reasons["left_step_length_ll"] == "no sagittal recording: it is measured from the side"
    assert result.reasons["left_knee_flexion_max_swing_deg"].startswith("no sagittal recording")


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
@pytest.mark.parametrize("how", ["no feet in the layout", "feet never seen"])
def test_ankles_alone_seen_from_the_front_give_the_rhythm_only(view: str, how: str) -> None:
    walk = Walker(cadence_spm=112, step_time_ratio=1.15).film(Camera(view=view), fps=60, duration_s=8)
    pose = walk.pose.map_to(COCO17)
    if how == "feet never seen":
        seen = np.array(walk.pose.xy)
        seen[:, [walk.pose.skeleton.index(f"{s}_{p}") for s in SIDES for p in ("heel", "big_toe", "small_toe")]] = np.nan
        pose = walk.pose.with_(xy=seen)
    measured = measure(Trial("child", pose))
    assert measured.values["cadence_spm"] == pytest.approx(112, abs=1.5)
    assert measured.values["stride_time_s"] == pytest.approx(120 / 112, abs=0.02)
    assert "without heels and toes" in measured.notes["cadence_spm"]
    for d in DESCRIPTORS:
        if d.plane != "either":
            continue
        of_a_phase = any(word in d.name for word in ("stance", "swing", "support"))
        if of_a_phase or (d.name.endswith("step_time_s") and d.side) or d.group == "symmetry":
            assert np.isnan(measured.values[d.name]), d.name
            assert "heels and toes" in measured.reasons[d.name], d.name
    assert np.median(measured.planes["frontal"].events.confidence) < 0.45


def test_feet_seen_from_the_front_still_time_the_steps() -> None:
    walk = Walker(cadence_spm=112, step_time_ratio=1.15).film(Camera(view="frontal_towards"), fps=60, duration_s=8)
    values = measure(trial_of(walk)).values
    assert values["step_time_ratio"] == pytest.approx(1.15, abs=0.08)
    assert np.isfinite(values["left_stance_percent"])


def test_a_nan_has_a_reason_and_a_value_has_none(from_side: Measurement) -> None:
    for name, value in from_side.values.items():
        assert np.isnan(value) == bool(from_side.reasons.get(name)), name
    assert from_side.reasons["left_knee_valgus_mid_stance_deg"].startswith("no frontal recording")


def test_counts_say_what_a_value_rests_on(from_side: Measurement) -> None:
    plane = from_side.planes["sagittal"]
    assert from_side.counts["left_stride_time_s"] == (plane.strides.side == "left").sum()
    assert from_side.counts["step_time_s"] == len(find_steps(plane.events))
    assert from_side.counts["step_time_ratio"] == min(from_side.counts[f"{s}_step_time_s"] for s in ("left", "right"))
    assert from_side.filled["cadence_spm"] == 0


def test_interpolated_keypoints_are_told() -> None:
    walk = CHILD.film(SIDE, fps=60, duration_s=6, dropout=0.1)
    share = measure(trial_of(walk)).filled["left_knee_flexion_range_deg"]
    assert 0.02 < share < 0.15


def test_the_mirror_child_swaps_left_and_right(side_walk: Walk, from_side: Measurement) -> None:
    mirrored = measure(Trial("mirror", side_walk.pose.mirrored(), leg_length_m=side_walk.truth.leg_length_m))
    for name, value in from_side.values.items():
        if name.startswith(("left_", "right_")):
            other = {"left": "right", "right": "left"}[name.split("_")[0]] + name.removeprefix("left").removeprefix("right")
            assert mirrored.values[other] == pytest.approx(value, abs=1e-6, nan_ok=True), name
        elif BY_NAME[name].group in ("time", "space", "variability"):
            assert mirrored.values[name] == pytest.approx(value, abs=1e-6, nan_ok=True), name
    assert mirrored.values["step_time_difference_s"] == pytest.approx(-from_side.values["step_time_difference_s"], abs=1e-9)


def test_place_and_size_in_the_image_do_not_matter(side_walk: Walk, from_side: Measurement) -> None:
    moved = side_walk.pose.with_(xy=side_walk.pose.xy * 1.6 + [250, -80], size=None)
    result = measure(Trial("moved", moved, leg_length_m=side_walk.truth.leg_length_m))
    for name, value in from_side.values.items():
        assert result.values[name] == pytest.approx(value, rel=1e-3, abs=1e-2, nan_ok=True), name


@pytest.mark.parametrize("fps", [25, 30, 120])
def test_the_frame_rate_changes_little(fps: float, from_side: Measurement) -> None:
    walk = CHILD.film(SIDE, fps=fps, duration_s=8)
    values = measure(trial_of(walk, leg_length_m=walk.truth.leg_length_m)).values
    assert values["cadence_spm"] == pytest.approx(112, abs=1)
    assert values["speed_m_s"] == pytest.approx(walk.truth.speed_m_s, rel=0.03)
    assert values["left_knee_flexion_max_swing_deg"] == pytest.approx(from_side.values["left_knee_flexion_max_swing_deg"], abs=2)


def test_both_ways_of_a_corridor_are_pooled() -> None:
    walk = Walker(cadence_spm=120, there_and_back=True, lane_m=4, step_length_m=(0.5, 0.4)).film(SIDE, fps=60, duration_s=16)
    result = measure(trial_of(walk, leg_length_m=walk.truth.leg_length_m))
    assert {b.direction for b in result.planes["sagittal"].bouts} == {-1, 1}
    assert result.values["cadence_spm"] == pytest.approx(120, abs=1)
    assert result.values["left_step_length_m"] == pytest.approx(0.5, rel=0.04)
    assert result.values["right_step_length_m"] == pytest.approx(0.4, rel=0.04)


def test_given_events_are_believed(side_walk: Walk) -> None:
    truth = side_walk.truth.events
    late = GaitEvents(truth.side, truth.event, truth.time_s + 0.01, truth.frame)
    result = measure(Trial("child", side_walk.pose, events={"sagittal": late}))
    found = result.planes["sagittal"].events
    np.testing.assert_allclose(found.time_s, late.time_s)
    np.testing.assert_allclose(found.frame, late.time_s * 60, atol=1e-6)
    assert result.values["left_stance_percent"] == pytest.approx(60, abs=1e-6)


def test_variability_needs_ten_strides_and_stands_beside_its_floor(from_side: Measurement) -> None:
    few = measure(trial_of(CHILD.film(SIDE, fps=60, duration_s=4)))
    assert "it needs 10" in few.reasons["stride_time_cv_percent"]
    assert np.isfinite(few.values["stride_time_cv_floor_percent"])
    assert few.values["stride_time_sd_s"] < 0.03
    assert from_side.values["stride_time_cv_floor_percent"] == pytest.approx(100 * (1 / (60 * np.sqrt(6))) / (120 / 112), rel=0.01)
    assert "fewer than 30" in from_side.notes["stride_time_cv_percent"]


def test_no_scale_leaves_leg_lengths() -> None:
    result = measure(trial_of(CHILD.film(SIDE, fps=60, duration_s=6)))
    assert np.isfinite(result.values["speed_ll_s"])
    assert np.isnan(result.values["speed_m_s"])
    assert "scale" in result.reasons["speed_m_s"]
    assert "scale" in result.reasons["cadence_dimensionless"]


def test_moving_ground_is_told_beside_the_lengths() -> None:
    walk = Walker(cadence_spm=112, treadmill=True, step_length_m=(0.5, 0.4)).film(SIDE, fps=60, duration_s=6)
    result = measure(trial_of(walk, leg_length_m=walk.truth.leg_length_m))
    assert result.values["left_step_length_m"] == pytest.approx(0.5, rel=0.04)
    assert result.values["speed_m_s"] == pytest.approx(walk.truth.speed_m_s, rel=0.04)
    for name in ("left_step_length_ll", "speed_ll_s", "speed_m_s"):
        assert "treadmill" in result.notes[name]
    assert "cadence_spm" not in result.notes


def test_too_slow_a_camera_is_told(side_walk: Walk) -> None:
    slow = measure(trial_of(CHILD.film(SIDE, fps=30, duration_s=8)))
    assert np.isfinite(measure(trial_of(CHILD.film(SIDE, fps=29.97, duration_s=8))).values["toe_clearance_ll"])
    assert slow.reasons["left_foot_pitch_initial_contact_deg"] == "30 frames/s are too few: it needs 50"
    slower = measure(trial_of(CHILD.film(SIDE, fps=15, duration_s=8)))
    assert slower.reasons["cadence_spm"] == "15 frames/s are too few: it needs 20"


def test_a_layout_without_feet_has_no_foot_angles(side_walk: Walk) -> None:
    result = measure(Trial("child", side_walk.pose.map_to(COCO17)))
    assert result.reasons["left_ankle_dorsiflexion_max_stance_deg"] == "the layout coco17 has no heel and no toe"
    assert result.reasons["toe_clearance_ll"] == "the layout coco17 has no toe"
    assert result.values["cadence_spm"] == pytest.approx(112, abs=1)


def test_with_one_leg_hidden_the_other_still_tells_the_cadence(side_walk: Walk) -> None:
    xy = side_walk.pose.xy.copy()
    hidden = [
        i
        for i, n in enumerate(side_walk.pose.skeleton.names)
        if n.startswith("left_") and n.split("_")[-1] in ("knee", "ankle", "toe", "heel")
    ]
    xy[:, hidden] = np.nan
    result = measure(Trial("child", side_walk.pose.with_(xy=xy, confidence=None)))
    assert result.values["cadence_spm"] == pytest.approx(112, abs=1.5)
    assert result.notes["cadence_spm"] == "from the strides of the right foot alone"
    assert np.isnan(result.values["step_time_ratio"])
    assert result.reasons["left_stride_time_s"] == "no complete stride of the left foot"
    assert np.isfinite(result.values["right_knee_flexion_max_swing_deg"])


def test_an_oblique_view_is_refused() -> None:
    walk = CHILD.film(Camera(yaw_deg=45), fps=60, duration_s=6)
    result = measure(trial_of(walk))
    assert list(result.planes) == ["oblique"]
    assert all(np.isnan(v) for v in result.values.values())
    assert "obliquely" in result.reasons["cadence_spm"]


def test_somebody_who_stands_has_no_gait() -> None:
    still = np.repeat(CHILD.film(SIDE, fps=60, duration_s=1).pose.xy[:1], 240, axis=0)
    still = still + np.random.default_rng(0).normal(0, 1, still.shape)
    pose = CHILD.film(SIDE, fps=60, duration_s=4).pose.with_(xy=still)
    result = measure(Trial("standing", pose.with_(view="sagittal")))
    assert all(np.isnan(v) for v in result.values.values())
    assert "nobody walks" in result.reasons["cadence_spm"]


def test_two_frames_are_not_a_walk() -> None:
    pose = CHILD.film(SIDE, fps=60, duration_s=2).pose.cut(0, 2)
    result = measure(Trial("short", pose))
    assert all(np.isnan(v) for v in result.values.values())
    assert result.reasons["cadence_spm"]


def test_a_layout_without_hips_is_one_clear_error() -> None:
    feet = Skeleton("feet", ("left_heel", "right_heel"))
    with pytest.raises(MissingKeypoint, match="hip"):
        measure(Trial("feet", PoseSequence(np.random.default_rng(0).normal(0, 5, (90, 2, 2)), fps=30, skeleton=feet)))


def test_a_bad_plane_does_not_take_the_good_one_with_it(side_walk: Walk) -> None:
    feet = PoseSequence(np.zeros((90, 2, 2)), fps=30, skeleton=Skeleton("feet", ("left_heel", "right_heel")), view="frontal")
    result = measure(Trial("child", {"sagittal": side_walk.pose, "frontal": feet}))
    assert result.values["cadence_spm"] == pytest.approx(112, abs=1)
    assert "frontal" in result.failures
    assert result.reasons["left_knee_valgus_mid_stance_deg"] == result.failures["frontal"]


def test_cycles_and_angles_are_there_as_tables(from_side: Measurement) -> None:
    plane = from_side.planes["sagittal"]
    assert list(plane.cycles.index.names) == ["side", "cycle", "percent"]
    assert plane.angle_table.index.name == "time_s"
    assert "left_knee_flexion_deg" in plane.angle_table


def real_pose(data: Path, name: str, camera: str, how: str = "as filmed") -> tuple[PoseSequence, dict[str, np.ndarray]]:
    """A recorded walk as a virtual camera saw it."""
    z = dict(np.load(data / f"{name}.npz", allow_pickle=False))
    points, fps = z[camera], float(z["fps"])
    xy = np.where(points[..., 2:] > 0, points[..., :2], np.nan)
    if how == "30 fps":
        every = round(fps / 30)
        xy, fps = xy[::every], fps / every
    if how == "2 px noise":
        xy = xy + np.random.default_rng(0).normal(0, 2, xy.shape)
    pose = PoseSequence(xy, fps=fps, skeleton=Skeleton("ref21", tuple(z["names"].astype(str)), COCO17.bones), size=(1280, 720))
    return (pose.mirrored() if how == "mirrored" else pose), z


REAL = {  # walk: whose contacts, and how many steps/min a contact that is a hundredth of a second off may cost
    "c3d_pig_multilab/ref/btk_B_gait": ("c3d", 2),
    "c3d_pig_multilab/ref/fmc_gait15": ("c3d", 2),
    "c3d_pig_multilab/ref/gaitalytics_treadmill": ("c3d", 1),
    "c3d_children_ukbb/ref/walkNorm_NP1004a05": ("grf_threshold_5pct", 3.5),  # two steps of 0.4 s
    "c3d_children_ukbb/ref/walkNorm_NP1009a20": ("grf_threshold_5pct", 2),
}


@pytest.mark.parametrize("how", ["as filmed", "30 fps", "mirrored", "2 px noise"])
@pytest.mark.parametrize("name", list(REAL))
def test_real_cadence_over_the_steps_a_plate_saw(data: Path, name: str, how: str) -> None:
    pose, z = real_pose(data, name, "kp_sag_persp", how)
    source, allowed = REAL[name]
    contacts = sorted(float(r.split(",")[2]) for r in z["events"].astype(str) if r.endswith(source) and ",IC," in r)
    steps = find_steps(measure(Trial(name, pose)).planes["sagittal"].events)
    same = (steps.start_s > contacts[0] - 0.1) & (steps.stop_s < contacts[-1] + 0.1)
    assert same.sum() == len(contacts) - 1
    reference = 60 / np.diff(contacts).mean()
    assert 60 / steps.duration_s[same].mean() == pytest.approx(reference, abs=allowed + (how == "2 px noise"))


OVERGROUND = (
    "c3d_pig_multilab/ref/btk_A_gait1",
    "c3d_pig_multilab/ref/fmc_gait06",
    "c3d_children_ukbb/ref/walkNorm_NP1002a12",
    "c3d_children_ukbb/ref/walkNorm_NP1004a06",
)


@pytest.mark.parametrize("camera", ["kp_sag_ortho", "kp_sag_persp"])
@pytest.mark.parametrize("name", OVERGROUND)
def test_real_speed_is_that_of_the_hips(data: Path, name: str, camera: str) -> None:
    pose, z = real_pose(data, name, camera)
    at = {str(n): i for i, n in enumerate(z["names"])}
    thigh, shank = (
        np.linalg.norm(z["xyz"][:, at[f"left_{a}"]] - z["xyz"][:, at[f"left_{b}"]], axis=1)
        for a, b in (("hip", "knee"), ("knee", "ankle"))
    )
    result = measure(Trial(name, pose, leg_length_m=float(np.nanmedian(thigh + shank))))
    strides = result.planes["sagittal"].strides
    hips = z["xyz"][:, [at["left_hip"], at["right_hip"]], :2].mean(axis=1)
    place = [np.column_stack([np.interp(t, pose.time_s, c) for c in hips.T]) for t in (strides.start_s, strides.stop_s)]
    speed = np.linalg.norm(place[1] - place[0], axis=1).sum() / strides.duration_s.sum()
    assert result.values["speed_m_s"] == pytest.approx(speed, rel=0.03)


def test_a_measurement_can_be_pickled_and_copied(from_both: Measurement) -> None:
    for other in (pickle.loads(pickle.dumps(from_both)), copy.deepcopy(from_both)):
        assert other.values == pytest.approx(from_both.values, nan_ok=True)
        assert dict(other.planes["sagittal"].view.evidence) == dict(from_both.planes["sagittal"].view.evidence)
        with pytest.raises(TypeError):
            other.planes["sagittal"].view.evidence["heading_deg"] = 0.0


@pytest.mark.parametrize("view", ["frontal_towards", "frontal_away"])
@pytest.mark.parametrize("width_m", [0.2, 0.08, 0.0, -0.06])
def test_the_width_between_the_feet_is_signed(width_m: float, view: str) -> None:
    """Scissoring: feet that cross stand less than nothing apart."""
    walk = Walker(step_width_m=width_m).film(Camera(view=view), fps=60, duration_s=6)
    values = measure(Trial("child", walk.pose, leg_length_m=walk.truth.leg_length_m)).values
    assert values["step_width_m"] == pytest.approx(width_m, abs=0.01)
    assert values["step_width_ll"] == pytest.approx(width_m / walk.truth.leg_length_m, abs=0.015)
    assert values["cadence_spm"] == pytest.approx(walk.truth.cadence_spm, abs=1)


def rolled_values(walker: Walker, camera: dict, roll: float, *, mirror: bool = False) -> tuple[dict[str, float], list[str]]:
    pose = walker.film(Camera(roll_deg=roll, size=(1400, 1400), **camera), fps=60, duration_s=6).pose
    result = measure(Trial("child", pose.mirrored() if mirror else pose))
    return result.values, next(iter(result.planes.values())).notes


@pytest.mark.parametrize("roll", [-6.0, 6.0])
@pytest.mark.parametrize(
    "camera",
    [
        {"view": "sagittal_right"},
        {"view": "sagittal_left"},
        {"view": "frontal_towards"},
        {"view": "frontal_away"},
        {"follow": "track"},
    ],
    ids=lambda camera: next(iter(camera.values())),
)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_turned_camera_changes_nothing(camera: dict, roll: float, mirror: bool) -> None:
    child = Walker(step_length_m=(0.45, 0.52), step_time_ratio=1.1, trunk_lean_deg=5, pelvis_left_up_deg=3, knee_valgus_deg=(8, -4))
    straight, _ = rolled_values(child, camera, 0.0, mirror=mirror)
    turned, notes = rolled_values(child, camera, roll, mirror=mirror)
    assert any("camera" in note and "turned by some 6 degrees" in note for note in notes)
    for name, value in straight.items():
        if name.endswith("_percent") and ("asymmetry" in name or "index" in name or "cv" in name or "angle" in name):
            continue  # shares of small differences
        if np.isfinite(value):
            apart = {"_deg": 0.3, "_s": 0.003, "_ll": 0.004, "_spm": 0.2, "_percent": 0.5}
            limit = next((most for unit, most in apart.items() if name.endswith(unit)), 0.02)
            assert turned[name] == pytest.approx(value, abs=limit), name


@pytest.mark.parametrize("distance_m", [6.0, 4.0, 3.0])
def test_steps_seen_aside_by_a_camera_that_turns_are_not_measured(distance_m: float) -> None:
    walk = Walker().film(Camera(follow="pan", distance_m=distance_m), fps=60, duration_s=8)
    result = measure(Trial("child", walk.pose, leg_length_m=walk.truth.leg_length_m))
    assert any("the camera turned after the walker" in note for note in result.planes["sagittal"].notes)
    assert result.values["left_step_length_m"] == pytest.approx(walk.truth.step_length_m[0], rel=0.05)
    assert result.values["speed_m_s"] == pytest.approx(walk.truth.speed_m_s, rel=0.05)
    assert result.values["cadence_spm"] == pytest.approx(walk.truth.cadence_spm, abs=1.5)
    peak = walk.truth.angles["left_knee_flexion_deg"].max()
    assert result.values["left_knee_flexion_max_swing_deg"] == pytest.approx(peak, abs=2.5)


def test_a_body_without_ankles_is_not_said_to_stand_still() -> None:
    pose = Walker().film(fps=60, duration_s=4).pose
    xy = pose.xy.copy()
    for name in ("left_ankle", "right_ankle"):
        xy[:, pose.skeleton.index(name)] = np.nan
    result = measure(Trial("child", pose.with_(xy=xy)))
    assert "the left ankle and the right ankle are never seen" in result.reasons["cadence_spm"]
