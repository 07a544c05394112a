"""Knee alignment, pelvis and trunk: by hand, on the walker, and against three-dimensional joint centres."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.core.errors import MissingKeypoint
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, COCO23, SIDES
from skelgait.gait.frontal import find_mid_stance, frontal_angles, knee_alignment_frames
from skelgait.walker import Camera, Walker

# Facing the camera: the subject's left is image right. Left leg given, the right one is its mirror image.
FACING = {"shoulder": (30, -150), "hip": (20, 0), "knee": (20, 100), "ankle": (20, 200), "heel": (20, 210), "big_toe": (22, 220)}


def stand(direction=1, frames=60, skeleton=BODY25, **moved):
    """``left_knee=(x, y)`` or ``knee=(x, y)`` for both; x from the midline to the subject's own side."""
    xy = np.full((frames, len(skeleton), 2), np.nan)
    for part, at in FACING.items():
        for side, sign in zip(SIDES, (1, -1), strict=True):
            x, y = moved.get(f"{side}_{part}", moved.get(part, at))
            if skeleton.has(f"{side}_{part}"):
                xy[:, skeleton.index(f"{side}_{part}")] = (500 + direction * sign * x, 300 + y)
    return PoseSequence(xy, fps=30, skeleton=skeleton, view="frontal")


def angles(direction=1, **moved):
    return {name: float(v[30]) for name, v in frontal_angles(stand(direction, **moved), direction, gate=False).items()}


@pytest.mark.parametrize("direction", [1, -1])
def test_straight_and_level_is_zero(direction):
    found = angles(direction)
    assert found.pop("step_width_ll") == pytest.approx(0.2)
    assert list(found.values()) == pytest.approx([0] * 6, abs=1e-9)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize(
    ("moved", "name", "value"),
    [
        ({"left_knee": (10, 100)}, "left_knee_valgus_deg", 2 * np.degrees(np.arctan(0.1))),
        ({"left_knee": (30, 100)}, "left_knee_valgus_deg", -2 * np.degrees(np.arctan(0.1))),
        ({"right_knee": (10, 100)}, "right_knee_valgus_deg", 2 * np.degrees(np.arctan(0.1))),
        ({"right_knee": (10, 100)}, "left_knee_valgus_deg", 0.0),
        ({"left_knee": (10, 100)}, "left_hip_adduction_deg", np.degrees(np.arctan(0.1))),
        ({"right_knee": (30, 100)}, "right_hip_adduction_deg", -np.degrees(np.arctan(0.1))),
        ({"left_hip": (20, -40)}, "pelvis_left_up_deg", 45.0),
        ({"right_hip": (20, -40)}, "pelvis_left_up_deg", -45.0),
        ({"left_hip": (20, -40)}, "left_hip_adduction_deg", 45.0),
        ({"left_hip": (20, -40)}, "right_hip_adduction_deg", -45.0),
        ({"left_shoulder": (60, -150), "right_shoulder": (0, -150)}, "trunk_left_lean_deg", np.degrees(np.arctan(0.2))),
        ({"left_ankle": (-30, 200)}, "step_width_ll", -10 / 206.1),
    ],
)
def test_one_point_moved_towards_and_away(direction, moved, name, value):
    assert angles(direction, **moved)[name] == pytest.approx(value, abs=0.05)


def test_roll_is_taken_out_of_what_refers_to_the_vertical_only():
    pose = stand(left_knee=(10, 100))
    turn = np.exp(1j * np.radians(7.0))  # the image turned clockwise by 7 degrees
    z = (pose.xy[..., 0] - 1j * pose.xy[..., 1]) * turn.conjugate()
    rolled = pose.with_(xy=np.stack([z.real, -z.imag], axis=-1))
    raw, mended = (frontal_angles(p, 1, gate=False) for p in (rolled, rolled.with_(info={"roll_deg": 7.0})))
    assert raw["pelvis_left_up_deg"][0] == pytest.approx(-7)
    assert raw["trunk_left_lean_deg"][0] == pytest.approx(7)
    assert mended["pelvis_left_up_deg"][0] == pytest.approx(0, abs=1e-6)
    assert mended["trunk_left_lean_deg"][0] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(raw["left_knee_valgus_deg"], frontal_angles(pose, 1, gate=False)["left_knee_valgus_deg"], atol=1e-9)


def gait(n=4, foot_offs=True):
    rows = []
    for k in range(n):
        rows += [("left", "initial_contact", k), ("right", "initial_contact", k + 0.5)]
        if foot_offs:
            rows += [("right", "foot_off", k + 0.1), ("left", "foot_off", k + 0.6)]
    side, event, time = zip(*rows, strict=True)
    return GaitEvents(list(side), list(event), list(time), [30 * t for t in time])


