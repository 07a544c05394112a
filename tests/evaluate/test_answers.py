"""Whatever a model is given as, the same answers come out; what does not fit is refused in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.evaluate.answers import by_subject, gather_answers
from skelgait.evaluate.items import item_table
from skelgait.evaluate.table import score_table
from tests.evaluate.conftest import GMFCS, Made

LIMB = Task("LIMB", items=("left_heel", "right_heel"), levels=(0, 1, 2), ordered=True)


class Model:
    """Knows its task and gives the probabilities it holds."""

    def __init__(self, task: Task | None, probabilities: np.ndarray) -> None:
        if task is not None:
            self.task = task
        self.probabilities = probabilities

    def predict_proba(self, trials: list[sg.Trial]) -> np.ndarray:
        assert all(isinstance(t, sg.Trial) for t in trials)
        return self.probabilities[[int(t.name) for t in trials]]


def trials_of(made: Made) -> list[sg.Trial]:
    levels = [made.task.levels[code] for code in made.truth]
    return [sg.Trial(s, name=str(n), labels={"gmfcs": a}) for n, (s, a) in enumerate(zip(made.subjects, levels, strict=True))]


def test_a_model_its_probabilities_and_its_codes_agree(made: Made) -> None:
    walks = trials_of(made)
    by_model = gather_answers(Model(GMFCS, made.probabilities), walks)
    others = [
        gather_answers(Model(None, made.probabilities), walks, task=GMFCS),
        gather_answers(made.probabilities, walks, task=GMFCS),
        gather_answers(made.probabilities, made.truth, task=GMFCS, groups=made.subjects),
        gather_answers(made.probabilities, made.truth[:, None], task=GMFCS, groups=walks),
        gather_answers(pd.DataFrame(made.probabilities), pd.Series(made.truth), task=GMFCS, groups=pd.Series(made.subjects)),
        gather_answers(made.probabilities, [GMFCS.levels[c] for c in made.truth], task=GMFCS, groups=made.subjects),
        gather_answers(made.predicted, made.truth, task=GMFCS, groups=made.subjects),
    ]
    for other in others:
        np.testing.assert_array_equal(other.truth, by_model.truth)
        np.testing.assert_array_equal(other.predicted, by_model.predicted)
        np.testing.assert_array_equal(other.subject, by_model.subject)
        assert other.grouped
    assert others[-1].probabilities is None


def test_numbers_are_codes_even_where_a_level_is_called_so() -> None:
    p = np.full((3, 4), 0.25)
    for y in ([1, -1, 3], [1, None, 3], [1.0, np.nan, 3.0], np.array([1, -1, 3])):
        assert gather_answers(p, y, task=GMFCS).truth.ravel().tolist() == [1, -1, 3]
    with pytest.raises(SkelgaitError, match="counted from 0"):
        gather_answers(p, [1, 2, 4], task=GMFCS)


def test_runs_are_stacked(made: Made) -> None:
    flat = np.full_like(made.probabilities, 0.25)
    answers = gather_answers([made.probabilities, flat], made.truth, task=GMFCS, groups=made.subjects)
    assert answers.predicted.shape == (2, len(made.truth), 1)
    assert answers.probabilities is not None
    np.testing.assert_array_equal(answers.probabilities[1, :, 0], flat)
    assert gather_answers([Model(GMFCS, flat)] * 3, trials_of(made)).predicted.shape[0] == 3


def test_a_row_of_nan_is_no_answer_and_so_is_one_that_is_not_sure(made: Made) -> None:
    p = made.probabilities.copy()
    p[3] = np.nan
    answers = gather_answers(p, made.truth, task=GMFCS, groups=made.subjects, abstain_below=0.6)
    assert (answers.predicted[0, :, 0] == -1).sum() == 1 + (made.probabilities.max(axis=1)[np.arange(len(p)) != 3] < 0.6).sum()
    with pytest.raises(SkelgaitError, match="needs probabilities"):
        gather_answers(made.predicted, made.truth, task=GMFCS, abstain_below=0.6)


def test_many_items_take_lists_and_mappings() -> None:
    walks = [sg.Trial("a", labels={"limb": {"left_heel": 2}}), sg.Trial("b", labels={"limb": [0, 1]}), sg.Trial("c")]
    p = np.full((3, 2, 3), 1 / 3)
    answers = gather_answers(p, walks, task=LIMB)
    assert answers.truth.tolist() == [[2, -1], [0, 1], [-1, -1]]
    assert gather_answers(p, answers.truth).task.n_items == 2  # without a task: items and levels counted


def test_one_answer_a_subject() -> None:
    p = np.array([[0.6, 0.4], [0.6, 0.4], [0.0, 1.0], [0.3, 0.7], [0.9, 0.1]])
    task = Task("T", levels=("no", "yes"))
    answers = gather_answers(p, [1, 1, 1, 0, 1], task=task, groups=["a", "a", "a", "b", "b"], unit="subject")
    assert answers.truth.ravel().tolist() == [1, 0, 1]  # b was "no" on one day and "yes" on another
    assert answers.subject.tolist() == [0, 1, 1]
    np.testing.assert_allclose(answers.probabilities[0, :, 0, 1], [0.6, 0.7, 0.1])  # type: ignore[index]
    assert answers.predicted[0].ravel().tolist() == [1, 1, 0]
    votes = by_subject(gather_answers(p.argmax(axis=1), [1, 1, 1, 0, 1], task=task, groups=["a", "a", "a", "b", "b"]))
    assert votes.predicted[0].ravel().tolist() == [0, 1, 0]  # two of a's three walks say no


@pytest.mark.parametrize(
    ("model", "y", "options", "told"),
    [
        (np.full((3, 4), 0.25), [0, 1], {}, "3 answers for 2 walks"),
        (np.full((3, 3), 1 / 3), [0, 1, 2], {"task": GMFCS}, r"expected: \(walks, 4\)"),
        (np.full((3, 4), 0.5), [0, 1, 2], {"task": GMFCS}, "sums 2 to 2"),
        (np.log(np.full((3, 4), 0.25)), [0, 1, 2], {"task": GMFCS}, "not scores or log-probabilities"),
        (np.array([0, 1, 5]), [0, 1, 2], {"task": GMFCS}, "these codes are no answers"),
        (np.full((3, 4), 0.25), ["I", "II", "V"], {"task": GMFCS}, "'V'"),
        (np.full((3, 4), 0.25), ["I", "II", "III"], {}, "give task="),
        (np.full((3, 4), 0.25), [sg.Trial("a")] * 3, {"task": GMFCS}, "no walk has the label 'gmfcs'"),
        (np.full((3, 4), 0.25), [sg.Trial("a", labels={"gmfcs": "I"})] * 3, {}, "say which"),
        (np.full((3, 4), 0.25), [0, 1, 2], {"groups": ["a", "b"]}, "one subject a walk"),
        (np.full((3, 4), 0.25), [0, 1, 2], {"unit": "clip"}, "'walk' or 'subject'"),
        (Model(GMFCS, np.full((3, 4), 0.25)), [0, 1, 2], {}, "without walks to answer"),
        ([np.full((3, 4), 0.25), np.full((2, 4), 0.25)], [0, 1, 2], {"task": GMFCS}, "runs of one model differ"),
    ],
)
def test_refusals(model: object, y: list, options: dict, told: str) -> None:
    with pytest.raises(SkelgaitError, match=f"(?i){told}"):
        gather_answers(model, y, **options)


class Remembering:
    """A model that says whom it learnt from."""

    task = Task("GENU", levels=("normal", "varum"))

    def __init__(self, *seen: str) -> None:
        self.seen = seen

    def predict_proba(self, trials: list[Trial]) -> np.ndarray:
        return np.tile([0.6, 0.4], (len(trials), 1))

    def has_seen(self, trials: list[Trial]) -> list[str]:
        return sorted({t.subject for t in trials} & set(self.seen))


WALKS = [Trial(name, labels={"genu": "normal" if i % 2 else "varum"}) for i, name in enumerate(("ann", "bo", "cy", "di"))]


def test_scores_on_subjects_a_model_learnt_from_say_so() -> None:
    words = "no test: the model learnt from 2 of the 4 subjects, and this tells how well it remembers"
    for door in (score_table, item_table):
        with pytest.warns(UserWarning, match=rf"{words} \(ann, cy\)"):
            table = door(Remembering("cy", "ann", "zoe"), WALKS)
    with pytest.warns(UserWarning, match=words):
        table = score_table([Remembering("cy"), Remembering("ann")], WALKS, n_boot=20)
    assert table.loc["subjects", "note"] == words
    assert table.attrs["seen"] == ["ann", "cy"]


def test_scores_on_others_are_silent(recwarn: pytest.WarningsRecorder) -> None:
    table = score_table(Remembering("zoe"), WALKS, n_boot=20)
    assert (table.loc["subjects", "note"], table.attrs["seen"], len(recwarn)) == ("", [], 0)


def test_several_models_by_name_are_scored_one_by_one() -> None:
    with pytest.raises(SkelgaitError, match=r"one model is scored at a time. Found: several by name: stgcn, majority.*score_table"):
        score_table({"stgcn": Remembering(), "majority": Remembering()}, WALKS)
