from __future__ import annotations

import json

import numpy as np
import pytest

from skelgait.core.errors import FileError, PoseError
from skelgait.core.skeleton import COCO17, HALPE26, WHOLEBODY133
from skelgait.io.poses import read_pose


def instance(points, score=0.9):
    return {"keypoints": points.tolist(), "keypoint_scores": [score] * len(points), "bbox": [[0, 0, 9, 9]], "bbox_score": 0.9}


def save(path, document):
    path.write_text(json.dumps(document))
    return path


def cgv_folder(tmp_path, xy, view, *, stated=(5, 6)):
    """The public layout: one JSON a frame, video_info on a few frames only."""
    folder = tmp_path / f"0007-0001_{view}_203-{202 + len(xy)}_filtered_pose"
    folder.mkdir()
    for i, points in enumerate(xy):
        document = {"frame_index": i, "instance_info": [{**instance(points, 1.05), "gt_bbox_xywh_px": [1, 2, 3, 4]}]}
        if i in stated:
            document["video_info"] = {"video_name": "x.mp4", "width": 1920, "height": 1080, "fps": 59, "total_frames": len(xy)}
        save(folder / f"frame_{i}.json", document)
    return folder


@pytest.mark.parametrize(
    ("word", "view"),
    [("forward", "frontal_towards"), ("backward", "frontal_away"), ("left", "sagittal_left"), ("right", "sagittal_right")],
)
def test_a_cgv_folder_tells_its_view_rate_and_size(tmp_path, walking, word, view):
    xy = walking(WHOLEBODY133, 12)
    pose = read_pose(cgv_folder(tmp_path, xy, word))
    assert (pose.view, pose.fps, pose.size, pose.skeleton) == (view, 59, (1920, 1080), WHOLEBODY133)
    assert np.allclose(pose.xy, xy)
    assert pose.confidence.max() == 1
    assert "divided" in pose.info["confidence"] or "clipped" in pose.info["confidence"]


def test_arguments_overrule_a_cgv_folder_and_the_file_is_remembered(tmp_path, walking):
    folder = cgv_folder(tmp_path, walking(WHOLEBODY133, 12), "forward")
    pose = read_pose(folder, fps=60, view="frontal_away")
    assert (pose.fps, pose.view, pose.info["file_fps"], pose.info["file_view"]) == (60, "frontal_away", 59, "frontal_towards")


def test_a_cgv_folder_without_any_video_info_needs_the_rate(tmp_path, walking):
    folder = cgv_folder(tmp_path, walking(WHOLEBODY133, 12), "left", stated=())
    with pytest.raises(PoseError, match=r"does not say its frame rate"):
        read_pose(folder)
    assert read_pose(folder, fps=60).size is None


@pytest.mark.parametrize("skeleton", [COCO17, HALPE26, WHOLEBODY133])
def test_every_form_of_one_file(tmp_path, walking, skeleton):
    xy = walking(skeleton, 10)
    frames = [{"frame_id": i, "instances": [instance(p)]} for i, p in enumerate(xy)]
    forms = {
        "demo": {"meta_info": {"dataset_name": "coco"}, "instance_info": frames},
        "inferencer": frames,
        "predictions": {"predictions": [[instance(p)] for p in xy]},
        "bare": [[instance(p)] for p in xy],
        "rtmlib": [{"keypoints": [p.tolist()], "scores": [[0.9] * len(p)]} for p in xy],
        "one": [{"frame": i, "keypoints": p.tolist(), "scores": [0.9] * len(p)} for i, p in enumerate(xy)],
    }
    for name, document in forms.items():
        pose = read_pose(save(tmp_path / f"{name}.json", document), fps=30)
        assert pose.skeleton is skeleton, name
        assert np.allclose(pose.xy, xy), name
        assert np.allclose(pose.confidence, 0.9), name


def test_frames_without_people_several_people_and_frame_numbers(tmp_path, walking):
    walker, stander = walking(COCO17, 60), walking(COCO17, 60, start_px=900, speed_px=0)
    frames = []
    for i in range(60):
        people = [instance(stander[i]), instance(walker[i])]
        frames.append({"frame_id": i + 1, "instances": [] if i in (7, 8) else people[:: 1 if i % 2 else -1]})
    pose = read_pose(save(tmp_path / "a.json", {"instance_info": frames}), fps=30)
    assert np.isnan(pose.xy[7:9]).all()
    kept = np.r_[0:7, 9:60]
    assert np.allclose(pose.xy[kept], walker[kept])
    assert pose.info["first_frame"] == 1


def test_names_in_the_file_make_the_layout(tmp_path, walking):
    names = ["nose", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle", "crown"]
    xy = walking(COCO17, 6)[:, :8]
    document = {"meta_info": {"keypoint_id2name": dict(enumerate(names))}, "instance_info": [[instance(p)] for p in xy]}
    pose = read_pose(save(tmp_path / "a.json", document), fps=30)
    assert pose.skeleton.names == tuple(names)
    assert np.allclose(pose.point("left_knee"), xy[:, 3])


def test_refusals(tmp_path, walking):
    xy = walking(COCO17, 4)
    with pytest.raises(FileError, match=r"still.json is one frame of a recording. Found: 1 people, no list of frames"):
        read_pose(save(tmp_path / "still.json", {"instance_info": [instance(xy[0])]}), fps=30)
    with pytest.raises(FileError, match=r"people of mixed.json have different numbers of keypoints"):
        read_pose(save(tmp_path / "mixed.json", [[instance(xy[0])], [instance(xy[1][:5])], []]), fps=30)
    with pytest.raises(FileError, match=r"no list of instances with keypoints"):
        read_pose(save(tmp_path / "odd.json", {"instance_info": [{"instances": [{"bbox": [1]}]}, {"instances": []}]}), fps=30)