def test_mid_stance_is_the_middle_of_single_support_with_or_without_foot_offs():
    time = np.arange(0, 3, 0.01)
    full, bare = (find_mid_stance(gait(foot_offs=f), "left", time) for f in (True, False))
    inside = np.flatnonzero(full[:100]) / 100
    assert inside.min() == pytest.approx(0.18, abs=0.011)
    assert inside.max() == pytest.approx(0.42, abs=0.011)
    assert (full == bare).mean() > 0.95
    assert not find_mid_stance(GaitEvents([], [], [], []), "left", time).any()


def test_each_gate_says_which_frames_it_refuses():
    pose = stand(frames=90)
    xy = pose.xy.copy()
    knee, ankle = BODY25.index("left_knee"), BODY25.index("left_ankle")
    xy[4, knee] = np.nan
    xy[5, ankle, 1] = xy[5, knee, 1] + 40  # a shank that points at the camera
    found = knee_alignment_frames(pose.with_(xy=xy), 1, gait())
    assert not found.seen[4, 0]
    assert found.seen[4, 1]
    assert not found.extended[5, 0]
    assert found.extended[6, 0]
    assert found.facing.all()
    assert found.mid_stance[:, 0].sum() == pytest.approx(0.8 * 30 * 0.9, abs=4)
    np.testing.assert_array_equal(np.isfinite(found.gated_deg), found.passed)
    alone = knee_alignment_frames(pose.with_(xy=xy), 1)
    assert alone.mid_stance.all()
    assert alone.passed[:, 1].all()


def test_unknown_direction_is_never_believed():
    direction = np.r_[np.zeros(30, int), np.ones(30, int)]
    found = frontal_angles(stand(), direction)
    assert all(np.isnan(v[:30]).all() for v in found.values())
    assert np.isfinite(found["left_knee_valgus_deg"][30:]).all()


def test_a_layout_without_feet_or_shoulders():
    found = frontal_angles(stand(skeleton=COCO17), 1)
    assert np.isfinite(found["left_knee_valgus_deg"]).all()
    bare = COCO17.subset([n for n in COCO17.names if "shoulder" not in n])
    found = frontal_angles(stand(skeleton=bare), 1)
    assert np.isnan(found["trunk_left_lean_deg"]).all()
    assert np.isfinite(found["pelvis_left_up_deg"]).all()
    legless = COCO17.subset([n for n in COCO17.names if "ankle" not in n])
    with pytest.raises(MissingKeypoint, match="ankle"):
        frontal_angles(stand(skeleton=legless), 1)


# The walker.

VIEWS = {"frontal_towards": 1, "frontal_away": -1}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("planted", [(12.0, 12.0), (-10.0, 6.0), (0.0, 0.0)])
def test_planted_varus_and_valgus_is_measured(view, planted):
    walk = Walker(knee_valgus_deg=planted).film(Camera(view=view), fps=60, duration_s=4)
    found = frontal_angles(walk.pose, VIEWS[view], walk.truth.events)
    for side, value in zip(SIDES, planted, strict=True):
        measured = found[f"{side}_knee_valgus_deg"]
        assert np.isfinite(measured).sum() > 30
        assert np.nanmedian(measured) == pytest.approx(value, abs=0.8)


@pytest.mark.parametrize("view", VIEWS)
def test_planted_pelvis_trunk_and_width_are_measured(view):
    walk = Walker(pelvis_left_up_deg=6, trunk_left_lean_deg=8, step_width_m=0.15).film(Camera(view=view), fps=60, duration_s=4)
    found, true = frontal_angles(walk.pose, VIEWS[view], walk.truth.events), walk.truth.angles
    for name, off in (("pelvis_left_up_deg", 1.5), ("trunk_left_lean_deg", 1.0), ("step_width_ll", 0.03)):
        assert np.nanmedian(found[name] - true[name].to_numpy()) == pytest.approx(0, abs=off), name
    assert np.nanmedian(found["pelvis_left_up_deg"]) > 4
    assert np.nanmedian(found["trunk_left_lean_deg"]) > 6


@pytest.mark.parametrize("view", VIEWS)
def test_the_mirror_child_swaps_sides_and_signs(view):
    walk = Walker(knee_valgus_deg=(9.0, -4.0), pelvis_left_up_deg=5).film(Camera(view=view), fps=60, duration_s=3)
    events = walk.truth.events
    other = {"left": "right", "right": "left"}
    swapped = GaitEvents([other[s] for s in events.side], events.event, events.time_s, events.frame)
    want = frontal_angles(walk.pose, VIEWS[view], events)
    got = frontal_angles(walk.pose.mirrored(), VIEWS[view], swapped)
    for name, values in want.items():
        side, _, rest = name.partition("_")
        if side in other:
            np.testing.assert_allclose(got[f"{other[side]}_{rest}"], values, atol=1e-6)
        else:
            np.testing.assert_allclose(got[name], values if name == "step_width_ll" else -values, atol=1e-6)


