from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import NoPerson, PoseError
from skelgait.core.skeleton import BODY25, COCO17
from skelgait.io.people import People, as_confidence, choose_person


def crowd(walking, order=None, *, frames=120, seed=0):
    """A bystander who is larger, a walker, a third who is seen first: shuffled within each frame, without identities."""
    rng = np.random.default_rng(seed)
    stander = walking(COCO17, frames, start_px=700, speed_px=0, height_px=600)
    walker = walking(COCO17, frames, start_px=100, speed_px=5)
    child = walking(COCO17, frames, start_px=1500, speed_px=0, height_px=200)
    people = np.stack([stander, walker, child]) + rng.normal(0, 1.5, (3, frames, 17, 2))
    xy, frame, who = [], [], []
    for t in range(frames):
        for p in rng.permutation(3):
            if p == 2 and t >= 60:
                continue
            xy.append(people[p, t])
            frame.append(t)
            who.append(p)
    return People(np.array(xy), None, np.array(frame), frames, COCO17, fps=30.0), people, np.array(who)


@pytest.mark.parametrize(("asked", "index"), [(None, 1), ("walking", 1), ("largest", 0), ("longest", (0, 1))])
def test_the_person_asked_for_is_found_among_three_without_identities(walking, asked, index):
    people, truth, _ = crowd(walking)
    xy, confidence, info = choose_person(people, asked, "x.json")
    error = [np.abs(xy - truth[i]).max() for i in np.atleast_1d(index)]
    assert min(error) == 0.0
    assert info["people"] == 3
    assert confidence.min() == 1.0


def test_an_index_counts_people_as_they_appear(walking):
    people, truth, who = crowd(walking)
    for index in range(3):
        xy, _, info = choose_person(people, index, "x.json")
        assert np.nanmax(np.abs(xy[:60] - truth[who[index], :60])) == 0.0
        assert info["person"] == index


def test_walkers_who_cross_keep_their_identity(walking):
    a = walking(COCO17, 200, start_px=100, speed_px=6, ground_px=900)
    b = walking(COCO17, 200, start_px=1300, speed_px=-5, ground_px=960)
    xy = np.stack([a, b], axis=1).reshape(-1, 17, 2)
    people = People(xy, None, np.repeat(np.arange(200), 2), 200, COCO17, fps=30.0)
    first, _, _ = choose_person(people, 0, "x.json")
    assert np.array_equal(first, a)


def test_a_walker_lost_for_a_second_is_joined(walking):
    walker, stander = walking(COCO17, 150), walking(COCO17, 150, start_px=900, speed_px=0)
    seen = np.r_[0:50, 80:150]
    xy = np.concatenate([walker[seen], stander])
    people = People(xy, None, np.r_[seen, np.arange(150)], 150, COCO17, fps=30.0)
    got, _, info = choose_person(people, "walking", "x.json")
    assert info["people"] == 2
    assert np.array_equal(got[seen], walker[seen])
    assert np.isnan(got[50:80]).all()


def test_a_panning_camera_does_not_make_the_bystander_walk(walking):
    pan = 5.0 * np.arange(120)[:, None]
    walker, stander = walking(COCO17, 120, speed_px=5.0), walking(COCO17, 120, start_px=500, speed_px=0)
    for one in (walker, stander):
        one[..., 0] -= pan
    xy = np.concatenate([walker, stander])
    got, _, _ = choose_person(People(xy, None, np.tile(np.arange(120), 2), 120, COCO17), "walking", "x.json")
    assert np.array_equal(got, walker)


def test_the_one_who_comes_nearer_walks(walking):
    scale = np.linspace(0.5, 1.5, 90)[:, None, None]
    towards = (walking(COCO17, 90, start_px=0, speed_px=0, ground_px=0) * scale) + 800
    stander = walking(COCO17, 90, start_px=300, speed_px=0, height_px=500)
    people = People(np.concatenate([stander, towards]), None, np.tile(np.arange(90), 2), 90, COCO17)
    assert np.array_equal(choose_person(people, "walking", "x.json")[0], towards)


