"""A plain walking figure, for files in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import COCO17, Skeleton
from skelgait.io.poses import write_pose

# height above the ground in body heights, and how far the point swings with its leg
HEIGHTS = {
    "head": (1.0, 0.0), "neck": (0.85, 0.0), "shoulder": (0.82, 0.0), "elbow": (0.63, 0.02), "wrist": (0.48, 0.05),
    "hip": (0.52, 0.0), "knee": (0.28, 0.08), "ankle": (0.05, 0.16), "heel": (0.02, 0.16), "big_toe": (0.01, 0.16),
    "small_toe": (0.01, 0.16), "foot_index": (0.01, 0.16),
}  # fmt: skip


def walking_xy(
    skeleton: Skeleton,
    frames: int,
    *,
    start_px: float = 100.0,
    speed_px: float = 4.0,
    height_px: float = 400.0,
    ground_px: float = 900.0,
) -> np.ndarray:
    """Keypoints (T, K, 2) of somebody who walks to the right at ``speed_px`` a frame, 30 frames a stride."""
    t = np.arange(frames)
    xy = np.empty((frames, len(skeleton), 2))
    for k, name in enumerate(skeleton.names):
        side, _, part = name.partition("_")
        high, swing = HEIGHTS.get(part if side in ("left", "right") else name, (0.92, 0.0))
        ahead = 0.05 if "toe" in name or "index" in name else 0.0
        phase = np.pi if side == "left" else 0.0
        moving = np.sin(2 * np.pi * t / 30 + phase) * swing * bool(speed_px)
        xy[:, k, 0] = start_px + speed_px * t + height_px * (moving + ahead) + 0.01 * k
        xy[:, k, 1] = ground_px - height_px * high
    return xy


@pytest.fixture
def walking() -> Callable[..., np.ndarray]:
    """The function `walking_xy`."""
    return walking_xy


@pytest.fixture
def walk() -> PoseSequence:
    """A walk with everything a pose can hold: gaps, filled and swapped frames, uneven times, size, steps, info."""
    rng = np.random.default_rng(3)
    xy = walking_xy(COCO17, 40) + rng.normal(0, 0.3, (40, 17, 2))
    xy[5:8, 3] = np.nan
    xy[20] = np.nan
    filled = np.zeros((40, 17), bool)
    filled[10:12, 4] = True
    swapped = np.zeros(40, bool)
    swapped[30:33] = True
    return PoseSequence(
        xy,
        rng.uniform(0.3, 1, (40, 17)),
        fps=60,
        skeleton=COCO17,
        view="sagittal_right",
        filled=filled,
        swapped=swapped,
        time_s=np.arange(40) / 60 + np.r_[np.zeros(25), np.full(15, 0.01)],
        size=(1920, 1080),
        source="a test",
        steps=("clean(cutoff_hz=6.0)",),
        info={"cutoff_hz": 6.0, "note": "ä, #"},
    )


def same(a: PoseSequence, b: PoseSequence) -> bool:
    """Whether two poses hold the same."""
    arrays = all(
        np.array_equal(getattr(a, n), getattr(b, n), equal_nan=True) for n in ("xy", "confidence", "filled", "swapped", "time_s")
    )
    return (
        arrays
        and all(getattr(a, n) == getattr(b, n) for n in ("fps", "skeleton", "view", "size", "source", "steps"))
        and dict(a.info) == dict(b.info)
    )


@pytest.fixture(scope="session")
def equal() -> Callable[[PoseSequence, PoseSequence], bool]:
    """The function `same`."""
    return same


@pytest.fixture
def cohort(tmp_path: Path, walk: PoseSequence, walking: Callable[..., np.ndarray]) -> Path:
    """A folder with poses, a file without a rate or view, a video and events."""
    write_pose(walk, tmp_path / "side.npz")
    write_pose(walk.with_(view=None), tmp_path / "plain.csv")
    write_pose(walk.with_(view="frontal_towards"), tmp_path / "front.npz")
    write_pose(walk, tmp_path / "frames")
    np.savez(tmp_path / "shares.npz", xy=walking(COCO17, 9) / (1920, 1080), names=COCO17.names)
    (tmp_path / "walk.mp4").write_bytes(b"x")
    GaitEvents(["left"], ["initial_contact"], [0.5], [30]).to_frame().to_csv(tmp_path / "events.csv", index=False)
    return tmp_path


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a table of walks beside the files of `cohort`."""

    def write(text: str) -> Path:
        (tmp_path / "trials.csv").write_text(text)
        return tmp_path / "trials.csv"

    return write


def draw(count: int, size: tuple[int, int] = (160, 120)) -> Iterator[np.ndarray]:
    """A white square that moves two pixels a frame over red."""
    for k in range(count):
        image = np.zeros((size[1], size[0], 3), np.uint8)
        image[..., 0] = 200
        image[20:40, 2 * k % (size[0] - 20) : 2 * k % (size[0] - 20) + 20] = 255
        yield image


@pytest.fixture(scope="session")
def pictures() -> Callable[..., Iterator[np.ndarray]]:
    """The function `draw`."""
    return draw


@pytest.fixture(scope="session")
def film() -> Callable[..., Path]:
    """Writes a video with frames at given times (seconds), as a phone would."""

    def write(
        path: Path,
        times: Sequence[float],
        *,
        clock: int = 15360,
        turn: int = 0,
        options: dict | None = None,
        notes: dict | None = None,
        layout: str = "yuv420p",
        size: tuple[int, int] = (160, 120),
        pixel: Fraction | None = None,
    ) -> Path:
        import av

        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream("libx264", rate=30, options={"bf": "0"})
            stream.width, stream.height, stream.pix_fmt = *size, layout
            stream.codec_context.time_base = Fraction(1, clock)
            if pixel:
                stream.codec_context.sample_aspect_ratio = pixel
            if turn:
                stream.set_display_rotation(turn)
            container.metadata.update(notes or {})
            for image, time in zip(draw(len(times), size), times, strict=True):
                frame = av.VideoFrame.from_ndarray(image, "rgb24")
                frame.pts, frame.time_base = round(time * clock), Fraction(1, clock)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write
