"""BlazePose through mediapipe: the default estimator, offline."""

from __future__ import annotations

import numpy as np

from skelgait.core.errors import NotInstalled
from skelgait.core.skeleton import BLAZEPOSE33, Skeleton
from skelgait.estimation.blazepose import MARGIN, Landmarks, LandmarkNet, has_bundled_models
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.scan import worker_count

_MASK_SIDE = 320  # pixels a region has in a silhouette; the network itself gives 256


class MediapipePose:
    """BlazePose-33 (with heels and toes) of one person in a region.

    Parameters
    ----------
    model_path : str, optional
        A ``.task`` file, run by mediapipe's Tasks API (any mediapipe from 0.10 on). Default: the model inside mediapipe 0.10.14.
    averaged : int
        How many looks at each frame are averaged: the region itself, its mirror image, then a larger region and its mirror. More is
        steadier and takes that many times as long.
    min_flag : float
        Frames where the network is less sure than this that it sees a person are missing.

    Notes
    -----
    mediapipe's own smoothing is not used: it delays fast points, and `skelgait.clean` filters without delay.
    """

    batch = 1
    segments = True
    skeleton: Skeleton = BLAZEPOSE33

    def __init__(self, *, model_path: str | None = None, averaged: int = 1, min_flag: float = 0.1) -> None:
        self.model_path, self.averaged, self.min_flag = model_path, averaged, min_flag
        self.workers = worker_count()

    def open(self, *, segment: bool = False) -> None:
        """Load the networks."""
        self._segment = segment
        if self.model_path:
            from skelgait.estimation.mediapipe_tasks import TaskLandmarks

            self._net = TaskLandmarks(self.model_path, segment=segment)
            return
        if not has_bundled_models():
            raise NotInstalled(
                "this mediapipe has no pose model in it",
                expected="mediapipe 0.10.14, or a model file",
                do='pip install "mediapipe==0.10.14", or give model_path="pose_landmarker_full.task"',
            )
        self._net = LandmarkNet(segment=segment)

    def estimate(self, images: list[np.ndarray], regions: np.ndarray) -> list[Estimate]:
        """Joints of the person in each image's region."""
        return [self._one(image, region) for image, region in zip(images, regions, strict=True)]

    def close(self) -> None:
        """Let the networks go."""
        self._net.close()

    def _one(self, image: np.ndarray, region: np.ndarray) -> Estimate:
        shrink = 1.0
        if self._segment:
            shrink = min(1.0, _MASK_SIDE / (MARGIN * region[2]))
            if shrink < 1:
                import cv2

                side = (max(1, round(image.shape[1] * shrink)), max(1, round(image.shape[0] * shrink)))
                image = cv2.resize(image, side, interpolation=cv2.INTER_AREA)
        region = region * shrink
        looks = [self._look(image, region, number) for number in range(max(1, self.averaged))]
        looks = [look for look in looks if look is not None and self._is_subject(look, region)]
        if not looks:
            return Estimate(np.full((33, 2), np.nan), np.zeros(33))
        xy = _same_sides([look.xy for look in looks])
        return Estimate(
            xy=np.median(xy, axis=0) / shrink,
            confidence=np.mean([look.confidence for look in looks], axis=0),
            mask=np.mean([look.mask for look in looks], axis=0) > 0.5 if self._segment else None,
        )

    def _look(self, image: np.ndarray, region: np.ndarray, number: int) -> Landmarks | None:
        larger = region * [1, 1, (1.0, 1.12, 0.92)[number // 2 % 3]]
        if number % 2 == 0:
            return self._net(image, larger)
        mirrored = self._net(image[:, ::-1], np.array([image.shape[1] - 1 - larger[0], *larger[1:]]))
        if mirrored is None:
            return None
        order = BLAZEPOSE33.mirror
        xy = mirrored.xy[order].copy()
        xy[:, 0] = image.shape[1] - 1 - xy[:, 0]
        centre = np.array([image.shape[1] - 1 - mirrored.region[0], *mirrored.region[1:]])
        return mirrored._replace(
            xy=xy, confidence=mirrored.confidence[order], region=centre, mask=None if mirrored.mask is None else mirrored.mask[:, ::-1]
        )

    def _is_subject(self, seen: Landmarks, region: np.ndarray) -> bool:
        """Whether what was seen is a person, and the one the region is about: a neighbour's hips lie elsewhere."""
        away = np.hypot(*(seen.region[:2] - region[:2])) / region[2]
        return bool(seen.flag >= self.min_flag and away < 0.4 and 0.5 < seen.region[2] / region[2] < 1.8)


def _same_sides(looks: list[np.ndarray]) -> np.ndarray:
    """Looks (N, 33, 2) with the legs of each named like those of the first: averaging left with right would meet in the middle."""
    legs = [k for k, name in enumerate(BLAZEPOSE33.names) if name.split("_", 1)[-1] in ("hip", "knee", "ankle", "heel", "foot_index")]
    out = np.array(looks)
    for look in out[1:]:
        changed = look[BLAZEPOSE33.mirror]
        if np.abs(changed[legs] - out[0, legs]).sum() < np.abs(look[legs] - out[0, legs]).sum():
            look[legs] = changed[legs]
    return out
