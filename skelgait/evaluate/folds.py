"""Train and test, never with one subject on both sides."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import Trial
from skelgait.evaluate.leakage import leaks_between, refuse_leaks
from skelgait.evaluate.subjects import number_subjects, subject_keys

UNKNOWN = "not known"
BINS = 4  # of the mean score of a many-item task, to stratify by


def split_by_subject(
    trials: Sequence[Trial], test_size: float = 0.2, random_state: int = 0, *, stratify: Any = None
) -> tuple[list[Trial], list[Trial]]:
    """Split walks in two so that no subject is on both sides.

    Parameters
    ----------
    trials : sequence of Trial
    test_size : float, 0..1
        Share of the subjects in the test half.
    random_state : int
        Which split.
    stratify : str or sequence of n, optional
        Key of ``trial.labels``, or an answer a walk: each answer then has its share of the test subjects. An answer two
        subjects have is on both sides; one that a single subject has goes to the training half.

    Returns
    -------
    train, test : list of Trial
        In the order given.

    Raises
    ------
    SkelgaitError
        Too few subjects, a share outside 0..1, or one recording under two subjects' names that would land on both sides.

    Notes
    -----
    A subject whose answer changed between walks counts under the answer most of its walks have, the rarer one when equal.
    Walks without an answer are shared out like an answer of their own.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> pose = lambda n: Walker(cadence_spm=100 + n).film(fps=25, duration_s=2).pose
    >>> walks = [Trial(f"child{n // 2}", pose(n), name=f"walk{n}") for n in range(10)]
    >>> train, test = split_by_subject(walks, test_size=0.4)
    >>> len(train), len(test), {t.subject for t in train} & {t.subject for t in test}
    (6, 4, set())
    """
    trials = list(trials)
    subject, count = number_subjects(subject_keys(trials))
    if not 0 < test_size < 1:
        raise SkelgaitError("test_size is no share of the subjects", found=str(test_size), expected="between 0 and 1, e.g. 0.2")
    if count < 2:
        raise SkelgaitError(
            "one subject cannot be split", found=f"{len(trials)} walks of one subject", do="bring walks of at least two subjects"
        )
    stratum = _subject_strata(_strata(trials, stratify), subject, count)
    in_test = _choose(stratum, test_size, np.random.default_rng(random_state))[subject]
    train = [t for t, test in zip(trials, in_test, strict=True) if not test]
    test = [t for t, test in zip(trials, in_test, strict=True) if test]
    refuse_leaks(leaks_between(train, test), "train", "test")
    return train, test


def subject_folds(
    trials: Sequence[Any], y: Any = None, *, n_splits: int = 5, random_state: int = 0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cross-validation folds by subject, each with its share of every answer.

    Parameters
    ----------
    trials : sequence of n
        Trials, or the subject of each walk.
    y : (n,) or (n, I), optional
        Codes or answers to balance over folds, -1 or None where not known. Many items are balanced by the mean score.
    n_splits : int
        How many folds.
    random_state : int
        Which folds.

    Returns
    -------
    list of (train, test)
        Indices of walks; each walk is in one test fold.

    Raises
    ------
    SkelgaitError
        Fewer subjects than folds, or one recording under the names of two subjects that would land on both sides.

    Warns
    -----
    UserWarning
        An answer that fewer subjects have than there are folds: some folds hold none of it, and say nothing about it.

    Notes
    -----
    scikit-learn's `StratifiedGroupKFold`; walks without an answer are shared out like an answer of their own.

    Examples
    --------
    >>> folds = subject_folds(["a", "a", "b", "b", "c", "c", "d", "d"], [0, 0, 1, 1, 0, 0, 1, 1], n_splits=2)
    >>> [test.tolist() for _, test in folds]
    [[2, 3, 4, 5], [0, 1, 6, 7]]
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    trials = list(trials)
    subject, count = number_subjects(subject_keys(trials))
    if n_splits < 2 or count < n_splits:
        raise SkelgaitError(
            "these walks cannot make the folds",
            found=f"{count} subject{'s' if count > 1 else ''} for {n_splits} folds",
            expected="at least 2 folds, and a subject for each",
            do=f"give n_splits={max(min(count, 5), 2)}" if count > 1 else "bring walks of more subjects",
        )
    strata = _strata(trials, y)
    _tell_rare(strata, subject, n_splits)
    if np.unique(strata, return_counts=True)[1].max() < n_splits:
        splitter: Any = GroupKFold(n_splits, shuffle=True, random_state=random_state)
    else:
        splitter = StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        folds = list(splitter.split(np.zeros(len(trials)), strata, subject))
    if not all(len(test) for _, test in folds):  # stratifying can leave a fold empty when subjects are few: then without it
        folds = list(GroupKFold(n_splits, shuffle=True, random_state=random_state).split(np.zeros(len(trials)), groups=subject))
    if all(isinstance(t, Trial) for t in trials):
        fold_of = np.empty(len(trials), int)
        for k, (_, test) in enumerate(folds):
            fold_of[test] = k
        refuse_leaks([leak for leak in leaks_between(trials) if fold_of[leak.first] != fold_of[leak.second]], "one fold", "another")
    return [(np.asarray(train), np.asarray(test)) for train, test in folds]


def _strata(trials: list[Any], y: Any) -> np.ndarray:
    """(n,) text: the answer each walk is balanced by."""
    if y is None:
        return np.full(len(trials), UNKNOWN)
    if isinstance(y, str):
        answers = [t.labels.get(y) for t in trials if isinstance(t, Trial)]
        if len(answers) != len(trials) or all(a is None for a in answers):
            known = sorted({key for t in trials if isinstance(t, Trial) for key in t.labels})
            raise SkelgaitError(f"no walk has the label {y!r} to stratify by", found=", ".join(known) or "no labels")
        y = answers
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    y = list(y)
    if len(y) != len(trials):
        raise SkelgaitError("there is not one answer a walk", found=f"{len(y)} answers", expected=f"{len(trials)}")
    if any(isinstance(row, (list, tuple, np.ndarray)) for row in y):
        return _score_bins(np.array([np.asarray(row, float) for row in y]))
    unknown = [a is None or a != a or str(a).strip() in ("", "-1") for a in y]
    return np.array([UNKNOWN if u else str(a) for a, u in zip(y, unknown, strict=True)])


def _score_bins(codes: np.ndarray) -> np.ndarray:
    """Quarter of the mean known score a walk of a many-item task is in; a single item keeps its code."""
    known = codes >= 0
    if codes.shape[1] == 1:
        return np.where(known[:, 0], codes[:, 0].astype(int).astype(str), UNKNOWN)
    some = known.any(axis=1)
    mean = np.where(known, codes, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    edges = np.quantile(mean[some], np.arange(1, BINS) / BINS) if some.any() else []
    return np.where(some, np.searchsorted(edges, mean, side="right").astype(str), UNKNOWN)


def _subject_strata(strata: np.ndarray, subject: np.ndarray, count: int) -> np.ndarray:
    """(S,) answer most walks of each subject have; a known one before none, the rarer one when equal."""
    names, code, walks = np.unique(strata, return_inverse=True, return_counts=True)
    table = np.zeros((count, len(names)))
    np.add.at(table, (subject, code), 1.0)
    table -= 1e-6 * walks / walks.max()
    known = names != UNKNOWN
    if known.any():
        table[(table[:, known] > 0.5).any(axis=1), :] *= np.where(known, 1.0, 1e-6)
    return names[table.argmax(axis=1)]


def _choose(stratum: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """(S,) which subjects are tested: the share of all as near as can be, and of every stratum within one."""
    names, code, sizes = np.unique(stratum, return_inverse=True, return_counts=True)
    total = int(np.clip(round(share * len(stratum)), 1, len(stratum) - 1))
    least, most = np.where(sizes > 1, 1, 0), np.where(sizes > 1, sizes - 1, 0)
    if not most.any():  # every subject has an answer of its own: nothing to balance
        return random.permutation(len(stratum)) < total
    take = np.clip(np.floor(share * sizes), least, most).astype(int)
    order = random.permutation(len(names))
    while take.sum() != total:
        more = take.sum() < total
        room = (take < most) if more else (take > least)
        if not room.any():
            break
        gap = (share * sizes - take) * (1 if more else -1)
        take[order[np.where(room, gap, -np.inf)[order].argmax()]] += 1 if more else -1
    chosen = np.zeros(len(stratum), bool)
    for k, n in enumerate(take):
        chosen[random.permutation(np.flatnonzero(code == k))[:n]] = True
    return chosen


def _tell_rare(strata: np.ndarray, subject: np.ndarray, n_splits: int) -> None:
    rare = {name: n for name in np.unique(strata) if name != UNKNOWN and (n := len(np.unique(subject[strata == name]))) < n_splits}
    if rare:
        told = ", ".join(f"{name} ({n} subject{'s' if n > 1 else ''})" for name, n in sorted(rare.items()))
        warnings.warn(
            f"fewer subjects than the {n_splits} folds have the answer {told}: some folds test none of it; "
            "read its scores over all folds together",
            stacklevel=3,
        )
