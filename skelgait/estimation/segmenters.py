"""Networks that tell a person from the background: any ONNX model of a local file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.estimation.blazepose import MARGIN
from skelgait.estimation.estimators import Estimate


class OnnxSegmenter:
    """A segmentation network in an ONNX file, run by OpenCV on the square about the subject.

    Parameters
    ----------
    path : path
        The ``.onnx`` file.
    size : int
        Side of the picture the network takes, pixels.
    mean, std : float, or three of red, green and blue
        What is taken from the colours, 0 to 1, and what they are divided by.
    person : int, optional
        Which of the network's classes is a person. Default: the second of two; needed where there are more.

    Raises
    ------
    SkelgaitError
        A mean or a spread that is none.

    Notes
    -----
    The defaults are those of PP-HumanSeg v2, which the ScoNet authors used: 192 x 192 pixels, RGB, (colour - 0.5) / 0.5, two
    classes. The square is filled up with the mean colour where it leaves the picture, so that nobody is squeezed. The network may
    answer with one map (a probability, a number above 0 for the person, or the number of the class of each point) or with one a
    class, first or last.

    References
    ----------
    Chu L et al. PP-HumanSeg: Connectivity-Aware Portrait Segmentation. WACV Workshops 2022, arXiv 2112.07146.
    """

    batch = 1
    workers = 1  # OpenCV uses all processors by itself
    segments = True
    reach = MARGIN
    side = 400.0

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        size: int = 192,
        mean: float | Sequence[float] = 0.5,
        std: float | Sequence[float] = 0.5,
        person: int | None = None,
    ) -> None:
        self.path, self.size, self.person = Path(path), size, person
        self.mean, self.std = (np.asarray(value, np.float32) for value in (mean, std))
        for name, value, fits in (("mean", self.mean, (self.mean >= 0) & (self.mean <= 1)), ("std", self.std, self.std > 0)):
            if value.shape not in ((), (3,)) or not fits.all():
                raise SkelgaitError(
                    f"{name} of a segmenter is not of colours from 0 to 1", found=str(value.tolist()), expected="a number, or three"
                )

    def open(self, *, segment: bool = True) -> None:
        """Load the network."""
        import cv2

        if not self.path.is_file():
            raise FileError(f"there is no file {self.path}", do="give the path of an .onnx model, or segmenter='mediapipe'")
        try:
            self._net = cv2.dnn.readNetFromONNX(str(self.path))
            if self._net.empty():
                raise ValueError("a network without layers")
        except (cv2.error, ValueError) as fault:
            raise FileError(
                f"{self.path} cannot be read as an ONNX network", found=_first_line(fault), do="export it again, opset 11 to 17"
            ) from fault

    def estimate(self, images: list[np.ndarray], regions: np.ndarray) -> list[Estimate]:
        """The person's silhouette in each image; no joints."""
        return [Estimate(np.full((1, 2), np.nan), np.zeros(1), mask=self._segment(image)) for image in images]

    def close(self) -> None:
        """Let the network go."""
        self._net = None

    def _segment(self, image: np.ndarray) -> np.ndarray:
        """(H, W) bool: where the network sees a person."""
        import cv2

        tall, wide = image.shape[:2]
        side = max(tall, wide)
        square = np.full((side, side, 3), np.round(255 * self.mean), np.uint8)
        top, left = (side - tall) // 2, (side - wide) // 2
        square[top : top + tall, left : left + wide] = image
        small = cv2.resize(square, (self.size, self.size), interpolation=cv2.INTER_AREA if side > self.size else cv2.INTER_LINEAR)
        colours = (small.astype(np.float32) / 255 - self.mean) / self.std
        try:
            self._net.setInput(np.ascontiguousarray(colours.transpose(2, 0, 1)[None]))
            answer = np.asarray(self._net.forward())
        except cv2.error as fault:
            raise FileError(
                f"{self.path.name} does not take a picture of {self.size} x {self.size}",
                found=_first_line(fault),
                do=f'give the size it takes: segmenter={{"{self.path.name}": {{"size": 256}}}}',
            ) from fault
        score = cv2.resize(self._score(answer), (side, side), interpolation=cv2.INTER_LINEAR)
        return score[top : top + tall, left : left + wide] > 0

    def _score(self, answer: np.ndarray) -> np.ndarray:
        """(h, w): above 0 where the person is."""
        maps = answer[0] if answer.ndim > 2 and answer.shape[0] == 1 else answer
        if maps.ndim == 2:
            maps = maps[None]
        if maps.ndim == 3 and maps.shape[2] < min(maps.shape[:2]):
            maps = maps.transpose(2, 0, 1)
        if maps.ndim != 3 or min(maps.shape[1:]) < 8:
            raise SkelgaitError(
                f"{self.path.name} does not answer with a map of the picture",
                found=f"shape {answer.shape}",
                expected="(1, classes, height, width) or (1, height, width)",
                do="use a model for segmentation",
            )
        maps = np.ascontiguousarray(maps, dtype=np.float32)
        numbers = len(maps) == 1 and (maps == np.round(maps)).all()  # of classes
        if numbers and (self.person is not None or maps.max() > 1):
            maps = (maps == np.arange(max(maps.max(), self.person or 0) + 1)[:, None, None]).astype(np.float32)
        elif len(maps) == 1:
            return maps[0] - (0.5 if maps.min() >= 0 and maps.max() <= 1 else 0)
        person = 1 if self.person is None and len(maps) == 2 else self.person
        if person is None or not 0 <= person < len(maps):
            raise SkelgaitError(
                f"which of the {len(maps)} classes of {self.path.name} is a person?",
                found=f"person={self.person}",
                expected=f"0 to {len(maps) - 1}",
                do=f'say it: segmenter={{"{self.path.name}": {{"person": 15}}}}',
            )
        return maps[person] - np.delete(maps, person, axis=0).max(axis=0)


def _first_line(fault: Exception) -> str:
    return next((line.strip()[:160] for line in str(fault).splitlines() if line.strip()), type(fault).__name__)
