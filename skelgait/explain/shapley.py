"""SHAP values of descriptors: shares in the probability of the answer that add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.encoders.base import Inputs
from skelgait.estimator.baselines import DescriptorClassifier
from skelgait.explain.faithfulness import with_deletion, with_deletion_of
from skelgait.explain.question import Question

EXPLAINERS = ("permutation", "gradient", "tree")


def shapley(
    model: Any,
    trial: Trial,
    *,
    item: str | None = None,
    level: Any = None,
    encoder: Any = None,
    faithfulness: bool = True,
    background: Sequence[Trial] | None = None,
    explainer: str | None = None,
    samples: int = 10,
    random_state: int = 0,
) -> Attribution:
    """Each descriptor's share in the probability of the answer, against a background of walks.

    Parameters
    ----------
    model, trial, item, level, encoder, faithfulness
        See `skelgait.explain.why.explain`. A `DescriptorClassifier` works too.
    background : sequence of Trial, optional
        Walks to compare with (training walks, up to a hundred). Default for a `GaitClassifier`: one walk, the middle of the
        training walks.
    explainer : {"permutation", "gradient", "tree"}, optional
        Default: tree for forests and boosted trees, permutation otherwise. ``"gradient"`` (for networks) and ``"tree"`` of boosted
        trees explain the log-odds, not the probability.
    samples : int
        Permutations.
    random_state : int

    Returns
    -------
    Attribution
        Signed, axis ``descriptor``; ``info["base"]`` is the background's answer and base + sum is this walk's; ``info["values"]``
        are the descriptors themselves, for a beeswarm.

    References
    ----------
    Lundberg SM, Lee SI. A unified approach to interpreting model predictions, 2017. The implementation is the package shap's.
    """
    if explainer is not None and explainer not in EXPLAINERS:
        raise SkelgaitError(f"there is no explainer {explainer!r}", expected=", ".join(EXPLAINERS))
    if isinstance(model, DescriptorClassifier):
        return _classical(model, trial, item, level, faithfulness, background, explainer, samples, random_state)
    asked = Question(model, trial, item, level, encoder)
    place = asked.find_stream(lambda e: e.inputs == "descriptors", "SHAP")
    one: Any = asked.encoder_at(place)
    given = asked.batch.inputs[place]["values"]
    compare = one.middle[None] if background is None else model.prepare_batch(background).inputs[place]["values"]
    windows = range(len(given))

    def probability(rows: np.ndarray) -> np.ndarray:
        values = torch.from_numpy(np.asarray(rows, np.float32))
        variants: Inputs = {"values": values, "mirrored": values, "mask": torch.ones(values.shape, dtype=torch.bool)}
        return np.mean([asked.ask_many(place, variants, [w] * len(values)) for w in windows], axis=0)

    if explainer == "gradient":
        shares, base = _by_gradient(asked, place, given, compare, random_state)
    elif explainer == "tree":
        raise SkelgaitError(
            "the tree explainer is for forests and boosted trees", found="a network", expected="permutation or gradient"
        )
    else:
        shares, base = _by_permutation(probability, given[:1].numpy(), compare.numpy(), samples, random_state)
    why = Attribution(
        shares,
        {"descriptor": one.labels("descriptor")},
        "shap",
        asked.answer,
        signed=True,
        info=asked.about(place, explainer=explainer or "permutation", base=base, values=given[0].double().numpy()),
    )
    return with_deletion(why, asked, place) if faithfulness else why


def _by_permutation(ask: Any, row: np.ndarray, background: np.ndarray, samples: int, random_state: int) -> tuple[np.ndarray, float]:
    import shap

    masker = shap.maskers.Independent(background.astype(float), max_samples=100)
    explainer = shap.explainers.Permutation(ask, masker, seed=random_state)
    found = explainer(row.astype(float), max_evals=max(samples, 1) * (2 * row.shape[1] + 1), silent=True)
    return np.asarray(found.values[0], float), float(np.ravel(found.base_values)[0])


def _by_gradient(
    asked: Question, place: int, given: torch.Tensor, background: torch.Tensor, random_state: int
) -> tuple[np.ndarray, float]:
    import shap

    class Evidence(torch.nn.Module):
        def forward(self, values: torch.Tensor) -> torch.Tensor:
            rows = [0] * len(values)
            mine = {"values": values, "mirrored": values, "mask": torch.ones(values.shape, dtype=torch.bool)}
            inputs = [mine if i == place else {k: v[rows] for k, v in other.items()} for i, other in enumerate(asked.batch.inputs)]
            return asked.ask(inputs)[:, None]

    if not torch.isfinite(given[:1]).all() or not torch.isfinite(background).all():
        raise SkelgaitError("the gradient explainer cannot look at missing descriptors", do="explainer='permutation'")
    evidence = Evidence()
    found = shap.GradientExplainer(evidence, background).shap_values(given[:1], nsamples=200, rseed=random_state)
    with torch.no_grad():
        base = float(evidence(background).mean())
    return np.asarray(found, float).reshape(-1), base


def _classical(
    model: DescriptorClassifier,
    trial: Trial,
    item: str | None,
    level: Any,
    faithfulness: bool,
    background: Sequence[Trial] | None,
    explainer: str | None,
    samples: int,
    random_state: int,
) -> Attribution:
    import shap

    task = model.task_
    if (item is None and task.n_items > 1) or (item is not None and item not in task.items):
        raise SkelgaitError(f"{task.name}: which item?", found=repr(item), expected=", ".join(task.items[:6]))
    place = 0 if item is None else task.items.index(item)
    probability = model.predict_proba([trial]).reshape(1, task.n_items, -1)[0, place]
    code = int(probability.argmax()) if level is None else task.levels.index(level)
    fitted, row = model.models_[place], model._numbers([trial])
    if fitted is None:
        raise SkelgaitError(f"nobody ever answered item {task.items[place]!r}, so there is nothing to explain")
    column = list(fitted.classes_).index(code) if code in fitted.classes_ else None
    if column is None:
        raise SkelgaitError(f"the model never saw level {task.levels[code]!r}", do="explain another level")
    last = fitted[-1] if isinstance(fitted, Pipeline) else fitted
    before = fitted[:-1] if isinstance(fitted, Pipeline) else None
    trees = type(last).__name__ in ("RandomForestClassifier", "HistGradientBoostingClassifier")
    kind = explainer or ("tree" if trees else "permutation")
    if kind == "gradient" or (kind == "tree" and not trees):
        raise SkelgaitError(f"the {kind} explainer is not for {type(last).__name__}", expected="permutation")
    if kind == "tree":
        found = shap.TreeExplainer(last)
        values = np.asarray(found.shap_values(row if before is None else before.transform(row)))
        base = np.ravel(found.expected_value)
        several = values.ndim == 3
        shares = values[0, :, column] if several else values[0] * (1 if column == 1 else -1)
        start = float(base[column]) if len(base) > 1 else float(base[0]) * (1 if column == 1 else -1)
    else:
        if background is None:
            raise SkelgaitError("the permutation explainer needs walks to compare with", do="background= the training trials")
        compare = model._numbers(list(background))
        compare = np.where(np.isfinite(compare), compare, np.nanmedian(compare, axis=0))
        shares, start = _by_permutation(
            lambda rows: fitted.predict_proba(rows)[:, column], np.where(np.isfinite(row), row, np.median(compare, 0)), compare,
            samples, random_state,
        )  # fmt: skip
    why = Attribution(
        shares,
        {"descriptor": tuple(model.columns_)},
        "shap",
        f"{task.items[place]} = {task.levels[code]}",
        signed=True,
        info={
            "trial": trial.name,
            "explainer": kind,
            "base": start,
            "values": row[0],
            "answer": task.levels[int(probability.argmax())],
            "probability": dict(zip(task.levels, probability.tolist(), strict=True)),
        },
    )

    def ask(hidden: np.ndarray) -> np.ndarray:
        return fitted.predict_proba(np.where(hidden, np.nan, row))[:, column]

    return with_deletion_of(why, ask) if faithfulness else why
