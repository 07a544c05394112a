"""Models and labelled walks, as the commands about learning share them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import skelgait as sg
from skelgait.cli.mistakes import for_the_shell
from skelgait.core.errors import NotInstalled, SkelgaitError

if TYPE_CHECKING:
    import numpy as np

    from skelgait.core.task import Task
    from skelgait.core.trial import Trial

Table = Annotated[
    Path,
    typer.Argument(
        help="A trials.csv: one row a walk, the answer in a column label_<question> (of many items: label_<item> each).",
        show_default=False,
        metavar="TRIALS",
    ),
]
Model = Annotated[Path, typer.Argument(help="A model that skelgait train wrote.", show_default=False, metavar="MODEL")]
Walks = Annotated[
    list[Path],
    typer.Argument(
        help="A trials.csv, or keypoint files and videos, or .silhouettes.npz or .clip.npz files, one a walk.",
        show_default=False,
        metavar="WALKS",
    ),
]

Numbers = Annotated[
    Path | None,
    typer.Option(
        "--numbers",
        help="A CSV of descriptors, a row a walk by its name; for a model that learnt from such a table.",
        show_default=False,
    ),
]


def check_learning() -> None:
    """Refuse where the packages that models need are not installed."""
    from importlib.util import find_spec

    lacking = [name for name in ("torch", "lightning", "safetensors") if find_spec(name) is None]
    if lacking:
        raise NotInstalled(
            "models need packages that are not installed", found=f"no {', '.join(lacking)}", do='pip install "skelgait[learn]"'
        )


@dataclass
class LeftOut:
    """Rows of a table that cannot be used: each is told of on a line, and all are counted at the end."""

    lines: list[str] = field(default_factory=list)
    first: SkelgaitError | None = None

    def add(self, error: SkelgaitError, where: str = "") -> None:
        """One row, and why."""
        self.first = self.first or error
        found = f" ({error.found})" if error.found and len(error.found) < 100 else ""
        self.lines.append(for_the_shell(f"{where}{error.problem}{found}"))

    def show(self) -> None:
        """The rows, before the work begins."""
        for line in self.lines:
            typer.echo(f"skelgait: left out: {line}", err=True)

    def end(self) -> None:
        """How many."""
        if count := len(self.lines):
            typer.echo(f"skelgait: {count} row{'s' * (count != 1)} left out, see above", err=True)


def read_rows(table: Path, left_out: LeftOut) -> list[Trial]:
    """The walks of a table, but for rows that cannot be read.

    Raises
    ------
    SkelgaitError
        It is not a table of walks, or no row of it can be read.
    """
    from skelgait.io.trial_table import read_trial_rows
    from skelgait.io.trials import read_trial_row

    trials = []
    for row in read_trial_rows(table):
        try:
            trials.append(read_trial_row(row))
        except SkelgaitError as error:
            left_out.add(error, f"row {row.number} of {table.name}: ")
    if not trials:
        found = "; ".join(left_out.lines[:3]) or "no rows"
        raise SkelgaitError(f"no row of {table.name} can be read", found=found, do="mend them, or take them out")
    return trials


def keep_fitting(model: Any, trials: list[Trial], left_out: LeftOut, *, quiet: bool) -> list[int]:
    """Places of the walks that have what the model looks at.

    Raises
    ------
    SkelgaitError
        None of them has; the message is that of the first.
    """
    from skelgait.estimator.preparation import find_unfit

    unfit = find_unfit(model, trials, progress=not quiet)
    if len(unfit) == len(trials) and unfit:
        raise unfit[0]
    for error in unfit.values():
        left_out.add(error)
    return [place for place in range(len(trials)) if place not in unfit]


def load_model(path: Path, numbers: Path | None = None, *, quiet: bool) -> Any:
    """A model that skelgait train wrote, with a table of descriptors where it learnt from one."""
    check_learning()
    model = sg.GaitClassifier.load(path).set_params(progress=not quiet)
    return model if numbers is None else model.bring_table(numbers)


def count_walks(trials: list[Trial]) -> str:
    """``12 walks of 4 subjects``."""
    walks, subjects = len(trials), len({t.subject for t in trials})
    return f"{walks} walk{'s' * (walks != 1)} of {subjects} subject{'s' * (subjects != 1)}"


def find_question(name: str) -> Task:
    """The question of a name.

    Raises
    ------
    SkelgaitError
        There is none; the message lists them.
    """
    from difflib import get_close_matches

    known = sg.tasks.QUESTIONS
    if name.upper() not in known:
        near = get_close_matches(name.upper(), known, 1)
        do = f"did you mean {near[0]}?" if near else ""
        raise SkelgaitError(f"there is no question {name!r}", expected=", ".join(known), do=do)
    return known[name.upper()]


def read_labelled(table: Path, question: Task, left_out: LeftOut) -> tuple[list[Trial], np.ndarray]:
    """Walks of a table whose answer is known, each with it in ``labels[question.label]``, and the answers as codes (n, I).

    Parameters
    ----------
    table : Path
        For `read_trials`. The answer is in the column ``label_<question>``; of a question with many items in a column
        ``label_<item>`` each, those that are missing or empty not known.
    question : Task
    left_out : LeftOut
        Told of rows that cannot be read, and of answers that are not a level.

    Raises
    ------
    SkelgaitError
        Nobody's answer is known, or none is a level; the message names the walk.
    """
    import numpy as np

    trials, codes = [], []
    every = read_rows(table, left_out)
    wrong = LeftOut()
    for trial in every:
        answer = _answer(trial, question)
        if answer is None:
            continue
        try:
            code = question.encode([answer])[0]
        except SkelgaitError as error:
            problem = f"walk {trial.name!r} of {table.name} has an answer that is not one of {question.name}"
            do = "mend its row; leave the cell empty where nobody has looked"
            wrong.add(SkelgaitError(problem, found=error.found, expected=error.expected, do=do))
            continue
        if (code >= 0).any():
            trials.append(trial.with_(labels={**trial.labels, question.label: answer}))
            codes.append(code)
    if not trials and wrong.first:
        raise wrong.first
    left_out.lines += wrong.lines
    if not trials:
        columns = (
            f"label_{question.label}" if question.n_items == 1 else f"label_{question.items[0]}, label_{question.items[1]}, ..."
        )
        raise SkelgaitError(
            f"no walk of {table.name} has an answer to {question.name}",
            found=", ".join(sorted({f"label_{name}" for trial in every for name in trial.labels})) or "no column of answers",
            expected=f"{columns} with {' | '.join(map(str, question.levels))}",
            do="add the answers to the table",
        )
    return trials, np.array(codes)


def _answer(trial: Trial, question: Task) -> object:
    """What a trial says of the question: its label, or its labels of the items."""
    given = trial.labels.get(question.label)
    if question.n_items == 1 or given is not None:
        return given
    items = {item: trial.labels[item] for item in question.items if trial.labels.get(item) is not None}
    return items or None
