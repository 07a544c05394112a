from __future__ import annotations

import json

import numpy as np
import pytest

from skelgait.core.errors import FileError
from skelgait.core.skeleton import COCO17, HALPE26, WHOLEBODY133
from skelgait.io.poses import read_pose


def entries(people, *, idx=None, image="{}.jpg", score=0.8):
    """An AlphaPose result list of people (P, T, K, 2)."""
    found = []
    for t in range(people.shape[1]):
        for p in range(len(people)):
            row = np.c_[people[p, t], np.full(people.shape[2], score)]
            one = {
                "image_id": image.format(t),
                "category_id": 1,
                "keypoints": row.ravel().tolist(),
                "score": 2.9,
                "box": [1, 2, 3, 4],
            }
            found.append(one if idx is None else {**one, "idx": idx[p]})
    return found


def save(path, document):
    path.write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("skeleton", [COCO17, HALPE26, WHOLEBODY133])
def test_layouts(tmp_path, walking, skeleton):
    xy = walking(skeleton, 10)
    pose = read_pose(save(tmp_path / "alphapose-results.json", entries(xy[None])), fps=30)
    assert pose.skeleton is skeleton
    assert np.allclose(pose.xy, xy)
    assert np.allclose(pose.confidence, 0.8)


def test_halpe136_keeps_its_body(tmp_path, walking):
    xy = np.concatenate([walking(HALPE26, 6), np.ones((6, 110, 2))], axis=1)
    pose = read_pose(save(tmp_path / "a.json", entries(xy[None])), fps=30)
    assert pose.skeleton is HALPE26
    assert np.allclose(pose.xy, xy[:, :26])


@pytest.mark.parametrize("idx", [[5, 2], [[[5.0]], [2.0]], None, [0, 0]])
def test_people_with_and_without_identities(tmp_path, walking, idx):
    people = np.stack([walking(COCO17, 60, start_px=900, speed_px=0), walking(COCO17, 60)])
    pose = read_pose(save(tmp_path / "a.json", entries(people, idx=idx)), fps=30)
    assert np.allclose(pose.xy, people[1])
    assert pose.info["people"] == 2


def test_images_are_ordered_by_number_and_gaps_are_empty_frames(tmp_path, walking):
    xy = walking(COCO17, 14)
    document = [one for one in entries(xy[None], image="frame_{}.png") if one["image_id"] != "frame_11.png"]
    pose = read_pose(save(tmp_path / "a.json", document[::-1]), fps=30)
    assert np.isnan(pose.xy[11]).all()
    assert np.allclose(pose.xy[12], xy[12])


def test_database_numbers_give_the_order_only(tmp_path, walking):
    xy = walking(COCO17, 5)
    document = entries(xy[None])
    for one, number in zip(document, (139, 285, 63200, 500000, 581781), strict=True):
        one["image_id"] = number
    pose = read_pose(save(tmp_path / "a.json", document), fps=30)
    assert pose.n_frames == 5
    assert "too sparse" in pose.info["frame_numbers"]


def test_old_scores_up_to_six_are_scaled(tmp_path, walking):
    xy = walking(COCO17, 5)
    pose = read_pose(save(tmp_path / "a.json", entries(xy[None], score=4.0)), fps=30)
    assert pose.confidence.max() == 1
    assert "divided by 4" in pose.info["confidence"]


def test_refusals(tmp_path, walking):
    good = entries(walking(COCO17, 5)[None])
    with pytest.raises(FileError, match=r"1 entries of a.json lack image_id or keypoints. Found: entry 5"):
        read_pose(save(tmp_path / "a.json", [*good, {"image_id": 3}]), fps=30)
    good[2] = {**good[2], "keypoints": good[2]["keypoints"][:-1]}
    with pytest.raises(FileError, match=r"different numbers of keypoints. Found: 50 numbers and 51 numbers"):
        read_pose(save(tmp_path / "b.json", good), fps=30)
