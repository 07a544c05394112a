"""No subject on two sides, every answer on both, whatever the walks."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.folds import split_by_subject, subject_folds


def walks(levels: list, sizes: list[int] | int = 3) -> list[sg.Trial]:
    sizes = [sizes] * len(levels) if isinstance(sizes, int) else sizes
    return [
        sg.Trial(f"child{c}", name=f"{c}-{w}", labels={} if level is None else {"gmfcs": level})
        for c, (level, n) in enumerate(zip(levels, sizes, strict=True))
        for w in range(n)
    ]


@given(
    st.lists(st.tuples(st.integers(-1, 3), st.integers(1, 5)), min_size=5, max_size=40),
    st.integers(2, 5),
    st.integers(0, 10),
)
@settings(max_examples=60, deadline=None)
def test_folds_never_share_a_subject_and_test_each_walk_once(children: list[tuple[int, int]], n_splits: int, seed: int) -> None:
    subjects = [f"s{c}" for c, (_, n) in enumerate(children) for _ in range(n)]
    y = np.array([code for code, n in children for _ in range(n)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folds = subject_folds(subjects, y, n_splits=n_splits, random_state=seed)
    assert len(folds) == n_splits
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(len(subjects)))
    names = np.array(subjects)
    for train, test in folds:
        assert len(test)
        assert not set(names[train]) & set(names[test])
        assert len(train) + len(test) == len(subjects)


def test_every_fold_has_its_share_of_every_answer() -> None:
    random = np.random.default_rng(0)
    level = np.repeat(random.choice(4, 100, p=[0.4, 0.3, 0.2, 0.1]), 3)
    subjects = np.repeat(np.arange(100), 3).tolist()
    for seed in range(5):
        for _, test in subject_folds(subjects, level, random_state=seed):
            share = np.bincount(level[test], minlength=4) / len(test)
            np.testing.assert_allclose(share, np.bincount(level) / 300, atol=0.04)


def test_rare_answers_are_spread_and_told() -> None:
    trials = walks(["I"] * 20 + ["IV"] * 3)
    with pytest.warns(UserWarning, match=r"IV \(3 subjects\)"):
        folds = subject_folds(trials, "gmfcs")
    held = [sum(trials[n].labels["gmfcs"] == "IV" for n in test) for _, test in folds]
    assert sorted(held) == [0, 0, 3, 3, 3]  # one child each in three folds, never two in one


def test_walks_without_an_answer_are_shared_out_too() -> None:
    y = np.repeat([0] * 10 + [1] * 10 + [-1] * 10, 2)
    for _, test in subject_folds(np.repeat(np.arange(30), 2).tolist(), y, n_splits=5):
        assert np.bincount(y[test] + 1).tolist() == [4, 4, 4]


def test_many_items_are_balanced_by_their_mean() -> None:
    random = np.random.default_rng(1)
    severity = np.repeat(random.random(60), 2)
    y = (random.random((120, 34)) < severity[:, None]).astype(int)
    y[random.random(y.shape) < 0.2] = -1
    for _, test in subject_folds(np.repeat(np.arange(60), 2).tolist(), y):
        assert np.where(y[test] < 0, np.nan, y[test])[~(y[test] < 0)].mean() == pytest.approx(y[y >= 0].mean(), abs=0.08)


def test_answers_may_be_of_any_kind() -> None:
    trials = walks(["I"] * 6 + ["II"] * 6)
    codes = [0 if t.labels["gmfcs"] == "I" else 1 for t in trials]
    for y in ("gmfcs", codes, [[c] for c in codes], np.array(codes)[:, None]):
        for _, test in subject_folds(trials, y, n_splits=3):
            assert np.bincount(np.array(codes)[test]).tolist() == [6, 6]


def test_folds_repeat_and_differ() -> None:
    trials = walks(["I", "II"] * 20)
    one, two, other = (subject_folds(trials, "gmfcs", random_state=s) for s in (0, 0, 1))
    assert all((a[1] == b[1]).all() for a, b in zip(one, two, strict=True))
    assert any(not np.array_equal(a[1], b[1]) for a, b in zip(one, other, strict=True))


def test_refusals_of_folds() -> None:
    with pytest.raises(SkelgaitError, match="3 subjects for 5 folds"):
        subject_folds(walks(["I", "II", "I"]))
    with pytest.raises(SkelgaitError, match="one answer a walk"):
        subject_folds(walks(["I"] * 6), [0, 1])
    with pytest.raises(SkelgaitError, match=r"no walk has the label 'evgs'.*gmfcs"):
        subject_folds(walks(["I"] * 6), "evgs")


@given(
    st.lists(st.tuples(st.sampled_from(["I", "II", "III", None]), st.integers(1, 4)), min_size=2, max_size=40),
    st.floats(0.05, 0.9),
    st.integers(0, 5),
)
@settings(max_examples=60, deadline=None)
def test_splits_never_share_a_subject(children: list[tuple[str | None, int]], share: float, seed: int) -> None:
    trials = walks([level for level, _ in children], [n for _, n in children])
    labelled = any(level for level, _ in children)
    train, test = split_by_subject(trials, share, seed, stratify="gmfcs" if labelled else None)
    assert train
    assert test
    assert not {t.subject for t in train} & {t.subject for t in test}
    assert sorted(t.name for t in (*train, *test)) == sorted(t.name for t in trials)
    if not labelled:
        assert len({t.subject for t in test}) == min(max(round(share * len(children)), 1), len(children) - 1)


def test_a_split_has_its_share_of_every_answer() -> None:
    trials = walks(["I"] * 50 + ["II"] * 30 + ["III"] * 18 + ["IV"] * 2)
    for seed in range(10):
        _, test = split_by_subject(trials, 0.2, seed, stratify="gmfcs")
        held = {level: len({t.subject for t in test if t.labels["gmfcs"] == level}) for level in ("I", "II", "III", "IV")}
        assert held == {"I": 10, "II": 6, "III": 3, "IV": 1}


def test_a_child_whose_answer_changed_counts_under_most_of_its_walks() -> None:
    changed = [sg.Trial("x", name=f"x{n}", labels={"gmfcs": level}) for n, level in enumerate(["II", "II", "I"])]
    trials = [*walks(["I"] * 9 + ["II"] * 9), *changed]
    for seed in range(20):
        _, test = split_by_subject(trials, 0.1, seed, stratify="gmfcs")
        of = {t.subject: "II" if t.subject == "x" else t.labels["gmfcs"] for t in test}
        assert sorted(of.values()) == ["I", "II"]


def test_refusals_of_splits() -> None:
    with pytest.raises(SkelgaitError, match="one subject cannot be split"):
        split_by_subject(walks(["I"]))
    with pytest.raises(SkelgaitError, match="no share"):
        split_by_subject(walks(["I", "II"]), 1.0)


def test_one_recording_under_two_names_is_refused_by_both() -> None:
    poses = [sg.Walker(cadence_spm=100 + 3 * n).film(fps=25, duration_s=2).pose for n in range(6)]
    trials = [sg.Trial(f"c{n}", pose) for n, pose in enumerate([*poses, poses[0]])]

    def splits() -> None:
        for seed in range(8):
            split_by_subject(trials, 0.4, seed)

    def folds() -> None:
        for seed in range(8):
            subject_folds(trials, n_splits=3, random_state=seed)

    for cut in (splits, folds):
        with pytest.raises(SkelgaitError, match=r"'c[06]' and 'c[06]': the same pose"):
            cut()
    assert len(subject_folds(trials[:6], n_splits=3)) == 3
