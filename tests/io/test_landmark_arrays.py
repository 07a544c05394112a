from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import FileError, PoseError
from skelgait.core.skeleton import BLAZEPOSE33
from skelgait.io.poses import read_pose

SIZE = (1280, 720)


@pytest.fixture
def values(walking):
    """Landmarks (T, 33, 5) as MediaPipe gives them: shares of the image, depth of both signs, visibility, presence."""
    rng = np.random.default_rng(0)
    shares = walking(BLAZEPOSE33, 30, ground_px=700) / SIZE
    return np.dstack([shares, rng.normal(0, 0.2, (30, 33)), np.full((30, 33), 0.7), np.full((30, 33), 0.5)])


def read(tmp_path, array, **given):
    np.save(tmp_path / "walk.npy", array)
    return read_pose(tmp_path / "walk.npy", **{"fps": 30, "size": SIZE, **given})


@pytest.mark.parametrize(("columns", "score"), [(2, 1.0), (3, 1.0), (4, 0.7), (5, 0.35)])
@pytest.mark.parametrize("flat", [False, True])
def test_npy_of_every_width(tmp_path, values, columns, score, flat):
    array = values[..., :columns]
    pose = read(tmp_path, array.reshape(30, -1) if flat else array)
    assert pose.skeleton is BLAZEPOSE33
    assert np.allclose(pose.xy, values[..., :2] * SIZE)
    assert np.allclose(pose.confidence, score)


def test_a_third_column_without_signs_is_the_visibility(tmp_path, values):
    pose = read(tmp_path, values[..., [0, 1, 3]])
    assert np.allclose(pose.confidence, 0.7)
    assert pose.info["third_column"] == "visibility"
    assert np.allclose(read(tmp_path, values[..., :3] * (1, 1, 0)).confidence, 1)  # no depth at all


def test_rows_of_holistic_and_an_axis_for_the_person(tmp_path, values):
    rows = np.concatenate([values[..., :4].reshape(30, 132), np.full((30, 1530), 0.3)], axis=1)
    assert np.allclose(read(tmp_path, rows).confidence, 0.7)
    assert read(tmp_path, values[None, ..., :4]).n_frames == 30
    assert read(tmp_path, values[:, None, :, :4]).n_frames == 30
    assert read(tmp_path, rows[:, None, :132]).n_frames == 30


def test_zeros_and_nan_are_missing(tmp_path, values):
    values[3] = 0
    values[4, 5] = np.nan
    for columns in (3, 4):
        pose = read(tmp_path, values[..., :columns])
        assert np.isnan(pose.xy[3]).all()
        assert np.isnan(pose.xy[4, 5]).all()
        assert not np.isnan(pose.xy[5]).any()


def test_pixels_need_no_size_and_the_rate_has_to_be_said(tmp_path, values):
    pixels = values[..., :4] * (*SIZE, 1, 1)
    assert np.allclose(read(tmp_path, pixels, size=None).xy, pixels[..., :2])
    with pytest.raises(PoseError, match=r"walk.npy does not say its frame rate. Found: 30 frames"):
        read(tmp_path, pixels, fps=None)
    with pytest.raises(PoseError, match=r"walk.npy are shares of the image, not pixels"):
        read(tmp_path, values[..., :4], size=None)


@pytest.mark.parametrize("shape", [(30, 17, 3), (30, 33), (30, 131), (30, 33, 6), (33, 4), (3,), ()])
def test_other_shapes_are_refused(tmp_path, shape):
    with pytest.raises(FileError, match=r"walk.npy is not 33 landmarks.*Found: shape \(.*\(frames, 132\).*save the names too"):
        read(tmp_path, np.zeros(shape))


def test_what_is_no_array_of_numbers(tmp_path, values):
    np.save(tmp_path / "a.npy", np.array([{"x": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(FileError, match=r"a.npy cannot be read.*save it without object arrays"):
        read_pose(tmp_path / "a.npy", fps=30)
    np.save(tmp_path / "b.npy", values)
    raw = (tmp_path / "b.npy").read_bytes()
    for cut in (7, 60, len(raw) // 2):
        (tmp_path / "b.npy").write_bytes(raw[:cut])
        with pytest.raises(FileError, match=r"b.npy cannot be read"):
            read_pose(tmp_path / "b.npy", fps=30)
