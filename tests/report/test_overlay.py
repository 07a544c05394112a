"""The overlay video: skeleton where the pose is, contacts that flash, real time at any rate, H.264."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError, VideoError
from skelgait.core.skeleton import BODY25
from skelgait.gait.measure import Measurement
from skelgait.report.canvas import fit_canvas
from skelgait.report.overlay import FLASH_S, _paced, overlay_frames, write_overlay
from skelgait.report.strip import STRIP_PX
from skelgait.report.style import SIDE_COLOURS

cv2 = pytest.importorskip("cv2")
av = pytest.importorskip("av")


def like(picture: np.ndarray, colour: str, far: int = 12) -> np.ndarray:
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return np.abs(picture.astype(int) - wanted).max(axis=2) <= far


@pytest.fixture(scope="module")
def side(both_planes: Measurement):
    m = both_planes.planes["sagittal"]
    return m.pose.with_(size=(1920, 1080)), m


def test_the_skeleton_is_where_the_pose_is(side) -> None:
    pose, _ = side
    canvas = fit_canvas(pose)
    pictures = list(overlay_frames(pose.cut(60, 62), None, None, canvas=canvas))
    knee = pose.xy[60, BODY25.index("left_knee")] * canvas.scale
    column, row = np.round(knee).astype(int)
    around = pictures[0][row - 4 : row + 5, column - 4 : column + 5]
    assert like(around, SIDE_COLOURS["left"]).any()
    assert pictures[0].shape == (canvas.height + STRIP_PX, canvas.width, 3)
    assert len(pictures) == 2


def test_a_contact_flashes_and_fades(side) -> None:
    pose, m = side
    contacts = m.events.select("right", "initial_contact")
    at = float(contacts.time_s[1])
    frames = [round((at + dt) * pose.fps) for dt in (-0.1, 0.02, FLASH_S + 0.05)]
    amounts = []
    for frame in frames:
        (picture,) = overlay_frames(pose.cut(frame, frame + 1), contacts, None, canvas=fit_canvas(pose))
        (plain,) = overlay_frames(pose.cut(frame, frame + 1), None, None, canvas=fit_canvas(pose))
        amounts.append(int((picture[:-STRIP_PX] != plain[:-STRIP_PX]).any(axis=2).sum()))
    assert amounts[0] == 0
    assert amounts[1] > 100
    assert amounts[2] == 0


def test_the_strip_changes_with_the_angles(side) -> None:
    pose, m = side
    (with_angles,) = overlay_frames(pose.cut(60, 61), m.events, {k: v[60:61] for k, v in m.angles.items()})
    (without,) = overlay_frames(pose.cut(60, 61), m.events, None)
    assert (with_angles[-STRIP_PX:] != without[-STRIP_PX:]).any()


def test_a_picture_far_from_any_frame_shows_no_skeleton(side) -> None:
    pose, _ = side
    grey = np.full((1080, 1920, 3), 120, np.uint8)
    (picture,) = overlay_frames(pose, images=[(grey, pose.duration_s + 1)])
    assert (picture[:-STRIP_PX] == 120).all()


def test_video_of_another_size_fills_the_same_picture(side) -> None:
    pose, _ = side
    half = np.full((540, 960, 3), 90, np.uint8)
    (picture,) = overlay_frames(pose, images=[(half, -9.0)])
    assert picture.shape[:2] == (720 + STRIP_PX, 1280)
    assert (picture[:720] == 90).all()


def test_faces_are_hidden_unless_asked_for(side) -> None:
    pose, _ = side
    noise = np.random.default_rng(0).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    x, y = (fit_canvas(pose).place(pose.point("nose")[60]) - (0, 12)).astype(int)
    head = (slice(y - 12, y), slice(x - 8, x + 8))

    def shown(**settings: bool) -> np.ndarray:
        return next(overlay_frames(pose, images=[(noise, float(pose.time_s[60]))], **settings))[head]

    assert shown().std() < 30
    np.testing.assert_array_equal(shown(faces=True), noise[head])
    (lost,) = overlay_frames(pose, images=[(noise, pose.duration_s + 1)])
    assert lost[:-STRIP_PX].std() < 30


@pytest.mark.parametrize(("times", "step", "wanted"), [
    ([0, 1, 2, 3], 1.0, [0, 1, 2, 3]),
    ([0, 1, 2, 3, 4, 5, 6, 7], 4.0, [1, 5]),
    ([0, 1, 4, 5], 1.0, [0, 1, 1, 1, 4, 5]),
])  # fmt: skip
def test_pacing_drops_and_repeats(times: list[float], step: float, wanted: list[float]) -> None:
    assert [t for _, t in _paced(((None, float(t)) for t in times), step)] == wanted


def test_slow_motion_plays_in_real_time_as_h264(side, tmp_path: Path) -> None:
    pose, _ = side
    fast = pose.with_(fps=240.0, time_s=None)
    path = write_overlay(fast, tmp_path / "overlay.mp4")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert float(stream.average_rate) == pytest.approx(60)
        assert stream.frames == pytest.approx(len(pose) / 4, abs=1)
    assert [p.name for p in tmp_path.iterdir()] == ["overlay.mp4"]


def test_half_speed_lasts_twice_as_long(side, tmp_path: Path) -> None:
    pose = side[0].cut(0, 60)
    path = write_overlay(pose, tmp_path / "slow.mp4", speed=0.5)
    with av.open(str(path)) as container:
        assert float(container.duration) / 1e6 == pytest.approx(2.0, abs=0.1)
    with pytest.raises(SkelgaitError, match="cannot play at this speed"):
        write_overlay(pose, tmp_path / "no.mp4", speed=0)


def test_drawn_on_the_recording_at_its_times(side, tmp_path: Path) -> None:
    from skelgait.io.video_frames import read_frames
    from skelgait.io.video_writing import write_video

    pose = side[0].cut(0, 30)
    film = tmp_path / "film.mp4"
    write_video(film, (np.full((360, 640, 3), 40 + 6 * i, np.uint8) for i in range(30)), 60)
    write_overlay(pose, tmp_path / "overlay.mp4", video=film)
    shades = [float(np.median(image[:100])) for image, _ in read_frames(tmp_path / "overlay.mp4")]
    assert len(shades) == 30
    np.testing.assert_allclose(shades, 40 + 6 * np.arange(30), atol=4)


def test_a_video_that_is_not_there_is_one_clear_error(side, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        write_overlay(side[0], tmp_path / "overlay.mp4", video=tmp_path / "gone.mp4")
    assert not list(tmp_path.iterdir())