def test_identities_of_the_file_are_believed_unless_two_share_one(walking):
    a, b = walking(COCO17, 60), walking(COCO17, 60, start_px=900, speed_px=0)
    frame = np.tile(np.arange(60), 2)
    good = People(np.concatenate([a, b]), None, frame, 60, COCO17, track=np.repeat([7, 3], 60))
    assert np.array_equal(choose_person(good, 0, "x.json")[0], a)
    useless = People(np.concatenate([a, b]), None, frame, 60, COCO17, track=np.zeros(120, int))
    got = [choose_person(useless, i, "x.json")[0] for i in (0, 1)]
    assert np.array_equal(got[0], a)
    assert np.array_equal(got[1], b)


def test_names_of_the_file_pick_a_person(walking):
    people = People.several(
        np.stack([walking(COCO17, 30), walking(COCO17, 30, speed_px=0)]), None, skeleton=COCO17, names=("anna", "ben")
    )
    assert np.array_equal(choose_person(people, "ben", "x")[0], walking(COCO17, 30, speed_px=0))
    with pytest.raises(NoPerson, match=r"'carl' is not in x. Found: anna, ben"):
        choose_person(people, "carl", "x")


def test_one_person_a_frame_is_one_person_even_after_a_jump(walking):
    xy = walking(COCO17, 40)
    xy[20:] += 900
    got, _, info = choose_person(People(xy, None, np.arange(40), 40, COCO17), None, "x")
    assert np.array_equal(got, xy)
    assert info == {}


def test_a_zero_without_confidence_is_missing_and_a_place_with_it_is_not(walking):
    xy = walking(BODY25, 10)
    confidence = np.full((10, 25), 0.8)
    xy[3, 4], confidence[3, 4] = 0, 0
    xy[4, 4] = 0
    xy[5, 4, 0], confidence[5, 4] = np.nan, 0.9
    got, c, _ = choose_person(People.one(xy, confidence, skeleton=BODY25), None, "x")
    assert np.isnan(got[3, 4]).all()
    assert got[4, 4].tolist() == [0, 0]
    assert np.isnan(got[5, 4]).all()
    assert c[5, 4] == 0


@pytest.mark.parametrize(
    ("person", "error", "text"),
    [
        (5, NoPerson, r"person 5 is not in x.json. Found: 3 people \(0: frames 0 to \d+, 1: .*give person= 0 to 2"),
        (-1, NoPerson, "person -1 is not in"),
        ("tallest", PoseError, "'tallest' is no way to choose a person. Expected: 'walking', 'largest', 'longest' or an index"),
        (True, PoseError, "True is no way"),
    ],
)
def test_a_person_who_is_not_there_is_refused(walking, person, error, text):
    with pytest.raises(error, match=text):
        choose_person(crowd(walking)[0], person, "x.json")


def test_nobody_in_any_frame_is_refused():
    with pytest.raises(NoPerson, match=r"nobody was seen in x.json. Found: 4 frames without a keypoint"):
        choose_person(People.one(np.zeros((4, 17, 2)), np.zeros((4, 17)), skeleton=COCO17), None, "x.json")


def test_scores_become_confidences():
    assert as_confidence(np.array([0.1, 0.9]))[1] == {}
    confidence, info = as_confidence(np.array([-0.1, 0.5, 0.9, 1.2, np.nan]))
    assert confidence.tolist() == [0, 0.5, 0.9, 1, 0]
    assert "clipped" in info["confidence"]
    confidence, info = as_confidence(np.linspace(0, 6, 101))
    assert confidence.max() == 1
    assert confidence[50] == pytest.approx(3 / 5.71, abs=0.01)
    assert "divided" in info["confidence"]


def test_a_stray_arm_does_not_take_the_place_of_the_body(walking):
    body = walking(COCO17, 40)
    arm = np.full((40, 17, 2), np.nan)
    arm[:, [5, 7, 9]] = body[:, [5, 7, 9]]
    rest = body.copy()
    rest[20:, [5, 7, 9]] += 3.0
    xy = np.concatenate([arm[20:], rest])
    people = People(xy, None, np.r_[20:40, 0:40], 40, COCO17, fps=30.0)
    assert np.array_equal(choose_person(people, None, "x")[0], rest)
