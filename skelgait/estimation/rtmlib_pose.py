"""RTMPose as ONNX through rtmlib."""

from __future__ import annotations

import os

import numpy as np

from skelgait.core.errors import FileError, NotInstalled, SkelgaitError
from skelgait.core.skeleton import Skeleton
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.top_down import box_of, skeleton_of

# What rtmlib downloads by itself when no model is given: the layout and the class of rtmlib that knows the address.
_LAYOUTS = {"coco17": "Body", "halpe26": "BodyWithFeet", "wholebody133": "Wholebody"}


class RtmlibPose:
    """Keypoints of an RTMPose (or other SimCC) ONNX model.

    Parameters
    ----------
    model_path : str, optional
        A local ``.onnx`` file. Without it rtmlib downloads one.
    layout : {"halpe26", "coco17", "wholebody133"}
        Which model to download; a local file tells its own layout by its number of keypoints.
    mode : {"balanced", "lightweight", "performance"}
        Size of the model to download.
    input_size : (width, height)
        Of a local model's input; read from the file when it says so.
    backend : {"onnxruntime", "opencv", "openvino"}
        What runs it.
    device : str
        ``"cpu"``, ``"cuda"`` or ``"mps"``.
    """

    segments = False
    reach, side = 1.4, 512.0
    workers = 1
    batch = 4

    def __init__(
        self,
        *,
        model_path: str | None = None,
        layout: str = "halpe26",
        mode: str = "balanced",
        input_size: tuple[int, int] | None = None,
        backend: str = "onnxruntime",
        device: str = "cpu",
    ) -> None:
        self.model_path, self.layout, self.mode = model_path, layout, mode
        self.input_size, self.backend, self.device = input_size, backend, device
        self._skeleton: Skeleton | None = None

    @property
    def skeleton(self) -> Skeleton:
        """The layout; known once it has estimated."""
        if self._skeleton is None:
            raise SkelgaitError("rtmlib tells its layout with the first estimate")
        return self._skeleton

    def open(self, *, segment: bool = False) -> None:
        """Load the model."""
        try:
            import rtmlib
        except ImportError as missing:
            raise NotInstalled("RTMPose as ONNX needs rtmlib", do='pip install "skelgait[rtmlib]"') from missing
        path, size = self.model_path, self.input_size
        if path is None:
            if self.layout not in _LAYOUTS:
                raise SkelgaitError(f"rtmlib has no layout {self.layout!r}", expected=", ".join(_LAYOUTS))
            kind = getattr(rtmlib, _LAYOUTS[self.layout])
            if self.mode not in kind.MODE:
                raise SkelgaitError(f"rtmlib has no mode {self.mode!r}", expected=", ".join(kind.MODE))
            chosen = kind.MODE[self.mode]
            path, size = chosen["pose"], chosen["pose_input_size"]
        elif not os.path.isfile(path):
            raise FileError(f"the pose model {path} does not exist", expected="an .onnx file", do="check model_path=")
        size = size or _input_size(path) or (192, 256)
        try:
            self._model = rtmlib.RTMPose(path, model_input_size=tuple(size), backend=self.backend, device=self.device)
        except OSError as fault:
            raise FileError(
                "rtmlib could not fetch its model", found=str(fault), do='give a local file: model_path="rtmpose.onnx"'
            ) from fault

    def estimate(self, images: list[np.ndarray], regions: np.ndarray) -> list[Estimate]:
        """Keypoints of the person in each image's region."""
        out = []
        for image, box in zip(images, box_of(regions), strict=True):
            keypoints, scores = self._model(np.ascontiguousarray(image[..., ::-1]), bboxes=[box.tolist()])
            out.append(Estimate(xy=np.asarray(keypoints[0], float)[:, :2], confidence=np.clip(np.asarray(scores[0], float), 0, 1)))
        if self._skeleton is None:
            self._skeleton = skeleton_of(len(out[0].xy))
        return out

    def close(self) -> None:
        """Let the model go."""
        self._model = None


def _input_size(path: str) -> tuple[int, int] | None:
    """(width, height) a model file says it takes, when onnxruntime can tell."""
    try:
        import onnxruntime
    except ImportError:
        return None
    shape = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).get_inputs()[0].shape
    return (shape[3], shape[2]) if len(shape) == 4 and all(isinstance(side, int) for side in shape[2:]) else None
