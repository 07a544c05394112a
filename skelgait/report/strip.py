"""The band below every picture of the overlay video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import SIDES
from skelgait.report.style import INK, MUTED, PAPER, RULE, SIDE_COLOURS
from skelgait.report.timeline import stances
from skelgait.report.words import ENGLISH, Texts

STRIP_PX = 76  # height of the strip below the picture
WINDOW_S = 4.0  # how much time the strip shows
ANGLES_SHOWN = ("knee_flexion_deg", "knee_valgus_deg")


class Strip:
    """The band below the picture: time, the two knee angles, and stance bars that run past a cursor.

    Parameters
    ----------
    pose : PoseSequence
    events : GaitEvents or None
    angles : mapping of name to (T,) degrees, DataFrame or None
    width : int
        Pixels.
    texts : Texts
    """

    def __init__(self, pose: PoseSequence, events: GaitEvents | None, angles: Any, width: int, texts: Texts = ENGLISH) -> None:
        from matplotlib import get_data_path
        from PIL import ImageFont

        fonts = Path(get_data_path()) / "fonts" / "ttf"
        self.small = ImageFont.truetype(str(fonts / "DejaVuSans.ttf"), 12)
        self.large = ImageFont.truetype(str(fonts / "DejaVuSans-Bold.ttf"), 20)
        self.width, self.texts = width, texts
        self.bars = {side: stances(events, side) if events is not None else [] for side in SIDES}
        table = {} if angles is None else {str(name): np.asarray(angles[name], float) for name in angles}
        names = [n for n in ANGLES_SHOWN if any(np.isfinite(table.get(f"{s}_{n}", np.nan)).any() for s in SIDES)]
        self.angle = names[0] if names else ""
        missing = np.full(len(pose), np.nan)
        self.values = {side: table.get(f"{side}_{self.angle}", missing) for side in SIDES}

    def draw(self, time_s: float, frame: int | None) -> np.ndarray:
        """The band at a moment, (STRIP_PX, width, 3) uint8 RGB; without a frame of the pose no angle."""
        from PIL import Image, ImageDraw

        image = Image.new("RGB", (self.width, STRIP_PX), PAPER)
        pen = ImageDraw.Draw(image)
        pen.line([(0, 0), (self.width, 0)], fill=RULE, width=1)
        pen.text((14, 12), self.texts("strip.time"), font=self.small, fill=MUTED)
        pen.text((14, 32), f"{time_s:.2f} s", font=self.large, fill=INK)
        left = 118
        if self.angle:
            pen.text((left, 12), self.texts(f"strip.{self.angle}"), font=self.small, fill=MUTED)
            for side, x in zip(SIDES, (left, left + 92), strict=True):
                value = self.values[side][frame] if frame is not None else np.nan
                short = self.texts(f"side.{side}.short")
                text = f"{short} {value:.0f}°" if np.isfinite(value) else f"{short} –"
                pen.text((x, 32), text.replace("-", "−"), font=self.large, fill=SIDE_COLOURS[side])
            left += 200
        self._draw_bars(pen, time_s, left)
        return np.asarray(image)

    def _draw_bars(self, pen: Any, time_s: float, left: int) -> None:
        right = self.width - 14
        if right - left < 160 or not any(self.bars.values()):
            return
        start = left + 92
        cursor = (start + right) // 2
        per_s = (right - start) / WINDOW_S
        for side, y in zip(SIDES, (22, 44), strict=True):
            pen.text((left, y - 1), self.texts(f"strip.{side}_stance"), font=self.small, fill=SIDE_COLOURS[side])
            pen.line([(start, y + 7), (right, y + 7)], fill=RULE, width=1)
            for a, b in self.bars[side]:
                x0, x1 = (float(np.clip(cursor + (t - time_s) * per_s, start, right)) for t in (a, b))
                if x1 > x0:
                    pen.rectangle([x0, y + 2, x1, y + 12], fill=SIDE_COLOURS[side])
        pen.line([(cursor, 14), (cursor, 66)], fill=INK, width=2)
