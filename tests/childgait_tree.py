"""Small trees in the true form of the public ChildGait poses, from walks of the walker or made-up numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import WHOLEBODY133

VIEW_NAMES = {"sagittal_left": "left", "sagittal_right": "right", "frontal_towards": "forward", "frontal_away": "backward"}


def instance(xy: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """One person of a frame as Sapiens writes it: points that were not seen are somewhere, with a low score."""
    seen = np.where(np.isnan(xy), 5.0, xy)
    low, high = seen.min(axis=0), seen.max(axis=0)
    return {
        "keypoints": seen.tolist(),
        "keypoint_scores": np.where(np.isnan(xy).any(axis=1), 0.02, scores).tolist(),
        "gt_bbox_xywh_px": [*low.tolist(), *(high - low).tolist()],
    }


def write_frame(
    folder: Path, number: int, people: Iterable[Any], *, film: Mapping[str, Any] | None = None, index: Any = "as named"
) -> Path:
    """A frame's JSON."""
    frame: dict[str, Any] = {"instance_info": list(people)}
    if film is not None:
        frame["video_info"] = dict(film)
    if index is not None:
        frame["frame_index"] = number if index == "as named" else index
    path = folder / f"frame_{number:06d}.json"
    path.write_text(json.dumps(frame))
    return path


def write_clip(
    root: Path,
    child: int,
    pose: PoseSequence,
    *,
    session: int = 1,
    start: int = 100,
    view: str | None = None,
    stated: Any = "all",
) -> Path:
    """A clip of a pose of 133 keypoints under ``dataset``; ``stated``: frames with video_info (numbers; negative from the end)."""
    assert pose.skeleton == WHOLEBODY133
    name = f"{child:04d}-{session:04d}_{view or VIEW_NAMES[str(pose.view)]}_{start}-{start + len(pose) - 1}"
    folder = root / "dataset" / f"{child:04d}" / f"{name}_filtered_pose"
    folder.mkdir(parents=True)
    width, height = pose.size or (1920, 1080)
    film = {"video_name": f"{name}.mp4", "width": width, "height": height, "fps": round(pose.fps), "total_frames": len(pose)}
    those = set(range(len(pose))) if stated == "all" else {n % len(pose) for n in stated}
    for n in range(len(pose)):
        write_frame(folder, n, [instance(pose.xy[n], pose.confidence[n])], film=film if n in those else None)
    return folder


def made_up_pose(frames: int = 12, *, view: str = "sagittal_left", fps: float = 59, seed: int = 0) -> PoseSequence:
    """Random points that neither travel nor grow, all 133 of them."""
    rng = np.random.default_rng(seed)
    xy = rng.uniform(300, 700, (133, 2)) + rng.normal(0, 1, (frames, 133, 2))
    return PoseSequence(xy, rng.uniform(0.3, 1, (frames, 133)), fps=fps, skeleton=WHOLEBODY133, view=view, size=(1920, 1080))


def limb(codes: Iterable[int | None], total: int | None = None) -> dict[str, Any]:
    """Items of a limb as the first track writes them."""
    items = list(codes)
    return {
        **{str(n): code for n, code in enumerate(items, 1) if code is not None},
        "Total": sum(code or 0 for code in items) if total is None else total,
    }


def write_track1(root: Path, scores: Mapping[int, tuple[Iterable[int | None], Iterable[int | None]]]) -> Path:
    """``track1_train.json`` of children's left and right items."""
    rows = [{"patient_id": child, "left": limb(left), "right": limb(right)} for child, (left, right) in scores.items()]
    path = root / "track1_train.json"
    path.write_text(json.dumps(rows, indent=4))
    return path


def write_track2(root: Path, patterns: Mapping[int, tuple[str, str]]) -> Path:
    """``track2_train.json`` of children's left and right patterns."""
    rows = [{"patient_id": c, "left": {"gait_subtype": a}, "right": {"gait_subtype": b}} for c, (a, b) in patterns.items()]
    path = root / "track2_train.json"
    path.write_text(json.dumps(rows, indent=4))
    return path
