from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import FileError, NoPerson, SkelgaitError, VideoError
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.estimation.extract import bring_to_size, extract_silhouettes, keep_body
from skelgait.estimation.silhouettes import Silhouettes
from skelgait.io.masks import silhouettes_from_masks
from skelgait.io.video_writing import write_video
from skelgait.walker.film import Walk
from tests.estimation.onnx_by_hand import write_conv


def overlap(found: SilhouetteSequence, truth: SilhouetteSequence) -> np.ndarray:
    """Intersection over union of the frames that both have, at half grey."""
    _, i, j = np.intersect1d(found.frame, truth.frame, return_indices=True)
    one, other = found.frames_at(i) > 127, truth.frames_at(j) > 127
    return (one & other).sum(axis=(1, 2)) / (one | other).sum(axis=(1, 2))


@pytest.fixture(scope="module")
def truth(walk: Walk) -> SilhouetteSequence:
    return silhouettes_from_masks(walk.silhouettes(), fps=30)


def test_a_drawn_child_gives_the_silhouettes_it_was_drawn_with(film: Path, truth: SilhouetteSequence, tmp_path: Path) -> None:
    found = sg.extract_silhouettes(film, view="sagittal_right", progress=False)
    assert (found.fps, found.view, found.source, len(found)) == (30, "sagittal_right", str(film), 60 - len(found.empty))
    assert len(found) > 55
    assert np.median(overlap(found, truth)) > 0.85
    _, i, j = np.intersect1d(found.frame, truth.frame, return_indices=True)
    apart = found.boxes[i] - truth.boxes[j]
    assert np.abs(np.median(apart, axis=0)).max() < 8  # pixels, of a child 250 high
    np.testing.assert_allclose(found.time_s, found.frame / 30, atol=1e-3)
    assert found.info["segmenter"] == "mediapipe"
    json.dumps(dict(found.info))
    kept = found.save(tmp_path / "child.silhouettes.npz")
    np.testing.assert_array_equal(np.asarray(kept.frames), found.frames)
    assert list(sg.Trial("child", silhouettes=found).silhouettes) == ["sagittal"]


def test_a_network_of_ones_own_segments_the_square_about_the_subject(walk: Walk, truth: SilhouetteSequence, tmp_path: Path) -> None:
    """The child before a green wall, and a network of one layer that sees what is not green."""
    green = (
        np.where(mask[..., None], frame, [[[0, 255, 0]]]).astype(np.uint8)
        for frame, mask in zip(walk.frames(), walk.silhouettes(), strict=True)
    )
    write_video(tmp_path / "green.mp4", green, 30)
    weight = np.array([[0, 0, 0], [0.5, -1, 0.5]])[..., None, None]
    model = write_conv(tmp_path / "green.onnx", weight, np.array([0, 0.4]), 128)
    found = extract_silhouettes(tmp_path / "green.mp4", segmenter={model: {"size": 128, "mean": 0, "std": 1}}, progress=False)
    assert found.info["segmenter"] == "green.onnx"
    assert len(found) > 55
    assert np.median(overlap(found, truth)) > 0.85


def test_the_recorded_woman_is_like_the_silhouettes_made_another_way(data: Path) -> None:
    """The others are noisy (background subtraction: holes, and shadows below the feet): see docs/silhouettes.md."""
    found = extract_silhouettes(data / "videos/sports2d_demo.mp4", progress=False)
    with np.load(data / "silhouettes/sports2d_woman_silhouettes.npz") as file:
        other = SilhouetteSequence(file["sil64x44"], fps=30, frame=file["frame"])
        boxes = file["bbox_xywh"]
    both, i, j = np.intersect1d(found.frame, other.frame, return_indices=True)
    assert len(both) == len(other) == 113
    same_height = np.abs(found.boxes[i, 3] / boxes[j, 3] - 1) < 0.03  # no shadow that makes the body longer
    agreement = overlap(found, other)
    assert np.mean(agreement) > 0.6
    assert np.mean(agreement[same_height]) > 0.7
    assert np.abs(np.median(found.boxes[i, 1] - boxes[j, 1])) < 3  # tops of heads, pixels
    assert found.info["cut_off"] == list(range(186, 202))  # she leaves at the left edge
    assert set(found.info["cut_off"]) <= set(found.empty.tolist())
    assert not set(found.frame) & set(found.empty)
    assert sorted([*found.frame, *found.empty]) == list(range(230))


