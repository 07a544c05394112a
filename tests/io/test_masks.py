"""Masks brought to the size networks take, with answers known by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.io.masks import list_pictures, normalise_mask, silhouettes_from_masks


def block(top: int, left: int, tall: int, wide: int, shape: tuple[int, int] = (240, 320)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[top : top + tall, left : left + wide] = True
    return mask


def test_a_block_half_as_wide_as_high_is_32_columns_in_the_middle() -> None:
    done = normalise_mask(block(30, 100, 128, 64))
    assert done is not None
    # half the size: columns 50 to 82 of 160; the middle is the first column with more than half the mass before it: 66
    assert done.box.tolist() == [2 * (66 - 22), 30, 88, 128]
    solid = done.picture > 127
    assert solid[:, 50 - 44 : 82 - 44].all()
    assert solid.sum() == 64 * 32
    assert done.outside == 0


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (11, 0), (0, 20), (-30, 64), (60, -60)])
def test_where_the_body_stands_does_not_matter(dy: int, dx: int) -> None:
    """Moved by whole pixels of the result (two of the mask), the same picture comes out."""
    person = np.zeros((240, 320), bool)
    rows, columns = np.mgrid[:240, :320]
    person |= np.hypot(rows - 60, columns - 160) < 12  # a head
    person[70:120, 145:175] = True
    person[120:176, 140:150] = person[120:176, 168:176] = True
    tall = np.flatnonzero(person.any(axis=1))
    assert len(tall) == 176 - 49
    person[tall[-1] + 1] = person[tall[-1]]  # 128 rows
    moved = np.roll(person, (dy, dx), axis=(0, 1))
    one, other = normalise_mask(person), normalise_mask(moved)
    assert one is not None
    assert other is not None
    np.testing.assert_array_equal(one.picture, other.picture)
    np.testing.assert_allclose(other.box - one.box, [dx, dy, 0, 0])


def test_the_middle_is_the_median_of_mass_not_of_the_outline() -> None:
    """A thin arm stretched far out does not move the body out of the middle."""
    body = block(20, 100, 128, 40)
    reaching = body | block(60, 140, 4, 60)
    plain, stretched = normalise_mask(body), normalise_mask(reaching)
    assert plain is not None
    assert stretched is not None
    assert abs(plain.box[0] - stretched.box[0]) <= 2  # 3.9 of 23.9 hundred pixels more on one side: less than two columns
    assert stretched.outside > 0  # the hand is beyond the 44 columns
    share = reaching[:, round(stretched.box[0]) : round(stretched.box[0] + stretched.box[2])].sum() / reaching.sum()
    assert stretched.outside == pytest.approx(1 - share, abs=0.01)


def test_a_body_at_the_edge_of_the_mask_gets_black_beyond_it() -> None:
    done = normalise_mask(block(10, 0, 128, 40))
    assert done is not None
    assert done.box[0] < 0
    assert not done.picture[:, : round(-done.box[0] / 2) - 1].any()
    assert (done.picture > 127).sum() == 64 * 20


@pytest.mark.parametrize(
    ("mask", "empty"),
    [(block(0, 0, 1, 39), True), (block(10, 50, 40, 1), False), (block(10, 0, 128, 3), True), (block(10, 9, 200, 1), True)],
)
def test_what_counts_as_nobody(mask: np.ndarray, empty: bool) -> None:
    """39 white pixels are too few, 40 enough; a body in the first column has no middle; a line may fall between columns."""
    assert (normalise_mask(mask) is None) is empty


def test_frames_without_anybody_are_left_out_and_listed() -> None:
    masks = np.stack([block(0, 0, 0, 0), block(20, 90, 128, 40), block(0, 0, 3, 3), block(100, 90, 140, 40), block(0, 0, 0, 0)])
    walk = silhouettes_from_masks(masks, fps=25, view="frontal", time_s=np.arange(5) + 10.0, source="x")
    assert walk.frame.tolist() == [1, 3]
    assert walk.empty.tolist() == [0, 2, 4]
    assert walk.time_s.tolist() == [11, 13]
    assert walk.boxes[:, 1].tolist() == [20, 100]
    assert walk.info["cut_off"] == [3]  # reaches the lower edge
    assert (walk.view, walk.source, walk.fps) == ("frontal", "x", 25)
    assert np.isnan(silhouettes_from_masks(masks).time_s).all()


@pytest.mark.parametrize("kind", [np.uint8, np.int64, bool])
def test_masks_of_any_kind_are_the_same(kind: type) -> None:
    ones = block(20, 90, 128, 40)[None].astype(kind)
    expected = silhouettes_from_masks(block(20, 90, 128, 40)[None]).frames
    np.testing.assert_array_equal(silhouettes_from_masks(ones).frames, expected)
    if kind is not bool:
        np.testing.assert_array_equal(silhouettes_from_masks(ones * 255).frames, expected)


@pytest.mark.parametrize("value", [2, 15, 147])
def test_numbers_of_classes_are_no_masks(value: int) -> None:
    """Kept as they are they would be a body nearly as black as what is around it."""
    with pytest.raises(SkelgaitError, match=f"not white where the person is. Found: {value} at .* masks == {value}"):
        silhouettes_from_masks(block(20, 90, 128, 40)[None].astype(np.uint8) * value)


def test_what_is_of_the_size_already_stays() -> None:
    rng = np.random.default_rng(0)
    ready = rng.integers(0, 256, (4, 64, 64)).astype(np.uint8)
    np.testing.assert_array_equal(silhouettes_from_masks(ready).frames, ready[:, :, 10:54])
    small = np.zeros((1, 64, 64), bool)
    small[0, 16:48, 24:40] = True  # of the size, but the body does not fill it
    assert (silhouettes_from_masks(small).frames[0] > 127).sum() == 64 * 32


def write(folder: Path, names: list[str], masks: list[np.ndarray]) -> Path:
    folder.mkdir()
    for name, mask in zip(names, masks, strict=True):
        done, raw = cv2.imencode(Path(name).suffix, mask.astype(np.uint8) * 255)
        assert done
        (folder / name).write_bytes(raw.tobytes())
    return folder


def test_a_folder_of_pictures_is_read_by_frame_number(tmp_path: Path) -> None:
    masks = [block(20 + n, 90, 128, 40) if n != 1 else block(0, 0, 0, 0) for n in range(3)]
    folder = write(tmp_path / "äöü", ["007-nm-01-090-2.png", "007-nm-01-090-010.png", "007-nm-01-090-9.bmp"], masks)
    (folder / "Thumbs.db").write_bytes(b"no picture")
    write(tmp_path / "one", ["gei.png"], [masks[0]])
    (tmp_path / "one" / "gei.png").rename(folder / "gei.png")
    walk = silhouettes_from_masks(folder, fps=25)
    assert walk.frame.tolist() == [2, 9]
    assert walk.empty.tolist() == [10]
    assert walk.boxes[:, 1].tolist() == [20, 22]
    np.testing.assert_allclose(walk.time_s, np.array([2, 9]) / 25)
    assert walk.source == str(folder)


def test_names_without_numbers_go_by_their_order(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", ["b.png", "a.png", "c1.png"], [block(n, 90, 128, 40) for n in (30, 20, 40)])
    files, numbers = list_pictures(folder)
    assert numbers is None
    assert [f.name for f in files] == ["a.png", "b.png", "c1.png"]
    assert silhouettes_from_masks(folder).boxes[:, 1].tolist() == [20, 30, 40]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(SkelgaitError, match=r"these masks show nobody. Found: 3 masks with 39 white pixels or fewer"):
        silhouettes_from_masks(np.zeros((3, 50, 50), bool))
    with pytest.raises(SkelgaitError, match=r"show nobody. Found: no mask"):
        silhouettes_from_masks([])
    with pytest.raises(SkelgaitError, match=r"are not masks. Found: number 0 is \(50, 50\) of float64"):
        silhouettes_from_masks(np.zeros((3, 50, 50)))
    with pytest.raises(SkelgaitError, match=r"number 0 is \(50, 50, 3\)"):
        silhouettes_from_masks(np.zeros((3, 50, 50, 3), np.uint8))
    with pytest.raises(SkelgaitError, match=r"leave 0 to 255. Found: number 0 has 0 to 300"):
        silhouettes_from_masks(np.arange(301)[None, None])
    with pytest.raises(SkelgaitError, match="not one time a mask"):
        silhouettes_from_masks(block(20, 90, 128, 40)[None], time_s=np.zeros(2))
    with pytest.raises(FileError, match="there is no file or folder"):
        silhouettes_from_masks(tmp_path / "none")
    (tmp_path / "none").mkdir()
    with pytest.raises(FileError, match="there are no pictures in"):
        silhouettes_from_masks(tmp_path / "none")
    for raw in (b"", b"nonsense", b"\x89PNG\r\n\x1a\n"):
        (tmp_path / "none" / "0001.png").write_bytes(raw)
        with pytest.raises(FileError, match=r"0001\.png cannot be read as a picture"):
            silhouettes_from_masks(tmp_path / "none")
    with pytest.raises(FileError, match="is no folder"):
        silhouettes_from_masks(tmp_path / "none" / "0001.png")
