"""The score of a visit: what recordings give together, what they refuse, and that left and right are only names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, COCO17, SIDES, Skeleton
from skelgait.core.trial import Trial
from skelgait.gait.evgs import COLUMNS, score_evgs, score_measurements
from skelgait.gait.evgs_items import sample_items
from skelgait.gait.measure import measure
from skelgait.tasks.evgs import evgs_items
from skelgait.walker import Camera, Walker

CHILD = Walker(
    crouch_deg=(28, 0), equinus_deg=(0, 9), stiff_knee=(0.0, 0.4), trunk_lean_deg=9, pelvis_left_up_deg=4, trunk_sway_deg=4
)
VIEWS = {"sagittal_right": "sagittal", "sagittal_left": "sagittal", "frontal_towards": "frontal", "frontal_away": "frontal"}
SAGITTAL_ITEMS = [i.item for i in evgs_items() if i.plane == "sagittal"]
FRONTAL_ITEMS = [5, 14, 17]
NEVER = [4, 8, 15]


def film(view: str, child: Walker = CHILD, fps: float = 60, **settings: float) -> Trial:
    camera = Camera(view=view, distance_m=12 if VIEWS[view] == "frontal" else None)
    pose = child.film(camera, fps=fps, duration_s=5, **settings).pose  # type: ignore[arg-type]
    return Trial("child", {VIEWS[view]: pose}, name=view)


@pytest.fixture(scope="module")
def visit() -> list[Trial]:
    return [film(view) for view in VIEWS]


@pytest.fixture(scope="module")
def scores(visit: list[Trial]) -> pd.DataFrame:
    return score_evgs(visit)


def known(scores: pd.DataFrame) -> set[int]:
    """Items that have a score on both sides."""
    return {int(i) for i, own in scores.groupby("item")["score"] if own.notna().all()}


def test_a_full_visit_scores_what_can_be_scored(scores: pd.DataFrame) -> None:
    assert list(scores.columns) == list(COLUMNS)
    assert scores["side"].tolist() == ["left"] * 17 + ["right"] * 17
    assert scores["item"].tolist() == [*range(1, 18)] * 2
    assert known(scores) == {*SAGITTAL_ITEMS, *FRONTAL_ITEMS}
    some = scores[scores["score"].notna()]
    assert some["score"].isin([0, 1, 2]).all()
    assert some[["p0", "p1", "p2"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert (some["cycles"] >= 4).all()
    assert some["view"].str.contains(",").all()
    assert scores.loc[scores["item"] == 9, "score"].tolist() == [2, 0]
    assert scores.loc[scores["item"] == 16, "score"].tolist() == [1, 1]


def test_every_missing_score_has_a_reason_and_every_proxy_says_so(scores: pd.DataFrame) -> None:
    missing = scores["score"].isna()
    assert scores.loc[missing, "item"].unique().tolist() == NEVER
    assert (scores.loc[missing, "tier"] == "not assessable").all()
    assert (scores.loc[missing, "reason"] != "").all()
    assert (scores.loc[missing, "cycles"] == 0).all()
    assert scores.loc[missing, ["value", "margin", "p0", "p1", "p2"]].isna().all().all()
    proxy = scores["tier"] == "proxy"
    assert set(scores.loc[proxy, "item"]) == {5}
    hip = scores["item"].isin([12, 13])
    assert scores.loc[hip, "reason"].str.contains("pelvis does not show").all()
    assert (scores.loc[~missing & ~proxy & ~hip, "reason"] == "").all()


def test_a_pelvis_that_is_known_moves_the_hip_and_makes_it_surer(visit: list[Trial], scores: pd.DataFrame) -> None:
    known = score_evgs(visit, pelvic_tilt_deg=21.6)
    hip = scores["item"].isin([12, 13])
    assert (known.loc[hip, "value"] - scores.loc[hip, "value"]).to_numpy() == pytest.approx(10)
    assert known.loc[hip, "reason"].eq("with a pelvic tilt of 21.6 degrees, as given").all()
    pd.testing.assert_frame_equal(known[~hip], scores[~hip])
    same = score_evgs(visit, pelvic_tilt_deg=11.6)
    assert (same.loc[hip, ["p0", "p1", "p2"]].max(axis=1) > scores.loc[hip, ["p0", "p1", "p2"]].max(axis=1)).all()
    table = [replace(trial, covariates={"pelvic_tilt_deg": "21.6"}) for trial in visit[:1]] + visit[
        1:
    ]  # as a table of walks has it
    pd.testing.assert_frame_equal(score_evgs(table), known)


@pytest.mark.parametrize("tilt", [200, "much", float("nan")])
def test_a_tilt_that_is_none_is_refused(visit: list[Trial], tilt: object) -> None:
    with pytest.raises(SkelgaitError, match="pelvic_tilt_deg cannot be the tilt of a pelvis"):
        score_evgs(visit, pelvic_tilt_deg=tilt)  # type: ignore[arg-type]


def test_strides_of_all_clips_count(visit: list[Trial], scores: pd.DataFrame) -> None:
    alone = [score_evgs(trial) for trial in visit[:2]]
    knee = scores["item"] == 9
    assert (scores[knee]["cycles"] == sum(one[knee]["cycles"] for one in alone)).all()
    between = np.sort([one[knee]["value"].to_numpy() for one in alone], axis=0)
    assert (between[0] - 0.5 <= scores[knee]["value"]).all()
    assert (scores[knee]["value"] <= between[1] + 0.5).all()


def test_one_trial_with_both_planes_is_the_same_as_two_trials(visit: list[Trial]) -> None:
    together = Trial("child", {"sagittal": visit[0].pose["sagittal"], "frontal": visit[2].pose["frontal"]})
    pd.testing.assert_frame_equal(score_evgs(together), score_evgs([visit[0], visit[2]]))


def test_the_mirrored_child_swaps_its_sides_exactly(visit: list[Trial], scores: pd.DataFrame) -> None:
    mirrored = score_evgs([Trial("child", {plane: pose.mirrored() for plane, pose in trial.pose.items()}) for trial in visit])
    for side, other in zip(SIDES, SIDES[::-1], strict=True):
        mine, theirs = (t[t["side"] == s].set_index("item") for t, s in ((scores, side), (mirrored, other)))
        for column in ("score", "cycles", "tier", "reason"):
            assert mine[column].equals(theirs[column]), (side, column)
        for column in ("value", "margin", "p0", "p1", "p2"):
            np.testing.assert_allclose(mine[column], theirs[column], atol=1e-6)


def test_place_and_size_in_the_image_do_not_matter(visit: list[Trial], scores: pd.DataFrame) -> None:
    moved = [
        Trial("child", {plane: pose.with_(xy=pose.xy * 1.5 + [90, -40], size=None) for plane, pose in trial.pose.items()})
        for trial in visit
    ]
    found = score_evgs(moved)
    assert found["score"].equals(scores["score"])
    np.testing.assert_allclose(found["value"], scores["value"], atol=0.1, rtol=2e-2)


def test_a_side_view_alone_gives_what_it_can(visit: list[Trial]) -> None:
    scores = score_evgs(visit[0])
    assert known(scores) == set(SAGITTAL_ITEMS)
    lacking = scores[scores["item"].isin(FRONTAL_ITEMS)]
    assert (lacking["reason"] == "no frontal recording: it is measured from the front or from behind").all()


def test_a_front_view_alone_gives_what_it_can(visit: list[Trial]) -> None:
    scores = score_evgs(visit[2])
    assert known(scores) == set(FRONTAL_ITEMS)
    lacking = scores[scores["item"].isin(SAGITTAL_ITEMS)]
    assert (lacking["reason"] == "no sagittal recording: it is measured from the side").all()


def test_one_hidden_leg_leaves_the_other_and_reasons(visit: list[Trial]) -> None:
    pose = visit[0].pose["sagittal"]
    xy = pose.xy.copy()
    xy[:, [BODY25.index(f"left_{part}") for part in ("knee", "ankle", "heel", "big_toe", "small_toe")]] = np.nan
    scores = score_evgs(Trial("child", pose.with_(xy=xy, confidence=None))).set_index(["side", "item"])
    right = [i for i in SAGITTAL_ITEMS if i != 2]
    assert scores.loc[[("left", i) for i in SAGITTAL_ITEMS], "score"].isna().all()
    assert scores.loc[[("left", i) for i in SAGITTAL_ITEMS], "reason"].str.contains("left").all()
    assert scores.loc[[("right", i) for i in right], "score"].notna().all()
    # No other foot, no level to lift the heel at.
    assert np.isnan(scores.loc[("right", 2), "score"])
    assert "other foot" in scores.loc[("right", 2), "reason"]


def test_feet_that_the_layout_lacks_are_told(visit: list[Trial]) -> None:
    bare = [Trial("child", {plane: pose.map_to(COCO17) for plane, pose in trial.pose.items()}) for trial in visit]
    scores = score_evgs(bare).set_index(["side", "item"])
    assert known(scores.reset_index()) == {9, 10, 11, 12, 13, 14, 16, 17}
    for item in (1, 3, 5, 7):
        assert "coco17 has no heel" in scores.loc[("left", item), "reason"]
    assert "coco17 has no toe" in scores.loc[("left", 6), "reason"]


def test_a_slow_camera_cannot_tell_how_the_foot_lands() -> None:
    scores = score_evgs(film("sagittal_right", fps=30))
    assert known(scores) == set(SAGITTAL_ITEMS) - {1}
    assert scores.loc[0, "reason"] == "30 frames/s are too few: it needs 50"


def test_somebody_who_stands_has_no_score() -> None:
    still = np.repeat(CHILD.film(fps=60, duration_s=1).pose.xy[:1], 240, axis=0) + np.random.default_rng(0).normal(
        0, 1, (240, 25, 2)
    )
    for view, items in (("sagittal", SAGITTAL_ITEMS), ("frontal", FRONTAL_ITEMS)):
        scores = score_evgs(Trial("child", {view: PoseSequence(still, fps=60, skeleton=BODY25, view=view)}))
        assert scores["score"].isna().all()
        assert scores.loc[scores["item"].isin(items), "reason"].str.contains("nobody walks").all()


def test_the_near_leg_changes_with_the_direction() -> None:
    there_and_back = Walker(there_and_back=True).film(fps=60, duration_s=14).pose
    plane = measure(Trial("child", there_and_back)).planes["sagittal"]
    samples = sample_items(plane)
    right_ahead = plane.direction[np.round(plane.strides.start_s * 60).astype(int)] > 0
    assert set(right_ahead.tolist()) == {True, False}
    assert ((samples.side == "right") == (samples.near == right_ahead)).all()


def test_an_oblique_view_scores_nothing_and_says_so() -> None:
    pose = CHILD.film(Camera(yaw_deg=45), fps=60, duration_s=5).pose
    scores = score_evgs(Trial("child", pose))
    assert scores["score"].isna().all()
    assert scores.loc[~scores["item"].isin(NEVER), "reason"].str.contains("obliquely").all()


def test_a_recording_that_fails_does_not_take_the_visit_with_it(visit: list[Trial]) -> None:
    feet = PoseSequence(np.zeros((90, 2, 2)), fps=30, skeleton=Skeleton("feet", ("left_heel", "right_heel")))
    scores = score_evgs([visit[0], Trial("child", feet)])
    assert known(scores) == set(SAGITTAL_ITEMS)
    assert scores.loc[13, "reason"].startswith("no frontal recording")
    assert "could not be measured" in scores.loc[13, "reason"]
    with pytest.raises(SkelgaitError, match="hip"):
        score_evgs(Trial("child", feet))


def test_a_visit_is_one_subjects(visit: list[Trial]) -> None:
    with pytest.raises(SkelgaitError, match="one subject"):
        score_evgs([visit[0], Trial("another", visit[1].pose)])
    with pytest.raises(SkelgaitError, match="no trial"):
        score_evgs([])
    with pytest.raises(SkelgaitError, match="only trials"):
        score_evgs(visit[0].pose["sagittal"])  # type: ignore[arg-type]
    with pytest.raises(SkelgaitError, match="no pose"):
        score_evgs(Trial("child"))


def test_the_near_leg_counts_more_than_the_far_one(visit: list[Trial]) -> None:
    """The left knee reads 30 degrees too straight from the right: the clip from the left, with as many strides, prevails."""
    pose = visit[0].pose["sagittal"]
    xy = pose.xy.copy()
    hip, knee, ankle = (BODY25.index(f"left_{part}") for part in ("hip", "knee", "ankle"))
    xy[:, knee] = (xy[:, hip] + xy[:, ankle]) / 2
    both = score_evgs([Trial("child", pose.with_(xy=xy)), visit[1]])
    near = score_evgs(visit[1])
    assert both.loc[8, "cycles"] > near.loc[8, "cycles"]
    assert both.loc[8, "score"] == near.loc[8, "score"] == 2


def test_a_leg_seen_only_from_afar_is_less_sure(visit: list[Trial]) -> None:
    from_right, from_left = (score_evgs(trial).set_index(["side", "item"]) for trial in visit[:2])
    for side, near, far in (("right", from_right, from_left), ("left", from_left, from_right)):
        for item in (11, 13):
            own = ("value", "p0", "p1", "p2")
            (value, *sure), (other, *doubtful) = ([t.loc[(side, item), c] for c in own] for t in (near, far))
            assert value == pytest.approx(other, abs=1)
            assert max(sure) > max(doubtful)


def test_ones_own_error_replaces_the_tables(visit: list[Trial], scores: pd.DataFrame) -> None:
    sure = score_evgs(visit, item_error={9: 0.5})
    assert sure.loc[8, "p2"] > 0.999 > scores.loc[8, "p2"]
    assert sure.loc[8, "value"] == scores.loc[8, "value"]
    assert sure.loc[9, "p0"] == scores.loc[9, "p0"]


def test_measured_walks_are_not_measured_again(visit: list[Trial], scores: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(score_measurements([measure(trial) for trial in visit]), scores)


def test_known_noise_moves_few_scores(scores: pd.DataFrame) -> None:
    noisy = score_evgs([film(view, noise_px=2.0, random_state=i) for i, view in enumerate(VIEWS)])
    both = scores["score"].notna() & noisy["score"].notna()
    assert both.sum() == scores["score"].notna().sum()
    apart = noisy["score"] != scores["score"]
    errors = scores["item"].map({i.item: i.error for i in evgs_items()})
    assert (apart & both).sum() <= 5
    for row, score in noisy.loc[apart & both, "score"].items():  # those beside a limit, whose other score was said to be as likely
        assert scores.loc[row, f"p{score:.0f}"] > 0.3, scores.loc[row]
    assert ((noisy["value"] - scores["value"]).abs() < errors)[both].all()