def square(*bodies: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros((256, 256), bool)
    for top, left, tall, wide in bodies:
        mask[top : top + tall, left : left + wide] = True
    return mask


def masks(*each: np.ndarray, squares: np.ndarray | None = None, size: tuple[int, int] = (640, 512)) -> Silhouettes:
    places = np.tile([100.0, 50.0, 512.0], (len(each), 1)) if squares is None else squares
    return Silhouettes(np.packbits(np.array(each), axis=2), places, np.arange(len(each)) / 30, size)


def test_boxes_are_in_pixels_of_the_video() -> None:
    found = bring_to_size(masks(square((60, 110, 128, 40)), square()), fps=30)
    # columns 110 to 150 become 55 to 75, the middle 65: 43 to 87 are seen, of points that are 2 pixels each
    assert found.boxes.tolist() == [[100 + 2 * 86, 50 + 120, 176, 256]]
    assert found.empty.tolist() == [1]


def test_frames_cut_off_by_an_edge_are_left_out_or_told_of() -> None:
    body = square((60, 110, 128, 40))
    squares = np.array([[100.0, 50, 512], [-222, 50, 512], [100, -121, 512], [340, 50, 512], [100, 136, 512]])
    several = masks(*[body] * 5, squares=squares)  # whole; then at the left, the upper, the right and the lower edge
    with pytest.warns(UserWarning, match="cuts the body off in 4 of 5 frames of the video; these are left out"):
        found = bring_to_size(several, fps=30)
    assert (found.frame.tolist(), found.empty.tolist(), found.info["cut_off"]) == ([0], [1, 2, 3, 4], [1, 2, 3, 4])
    with pytest.warns(UserWarning, match="cuts the body off in 4 of 5 frames of the video; these show a part of the body"):
        assert len(bring_to_size(several, fps=30, whole=False)) == 5
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        few = masks(*[body] * 3, squares=squares[[0, 0, 1]])
        assert bring_to_size(few, fps=30).info["cut_off"] == [2]
    with pytest.raises(NoPerson, match=r"no frame of a\.mp4 shows the whole body. Found: .* 1 of 1 frames .* pass whole=False"):
        bring_to_size(masks(body, squares=squares[1:2]), fps=30, source="a.mp4")
    bars = masks(body)  # a black bar, 180 pixels high, above the picture
    with pytest.raises(NoPerson, match="shows the whole body"):
        bring_to_size(bars, fps=30, picture=[0, 168, 640, 512])
    assert len(bring_to_size(bars, fps=30, picture=[0, 150, 640, 512])) == 1


def test_only_frames_known_to_show_the_subject_count() -> None:
    body = square((60, 110, 128, 40))
    found = bring_to_size(masks(body, body, body), fps=30, seen=np.array([True, False, True]))
    assert found.frame.tolist() == [0, 2]
    with pytest.raises(NoPerson, match="no silhouette of the subject was found in the video"):
        bring_to_size(masks(square(), square()), fps=30)


def test_of_a_mask_the_body_is_kept() -> None:
    body = (60, 110, 120, 40)  # 4800 points
    foot, speck, beside = (190, 120, 10, 20), (20, 120, 6, 6), (60, 200, 150, 50)
    np.testing.assert_array_equal(keep_body(square(body, foot, speck, beside)), square(body, foot))
    np.testing.assert_array_equal(keep_body(square(beside, speck)), square(beside))  # nobody near the hips: the largest
    assert not keep_body(square()).any()
    whole = square(body)
    assert not np.shares_memory(keep_body(whole), whole)


def test_refusals(film: Path, tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="does not exist"):
        extract_silhouettes(tmp_path / "none.mp4", segmenter=tmp_path / "none.onnx")
    with pytest.raises(FileError, match=r"there is no file .*none\.onnx"):
        extract_silhouettes(film, segmenter=tmp_path / "none.onnx")
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError):
        extract_silhouettes(tmp_path / "bad.mp4", progress=False)
    with pytest.raises(SkelgaitError, match=r"unknown segmenter 'sam'. Expected: \"mediapipe\", or the path of an \.onnx model"):
        extract_silhouettes(film, segmenter="sam")
    with pytest.raises(SkelgaitError, match=r"an ONNX segmenter has no setting scale. Expected: size, mean, std, person"):
        extract_silhouettes(film, segmenter={"a.onnx": {"scale": 2}})
    with pytest.raises(SkelgaitError, match="one file with its settings"):
        extract_silhouettes(film, segmenter={})
    empty = tmp_path / "empty.mp4"
    write_video(empty, (np.full((240, 320, 3), 128, np.uint8) for _ in range(12)), 30)
    model = write_conv(tmp_path / "a.onnx", np.zeros((2, 3, 1, 1)), np.zeros(2), 64)
    for segmenter in ("mediapipe", model):
        with pytest.raises(NoPerson, match="nobody was found in"):
            extract_silhouettes(empty, segmenter=segmenter, progress=False)