@given(shift=st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000)), scale=st.floats(0.2, 5))
@settings(max_examples=10, deadline=None)
def test_place_and_size_in_the_image_do_not_matter(shift, scale):
    walk = Walker(knee_valgus_deg=5).film(Camera(view="frontal_towards"), fps=30, duration_s=3)
    want = frontal_angles(walk.pose, 1, walk.truth.events)
    got = frontal_angles(walk.pose.with_(xy=walk.pose.xy * scale + shift), 1, walk.truth.events)
    for name, values in want.items():
        np.testing.assert_allclose(got[name], values, atol=1e-6)


# Real walks: the hip-knee-ankle deviation of the joint centres themselves.


def seen_by(points, centre, look, focal=1000.0, size=(1280, 720)):
    """Pinhole image of points (T, K, 3) metres, z up."""
    ahead = np.subtract(look, centre) / np.linalg.norm(np.subtract(look, centre))
    right = np.cross(ahead, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    v = points - centre
    return np.stack(
        [size[0] / 2 + focal * (v @ right) / (v @ ahead), size[1] / 2 + focal * (v @ np.cross(ahead, right)) / (v @ ahead)], -1
    )


def recorded(data, away):
    """Every walk: name, pose from the front (or from behind, projected here), reference deviation, events of plates and lab."""
    files = sorted([*(data / "c3d_children_ukbb/ref").glob("*.npz"), *(data / "c3d_pig_multilab/ref").glob("*.npz")])
    for file in files:
        if "static" in file.name:
            continue
        with np.load(file) as held:
            points = held["kp_front_persp"][..., :2].astype(float)
            if away:
                start = np.nanmin(held["xyz"][..., 0]) - 2.0
                points = seen_by(held["xyz"].astype(float), [start, 0, 1.0], [start + 5, 0, 0.9])
            xy = np.full((len(points), len(COCO23), 2), np.nan)
            for k, name in enumerate(held["names"]):
                xy[:, COCO23.index(str(name))] = points[:, k]
            hka = np.column_stack([held["hka_L"], held["hka_R"]]).astype(float)
            rows = [str(r).split(",") for r in held["events"]]
            pose = PoseSequence(xy, fps=float(held["fps"]), skeleton=COCO23, view="frontal")
            yield file.stem, pose, hka, lab_events(rows)


def lab_events(rows):
    kept = []
    for source in ("forceplate_measured", "c3d", "grf_threshold_5pct"):
        for side, event, time, _, origin in rows:
            named = (side.lower(), "initial_contact" if event == "IC" else "foot_off")
            if origin == source and all(named != k[:2] or abs(float(time) - k[2]) > 0.15 for k in kept):
                kept.append((*named, float(time)))
    side, event, time = zip(*kept, strict=True)
    return GaitEvents(list(side), list(event), list(time), list(time))


@pytest.mark.parametrize("away", [False, True])
def test_knee_valgus_against_joint_centres(data, away):
    strides, apart, refused = [], {}, []
    for name, pose, hka, events in recorded(data, away):
        alignment = knee_alignment_frames(pose, -1 if away else 1, events)
        for i, side in enumerate(SIDES):
            middle = find_mid_stance(events, side, pose.time_s)
            edges = np.flatnonzero(np.diff(np.r_[0, middle, 0].astype(int))).reshape(-1, 2)
            for start, stop in edges[np.diff(edges)[:, 0] > 0.12 * pose.fps]:  # shorter: a force plate that chatters
                measured = alignment.gated_deg[start:stop, i]
                if not np.isfinite(measured).any():
                    refused.append(name)
                    continue
                value, true = np.nanmedian(measured), np.nanmedian(hka[start:stop, i])
                apart[name, side, start] = value - true
                strides.append((value, true))
    value, true = np.array(strides).T
    assert len(strides) >= 60
    assert np.median(np.abs(value - true)) < 0.3
    assert np.abs(value - true).max() <= 1.0, max(apart, key=lambda k: abs(apart[k]))
    assert refused.count("c3dorg_crouchwalk") >= 2  # knees bent by 90 degrees: no alignment to be seen
    assert not any("crouch" in name for name, _, _ in apart)
    assert len(refused) - refused.count("c3dorg_crouchwalk") <= 1
    clear = np.abs(true) > 1.0
    assert (np.sign(value[clear]) == np.sign(true[clear])).all()
