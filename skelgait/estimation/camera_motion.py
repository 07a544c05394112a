"""How the camera moved from one small picture to the next, from corners of the background, and what moved besides."""

from __future__ import annotations

from typing import Any

import numpy as np


class CameraMotion:
    """Shown one picture after another, tells how the camera moved since the one before."""

    def __init__(self) -> None:
        import cv2

        self._cv2 = cv2
        self._corners = cv2.ORB.create(400)
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)
        self._last: tuple[Any, Any] | None = None
        self._gray: np.ndarray | None = None
        self._change: np.ndarray | None = None

    def step(self, image: np.ndarray, people: np.ndarray) -> np.ndarray:
        """(3, 3) map from this picture to the one before; the identity where the background shows too little."""
        cv2 = self._cv2
        gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        background = np.full(gray.shape, 255, np.uint8)
        for _, x, y, size in people:
            background[
                max(0, int(y - 0.55 * size)) : max(0, int(y + 0.6 * size)),
                max(0, int(x - 0.3 * size)) : max(0, int(x + 0.3 * size)),
            ] = 0
        points, marks = self._corners.detectAndCompute(gray, background)
        change = np.eye(3)
        if self._last is not None and marks is not None and self._last[1] is not None:
            pairs = self._matcher.match(marks, self._last[1])
            if len(pairs) >= 12:
                here = np.array([points[p.queryIdx].pt for p in pairs])
                there = np.array([self._last[0][p.trainIdx].pt for p in pairs])
                part, agree = cv2.estimateAffinePartial2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=2.0)
                if (
                    part is not None
                    and agree.sum() >= max(12, 0.25 * len(pairs))
                    and 0.7 < np.sqrt(np.linalg.det(part[:, :2])) < 1.4
                ):
                    change = np.vstack([part, [0, 0, 1]])
        self._change = None
        if self._gray is not None and self._gray.shape == gray.shape:
            before = cv2.warpAffine(self._gray, np.linalg.inv(change)[:2], gray.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
            self._change = cv2.absdiff(gray, before)
        self._last, self._gray = (points, marks), gray
        return change

    def leg_activity(self, people: np.ndarray) -> np.ndarray:
        """(N,) mean change about each one's legs since the picture before, less the picture's median change."""
        if self._change is None or not len(people):
            return np.zeros(len(people))
        rest = float(np.median(self._change))
        parts = [
            self._change[max(0, int(y)) : max(0, int(y + 0.55 * size)), max(0, int(x - 0.25 * size)) : max(0, int(x + 0.25 * size))]
            for _, x, y, size in people
        ]
        return np.array([float(part.mean()) - rest if part.size else 0.0 for part in parts])
