"""Published ScoNet weights as a model that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.checkpoints import load_checkpoint, read_weights
from skelgait.encoders.sconet import ScoNet
from skelgait.estimator.classifier import GaitClassifier
from skelgait.tasks import QUESTIONS

LEVELS = ("negative", "neutral", "positive")  # order of the classes in OpenGait since August 2025
BEFORE = ("negative", "positive", "neutral")  # and before


def read_sconet(
    weights: str | Path | Mapping[str, Any], *, levels: Sequence[str] = LEVELS, plane: str = "frontal"
) -> GaitClassifier:
    """A ScoNet that OpenGait trained, answer layer included, as a fitted model.

    Parameters
    ----------
    weights : path, or mapping of key to tensor
        ``ScoNet-20000.pt`` and the like; read as plain weights, never as code.
    levels : sequence of str
        What each class of the file means. Until August 2025 OpenGait trained ``("negative", "positive", "neutral")``.
    plane : {"frontal", "sagittal"}
        Which silhouettes of a trial it is asked about.

    Returns
    -------
    GaitClassifier
        For `tasks.SCOLIOSIS`. Whom it has seen is not known to it.

    Raises
    ------
    FileError
        No such file, or more than weights in it.
    SkelgaitError
        Weights of another network, of other classes, or levels that are not the task's.

    Notes
    -----
    Weights whose first layer takes two channels are of skeleton maps, limbs before keypoints; with which spreads they were drawn
    stands in no file, and the published 8 are assumed.
    """
    task = QUESTIONS["SCOLIOSIS"]
    if sorted(levels) != sorted(task.levels):
        raise SkelgaitError("these are not the levels of the task", found=", ".join(levels), expected=", ".join(task.levels))
    state = weights if isinstance(weights, Mapping) else read_weights(weights)
    settings: dict[str, Any] = {"plane": plane}
    encoder = ScoNet(plane=plane)
    if _channels(state) == 2:
        settings["source"] = "skeleton_map"
        encoder = ScoNet(plane=plane, source="skeleton_map")
    report = load_checkpoint(encoder, state, layout="opengait")
    model = GaitClassifier(task, {"sconet": settings}, head={"bnneck": {"parts": encoder.strips}})
    network = model._network(task, [encoder])
    order = [list(levels).index(level) for level in task.levels]
    head = dict(network.answer.state_dict()) | dict(report.head)
    missing = [key for key in network.answer.state_dict() if key not in report.head and not key.endswith("num_batches_tracked")]
    if missing or report.head["weight"].shape != network.answer.state_dict()["weight"].shape:
        raise SkelgaitError(
            "the answer layer in these weights is not ScoNet's",
            found=", ".join(f"{key} {tuple(value.shape)}" for key, value in report.head.items()) or "none",
            expected=f"16 strips x 256 x {task.n_levels} classes",
            do="load them into an encoder alone: {'sconet': {'pretrained': path}}",
        )
    head["weight"] = head["weight"][..., order]
    network.answer.load_state_dict(head, strict=True)
    model._learnt(task, network, [])
    return model


def _channels(state: Mapping[str, Any]) -> int:
    """Of the pictures that weights are for."""
    for key, value in state.items():
        if isinstance(value, Mapping):
            return _channels(value)
        if str(key).endswith("Backbone.forward_block.conv1.conv.weight") and isinstance(value, torch.Tensor):
            return value.shape[1]
    return 1
