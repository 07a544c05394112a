"""BlazePose from mediapipe 0.10.14's own wheel, part by part: who is in the picture, and where one person's joints are.

mediapipe's ready-made ``Pose`` follows one person of its own choice. Its two networks are driven here one at a time instead: the
detector gives everybody, and the landmark network looks only where it is told to. A bystander can then not attract it.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np

from skelgait.core.errors import NotInstalled

# The region the landmark network was trained on is this much larger than the circle round the whole person.
MARGIN = 1.25
_FLAG = "poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation__pose_presence_score"
_DETECT = """
input_stream: "image"
output_stream: "detections"
node { calculator: "PoseDetectionCpu" input_stream: "IMAGE:image" output_stream: "DETECTIONS:detections" }
"""
_LANDMARKS = """
input_stream: "image"
input_stream: "region"
input_side_packet: "model_complexity"
input_side_packet: "enable_segmentation"
output_stream: "landmarks"
output_stream: "centre_and_size"
output_stream: "mask"
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_stream: "IMAGE:image" input_stream: "ROI:region"
  input_side_packet: "MODEL_COMPLEXITY:model_complexity" input_side_packet: "ENABLE_SEGMENTATION:enable_segmentation"
  output_stream: "LANDMARKS:landmarks" output_stream: "AUXILIARY_LANDMARKS:centre_and_size"
  output_stream: "SEGMENTATION_MASK:mask_image"
}
node { calculator: "FromImageCalculator" input_stream: "IMAGE:mask_image" output_stream: "IMAGE_CPU:mask" }
"""


class Landmarks(NamedTuple):
    """What the landmark network saw in one region.

    Parameters
    ----------
    xy : (33, 2) pixels
        In the image it was given; guessed also where the image ends.
    confidence : (33,)
        Visibility, 0..1.
    flag : float
        How sure it is that a person is in the region, 0..1.
    region : (3,) pixels
        Hip centre x, y and whole-body size it would itself look at next.
    mask : (H, W) float or None
        Probability of the person, when segmentation was asked for.
    """

    xy: np.ndarray
    confidence: np.ndarray
    flag: float
    region: np.ndarray
    mask: np.ndarray | None


def import_mediapipe() -> Any:
    """The mediapipe package, or an error that says how to get it."""
    os.environ.setdefault("GLOG_minloglevel", "2")
    try:
        with quiet():
            import mediapipe
    except ImportError as missing:
        raise NotInstalled(
            "finding people in a video needs mediapipe",
            found=str(missing),
            do='pip install "skelgait[video]" (Python 3.11 or 3.12)',
        ) from missing
    warnings.filterwarnings("ignore", message="SymbolDatabase.GetPrototype", category=UserWarning)
    return mediapipe


def has_bundled_models() -> bool:
    """Whether this mediapipe carries BlazePose in its wheel (0.10.14 does, 0.10.30 and later do not)."""
    root = os.path.dirname(import_mediapipe().__file__)
    return all(
        os.path.exists(os.path.join(root, "modules", *part))
        for part in (("pose_detection", "pose_detection.tflite"), ("pose_landmark", "pose_landmark_full.tflite"))
    )


_STDERR = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the notes that TFLite and absl write straight to the process's stderr from appearing."""
    with _STDERR:
        sys.stderr.flush()
        try:
            kept = os.dup(2)
        except OSError:  # no stderr at all: nothing to keep quiet
            yield
            return
        nothing = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nothing, 2)
            yield
        finally:
            with suppress(Exception):
                sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nothing)


class _Graph:
    """A running mediapipe graph: packets in by name, packets out by name."""

    def __init__(
        self, text: str, *, side: Mapping[str, Any], thresholds: Mapping[str, float], hidden: tuple[str, ...] = ()
    ) -> None:
        self.mediapipe = mp = import_mediapipe()
        from google.protobuf import text_format
        from mediapipe.calculators.tensor import tensors_to_detections_calculator_pb2
        from mediapipe.calculators.util import thresholding_calculator_pb2
        from mediapipe.framework import calculator_pb2

        mp.resource_util.set_resource_dir(os.path.dirname(os.path.dirname(mp.__file__)))
        whole = mp.ValidatedGraphConfig()
        whole.initialize(graph_config=text_format.Parse(text, calculator_pb2.CalculatorGraphConfig()))
        config = calculator_pb2.CalculatorGraphConfig.FromString(whole.binary_config)
        for node in config.node:
            if node.name in thresholds and node.calculator == "ThresholdingCalculator":
                node.options.Extensions[thresholding_calculator_pb2.ThresholdingCalculatorOptions.ext].threshold = thresholds[
                    node.name
                ]
            elif node.name in thresholds:
                kind = tensors_to_detections_calculator_pb2.TensorsToDetectionsCalculatorOptions
                node.options.Extensions[kind.ext].min_score_thresh = thresholds[node.name]
        outputs = [stream.split(":")[-1] for stream in config.output_stream]
        self._graph = mp.CalculatorGraph(graph_config=config)
        self._packets: dict[str, Any] = {}
        self._time = 0
        for name in (*outputs, *hidden):
            self._graph.observe_output_stream(name, self._packets.__setitem__, True)
        self._graph.start_run(dict(side))

    def __call__(self, **packets: Any) -> dict[str, Any]:
        self._packets.clear()
        self._time += 1
        for name, packet in packets.items():
            self._graph.add_packet_to_input_stream(stream=name, packet=packet.at(self._time))
        self._graph.wait_until_idle()
        return {name: packet for name, packet in self._packets.items() if not packet.is_empty()}

    def picture(self, image: np.ndarray) -> Any:
        mp = self.mediapipe
        return mp.packet_creator.create_image_frame(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image))

    def close(self) -> None:
        self._graph.close()


