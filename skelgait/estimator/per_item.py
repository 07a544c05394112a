"""A model of its own for every item of a task of many."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from tqdm.auto import tqdm

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.parts import resolve_parts
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.core.trial import Trial
from skelgait.encoders import ENCODERS
from skelgait.estimator.classifier import GaitClassifier
from skelgait.estimator.decision import decide_levels, share_right
from skelgait.estimator.given import as_task, encode_known, pair_limbs
from skelgait.estimator.preparation import build_encoders

ABOUT = "items.json"


class PerItem(ClassifierMixin, BaseEstimator):
    """A model for each item, where `GaitClassifier` has one for all; the same questions, answers and shapes.

    Parameters
    ----------
    model : GaitClassifier
        What each of them is like. With ``share_limbs`` there is one for each pair of items of the two limbs. With ``by_plane``
        a model has only the encoders of its item's plane.

    Attributes
    ----------
    task_ : Task
    classes_ : (L,) array
    models_ : list of GaitClassifier or None
        In the order of ``groups_``; None where an item has no known answer.
    groups_ : list of list of int
        Which items each model answers.
    thresholds_ : (I,) array or None
        As `GaitClassifier`.

    Notes
    -----
    A walk is mirrored while training (``augmentation={"mirror": ...}``) only where a model answers for both limbs: the left knee of
    the mirror child is the right one, which a model of the left knee is not told. So many models take so many times as long; a
    shared one also learns of one item what helps with another.

    Examples
    --------
    >>> import skelgait as sg
    >>> names = ["left_step_length_ll", "right_step_length_ll"]
    >>> one = GaitClassifier("CP_PATTERN", {"descriptors": {"names": names, "width": 8}}, max_epochs=1, progress=False)
    >>> walks = [sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 9 * i).film(duration_s=4).pose) for i in range(4)]
    >>> PerItem(one).fit(walks, [["WNL", "jump"], ["jump", "WNL"]] * 2).predict_proba(walks).shape
    (4, 2, 5)
    """

    def __init__(self, model: GaitClassifier) -> None:
        self.model = model

    def fit(self, trials: Sequence[Trial], y: Any = None) -> PerItem:
        """Learn every item.

        Parameters
        ----------
        trials : sequence of Trial
        y : sequence, optional
            As `GaitClassifier.fit`.
        """
        task, trials = as_task(self.model.task), list(trials)
        codes = encode_known(task, trials, y)
        self.groups_ = pair_limbs(task).T.tolist() if self.model.share_limbs else [[i] for i in range(task.n_items)]
        self.models_: list[GaitClassifier | None] = []
        bar = tqdm(self.groups_, "learning", unit="model", disable=not self.model.progress or None)
        for items in bar:
            one = self._model_of(task, items)
            able = _filmed(one, trials)
            known = [i for i in able if (codes[i][items] != NOT_KNOWN).any()]
            if not known:
                self.models_.append(None)
                continue
            levels = one.task.decode(codes[able][:, items])
            self.models_.append(one.fit([trials[i] for i in able], list(levels)))
        if not any(self.models_):
            raise SkelgaitError(f"no trial has a known answer to {task.name}", expected=f"trial.labels[{task.label!r}], or y")
        self.task_, self.classes_, self.thresholds_ = task, np.array(task.levels), None
        return self

    def _model_of(self, task: Task, items: list[int]) -> GaitClassifier:
        one = clone(self.model)
        planes = tuple(task.planes[i] for i in items) if task.planes else ()
        names = tuple(task.items[i] for i in items)
        asked = Task(**{**task.to_plain(), "name": f"{task.name} {names[0]}", "items": names, "planes": planes})
        changes: dict[str, Any] = {"task": asked, "progress": False, "folder": None, "resume": False}
        if one.by_plane and planes:
            parts = resolve_parts(deepcopy(one.encoders), ENCODERS, "encoder")
            kept = [part for part in parts if getattr(part.build(), "plane", None) in (None, *planes) or "" in planes]
            if kept:
                changes["encoders"] = [
                    part.to_plain() if part.key in ENCODERS else {part.kind: dict(part.settings)} for part in kept
                ]
                changes["fusion"] = one.fusion if len(kept) > 1 else None
        if isinstance(one.augmentation, dict) and len(items) == 1:
            changes["augmentation"] = {**one.augmentation, "mirror": 0.0}
        return one.set_params(**changes)

    def predict_proba(self, trials: Sequence[Trial]) -> np.ndarray:
        """Probability of each level, (n, I, L); NaN, with a warning, where nothing was measured or an item had no known answer."""
        self._fitted()
        trials = list(trials)
        out = np.full((len(trials), self.task_.n_items, self.task_.n_levels), np.nan)
        for items, one in zip(self.groups_, self.models_, strict=True):
            able = [] if one is None else _filmed(one, trials)
            if one is not None and able:
                said = one.predict_proba([trials[i] for i in able]).reshape(len(able), len(items), -1)
                out[np.ix_(able, items)] = said
        silent = np.isnan(out).any(-1)
        if silent.any():
            warnings.warn(
                f"no answer to {silent.any(0).sum()} of {self.task_.n_items} items for {silent.any(1).sum()} of {len(trials)} "
                "walks: not filmed from the plane they are seen from, nothing measured, or no known answer to learn from",
                stacklevel=2,
            )
        return out

    def predict(self, trials: Sequence[Trial]) -> np.ndarray:
        """The likeliest level of each item, or that by ``thresholds_``; ``None`` without probabilities."""
        codes = self.decide(self.predict_proba(trials))
        return self.task_.decode(codes)

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Codes of the levels that `predict` answers, of what `predict_proba` gave; -1 where there is no answer."""
        return decide_levels(self.task_, probabilities, self.thresholds_)

    def score(self, trials: Sequence[Trial], y: Any = None, sample_weight: Any = None) -> float:
        """Mean accuracy over the items that were scored; no answer is not right."""
        codes = self.task_.encode([t.labels.get(self.task_.label, -1) for t in trials] if y is None else y)
        return share_right(codes, self.task_.encode(self.predict(trials)), sample_weight)

    def has_seen(self, trials: Sequence[Trial]) -> list[str]:
        """Subjects among the trials that any of the models learnt from."""
        self._fitted()
        return sorted({name for one in self.models_ if one is not None for name in one.has_seen(trials)})

    def save(self, path: str | Path) -> Path:
        """Write the fitted models into a folder, a file each: all of them, or where something fails none."""
        self._fitted()
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        thresholds = None if self.thresholds_ is None else self.thresholds_.tolist()
        with TemporaryDirectory(prefix=".unfinished-", dir=folder) as unfinished:
            files = [
                None if one is None else one.save(Path(unfinished, f"model_{n:02d}.safetensors")).name
                for n, one in enumerate(self.models_)
            ]
            about = {"task": self.task_.to_plain(), "groups": self.groups_, "files": files, "thresholds": thresholds}
            Path(unfinished, ABOUT).write_text(json.dumps(about, indent=1), encoding="utf8")
            for path in Path(unfinished).iterdir():
                path.replace(folder / path.name)
        return folder

    @classmethod
    def load(cls, path: str | Path, *, own_parts: bool = False) -> PerItem:
        """Read the folder that `save` wrote; ``own_parts`` as `GaitClassifier.load`."""
        folder = Path(path)
        if not (folder / ABOUT).is_file():
            raise FileError(f"{folder} holds no models of single items", expected=f"a folder with {ABOUT}, written by save(path)")
        about = json.loads((folder / ABOUT).read_text(encoding="utf8"))
        models = [None if name is None else GaitClassifier.load(folder / name, own_parts=own_parts) for name in about["files"]]
        one = cls(clone(next(model for model in models if model is not None)))
        one.task_ = Task(**about["task"])
        one.model.set_params(task=one.task_)
        one.models_, one.groups_, one.classes_ = models, about["groups"], np.array(one.task_.levels)
        one.thresholds_ = None if about["thresholds"] is None else np.array(about["thresholds"])
        return one

    @property
    def task(self) -> Any:
        """The question."""
        return self.model.task

    @property
    def progress(self) -> bool:
        """Whether bars are shown."""
        return self.model.progress

    def _fitted(self) -> None:
        if not hasattr(self, "models_"):
            raise NotFittedError("this PerItem has not learnt anything yet. What to do: call fit(trials, y), or load(path).")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "models_")


def _filmed(model: GaitClassifier, trials: Sequence[Trial]) -> list[int]:
    """Places of the walks that were filmed from a plane the model looks at; all, where it does not go by plane."""
    if not model.by_plane:
        return list(range(len(trials)))
    _, encoders = build_encoders(model)
    return [i for i, trial in enumerate(trials) if not all(encoder.not_filmed(trial) for encoder in encoders)]
