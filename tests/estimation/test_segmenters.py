from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.estimation.segmenters import OnnxSegmenter
from tests.estimation.onnx_by_hand import write_conv

RED = np.array([[-1.0, 0, 0], [1.0, 0, 0]])[..., None, None]  # two classes: not red, red


def red_block(tall: int, wide: int) -> tuple[np.ndarray, np.ndarray]:
    image = np.zeros((tall, wide, 3), np.uint8)
    truth = np.zeros((tall, wide), bool)
    truth[tall // 4 : tall // 2, wide // 5 : wide // 2] = True
    image[truth] = [255, 10, 10]
    return image, truth


def segment(network: OnnxSegmenter, image: np.ndarray) -> np.ndarray:
    network.open()
    (seen,) = network.estimate([image], np.zeros((1, 3)))
    network.close()
    assert np.isnan(seen.xy).all()
    assert seen.mask is not None
    return seen.mask


@pytest.mark.parametrize("shape", [(192, 192), (300, 200), (120, 500)])
def test_a_network_of_one_layer_sees_what_is_red(tmp_path: Path, shape: tuple[int, int]) -> None:
    image, truth = red_block(*shape)
    found = segment(OnnxSegmenter(write_conv(tmp_path / "red.onnx", RED, np.zeros(2), 192)), image)
    assert found.shape == shape
    assert (found & truth).sum() / (found | truth).sum() > 0.95


@pytest.mark.parametrize("classes", [1, 2, 4])
def test_one_map_two_classes_or_more(tmp_path: Path, classes: int) -> None:
    image, truth = red_block(96, 96)
    weight = np.zeros((classes, 3, 1, 1))
    weight[-1, 0] = 1
    bias = np.zeros(classes)
    person = None if classes < 3 else classes - 1
    network = OnnxSegmenter(write_conv(tmp_path / "red.onnx", weight, bias, 64), size=64, person=person)
    found = segment(network, image)
    assert (found & truth).sum() / (found | truth).sum() > 0.9
    if classes == 4:
        with pytest.raises(SkelgaitError, match=r"which of the 4 classes of red.onnx is a person\? Found: person=None"):
            segment(OnnxSegmenter(tmp_path / "red.onnx", size=64), image)


def test_a_probability_is_halved_at_a_half_and_colours_are_scaled_as_told(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 20:40, 0], image[:, 40:, 0] = 100, 160  # 0.39 and 0.63
    weight = np.array([1.0, 0, 0]).reshape(1, 3, 1, 1)
    network = OnnxSegmenter(write_conv(tmp_path / "p.onnx", weight, np.zeros(1), 64), size=64, mean=0, std=1)
    found = segment(network, image)
    assert not found[:, :39].any()
    assert found[:, 41:].all()
    half = OnnxSegmenter(tmp_path / "p.onnx", size=64, mean=0, std=0.7)  # 0.56 and 0.9
    assert segment(half, image)[:, 21:].all()


def test_a_map_of_class_numbers_shows_the_class_asked_for() -> None:
    """As networks answer whose last step is an argmax: 15 is a person, 9 a chair."""
    answer = np.zeros((1, 16, 16), np.float32)
    answer[0, 2:8, 2:6], answer[0, 8:12, 2:14] = 15, 9
    with pytest.raises(SkelgaitError, match=r"which of the 16 classes of voc.onnx is a person"):
        OnnxSegmenter("voc.onnx")._score(answer)
    assert np.array_equal(OnnxSegmenter("voc.onnx", person=15)._score(answer) > 0, answer[0] == 15)
    assert np.array_equal(OnnxSegmenter("two.onnx")._score(answer.clip(0, 1)) > 0, answer[0] > 0)
    assert not (OnnxSegmenter("voc.onnx", person=20)._score(answer) > 0).any()


def test_colours_are_scaled_each_by_its_own_numbers(tmp_path: Path) -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 32:] = (127, 127, 255)
    weight = np.array([1.0, 1, 1]).reshape(1, 3, 1, 1)
    path = write_conv(tmp_path / "p.onnx", weight, np.full(1, -3.0), 64)
    found = segment(OnnxSegmenter(path, size=64, mean=(0.2, 0.2, 0.4), std=(0.2, 0.2, 0.3)), image)  # 1.5 + 1.5 + 2 - 3
    assert found[:, 33:].all()
    assert not found[:, :31].any()
    assert not segment(OnnxSegmenter(path, size=64, mean=0.5, std=(0.5, 0.5, 1)), image).any()
    for wrong in ({"mean": (0.5, 0.5)}, {"mean": 127.5}, {"std": 0}):
        with pytest.raises(SkelgaitError, match="of a segmenter is not of colours from 0 to 1"):
            OnnxSegmenter(path, **wrong)


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no file .*none\.onnx"):
        OnnxSegmenter(tmp_path / "none.onnx").open()
    for raw in (b"", b"nonsense" * 20, write_conv(tmp_path / "cut.onnx", RED, np.zeros(2), 64).read_bytes()[:60]):
        (tmp_path / "bad.onnx").write_bytes(raw)
        with pytest.raises(FileError, match=r"bad\.onnx cannot be read as an ONNX network"):
            OnnxSegmenter(tmp_path / "bad.onnx").open()
