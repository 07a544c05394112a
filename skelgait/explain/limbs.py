"""Models whose limbs share a head: each limb explained as the model looks at it, the right one in the mirrored walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skelgait.core.attribution import Attribution
from skelgait.core.skeleton import other_side
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.estimator.answering import Answering
from skelgait.training.batches import Walks
from skelgait.training.network import GaitNetwork, mirror_inputs


class OneLimb(Answering):
    """The items of one limb of a fitted model whose limbs share a head, as a model of their own.

    Attributes
    ----------
    turned_ : bool
        Whether it looks at mirrored walks: the right limb's.
    """

    turned_: bool

    def _walks(self, trials: Sequence[Trial]) -> Walks:
        walks = super()._walks(trials)
        given = (walks.encoders, walks.samples, walks.codes, walks.subjects, walks.window)
        return MirroredWalks(*given) if self.turned_ else walks


class MirroredWalks(Walks):
    """Walks whose batches are those of the mirror children."""

    def _inputs(self, indices: Sequence[int]) -> list[Inputs]:
        return [mirror_inputs(encoder, one) for encoder, one in zip(self.encoders, super()._inputs(indices), strict=True)]


def explain_limb(model: Any, trial: Trial, item: str, run: Callable[[OneLimb], Attribution]) -> Attribution:
    """What ``run`` finds in the model of the limb that an item is about, laid over the walk as it was filmed."""
    task, network = model.task_, model.network_
    left, right = network.limbs.tolist()
    turned = task.items.index(item) in right
    limb = right if turned else left
    one = OneLimb()
    vars(one).update(vars(model))
    one.turned_ = turned
    planes = tuple(task.planes[i] for i in limb) if task.planes else ()
    one.task_ = Task(**{**task.to_plain(), "items": tuple(task.items[i] for i in limb), "planes": planes})
    one.network_ = GaitNetwork(list(network.encoders), network.fusion, network.answer).eval()
    one.taught_ = model.taught_[limb]
    one.thresholds_ = None if model.thresholds_ is None else model.thresholds_[limb]
    why = run(one)
    if not turned:
        return why
    measured = {}
    for encoder, inputs in zip(network.encoders, model.prepare_batch([trial]).inputs, strict=True):
        if encoder.inputs == "descriptors":
            measured |= dict(zip(encoder.labels("descriptor"), inputs["values"][0].tolist(), strict=True))
    return turn_back(why, trial, measured)


def turn_back(why: Attribution, trial: Trial, measured: Mapping[str, float]) -> Attribution:
    """An attribution of the mirrored walk as one of the walk: columns from the other end, names of the other side.

    ``measured`` are the walk's own descriptors, of which some, such as symmetry, are other numbers in the mirrored one.
    """
    values, axes, info = why.values, dict(why.axes), dict(why.info)
    for place, (axis, labels) in enumerate(why.axes.items()):
        if axis == "column":
            values = np.flip(values, place)
        elif axis in ("keypoint", "descriptor"):
            names = [other_side(name) for name in labels]
            if set(names) == set(labels):  # in the usual order
                values = values.take([names.index(name) for name in labels], place)
                names = list(labels)
            axes[axis] = tuple(names)
    if "picture" in info:
        info["picture"] = np.flip(info["picture"], -1)
    if "part" in info:
        left, top, width, height = info["part"]
        info["part"] = [trial.clip(info["plane"]).frames.shape[2] - left - width, top, width, height]
    if "bones" in info:
        info["bones"] = {" - ".join(other_side(end) for end in bone.split(" - ")): value for bone, value in info["bones"].items()}
    if "values" in info:
        looked = dict(zip(why.axes["descriptor"], info["values"], strict=True))
        info["values"] = np.array([measured[name] if name in measured else looked[other_side(name)] for name in axes["descriptor"]])
    return replace(why, values=values, axes=axes, info=info)
