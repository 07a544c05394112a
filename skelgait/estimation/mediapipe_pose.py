"""BlazePose through mediapipe: the default estimator, offline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skelgait.core.errors import NotInstalled
from skelgait.core.skeleton import BLAZEPOSE33, Skeleton
from skelgait.estimation.blazepose import MARGIN, LandmarkNet, Landmarks, has_bundled_models
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.looks import LEG_SHARE, agreeing, with_same_sides
from skelgait.estimation.scan import worker_count

# How a frame is looked at: size of the region, whether mirrored, and how sure (0..1) the network is of what it saw so far when it
# looks that way too: not quite sure; and for the third look doubtful, but not sure that nobody is there.
_LOOKS = ((1.0, False, 0.0, 1.0), (1.0, True, 0.0, 0.995), (1.15, True, 0.02, 0.9))
_MASK_SIDE = 320  # pixels a region has in a silhouette; the network itself gives 256


class MediapipePose:
    """BlazePose-33 (with heels and toes) of one person in a region.

    Parameters
    ----------
    model_path : str, optional
        A ``.task`` file, run by mediapipe's Tasks API (any mediapipe from 0.10 on). Default: the model inside mediapipe 0.10.14.
    looks : int
        How often at most, up to 3, to look at a frame: again, mirrored and then a little wider, while the network is not quite sure
        that it sees a person. Clear pictures are looked at once. Looks that saw the same legs are averaged; where they saw others,
        what goes with the frames before and after is kept.
    min_flag : float
        Frames where the network is less sure than this that it sees a person are missing.

    Notes
    -----
    mediapipe's own smoothing is not used: it delays fast points, and `skelgait.clean` filters without delay.
    """

    batch = 1
    segments = True
    side = 400.0  # the network sees 256 pixels of a region 1.25 times as large
    skeleton: Skeleton = BLAZEPOSE33

    def __init__(self, *, model_path: str | None = None, looks: int = 3, min_flag: float = 0.5) -> None:
        self.model_path, self.looks, self.min_flag = model_path, looks, min_flag
        self.workers = worker_count()
        self.reach = 1.02 * MARGIN * max(look[0] for look in _LOOKS[: max(1, looks)])

    def open(self, *, segment: bool = False) -> None:
        """Load the networks."""
        self._segment = segment
        if self.model_path:
            from skelgait.estimation.mediapipe_tasks import TaskLandmarks

            self._net: LandmarkNet | TaskLandmarks = TaskLandmarks(self.model_path, segment=segment)
            return
        if not has_bundled_models():
            raise NotInstalled(
                "this mediapipe has no pose model in it",
                expected="mediapipe 0.10.14, or a model file",
                do='pip install "mediapipe==0.10.14", or give model_path="pose_landmarker_full.task"',
            )
        self._net = LandmarkNet(segment=segment)

    @property
    def nets(self) -> list[LandmarkNet]:
        """Its landmark network, for others to use while it is idle; none with a ``.task`` file."""
        return [self._net] if isinstance(self._net, LandmarkNet) else []

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
        looks: list[Landmarks] = []
        sure = likely = 0.0  # of what was accepted, and of anything
        for wider, mirrored, least, enough in _LOOKS[: max(1, self.looks)]:
            if sure >= enough or likely < least:
                break
            look = self._look(image, region * [1, 1, wider], mirrored)
            if look is None:
                continue
            likely = max(likely, look.flag)
            if self._is_subject(look, region):
                looks.append(look)
                sure = max(sure, look.flag)
        if not looks:
            return Estimate(np.full((33, 2), np.nan), np.zeros(33))
        looks.sort(key=lambda look: -look.flag)
        mask = np.mean([look.mask for look in looks if look.mask is not None], axis=0) > 0.5 if self._segment else None
        points, visible = np.array([look.xy for look in looks]), np.array([look.confidence for look in looks])
        xy, confidence = with_same_sides(points, visible, BLAZEPOSE33)
        flags = np.array([look.flag for look in looks])
        first, *others = (
            Estimate(
                xy=np.median(xy[group], axis=0) / shrink,
                confidence=confidence[group].mean(axis=0) * flags[group].max(),
                mask=mask,
                votes=float(flags[group].sum()),
            )
            for group in map(list, agreeing(xy, BLAZEPOSE33, LEG_SHARE * region[2]))
        )
        return replace(first, others=tuple(others))

    def _look(self, image: np.ndarray, region: np.ndarray, mirrored: bool) -> Landmarks | None:
        if not mirrored:
            return self._net(image, region)
        import cv2

        across = image.shape[1] - 1
        seen = self._net(cv2.flip(image, 1), np.array([across - region[0], *region[1:]]))
        if seen is None:
            return None
        order = BLAZEPOSE33.mirror
        return seen._replace(
            xy=np.column_stack([across - seen.xy[order, 0], seen.xy[order, 1]]),
            confidence=seen.confidence[order],
            region=np.array([across - seen.region[0], *seen.region[1:]]),
            mask=None if seen.mask is None else seen.mask[:, ::-1],
        )

    def _is_subject(self, seen: Landmarks, region: np.ndarray) -> bool:
        """Whether what was seen is a person, and the one the region is about: a neighbour's hips lie elsewhere."""
        away = np.hypot(*(seen.region[:2] - region[:2])) / region[2]
        return bool(seen.flag >= self.min_flag and away < 0.4 and 0.5 < seen.region[2] / region[2] < 1.8)
