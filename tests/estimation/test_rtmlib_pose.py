from __future__ import annotations

import sys
import types

import numpy as np
import pytest

from skelgait.core.errors import FileError, NotInstalled, SkelgaitError
from skelgait.core.skeleton import HALPE26
from skelgait.estimation.rtmlib_pose import RtmlibPose


class RTMPose:
    """Stands in for rtmlib's class of this name: the same call, the same shapes, keypoints in the middle of the box."""

    made: tuple = ()

    def __init__(
        self, onnx_model: str, model_input_size: tuple = (288, 384), backend: str = "onnxruntime", device: str = "cpu"
    ) -> None:
        type(self).made = (onnx_model, model_input_size, backend, device)

    def __call__(self, image: np.ndarray, bboxes: list) -> tuple[np.ndarray, np.ndarray]:
        assert image[0, 0].tolist() == [3, 2, 1]  # BGR
        x1, y1, x2, y2 = bboxes[0]
        return np.tile([[(x1 + x2) / 2, (y1 + y2) / 2]], (26, 1))[None], np.full((1, 26), 1.2)


class BodyWithFeet:
    MODE = types.MappingProxyType({"balanced": {"pose": "https://example.org/halpe26.zip", "pose_input_size": (192, 256)}})


@pytest.fixture
def rtmlib(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = types.ModuleType("rtmlib")
    stand_in.RTMPose, stand_in.BodyWithFeet = RTMPose, BodyWithFeet  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rtmlib", stand_in)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)


def test_a_local_model_gets_boxes_and_bgr(rtmlib: None, tmp_path: object) -> None:
    model = tmp_path / "rtmpose.onnx"  # type: ignore[operator]
    model.write_bytes(b"")
    one = RtmlibPose(model_path=str(model), input_size=(288, 384), device="cuda")
    one.open()
    assert RTMPose.made == (str(model), (288, 384), "onnxruntime", "cuda")
    image = np.tile(np.array([1, 2, 3], np.uint8), (80, 60, 1))
    seen = one.estimate([image, image], np.array([[30.0, 40.0, 50.0], [20.0, 30.0, 50.0]]))
    one.close()
    assert one.skeleton is HALPE26
    np.testing.assert_allclose([s.xy[0] for s in seen], [[30, 40], [20, 30]])
    assert seen[0].confidence.max() == 1


def test_without_a_model_rtmlib_fetches_the_one_of_the_layout(rtmlib: None) -> None:
    RtmlibPose().open()
    assert RTMPose.made[:2] == ("https://example.org/halpe26.zip", (192, 256))
    with pytest.raises(SkelgaitError, match=r"no layout 'body25'.*halpe26"):
        RtmlibPose(layout="body25").open()
    with pytest.raises(SkelgaitError, match=r"no mode 'huge'.*balanced"):
        RtmlibPose(mode="huge").open()


def test_what_is_missing_is_named(rtmlib: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match=r"nowhere\.onnx does not exist"):
        RtmlibPose(model_path="nowhere.onnx").open()
    monkeypatch.setitem(sys.modules, "rtmlib", None)
    with pytest.raises(NotInstalled, match=r"needs rtmlib.*skelgait\[rtmlib\]"):
        RtmlibPose().open()


@pytest.mark.slow
def test_the_real_rtmlib_runs_a_model_file(tmp_path: object) -> None:
    pytest.importorskip("rtmlib")
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    def constant(name: str, peak: int, bins: int) -> object:
        row = np.zeros((1, 17, bins), np.float32)
        row[..., peak] = 0.9
        return helper.make_node("Constant", [], [name], value=numpy_helper.from_array(row))

    graph = helper.make_graph(
        [constant("simcc_x", 192, 384), constant("simcc_y", 128, 512)],
        "middle_of_the_box",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 256, 192])],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 17, b]) for n, b in (("simcc_x", 384), ("simcc_y", 512))],
    )
    model = tmp_path / "toy.onnx"  # type: ignore[operator]
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(model))
    one = RtmlibPose(model_path=str(model))
    one.open()
    (seen,) = one.estimate([np.zeros((400, 300, 3), np.uint8)], np.array([[150.0, 200.0, 200.0]]))
    one.close()
    assert seen.xy.shape == (17, 2)
    assert seen.xy[0, 0] == pytest.approx(150, abs=2)  # bin 192 of 384: the middle
    assert 100 < seen.xy[0, 1] < 200  # bin 128 of 512: a quarter down
    assert seen.confidence[0] == pytest.approx(0.9, abs=0.05)
