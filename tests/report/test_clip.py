"""The clip of the player: the frames of the player, the walker in the window, nobody's face, and never too large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.io.video import read_video_info
from skelgait.io.video_frames import read_frames
from skelgait.io.video_writing import write_video
from skelgait.report.clip import MOST_FRAMES, PLAIN, TALLEST_PX, make_clip, player_frames
from skelgait.report.framing import frame_walk
from skelgait.report.visit import Recording, gather_visit

pytest.importorskip("av")

SIZE = (480, 270)  # a quarter of the walker's camera


def colour_of_frame(k: int) -> tuple[int, int, int]:
    """A colour that tells the number of a frame after compression."""
    return 20 + 18 * (k % 12), 20 + 18 * (k // 12 % 12), 20 + 18 * (k // 144)


def number_of_colour(pixel: np.ndarray) -> int:
    low, middle, high = (round((float(v) - 20) / 18) for v in pixel)
    return low + 12 * middle + 144 * high


def numbered(n: int) -> Iterator[np.ndarray]:
    for k in range(n):
        yield np.full((SIZE[1], SIZE[0], 3), colour_of_frame(k), np.uint8)


def recording_of(m: Measurement, film: Path) -> Recording:
    trial = m.trial.with_(video={"sagittal": str(film)})
    return next(r for r in gather_visit(trial, measurement=replace(m, trial=trial)).recordings if r.measured.plane == "sagittal")


@pytest.fixture(scope="module")
def counted(side_only: Measurement, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A recording whose video tells the number of each frame by its colour."""
    pose = side_only.planes["sagittal"].raw
    film = tmp_path_factory.mktemp("film") / "anna.mp4"
    write_video(film, numbered(pose.n_frames), pose.fps)
    return recording_of(side_only, film)


def pictures(data: bytes, path: Path) -> list[np.ndarray]:
    path.write_bytes(data)
    return [image for image, _ in read_frames(path)]


