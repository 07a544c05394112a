"""AGRM's parts at 5, 10, 25 and 100 % of the answers: what a Mean Teacher learns from walks nobody has looked at.

    python benchmarks/agrm_ablation.py [--quick] [--jobs N] [--kept FOLDER] [--data TRIALS.CSV] [--unlabelled OTHERS.CSV]

As `genu_valgum_ablation.py`, from which everything but the answers left out comes; three levels here (normal, varum, valgum), as
many children of each where they are synthetic, their knees further from normal ones, in rooms of one colour, and clips of their
legs. Of a share of the children, as many of each level as can be, the answers are known; the walks of the others, and of 2,000
children of whom no answer is known to any row, teach by consistency alone. Only the rows with a Mean Teacher see them, as many in
each batch as there are walks with answers in it. Every row takes the same number of steps with as many answers in each, and the
children tested on are the same throughout. With ``--kept`` it may be killed and goes on with what it has.

Exits non-zero when, over both pairs of rows, the seeds and the shares of 5 and 10 %, a Mean Teacher does not help for sure (the
interval of the difference, paired by subject, is not above zero); when with all answers it hurts for sure; or when with all answers
a row is not above chance for sure. The quick run, in which nothing can be learnt, only asks that every row runs and answers with
probabilities.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from genu_valgum_ablation import WARNING, choose, cut, differ, drawn, gather, options, run, scores, sized, understand, words
from kept import all_answers, matters
from verdict import end

import skelgait as sg
from skelgait.recipes.genu import TEACHER

TASK = sg.tasks.GENU
SHARES = (0.05, 0.10, 0.25, 1.0)
FEW = (0.05, 0.10)
PAPER = "accuracy 0.705, macro precision 0.721, macro recall 0.715, macro F1 0.718 with all its parts; by row nothing was found"
TEACHES = {"+ MT": "3D ResNet", "+ both": "+ SHPM"}  # rows with a Mean Teacher, and the same without
SHOWN = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")


def network_rows(told: argparse.Namespace, seed: int) -> dict[str, sg.GaitClassifier]:
    """The rows, all with the same sizes, batches and steps."""
    models = sg.recipes.agrm_rows(
        task=TASK,
        encoder=told.encoder,
        teacher={name: getattr(told, name) for name in TEACHER},
        random_state=seed,
    )
    for model in models.values():
        if model.encoders["resnet3d"]["pooling"] == "pyramid":
            model.set_params(encoders={"resnet3d": {**model.encoders["resnet3d"], **told.pyramid}})
    return {row: sized(told, model) for row, model in models.items()}


def teach(told: argparse.Namespace, model: sg.GaitClassifier, others: list[sg.Trial]) -> dict[str, list[sg.Trial]]:
    """How a Mean Teacher is given walks without answers: as many more of them in each batch."""
    if others:
        model.set_params(batch_size=2 * told.batch)
    return {"unlabelled": others} if others else {}


def divide(train: Sequence[sg.Trial], share: float, seed: int) -> tuple[list[sg.Trial], list[sg.Trial]]:
    """Walks whose answers are known, of a share of the children of each level (one at least), and the others."""
    children = {t.subject: t.labels["genu"] for t in train}
    order = np.random.default_rng(seed).permutation(sorted(children))
    known: set[str] = set()
    for level in TASK.levels:
        of_level = [child for child in order if children[child] == level]
        known |= set(of_level[: max(1, round(share * len(of_level)))])
    return [t for t in train if t.subject in known], [t for t in train if t.subject not in known]


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    ask = options(__doc__)
    ask.set_defaults(strength=3.0, clutter=0.0, test=500)  # few answers teach something here; docs/models/agrm.md has the others
    ask.set_defaults(duration=2.6, steps=1500, precision="bf16-mixed")  # student and teacher may see other moments
    ask.add_argument("--others", type=int, default=2000, help="synthetic children nobody has looked at, beside those to learn from")
    ask.add_argument("--unlabelled", help="with --data: a second table, of walks nobody has looked at")
    for name, value in TEACHER.items():
        ask.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value, help="of the teacher")
    told = understand(ask)
    told.others = min(told.others, 6) if told.quick else told.others
    if not told.published:
        told.margin, told.middle = 0.7, "knees"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as thrown_away:
        return compare(told, told.kept or thrown_away, began)


def unseen(told: argparse.Namespace, folder: str) -> list[sg.Trial]:
    """Walks of which no row knows an answer: of the second table, or of more synthetic children."""
    if told.data:
        return cut(told, sg.read_trials(told.unlabelled), folder) if told.unlabelled else []
    if not told.others:
        return []
    more = sg.draw_cohort(told.others, told.walks, "genu", random_state=1, **drawn(told, folder, (1, 1, 1)))
    return cut(told, [t.with_(subject=f"other_{t.subject}", labels={}) for t in more], folder)


def taught(
    told: argparse.Namespace, trials: list[sg.Trial], more: list[sg.Trial], seed: int, share: float, row: str
) -> tuple[np.ndarray, list[str]]:
    """(n, L) probabilities of the test walks by a row that knows a share of the answers, and what is wrong with it."""
    warnings.filterwarnings("ignore", category=UserWarning)
    train, test = choose(told, trials, seed, TASK)
    known, others = divide(train, share, seed)
    model = network_rows(told, seed)[row]
    name = f"seed {seed}, {row}: {len(known)} walks of {len({t.subject for t in known})} children with answers ({share:.0%})"
    if row not in TEACHES:
        return run(model, known, test, name)
    return run(model, known, test, f"{name}, {len(others) + len(more)} without", **teach(told, model, others + more))


def compare(told: argparse.Namespace, folder: str, began: float) -> int:
    """Every row at every share, on films and clips kept in a folder."""
    trials, more = gather(told, folder, (1, 1, 1), TASK), unseen(told, folder)
    runs = [(seed, share, row) for seed in range(told.seeds) for share in SHARES for row in network_rows(told, 0)]
    _, test = choose(told, trials, 0, TASK)
    tested = {t.subject for t in test}
    others = more if told.data else []  # of thousands of drawn children two may walk alike, which is no leak
    sg.leakage_check([*(t for t in trials if t.subject not in tested), *others], test)
    clips = [[str(t.clips["frontal"]) for t in some] for some in (trials, more)]
    alone = {**vars(told), **dict.fromkeys((*TEACHER, "unlabelled")), "others": 0}
    plain = matters(argparse.Namespace(**alone), films=clips[:1])
    teaching = matters(told, films=clips)  # rows without a teacher are the same whatever it is and sees
    work = [(teaching if row in TEACHES else plain, trials, more, seed, share, row) for seed, share, row in runs]
    done = all_answers(taught, work, folder, told.jobs, ["trials", "more"])
    answers: dict[tuple[float, str], list[np.ndarray]] = {}
    missed: list[str] = []
    for (_, share, row), (given, wrong) in zip(runs, done, strict=True):
        answers.setdefault((share, row), []).append(given)
        missed += wrong
    tables = {key: scores(runs, test, TASK) for key, runs in answers.items()}
    shown = {(f"{share:.0%}", row): words(scored, SHOWN) for (share, row), scored in tables.items()}
    pd.set_option("display.width", 250, "display.max_columns", 20)
    print(f"\n{told.seeds} seed{'s' * (told.seeds > 1)}; 95 % intervals over {len({t.subject for t in test})} subjects\n")
    print(pd.DataFrame(shown).T.to_string())
    print(f"\nchance 0.33. The paper: {PAPER}.")
    print("The paper's real children, this table's walks: not to be compared." if told.data else WARNING)
    print("\nbalanced accuracy, with a Mean Teacher less without, paired by subject")
    for share in SHARES:
        for first, second in TEACHES.items():
            value, low, high = differ(answers[share, first], answers[share, second], test, TASK)
            print(f"  {share:4.0%} {first} less {second}: {value:+.3f} [{low:+.3f}, {high:+.3f}]")
    found = {}
    for name, shares in (("few answers (5 and 10 %)", FEW), ("all answers", (1.0,))):
        first, second = ([a for s in shares for row in rows for a in answers[s, row]] for rows in (TEACHES, TEACHES.values()))
        found[name] = value, low, high = differ(first, second, test, TASK)
        print(f"  {name}, both pairs: {value:+.3f} [{low:+.3f}, {high:+.3f}]")
    if not told.quick:
        missed += [] if found["few answers (5 and 10 %)"][1] > 0 else ["a Mean Teacher does not help for sure with few answers"]
        missed += [] if found["all answers"][2] >= 0 else ["a Mean Teacher hurts with all answers"]
        for (share, row), scored in tables.items():
            low = float(scored.loc["balanced_accuracy", "low"])
            missed += [f"{row} with all answers is not above chance for sure: {low:.2f}"] if share == 1 and not low > 1 / 3 else []
    return end(missed, began)


if __name__ == "__main__":
    sys.exit(main())