class PeopleDetector:
    """BlazePose's detector: everybody in an image, by hip centre and whole-body size.

    Parameters
    ----------
    min_score : float
        Least score of a detection.

    Notes
    -----
    The network sees 224 x 224 pixels and was trained on people who fill a good part of a square image; a wide image is therefore
    given to it in squares.
    """

    def __init__(self, *, min_score: float = 0.3) -> None:
        with quiet():
            self._graph = _Graph(_DETECT, side={}, thresholds={"posedetectioncpu__TensorsToDetectionsCalculator": min_score})
            self(np.zeros((64, 64, 3), np.uint8))

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """(N, 4): score, hip centre x and y, whole-body size (twice the distance from hip to the far end), pixels."""
        found = self._graph(image=self._graph.picture(image)).get("detections")
        people = self._graph.mediapipe.packet_getter.get_proto_list(found) if found else []
        shape = np.array([image.shape[1], image.shape[0]], float)
        rows = np.empty((len(people), 4))
        for row, person in zip(rows, people, strict=True):
            points = person.location_data.relative_keypoints
            centre, end = (np.array([points[k].x, points[k].y]) * shape for k in (0, 1))
            row[:] = person.score[0], *centre, 2 * np.hypot(*(end - centre))
        return rows

    def close(self) -> None:
        """Let the network go."""
        self._graph.close()


class LandmarkNet:
    """BlazePose's landmark network, looking where it is told.

    Parameters
    ----------
    segment : bool
        Give the silhouette too.

    Notes
    -----
    Every image is taken by itself: no filter of mediapipe runs (its smoothing delays the ankle by one to two frames at 30 fps), so
    frames may be given in any order and by several networks at once.
    """

    def __init__(self, *, segment: bool = False) -> None:
        self._segment = segment
        with quiet():
            create = import_mediapipe().packet_creator
            self._graph = _Graph(
                _LANDMARKS,
                side={"model_complexity": create.create_int(1), "enable_segmentation": create.create_bool(segment)},
                thresholds={"poselandmarkbyroicpu__tensorstoposelandmarksandsegmentation__ThresholdingCalculator": -1.0},
                hidden=(_FLAG,),
            )
            self(np.zeros((64, 64, 3), np.uint8), np.array([32.0, 32.0, 48.0]))

    def __call__(self, image: np.ndarray, region: np.ndarray) -> Landmarks:
        """Joints of the person in a region: hip centre x, y and whole-body size, pixels of the image."""
        from mediapipe.framework.formats import rect_pb2

        mp = self._graph.mediapipe
        height, width = image.shape[:2]
        x, y, size = (float(v) for v in region)
        rect = rect_pb2.NormalizedRect(
            x_center=x / width, y_center=y / height, width=MARGIN * size / width, height=MARGIN * size / height
        )
        out = self._graph(image=self._graph.picture(image), region=mp.packet_creator.create_proto(rect))
        points = mp.packet_getter.get_proto(out["landmarks"]).landmark
        centre, end = ((p.x * width, p.y * height) for p in mp.packet_getter.get_proto(out["centre_and_size"]).landmark[:2])
        return Landmarks(
            xy=np.array([(p.x * width, p.y * height) for p in points]),
            confidence=np.clip([p.visibility for p in points], 0, 1),
            flag=mp.packet_getter.get_float(out[_FLAG]),
            region=np.array([*centre, 2 * np.hypot(end[0] - centre[0], end[1] - centre[1])]),
            mask=mp.packet_getter.get_image_frame(out["mask"]).numpy_view().copy() if self._segment else None,
        )

    def close(self) -> None:
        """Let the network go."""
        self._graph.close()
