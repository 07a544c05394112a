"""Models and labelled walks, as the commands about learning share them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import skelgait as sg
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
    typer.Argument(help="A trials.csv, or keypoint files and videos, one a walk.", show_default=False, metavar="WALKS"),
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


def read_labelled(table: Path, question: Task) -> tuple[list[Trial], np.ndarray]:
    """Walks of a table whose answer is known, each with it in ``labels[question.label]``, and the answers as codes (n, I).

    Parameters
    ----------
    table : Path
        For `read_trials`. The answer is in the column ``label_<question>``; of a question with many items in a column
        ``label_<item>`` each, those that are missing or empty not known.
    question : Task

    Raises
    ------
    SkelgaitError
        Nobody's answer is known, or one is not a level; the message names the walk.
    """
    import numpy as np

    trials, codes = [], []
    every = sg.read_trials(table)
    for trial in every:
        answer = _answer(trial, question)
        if answer is None:
            continue
        try:
            code = question.encode([answer])[0]
        except SkelgaitError as error:
            raise SkelgaitError(
                f"walk {trial.name!r} of {table.name} has an answer that is not one of {question.name}",
                found=error.found,
                expected=error.expected,
                do="mend its row; leave the cell empty where nobody has looked",
            ) from None
        if (code >= 0).any():
            trials.append(trial.with_(labels={**trial.labels, question.label: answer}))
            codes.append(code)
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