def test_frame_for_frame_what_the_player_shows(counted: Recording, tmp_path: Path) -> None:
    clip = make_clip(counted)
    at = player_frames(counted.measured.pose)
    shown = pictures(clip.data, tmp_path / "clip.mp4")
    assert len(shown) == len(at) == 120
    told = [number_of_colour(image[clip.height // 2, clip.width // 2]) for image in shown]
    assert told == at.tolist()
    info = read_video_info(tmp_path / "clip.mp4")
    assert (info.codec, info.size) == ("h264", (clip.width, clip.height))
    assert info.fps == pytest.approx(30)
    assert clip.uri.startswith("data:video/mp4;base64,AAAA")


def test_nothing_but_pictures_is_in_it(counted: Recording, tmp_path: Path) -> None:
    import av

    data = make_clip(counted).data
    assert b"anna" not in data
    (tmp_path / "clip.mp4").write_bytes(data)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_the_walker_stands_where_the_player_draws_him(side_only: Measurement, tmp_path: Path) -> None:
    m = side_only.planes["sagittal"]
    knee = m.raw.skeleton.index("left_knee")

    def dotted() -> Iterator[np.ndarray]:  # a third of the size of the pose's image
        y, x = np.ogrid[:360, :640]
        for xy in m.pose.xy[:, knee] / 3:
            image = np.full((360, 640, 3), 40, np.uint8)
            image[(x - xy[0]) ** 2 + (y - xy[1]) ** 2 < 5**2] = (250, 250, 60)
            yield image

    film = tmp_path / "film.mp4"
    write_video(film, dotted(), m.raw.fps)
    recording = recording_of(side_only, film)
    clip = make_clip(recording)
    assert clip.height < m.raw.size[1] / 3  # never larger than the recording
    framing = frame_walk(recording.measured)
    placed = framing.place(m.pose.xy)[player_frames(m.pose), knee]
    per_leg = clip.height / framing.shape[1]
    for k, image in list(enumerate(pictures(clip.data, tmp_path / "clip.mp4")))[::17]:
        rows, columns = np.nonzero(image[..., 0].astype(int) - image[..., 2] > 70)
        found = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
        expected = (placed[k] + (framing.wide, -framing.top)) * per_leg
        assert np.hypot(*(found - expected)) < 1.5, k


def test_faces_are_hidden_unless_asked_for(side_only: Measurement, tmp_path: Path) -> None:
    m = side_only.planes["sagittal"]
    noise = np.kron(np.random.default_rng(0).integers(0, 255, (90, 160, 3), dtype=np.uint8), np.ones((6, 6, 1), np.uint8))
    film = tmp_path / "film.mp4"
    write_video(film, (noise for _ in range(m.raw.n_frames)), m.raw.fps)
    recording = recording_of(side_only, film)
    framing, frame = frame_walk(recording.measured), 30

    def contrast(faces: bool) -> tuple[float, float]:
        clip = make_clip(recording, faces=faces)
        image = pictures(clip.data, tmp_path / "clip.mp4")[frame]
        per_leg = clip.height / framing.shape[1]
        placed = (framing.place(m.pose.xy)[player_frames(m.pose)[frame]] + (framing.wide, -framing.top)) * per_leg
        patches = []
        for name in ("nose", "left_knee"):
            x, y = placed[m.pose.skeleton.index(name)].round().astype(int)
            patches.append(float(image[y - 10 : y + 10, x - 10 : x + 10].std()))
        return patches[0], patches[1]

    hidden, open_ = contrast(False), contrast(True)
    assert hidden[0] < 0.5 * hidden[1]
    assert open_[0] > 0.8 * open_[1]
    assert "blurred" in make_clip(recording).why


def test_one_that_does_not_fit_is_made_smaller_then_left_out(counted: Recording) -> None:
    whole = make_clip(counted)
    smaller = make_clip(counted, most_bytes=len(whole.data) - 1)
    assert 0 < len(smaller.data) < len(whole.data)
    assert smaller.height < whole.height <= TALLEST_PX
    none = make_clip(counted, most_bytes=500)
    assert (none.data, none.uri) == (b"", "")
    assert "too large" in none.why


def test_without_a_video_it_says_so(side_only: Measurement, tmp_path: Path) -> None:
    (recording,) = gather_visit(side_only.trial, measurement=side_only).recordings
    assert "No video" in make_clip(recording).why
    gone = make_clip(replace(recording, video=str(tmp_path / "gone.mp4")))
    assert "cannot be shown" in gone.why
    (tmp_path / "text.mp4").write_text("this is no video")
    assert not make_clip(replace(recording, video=str(tmp_path / "text.mp4"))).data


def test_moments_the_video_lacks_are_grey(side_only: Measurement, tmp_path: Path) -> None:
    pose = side_only.planes["sagittal"].raw
    film = tmp_path / "short.mp4"
    write_video(film, numbered(pose.n_frames // 2), pose.fps)
    shown = pictures(make_clip(recording_of(side_only, film)).data, tmp_path / "clip.mp4")
    assert len(shown) == 120
    assert np.abs(shown[-1].astype(int) - PLAIN).max() < 12
    assert number_of_colour(shown[20][60, 40]) == 40


def test_only_the_time_the_walker_is_in_sight(side_only: Measurement) -> None:
    pose = side_only.planes["sagittal"].pose
    xy = pose.xy.copy()
    xy[:61], xy[200:] = np.nan, np.nan
    at = player_frames(pose.with_(xy=xy, confidence=None))
    assert (at[0], at[-1]) == (61, 199)
    assert set(np.diff(at)) == {2}
    long = pose.with_(
        xy=np.tile(pose.xy, (40, 1, 1)), confidence=None, time_s=None, filled=None, swapped=None,
    )  # fmt: skip
    assert len(player_frames(long)) <= MOST_FRAMES


def test_a_real_recording_stays_small(data: Path) -> None:
    import skelgait as sg

    folder = data / "mobile_gaitlab_cp_child"
    pose = sg.read_pose(folder / "openpose_json", fps=29.97)
    trial = Trial("child", {"sagittal": pose}, video={"sagittal": str(folder / "input_frames0-149.mp4")})
    (r,) = gather_visit(trial, measurement=measure(trial)).recordings
    clip = make_clip(r)
    assert 50_000 < len(clip.data) < 600_000
    assert clip.height <= TALLEST_PX
