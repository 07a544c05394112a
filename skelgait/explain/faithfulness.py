"""Whether a map tells the truth about its model: hide what it ranks first, and see how fast the answer goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from skelgait.core.attribution import Attribution
from skelgait.encoders.base import Encoder, Inputs
from skelgait.explain.question import Question

RANDOM_ORDERS = 5
STEPS = 10
TOGETHER = 64  # variants of windows that are asked about at a time


def with_deletion(why: Attribution, asked: Question, place: int, random_state: int = 0) -> Attribution:
    """The attribution with its deletion curve in ``info``.

    Parameters
    ----------
    why : Attribution
        With an axis ``keypoint`` or ``descriptor``: whole keypoints (over all time) or descriptors are hidden, as an encoder
        sees them missing.
    asked : Question
    place : int
        Which stream.
    random_state : int

    Returns
    -------
    Attribution
        ``info["deletion"]``: ``hidden`` (share), ``probability`` and ``random`` (mean of five orders); ``info["faithfulness"]``:
        mean over the curve of random less ranked.

    References
    ----------
    Petsiuk V, Das A, Saenko K. RISE: randomized input sampling for explanation of black-box models, 2018: the deletion metric.
    """
    inputs = asked.batch.inputs[place]

    def ask(hidden: np.ndarray) -> np.ndarray:
        window, variant = np.divmod(np.arange(len(inputs["mask"]) * len(hidden)), len(hidden))
        said = [
            asked.ask_many(place, hide(asked.encoder_at(place), inputs, hidden[variant[some]], window[some]), window[some])
            for some in np.split(np.arange(len(window)), range(TOGETHER, len(window), TOGETHER))
        ]
        return np.concatenate(said).reshape(-1, len(hidden)).mean(0)

    return with_deletion_of(why, ask, random_state)


def with_deletion_of(
    why: Attribution, ask: Callable[[np.ndarray], np.ndarray], random_state: int = 0, *, importance: np.ndarray | None = None
) -> Attribution:
    """`with_deletion` of any model.

    Parameters
    ----------
    why : Attribution
    ask : callable
        (V, n) bool, what is hidden, to the (V,) probability of the answer.
    random_state : int
    importance : (n,) array, optional
        What the map says of each thing that is hidden; default that of each keypoint, descriptor, row or strip.
    """
    if importance is None:
        axis = next(name for name in ("keypoint", "descriptor", "row", "strip") if name in why.axes)
        importance = (np.abs if not why.signed else np.asarray)(_over(why, axis))
    rng = np.random.default_rng(random_state)
    orders = [np.argsort(-importance, kind="stable")] + [rng.permutation(len(importance)) for _ in range(RANDOM_ORDERS)]
    counts = np.unique(np.linspace(0, len(importance), min(STEPS, len(importance)) + 1).round().astype(int))
    hidden = np.array([np.isin(np.arange(len(importance)), order[:n]) for order in orders for n in counts])
    different, which = np.unique(hidden, axis=0, return_inverse=True)  # every order begins with nothing hidden and ends with all
    curves = ask(different)[which.ravel()].reshape(len(orders), len(counts))
    ranked, chance = curves[0], curves[1:].mean(0)
    curve = {"hidden": (counts / len(importance)).tolist(), "probability": ranked.tolist(), "random": chance.tolist()}
    return replace(why, info={**why.info, "deletion": curve, "faithfulness": float((chance - ranked).mean())})


def hide(encoder: Encoder, inputs: Inputs, hidden: np.ndarray, windows: Sequence[int]) -> Inputs:
    """Variants (V, ...) of windows' inputs, each with the keypoints or descriptors of a row of ``hidden`` (V, n) missing."""
    gone = torch.from_numpy(hidden)
    variants = {name: value[torch.as_tensor(windows)] for name, value in inputs.items()}
    if encoder.inputs == "descriptors":
        variants["values"][gone] = float("nan")
    else:
        variants["pose"] = variants["pose"] * ~gone[:, None, :, None]
    return variants


def _over(why: Attribution, axis: str) -> np.ndarray:
    others = tuple(i for i, name in enumerate(why.axes) if name != axis)
    return why.values.mean(axis=others)
