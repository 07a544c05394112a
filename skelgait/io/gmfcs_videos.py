"""Keypoints of the public GMFCS data set: the child in the left half of a film, frame by frame."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25
from skelgait.io.gmfcs_tables import Remarks, as_number_text

# The film is two views side by side, 640 pixels together; the child from the side is in the left one.
HALF_PX, HEIGHT_PX = 320, 480
FEWEST_FRAMES = 10
_NUMBERS = 3 * len(BODY25)


class Videos:
    """Where the keypoints of each video are.

    Parameters
    ----------
    root : Path
        Folder with ``openpose/`` (frames) or ``processed/video_csvs/`` (tables made of them).

    Raises
    ------
    FileError
        It has neither.
    """

    def __init__(self, root: Path) -> None:
        places = [root / "openpose", root / "processed" / "video_csvs", root / "video_csvs"]
        self.found: dict[str, Path] = {}
        for place in reversed(places):  # frames before tables made of them
            for entry in sorted(place.iterdir()) if place.is_dir() else ():
                name = entry.name.removesuffix(".csv").removesuffix("-processed")
                if entry.is_dir() or entry.suffix == ".csv":
                    self.found[as_number_text(name)] = entry
        if not self.found:
            raise FileError(
                f"there are no keypoints in {root}",
                expected="openpose/<video>-processed/ with a JSON file a frame, or processed/video_csvs/<video>.csv",
                do="unpack the keypoints beside the annotations",
            )

    def read(self, video: str, fps: float, most: int | None, remarks: Remarks) -> PoseSequence | None:
        """The child's keypoints, or None with a remark."""
        path = self.found.get(video)
        if path is None:
            remarks.add("videos without keypoints are passed over", video)
            return None
        points, damaged = _read_frames(path, most) if path.is_dir() else (_read_table(path, most), 0)
        if damaged:
            remarks.add("videos with frames that cannot be read, which count as frames without anybody", video)
        missing = ~np.isfinite(points).all(axis=2) | (points == 0).all(axis=2)
        seen = np.flatnonzero(~missing.all(axis=1))
        if len(seen) < FEWEST_FRAMES:
            remarks.add("videos with hardly anybody in the left half are passed over", video)
            return None
        first, last = int(seen[0]), int(seen[-1]) + 1
        points = np.where(missing[..., None], np.nan, points)[first:last]
        whom = "first left of pixel 320" if path.is_dir() else "as in the table: the last left of pixel 320"
        return PoseSequence(
            points[..., :2],
            np.clip(np.nan_to_num(points[..., 2]), 0, 1),
            fps=fps,
            skeleton=BODY25,
            view="sagittal",
            size=(HALF_PX, HEIGHT_PX),
            source=path.name,
            info={"fps_source": "given to read_gmfcs; no file says it", "first_frame": first, "person": whom},
        )


def _read_frames(folder: Path, most: int | None) -> tuple[np.ndarray, int]:
    """(T, 25, 3) of the first person in the left half, frame by frame, and how many frames are damaged."""
    files = {}
    for path in folder.iterdir():
        numbered = re.search(r"(\d+)_keypoints\.json$", path.name)
        if numbered and not path.name.startswith("."):
            files[int(numbered.group(1))] = path
    if not files:
        return np.zeros((0, len(BODY25), 3)), 0
    start = min(files)
    frames = max(files) - start + 1 if most is None else min(max(files) - start + 1, most)
    points, damaged = np.full((frames, _NUMBERS), np.nan), 0
    for number, path in files.items():
        if number - start >= frames:
            continue
        try:
            document = json.loads(raw) if (raw := path.read_bytes()).strip() else {}
            person = _first_in_the_left_half(document)
        except (ValueError, TypeError, AttributeError, RecursionError):
            damaged += 1
            continue
        if person is not None:
            points[number - start] = person
    return points.reshape(frames, len(BODY25), 3), damaged


def _first_in_the_left_half(document: Mapping[str, Any]) -> np.ndarray | None:
    for person in document.get("people", ()):
        numbers = np.array(person.get("pose_keypoints_2d") or (), dtype=float)
        if numbers.size not in (0, _NUMBERS):
            raise ValueError("not BODY_25")
        if numbers.size and numbers[::3].max() < HALF_PX:
            return numbers
    return None


def _read_table(path: Path, most: int | None) -> np.ndarray:
    """(T, 25, 3) of a table of 75 numbers a row, with or without a header."""
    import pandas as pd

    try:
        table = pd.read_csv(path, header=None, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        found, do = str(error).splitlines()[0][:100], "unpack the archive again"
        raise FileError(f"{path.name} is not a table of keypoints", found=found, do=do) from None
    if table.shape[1] != _NUMBERS:
        raise FileError(
            f"{path.name} is not a table of BODY_25",
            found=f"{table.shape[1]} columns",
            expected="75: x, y and confidence of 25 keypoints",
        )
    numbers = table.apply(pd.to_numeric, errors="coerce").to_numpy(float)
    header = table.iloc[0].map(lambda cell: isinstance(cell, str)).any() and np.isnan(numbers[0]).all()
    return numbers[int(header) :][:most].reshape(-1, len(BODY25), 3)
