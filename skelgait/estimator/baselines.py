"""Classical models on descriptors: what a network has to be better than."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import resolve_parts
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.encoders import ENCODERS
from skelgait.estimator.decision import share_right
from skelgait.estimator.given import as_task, encode_known, find_marked, mark_subjects
from skelgait.estimator.preparation import prepare_trials, warn_unanswerable

MODELS = ("logistic", "random_forest", "gradient_boosting", "majority")


class DescriptorClassifier(ClassifierMixin, BaseEstimator):
    """A classical scikit-learn model on `skelgait.describe`, with the manners of `GaitClassifier`.

    Parameters
    ----------
    task : Task or str
    model : {"logistic", "random_forest", "gradient_boosting", "majority"} or scikit-learn classifier
        A classifier of your own needs ``predict_proba``; it is fitted on numbers with gaps (NaN) filled by medians.
    descriptors : mapping, optional
        Settings of the `descriptors` encoder: ``names``, ``covariates``, ``table``, ``min_seen``.
    progress : bool
    random_state : int or None

    Attributes
    ----------
    task_, classes_
        As in `GaitClassifier`.
    columns_ : list of str
        Descriptors used.
    models_ : list
        One fitted pipeline an item.
    seen_ : list of str
        Marks (not names) of the subjects it learnt from; see `has_seen`.

    Examples
    --------
    >>> import skelgait as sg
    >>> trials = [sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 10 * i).film(duration_s=4).pose) for i in range(4)]
    >>> model = DescriptorClassifier("GAIT_BINARY", "logistic").fit(trials, ["normal", "abnormal"] * 2)
    >>> model.predict_proba(trials).shape
    (4, 2)
    """

    def __init__(
        self,
        task: Task | str = "GMFCS",
        model: Any = "logistic",
        *,
        descriptors: Any = None,
        progress: bool = False,
        random_state: Any = None,
    ) -> None:
        self.task = task
        self.model = model
        self.descriptors = descriptors
        self.progress = progress
        self.random_state = random_state

    def fit(self, trials: Sequence[Trial], y: Any = None) -> DescriptorClassifier:
        """Learn one model an item, each from the walks whose answer to it is known.

        Parameters
        ----------
        trials : sequence of Trial
        y : sequence, optional
            An answer a walk; default the trials' own labels.
        """
        task, trials = as_task(self.task), list(trials)
        codes = encode_known(task, trials, y)
        (part,) = resolve_parts({"descriptors": dict(self.descriptors or {})}, ENCODERS, "encoder")
        self.encoder_ = part.build()
        self.encoder_.learn(prepare_trials([part], [self.encoder_], trials, progress=self.progress)[0])
        self.columns_ = self.encoder_.labels("descriptor")
        numbers = self._numbers(trials)
        self.models_ = []
        for item in codes.T:
            known = item >= 0
            several = len(np.unique(item[known])) > 1
            model = self._build() if several else DummyClassifier(strategy="prior")
            self.models_.append(model.fit(numbers[known], item[known]) if known.any() else None)
        self.task_, self.classes_ = task, np.array(task.levels)
        self.seen_ = mark_subjects(trials)
        return self

    def has_seen(self, trials: Sequence[Trial]) -> list[str]:
        """Subjects among the trials that the model learnt from: it must not be scored on them."""
        return find_marked(self.seen_, trials)

    def _build(self) -> Any:
        seed = self.random_state
        made = {
            "logistic": lambda: LogisticRegression(max_iter=2000),
            "random_forest": lambda: RandomForestClassifier(500, min_samples_leaf=2, random_state=seed),
            "gradient_boosting": lambda: HistGradientBoostingClassifier(random_state=seed),
            "majority": lambda: DummyClassifier(strategy="prior"),
        }
        if not isinstance(self.model, str):
            model = clone(self.model)
        elif self.model in made:
            model = made[self.model]()
        else:
            raise SkelgaitError("unknown model", found=repr(self.model), expected=f"one of {', '.join(MODELS)}, or a classifier")
        if self.model == "gradient_boosting":  # takes gaps as they are
            return model
        return make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), RobustScaler(), model)

    def _numbers(self, trials: Sequence[Trial]) -> np.ndarray:
        (part,) = resolve_parts({"descriptors": dict(self.descriptors or {})}, ENCODERS, "encoder")
        samples = prepare_trials([part], [self.encoder_], trials, progress=self.progress)[0]
        return self.encoder_.collate(samples)["values"].numpy().astype(float)

    def bring_table(self, table: Any) -> DescriptorClassifier:
        """Take another table of descriptors, with rows of the walks to be answered; see `GaitClassifier.bring_table`."""
        self._fitted()
        self.encoder_.bring(table)
        return self

    def _fitted(self) -> None:
        if not hasattr(self, "models_"):
            raise NotFittedError("this DescriptorClassifier has not learnt anything yet. What to do: call fit(trials, y).")

    def predict_proba(self, trials: Sequence[Trial]) -> np.ndarray:
        """Probability of each level: (n, L) for one item, (n, I, L) for many; NaN, with a warning, where nothing was measured."""
        self._fitted()
        trials = list(trials)
        numbers = self._numbers(trials)
        out = np.full((len(numbers), self.task_.n_items, self.task_.n_levels), 1.0 / self.task_.n_levels)
        for i, model in enumerate(self.models_):
            if model is not None:
                out[:, i] = 0.0
                out[:, i, model.classes_] = model.predict_proba(numbers)
        nothing = np.flatnonzero(np.isnan(numbers).all(axis=1))
        warn_unanswerable(dict.fromkeys(nothing.tolist(), f"none of its {numbers.shape[1]} descriptors could be measured"), trials)
        out[nothing] = np.nan
        return out[:, 0] if self.task_.n_items == 1 else out

    def predict(self, trials: Sequence[Trial]) -> np.ndarray:
        """The likeliest level: (n,) for one item, (n, I) for many; ``None`` of a walk without probabilities."""
        probabilities = self.predict_proba(trials)
        return self.task_.decode(np.where(np.isnan(probabilities).any(-1), -1, probabilities.argmax(-1)))

    def score(self, trials: Sequence[Trial], y: Any = None, sample_weight: Any = None) -> float:
        """Mean accuracy over the items that were scored."""
        trials = list(trials)
        codes = encode_known(self.task_, trials, y)
        return share_right(codes, self.task_.encode(self.predict(trials)), sample_weight)
