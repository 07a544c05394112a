"""BlazePose through mediapipe's Tasks API and a ``.task`` model file, for mediapipe versions that carry no model."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.skeleton import BLAZEPOSE33
from skelgait.estimation.blazepose import Landmarks, import_mediapipe, quiet

_AT = {name: BLAZEPOSE33.index(name) for name in BLAZEPOSE33.names}
_HIPS = [_AT["left_hip"], _AT["right_hip"]]
_ENDS = [_AT[name] for name in ("nose", "left_heel", "right_heel", "left_foot_index", "right_foot_index")]
_TRUNK = [*_HIPS, _AT["left_shoulder"], _AT["right_shoulder"]]


class _Landmarker:
    """A pose landmarker over single images."""

    def __init__(self, model_path: str | os.PathLike[str], *, people: int, segment: bool = False) -> None:
        where = os.fspath(model_path)
        if not os.path.isfile(where):
            raise FileError(
                f"the pose model {where} does not exist", expected="a pose landmarker .task file", do="check model_path="
            )
        self._mediapipe = mp = import_mediapipe()
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=where),
            running_mode=vision.RunningMode.IMAGE,
            num_poses=people,
            min_pose_detection_confidence=0.3,
            min_pose_presence_confidence=0.1,
            output_segmentation_masks=segment,
        )
        try:
            with quiet():
                self._task = vision.PoseLandmarker.create_from_options(options)
                self._task.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=np.zeros((64, 64, 3), np.uint8)))
        except (RuntimeError, ValueError) as fault:
            raise FileError(
                f"{where} is not a pose model mediapipe {mp.__version__} can run", found=str(fault).splitlines()[0]
            ) from fault

    def see(self, image: np.ndarray) -> tuple[tuple[int, int], Any]:
        """Size of the image it was given and what the landmarker saw in it.

        Sides are filled up to a multiple of 32: masks of other widths make some versions stop.
        """
        height, width = image.shape[:2]
        filled = np.zeros((-(-height // 32) * 32, -(-width // 32) * 32, 3), np.uint8)
        filled[:height, :width] = image
        picture = self._mediapipe.Image(image_format=self._mediapipe.ImageFormat.SRGB, data=filled)
        return (filled.shape[1], filled.shape[0]), self._task.detect(picture)

    def close(self) -> None:
        """Let the model go."""
        self._task.close()


def _region(xy: np.ndarray) -> np.ndarray:
    """Hip centre and whole-body size of joints (33, 2): twice the way from the hips to the farthest of head and feet."""
    centre = xy[_HIPS].mean(axis=0)
    return np.array([*centre, 2.1 * np.hypot(*(xy[_ENDS] - centre).T).max()])


class TaskLandmarks:
    """The pose nearest to where the subject is expected.

    Parameters
    ----------
    model_path : path
        A ``.task`` file.
    segment : bool
        Give the silhouette too.
    """

    def __init__(self, model_path: str | os.PathLike[str], *, segment: bool = False) -> None:
        self._segment = segment
        self._landmarker = _Landmarker(model_path, people=3, segment=segment)

    def __call__(self, image: np.ndarray, region: np.ndarray) -> Landmarks | None:
        """Joints of the person whose hips are nearest to the region's centre; None where nobody is seen."""
        size, seen = self._landmarker.see(image)
        poses = [np.array([(p.x * size[0], p.y * size[1]) for p in pose]) for pose in seen.pose_landmarks]
        if not poses:
            return None
        regions = np.array([_region(pose) for pose in poses])
        nearest = int(np.argmin(np.hypot(*(regions[:, :2] - region[:2]).T)))
        mask = None
        if self._segment:
            mask = (
                np.asarray(seen.segmentation_masks[nearest].numpy_view(), np.float32)
                .reshape(size[1], size[0])[: image.shape[0], : image.shape[1]]
                .copy()
            )
        return Landmarks(
            xy=poses[nearest],
            confidence=np.clip([p.visibility or 0.0 for p in seen.pose_landmarks[nearest]], 0, 1),
            flag=1.0,
            region=regions[nearest],
            mask=mask,
        )

    def close(self) -> None:
        """Let the model go."""
        self._landmarker.close()


class TaskPeople:
    """Everybody in an image, by hip centre and whole-body size, from a pose landmarker.

    Parameters
    ----------
    model_path : path
        A ``.task`` file.
    """

    def __init__(self, model_path: str | os.PathLike[str]) -> None:
        self._landmarker = _Landmarker(model_path, people=6)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """(N, 4): score, hip centre x and y, whole-body size, pixels."""
        size, seen = self._landmarker.see(image)
        rows = [
            (
                float(np.mean([pose[k].visibility or 0.0 for k in _TRUNK])),
                *_region(np.array([(p.x * size[0], p.y * size[1]) for p in pose])),
            )
            for pose in seen.pose_landmarks
        ]
        return np.array(rows).reshape(-1, 4)

    def close(self) -> None:
        """Let the model go."""
        self._landmarker.close()
