"""Any top-down mmpose model, in this interpreter or in another one."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError, NotInstalled, SkelgaitError
from skelgait.core.skeleton import Skeleton
from skelgait.estimation.estimators import Estimate
from skelgait.estimation.top_down import box_of, skeleton_of

VARIABLE = "SKELGAIT_MMPOSE_PYTHON"


class MmposePose:
    """Keypoints from an mmpose configuration and checkpoint.

    Parameters
    ----------
    config : str
        Path of a top-down configuration, or the name of one that mmpose ships.
    checkpoint : str, optional
        Path of its weights (``.pth``). Without it the weights are random: of use only to try an installation.
    device : str
        What torch runs on: ``"cpu"``, ``"cuda:0"``.
    batch : int
        Frames given to the model at once.

    Notes
    -----
    mmpose cannot be installed beside the rest (see the page *From video*). Where ``import mmpose`` works it is used directly;
    otherwise the interpreter named by ``$SKELGAIT_MMPOSE_PYTHON`` runs it, and crops and keypoints are exchanged as ``.npz``
    files in a temporary folder.
    """

    segments = False
    reach, side = 1.4, 512.0
    workers = 1

    def __init__(self, *, config: str = "", checkpoint: str | None = None, device: str = "cpu", batch: int = 8) -> None:
        self.config, self.checkpoint, self.device, self.batch = config, checkpoint, device, batch
        self._skeleton: Skeleton | None = None
        self._layout: dict[str, Any] = {}

    @property
    def skeleton(self) -> Skeleton:
        """The layout; known once it has estimated."""
        if self._skeleton is None:
            raise SkelgaitError("mmpose tells its layout with the first estimate")
        return self._skeleton

    def open(self, *, segment: bool = False) -> None:
        """Load the model, here or in the other interpreter."""
        if not self.config:
            raise SkelgaitError(
                "mmpose needs a configuration",
                do='estimator={"mmpose": {"config": "rtmpose-m_8xb256-420e_coco-256x192.py", "checkpoint": "model.pth"}}',
            )
        if self.checkpoint and not os.path.exists(self.checkpoint):
            raise FileError(f"the mmpose checkpoint {self.checkpoint} does not exist", do="check checkpoint=")
        self._work: _Here | _Elsewhere = _Here(self) if find_spec("mmpose") else _Elsewhere(self, other_python())
        self._layout = self._work.layout

    def estimate(self, images: list[np.ndarray], regions: np.ndarray) -> list[Estimate]:
        """Keypoints of the person in each image's region."""
        keypoints, scores = self._work.infer(images, box_of(regions))
        if self._skeleton is None:
            self._skeleton = skeleton_of(
                keypoints.shape[1], names=self._layout["names"], bones=self._layout["bones"], called=self._layout["dataset"]
            )
        return [Estimate(xy=xy, confidence=np.clip(score, 0, 1)) for xy, score in zip(keypoints, scores, strict=True)]

    def close(self) -> None:
        """Let the model, or the other interpreter, go."""
        self._work.close()


def other_python() -> str:
    """The interpreter that has mmpose, from ``$SKELGAIT_MMPOSE_PYTHON``."""
    python = os.environ.get(VARIABLE, "")
    if not python:
        raise NotInstalled(
            "mmpose is not installed in this interpreter",
            found=f"no mmpose, and ${VARIABLE} is not set",
            do=f"build its environment with `make mmpose-env` and `export {VARIABLE}=.venv-mmpose/bin/python`",
        )
    if not os.access(python, os.X_OK):
        raise NotInstalled(f"${VARIABLE} is no interpreter", found=python, do="build the environment with `make mmpose-env`")
    return python


class _Here:
    """mmpose in this process."""

    def __init__(self, settings: MmposePose) -> None:
        from skelgait.estimation import mmpose_worker

        self._worker = mmpose_worker
        self._model, self.layout = mmpose_worker.load(settings.config, settings.checkpoint, settings.device)

    def infer(self, images: list[np.ndarray], boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._worker.infer(self._model, images, boxes)

    def close(self) -> None:
        self._model = None


class _Elsewhere:
    """mmpose in another interpreter, fed with files."""

    def __init__(self, settings: MmposePose, python: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="skelgait-mmpose-")
        self._said = open(os.path.join(self._folder.name, "said.txt"), "w+", encoding="utf8")  # noqa: SIM115 - closed in close()
        worker = Path(__file__).with_name("mmpose_worker.py")
        config = os.path.abspath(settings.config) if os.path.exists(settings.config) else settings.config
        checkpoint = os.path.abspath(settings.checkpoint) if settings.checkpoint else ""
        environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        self._process = subprocess.Popen(
            [python, str(worker), config, checkpoint, settings.device],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            cwd=self._folder.name,
            env=environment,
        )
        self._count = 0
        try:
            self.layout = json.loads(self._answer("ready "))
        except BaseException:
            self.close()
            raise

    def _answer(self, start: str) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.startswith(start):
            self._process.wait(timeout=30)
            self._said.seek(0)
            last = [text for text in self._said.read().strip().splitlines() if text.strip()][-1:]
            raise SkelgaitError(
                "mmpose stopped in its own interpreter", found=last[0] if last else f"exit code {self._process.returncode}"
            )
        return line[len(start) :]

    def infer(self, images: list[np.ndarray], boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self._process.stdin is not None
        path = os.path.join(self._folder.name, f"crops{self._count}.npz")
        self._count += 1
        arrays: dict[str, Any] = {f"image_{k}": image for k, image in enumerate(images)}
        np.savez(path, boxes=boxes, **arrays)
        with suppress(BrokenPipeError):  # when it has stopped, the answer says why
            self._process.stdin.write(path + "\n")
            self._process.stdin.flush()
        self._answer("ok")
        with np.load(path + ".out.npz", allow_pickle=False) as file:
            out = file["keypoints"], file["scores"]
        os.unlink(path)
        os.unlink(path + ".out.npz")
        return out

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # it may have stopped by itself
            self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._said.close()
        self._folder.cleanup()
