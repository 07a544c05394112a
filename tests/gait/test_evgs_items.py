"""Analytic truth: children built to lie in the middle of every band, and 3 degrees either side of every limit.

Sagittal angles come from a stick child whose joint curves are healthy but for the one that is set; what a stick cannot show
(clearance, the front view) comes from the walker.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import PchipInterpolator

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO23, SIDES
from skelgait.core.trial import Trial
from skelgait.gait.cycles import share_between
from skelgait.gait.evgs import score_evgs
from skelgait.gait.evgs_items import PELVIC_TILT_DEG
from skelgait.gait.evgs_scores import band_scores
from skelgait.tasks.evgs import evgs_items
from skelgait.walker import Camera, Walker
from skelgait.walker.curves import healthy

ITEMS = {i.item: i for i in evgs_items()}
FPS, STRIDE_S, STRIDES = 60.0, 1.1, 5
STANCE = 0.6
CYCLE = np.linspace(0, 1, 2001)


def foot_pitch(share: np.ndarray, *, contact: float = 18.0, lifts: float = 0.30) -> np.ndarray:
    """Pitch of a foot that lands at an angle, lies flat, lifts its heel evenly from a share of the cycle on, and swings."""
    knots = np.array([0, 0.10, 0.14, lifts, max(lifts, STANCE) + 0.02, 0.72, 0.90])
    pitch = np.array([contact, 0, 0, 0, -60, -40, contact])
    return PchipInterpolator(np.r_[knots - 1, knots, knots + 1], np.tile(pitch, 3))(np.mod(share, 1))


def stick_child(
    *,
    knee: float = 0.0,
    thigh: float = 0.0,
    ankle: float | None = None,
    trunk: float = 2.0,
    pitch: Callable[[np.ndarray], np.ndarray] = foot_pitch,
    left_pitch: Callable[[np.ndarray], np.ndarray] | None = None,
    noise_px: float = 0.0,
) -> Trial:
    """A child of lines: healthy curves, each with a constant added; contacts and foot-offs known."""
    time_s = np.arange(round(FPS * STRIDE_S * STRIDES)) / FPS
    xy = np.full((len(time_s), len(COCO23), 2), np.nan)
    hip = np.stack([100 + 110 * time_s, np.full_like(time_s, 400.0)], axis=1)

    def along(start: np.ndarray, degrees: np.ndarray | float, length: float) -> np.ndarray:
        lean = np.radians(degrees) + 0 * time_s
        return start + length * np.stack([np.sin(lean), np.cos(lean)], axis=1)

    shoulder = along(hip, 180 - trunk, 150)
    points = {"nose": shoulder + [18, -40]}
    events: list[tuple[str, str, float]] = []
    for side, shift in zip(SIDES, (0.5, 0.0), strict=True):
        share = np.mod(time_s / STRIDE_S + shift, 1)
        flexion = healthy("knee_flexion", share) + knee
        foot = (left_pitch if side == "left" and left_pitch else pitch)(share)
        if ankle is None:
            leans = healthy("hip_flexion", share) - healthy("pelvic_tilt", share) + thigh
        else:
            leans = flexion - (healthy("ankle_dorsiflexion", share) + ankle - foot)
        knee_point = along(hip, leans, 100)
        ankle_point = along(knee_point, leans - flexion, 100)
        heel = along(along(ankle_point, foot, 12), foot + 90, -12)
        points |= {f"{side}_hip": hip, f"{side}_knee": knee_point, f"{side}_ankle": ankle_point, f"{side}_heel": heel}
        points |= {f"{side}_big_toe": along(heel, foot + 90, 50), f"{side}_shoulder": shoulder}
        for kind, at in (("initial_contact", 0.0), ("foot_off", STANCE)):
            times = (np.arange(STRIDES + 1) + at - shift) * STRIDE_S
            events += [(side, kind, float(t)) for t in times if 0 <= t <= time_s[-1]]
    for name, point in points.items():
        xy[:, COCO23.index(name)] = point
    xy += np.random.default_rng(0).normal(0, noise_px, xy.shape) if noise_px else 0.0
    side, kind, when = zip(*events, strict=True)
    known = GaitEvents(side, kind, np.array(when), np.array(when) * FPS)  # type: ignore[arg-type]
    return Trial("stick", PoseSequence(xy, fps=FPS, skeleton=COCO23, size=(1280, 720)), events={"sagittal": known})


THIGH = healthy("hip_flexion", CYCLE) - healthy("pelvic_tilt", CYCLE) + PELVIC_TILT_DEG
STANDS, SWINGS = CYCLE <= STANCE, CYCLE >= STANCE
# item: what of the stick is set, and what the healthy curves themselves have there
SET: dict[int, tuple[str, float]] = {
    3: ("ankle", healthy("ankle_dorsiflexion", CYCLE)[STANDS].max()),
    7: ("ankle", healthy("ankle_dorsiflexion", CYCLE)[SWINGS].max()),
    9: ("knee", healthy("knee_flexion", CYCLE)[STANDS].min()),
    10: ("knee", float(healthy("knee_flexion", np.array([0.985]))[0])),
    11: ("knee", healthy("knee_flexion", CYCLE)[SWINGS].max()),
    12: ("thigh", THIGH[STANDS].min()),
    13: ("thigh", THIGH[SWINGS].max()),
    16: ("trunk", 0.0),
}


def stick_at(item: int, value: float, noise_px: float = 0.0) -> Trial:
    if item == 1:
        return stick_child(pitch=lambda share: foot_pitch(share, contact=value), noise_px=noise_px)
    what, own = SET[item]
    return stick_child(**{what: value - own}, noise_px=noise_px)  # type: ignore[arg-type]


def middles(item: int, beyond: float = 8.0) -> list[float]:
    """The middle of every band; the outermost ones that much beyond their limit."""
    edges = [e for e in ITEMS[item].edges if np.isfinite(e)]
    return [edges[0] - beyond, *((np.array(edges[1:]) + edges[:-1]) / 2).tolist(), edges[-1] + beyond]


def sides(scores: pd.DataFrame, item: int) -> pd.DataFrame:
    return scores[scores["item"] == item].set_index("side")


@pytest.mark.parametrize("noise_px", [0.0, 1.0])
@pytest.mark.parametrize("item", [1, *SET])
def test_in_the_middle_of_a_band_the_score_is_that_band(item: int, noise_px: float) -> None:
    hits = []
    for value in middles(item):
        got = sides(score_evgs(stick_at(item, value, noise_px)), item)
        hits += (got["score"] == band_scores(value, ITEMS[item].edges)).tolist()
        assert got["value"].to_numpy() == pytest.approx(value, abs=1.0 if noise_px == 0 else 2.5)
        assert (got["cycles"] >= STRIDES - 2).all()
    assert np.mean(hits) >= 0.95


@pytest.mark.parametrize("item", [1, *SET])
def test_three_degrees_from_a_limit_the_probabilities_straddle_it(item: int) -> None:
    edges = ITEMS[item].edges
    for edge in (e for e in edges if np.isfinite(e)):
        here, there = band_scores(np.array([edge - 0.1, edge + 0.1]), edges).astype(int)
        for value in (edge - 3, edge + 3):
            got = sides(score_evgs(stick_at(item, value)), item)
            assert (got["score"] == (here if value < edge else there)).all(), (item, value)
            assert (got["margin"] < ITEMS[item].error).all()
            assert (got[[f"p{here}", f"p{there}"]] > 0.2).all().all(), (item, value)
            assert (got[[f"p{here}", f"p{there}"]] < 0.8).all().all(), (item, value)


@cache
def level_share() -> float:
    """Share of the stride at which the swinging ankle passes the standing one, from the points of the stick."""
    pose = stick_child().pose["sagittal"]
    ahead = (pose.point("left_ankle") - pose.point("right_ankle"))[:, 0]
    share = pose.time_s / STRIDE_S  # of the right foot
    rise = np.flatnonzero((ahead[:-1] < 0) & (ahead[1:] >= 0) & (share[:-1] < 0.5))[0]
    return float(share[rise] + (share[rise + 1] - share[rise]) * ahead[rise] / (ahead[rise] - ahead[rise + 1]))


def lifting_at(percent: float) -> Callable[[np.ndarray], np.ndarray]:
    """A foot 6 degrees tip-down at a percentage of the way from level to opposite contact."""
    wanted = level_share() + percent / 100 * (0.5 - level_share())

    def crossing(lifts: float) -> float:
        pitch = foot_pitch(CYCLE, lifts=lifts)
        return float(CYCLE[np.flatnonzero((pitch > -6) & (CYCLE < 0.7))[-1]])

    tried = np.linspace(0.15, 0.59, 400)
    lifts = float(tried[np.argmin([abs(crossing(t) - wanted) for t in tried])])
    return lambda share: foot_pitch(share, lifts=lifts)


@pytest.mark.parametrize(("percent", "score"), [(-30, 1), (-15, 1), (15, 0), (50, 0), (85, 0), (112, 1)])
def test_the_heel_lifts_when_it_was_made_to(percent: float, score: int) -> None:
    got = sides(score_evgs(stick_child(pitch=lifting_at(percent))), 2)
    assert (got["score"] == score).all()
    assert got["value"].to_numpy() == pytest.approx(percent, abs=6)
    if min(abs(percent), abs(percent - 100)) < ITEMS[2].error:
        assert (got[["p0", "p1"]] > 0.1).all().all()
    else:
        assert got.loc["right", f"p{score}"] > 0.8
        assert (got[f"p{score}"] > 0.7).all()  # the left leg is the far one, and less sure


def test_a_heel_that_never_comes_down_scores_two() -> None:
    up = stick_child(left_pitch=lambda share: foot_pitch(share, contact=-12) - 20)
    scores = score_evgs(up)
    heel, contact = sides(scores, 2), sides(scores, 1)
    assert heel["score"].tolist() == [2, 0]
    assert np.isnan(heel.loc["left", "value"])
    assert "never comes down" in heel.loc["left", "reason"]
    assert heel.loc["left", "p2"] > 0.7 > 0.3 > heel.loc["right", "p2"]
    assert contact["score"].tolist() == [2, 0]
    assert contact["tier"].tolist() == ["proxy", "computed"]  # its own flat pitch was never seen
    assert "zero is the other foot's" in contact.loc["left", "reason"]


def test_a_child_on_its_toes_on_both_sides_still_has_scores_as_a_proxy() -> None:
    scores = score_evgs(stick_child(pitch=lambda share: foot_pitch(share, contact=-15) - 25))
    for item in (1, 2, 3, 7):
        assert (sides(scores, item)["tier"] == "proxy").all(), item
        assert (sides(scores, item)["score"] > 0).all(), item
    assert (sides(scores, 1)["score"] == 2).all()
    assert (sides(scores, 2)["score"] == 2).all()


@pytest.mark.parametrize(("percent_ll", "score"), [(-1.0, 2), (0.5, 1), (3.0, 0), (8.0, 1)])
def test_clearance_is_the_height_the_toe_was_given(percent_ll: float, score: int) -> None:
    got = sides(score_evgs(with_clearance(percent_ll)), 6)
    assert got["value"].to_numpy() == pytest.approx(percent_ll, abs=0.7)
    assert (got["score"] == score).all()


@pytest.mark.parametrize("percent_ll", [-0.4, 0.4, 0.6, 1.4, 4.6, 5.4])
def test_a_clearance_near_a_limit_is_no_hard_score(percent_ll: float) -> None:
    got = sides(score_evgs(with_clearance(percent_ll)), 6)
    assert got.apply(straddles, axis=1, item=6, low=0.1).all(), got[["value", "p0", "p1", "p2"]]


def with_clearance(percent_ll: float) -> Trial:
    """A walker whose toes pass the floor at a height, percent of the leg length."""
    walk = Walker().film(Camera(perspective=False), fps=60, duration_s=6)
    truth = walk.truth
    xy = walk.pose.xy.copy()
    for side in SIDES:
        share = share_between(truth.events, side, "foot_off", "initial_contact", walk.pose.time_s)
        middle = (share >= 0.35) & (share <= 0.75)
        height = truth.joints[f"{side}_big_toe"][:, 2]
        least = (height[middle].min() - height.min()) / truth.leg_length_m
        bump = PchipInterpolator([0, 0.25, 0.8, 1], [0, 1, 1, 0])(np.nan_to_num(share))
        lift = (percent_ll / 100 - least) * truth.leg_length_m / truth.metres_per_px
        xy[:, walk.pose.skeleton.index(f"{side}_big_toe"), 1] -= lift * bump
    return Trial("child", walk.pose.with_(xy=xy))


def test_a_toe_below_the_floor_is_not_believed() -> None:
    walk = Walker().film(fps=60, duration_s=6)
    xy = walk.pose.xy.copy()
    share = share_between(walk.truth.events, "right", "foot_off", "initial_contact", walk.pose.time_s)
    down = (share > 0.3) & (share < 0.8)
    xy[down, walk.pose.skeleton.index("right_big_toe"), 1] += 0.15 * walk.truth.leg_length_m / walk.truth.metres_per_px
    got = sides(score_evgs(Trial("child", walk.pose.with_(xy=xy))), 6)
    assert got["score"].notna().tolist() == [True, False]
    assert "below the floor" in got.loc["right", "reason"]


def from_front_and_back(child: Walker) -> pd.DataFrame:
    cameras = [Camera(view=view, distance_m=12) for view in ("frontal_towards", "frontal_away")]
    return score_evgs([Trial("child", {"frontal": child.film(c, fps=50, duration_s=5).pose}) for c in cameras])


@pytest.mark.parametrize("left_up", [-18.0, -12.0, -8.0, -3.0, 3.0, 8.0, 12.0, 18.0])
def test_pelvic_obliquity_is_that_of_the_standing_side(left_up: float) -> None:
    got = sides(from_front_and_back(Walker(pelvis_left_up_deg=left_up)), 14)
    for side, sign in zip(SIDES, (1, -1), strict=True):
        assert got.loc[side, "value"] == pytest.approx(sign * left_up, abs=1.0)
        assert got.loc[side, "score"] == band_scores(sign * left_up, ITEMS[14].edges)
    assert (got["view"] == "frontal_towards, frontal_away").all()


@pytest.mark.parametrize("out", [-34.0, -12.0, 10.0, 30.0])
def test_the_direction_of_the_foot_is_a_proxy(out: float) -> None:
    got = sides(from_front_and_back(Walker(foot_progression_deg=(out, 10.0))), 5)
    assert got.loc["left", "value"] == pytest.approx(out, abs=2.5)
    assert got.loc["left", "score"] == band_scores(out, ITEMS[5].edges)
    assert got.loc["right", "score"] == 0
    assert (got["tier"] == "proxy").all()
    assert got["reason"].str.contains("knee is not seen").all()


def straddles(row: pd.Series, item: int, low: float = 0.15) -> bool:
    """Whether the scores on both sides of the limit nearest to the value are said to be possible."""
    edges = ITEMS[item].edges
    nearest = min((e for e in edges if np.isfinite(e)), key=lambda e: abs(e - row["value"]))
    two = band_scores(np.array([nearest - 0.01, nearest + 0.01]), edges).astype(int)
    return all(low < row[f"p{score}"] < 1 - low for score in two)


@pytest.mark.parametrize("edge", [e for e in ITEMS[14].edges if np.isfinite(e)])
@pytest.mark.parametrize("off", [-3.0, 3.0])
def test_three_degrees_from_a_limit_of_the_obliquity(edge: float, off: float) -> None:
    got = sides(from_front_and_back(Walker(pelvis_left_up_deg=edge + off)), 14).loc["left"]
    assert got["score"] == band_scores(edge + off, ITEMS[14].edges)
    assert straddles(got, 14)


@pytest.mark.parametrize("edge", [e for e in ITEMS[5].edges if np.isfinite(e)])
@pytest.mark.parametrize("off", [-3.0, 3.0])
def test_three_degrees_from_a_limit_of_the_direction_of_the_foot(edge: float, off: float) -> None:
    got = sides(from_front_and_back(Walker(foot_progression_deg=(edge + off, 10.0))), 5).loc["left"]
    assert got["score"] == band_scores(edge + off, ITEMS[5].edges)
    assert straddles(got, 5)


@pytest.mark.parametrize(
    ("lean", "sway", "scores"), [(0, 1.0, (0, 0)), (0, 9.0, (2, 2)), (5, 1.5, (1, 1)), (10, 1.5, (2, 1)), (0, -6, (1, 1))]
)
def test_the_trunk_shifts_as_the_joints_do(lean: float, sway: float, scores: tuple[int, int]) -> None:
    child = Walker(trunk_left_lean_deg=lean, trunk_sway_deg=sway)
    got = sides(from_front_and_back(child), 17)
    assert tuple(got["score"]) == scores
    truth = child.film(fps=60, duration_s=6).truth
    shoulders, hips = ((truth.joints[f"left_{p}"] + truth.joints[f"right_{p}"])[:, 1] / 2 for p in ("shoulder", "hip"))
    contacts = {side: truth.events.times(side, "initial_contact") for side in SIDES}
    for side, other, sign in (("left", "right", 1), ("right", "left", -1)):
        shift = []
        for start in contacts[side]:
            stop = contacts[other][contacts[other] > start][:1]
            time = truth.angles.index.to_numpy()
            middle = (time >= start + 0.4 * (stop - start)) & (time <= start + 0.85 * (stop - start)) if len(stop) else time < 0
            shift += [(sign * (shoulders - hips.mean()))[middle].max()] if middle.any() else []
        assert got.loc[side, "value"] == pytest.approx(100 * np.median(shift) / truth.leg_length_m, abs=1.0)


@pytest.mark.parametrize("sway", [-2.0, 2.0, 3.0, 7.0])
def test_a_shift_near_a_limit_is_no_hard_score(sway: float) -> None:
    got = sides(from_front_and_back(Walker(trunk_sway_deg=sway)), 17)
    assert (got["margin"] < ITEMS[17].error / 2).all()
    assert got.apply(straddles, axis=1, item=17).all(), got[["value", "p0", "p1", "p2"]]
