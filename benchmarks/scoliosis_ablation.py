"""The six rows of the ScoNet paper's table, from a plain CNN to ScoNet-MT, on the same children.

    python benchmarks/scoliosis_ablation.py [--quick] [--data FOLDER] [--ratio 1:1:8] [--published]

Without data: synthetic children (docs/synthetic_cohort.md) with a small network, so that two processors do in some 40 minutes.
With ``--data``, a folder of Scoliosis1K: the published partition of the ratio, and, with ``--published``, the published sizes,
which want a GPU. Nobody is both learnt from and tested on (in Scoliosis1K as far as its ids tell: see docs/silhouettes.md). Each
row is trained from several seeds, on synthetic children with other children each time. Every sensitivity names its positive
class; the paper's are of the *negative* class (docs/models/sconet.md).

Exits non-zero when the balanced accuracy of one of the three ScoNet rows is not above chance for sure (the plain CNN may fail), or
when shuffled answers teach anything. The quick run, in which nothing can be learnt, only asks that every row runs, answers with
probabilities, and that the loss of the three ScoNet rows falls.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from scipy.stats import binom
from verdict import end

import skelgait as sg
from skelgait.recipes.scoliosis import scoliosis_rows

LEVELS = sg.tasks.SCOLIOSIS.levels
# Accuracy, "sensitivity" and "specificity" of the paper's table at 1:1:8, in percent; the latter two are of the negative class.
PAPER = {
    "CNN": (45.5, 99.0, 27.0),
    "CNN-Triplet": (56.3, 77.0, 85.0),
    "CNN-MT": (57.8, 96.1, 44.4),
    "ScoNet": (51.3, 100.0, 33.2),
    "ScoNet-Triplet": (61.2, 100.0, 46.6),
    "ScoNet-MT": (82.0, 99.0, 76.5),
}
SHOWN = ("accuracy", "balanced_accuracy", "macro_f1", "sensitivity positive", "specificity positive", "sensitivity negative")


def options(about: str | None) -> argparse.ArgumentParser:
    """What both scripts can be told."""
    ask = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true", help="a few children and steps: does it run?")
    ask.add_argument("--data", help="folder of Scoliosis1K's silhouettes, instead of synthetic children")
    ask.add_argument("--people", help="list of id and person of the real data (docs/silhouettes.md), where you have one")
    ask.add_argument("--published", action="store_true", help="the published network, batches and steps")
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--train", type=int, default=120, help="synthetic children to learn from")
    ask.add_argument("--test", type=int, default=20, help="synthetic children of each level to test on")
    ask.add_argument("--walks", type=int, default=2, help="walks of each")
    ask.add_argument("--duration", type=float, default=1.5, help="seconds a walk")
    ask.add_argument("--channels", default="8,16,32,64")
    ask.add_argument("--frames", type=int, default=8, help="pictures drawn of a walk at each step")
    ask.add_argument("--steps", type=int, default=500)
    ask.add_argument("--subjects", type=int, default=8, help="in a batch")
    ask.add_argument("--walks-each", type=int, default=2, help="of each of them")
    ask.add_argument(
        "--rate", type=float, default=0.025, help="of learning: 0.1 as published, a quarter for a quarter of the batch"
    )
    ask.add_argument("--precision", default="32-true")
    return ask


def understand(ask: argparse.ArgumentParser) -> argparse.Namespace:
    """The options; the quick and the published sizes in place of theirs."""
    told = ask.parse_args()
    told.channels = [int(number) for number in told.channels.split(",")]
    if told.published:
        told.channels, told.frames, told.steps, told.subjects, told.walks_each = [64, 128, 256, 512], 30, 20_000, 8, 8
        told.rate = 0.1
    if told.quick:
        told.seeds, told.train, told.test, told.walks, told.duration = 1, 10, 2, 1, 0.7
        told.channels, told.frames, told.steps, told.subjects, told.walks_each = [4, 4, 8, 8], 4, 40, 4, 2
    warnings.filterwarnings("ignore", category=UserWarning, module="lightning")
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; channels {told.channels}, {told.steps} steps")
    return told


def rows(told: argparse.Namespace, seed: int) -> dict[str, sg.GaitClassifier]:
    """The rows, all with the same sizes, batches and steps."""
    models = scoliosis_rows(
        encoder={"channels": told.channels, "width": 256 if told.published else told.channels[-1], "frames": told.frames},
        max_steps=told.steps,
        subjects=told.subjects,
        walks_each=told.walks_each,
        precision=told.precision,
        progress=False,
        random_state=seed,
    )
    return {row: model.set_params(optimizer={"sgd": {**model.optimizer["sgd"], "lr": told.rate}}) for row, model in models.items()}


def counts(ratio: str, children: int) -> np.ndarray:
    """Children of each level, negative first, of a ratio that begins with the positive: ``1:1:8``."""
    parts = np.array([int(part) for part in ratio.split(":")][::-1], float)
    return np.maximum(np.round(children * parts / parts.sum()), 1).astype(int)


def draw_pool(told: argparse.Namespace, ratios: Sequence[str]) -> list[sg.Trial]:
    """Enough children of each level for any of the ratios."""
    needed = np.max([counts(ratio, told.train) for ratio in ratios], axis=0) + told.test
    children = int(np.ceil(1.2 * needed.sum())) + 10
    began = time.perf_counter()
    trials = sg.draw_cohort(children, told.walks, "scoliosis", shares=needed.tolist(), duration_s=told.duration, n_jobs=2)
    print(f"{len(trials)} walks of {children} synthetic children drawn in {time.perf_counter() - began:.0f} s")
    return trials


def choose(pool: Sequence[sg.Trial], ratio: str, told: argparse.Namespace, seed: int) -> tuple[list[sg.Trial], list[sg.Trial]]:
    """Walks to learn from, in the ratio, other children for each seed; and walks of the same children to test on, always."""
    children = {level: list(dict.fromkeys(t.subject for t in pool if t.labels["scoliosis"] == level)) for level in LEVELS}
    test = {child for of in children.values() for child in of[: told.test]}
    rng, train = np.random.default_rng(seed), set()
    for level, many in zip(LEVELS, counts(ratio, told.train), strict=True):
        rest = children[level][told.test :]
        if len(rest) < many:
            raise SystemExit(
                f"{many} children {level} to learn from are wanted, the cohort has {len(rest)}: other --train or --test"
            )
        train |= set(rng.permutation(rest)[:many].tolist())
    return [t for t in pool if t.subject in train], [t for t in pool if t.subject in test]


def read(told: argparse.Namespace, ratio: str) -> tuple[list[sg.Trial], list[sg.Trial]]:
    """The published partition of a ratio."""
    trials = sg.read_opengait(told.data, partition=ratio, people=told.people, modalities=["silhouettes"])
    trials = [t for t in trials if "scoliosis" in t.labels]
    train, test = ([t for t in trials if t.covariates.get("split") == side] for side in ("train", "test"))
    both = {t.subject for t in train} & {t.subject for t in test}
    if both:
        print(f"{len(both)} people are on both sides of the partition: their walks are not learnt from")
    return [t for t in train if t.subject not in both], test


def codes(trials: Sequence[sg.Trial]) -> np.ndarray:
    """(n,) number of each walk's level."""
    return np.array([LEVELS.index(t.labels["scoliosis"]) for t in trials])


def run(model: sg.GaitClassifier, train: list[sg.Trial], test: list[sg.Trial], name: str) -> tuple[np.ndarray, list[str]]:
    """(n, 3) probabilities of the test walks, and what is wrong with the run whatever it learnt."""
    began = time.perf_counter()
    given = model.fit(train).predict_proba(test)
    print(f"  {name}: {time.perf_counter() - began:.0f} s", flush=True)
    first, last = model.history_[0]["loss"], model.history_[-1]["loss"]
    wrong = []
    if not (np.isfinite(given).all() and np.allclose(given.sum(axis=1), 1)):
        wrong.append(f"{name} gives no probabilities")
    if not np.isfinite(last) or (name.startswith("ScoNet") and not last < first):
        wrong.append(f"the loss of {name} does not fall: {first:.3f}, then {last:.3f}")
    return given, wrong


def scores(runs: Sequence[np.ndarray], test: Sequence[sg.Trial]) -> pd.DataFrame:
    """Scores of several runs, with intervals over subjects."""
    return sg.score_table(list(runs), codes(test), task=sg.tasks.SCOLIOSIS, groups=[t.subject for t in test], n_boot=1000)


def words(table: pd.DataFrame) -> dict[str, str]:
    """The scores shown, as text."""
    numbers = table.loc[list(SHOWN), ["value", "low", "high"]].to_numpy(float)
    return {name: f"{value:.2f} [{low:.2f}, {high:.2f}]" for name, (value, low, high) in zip(SHOWN, numbers, strict=True)}


def shuffled(model: sg.GaitClassifier, train: list[sg.Trial], test: list[sg.Trial]) -> tuple[float, float]:
    """Accuracy on unseen children of a model taught shuffled answers (a child keeps one), and what chance reaches once in 100."""
    answer = {t.subject: t.labels["scoliosis"] for t in train}
    dealt = dict(zip(answer, np.random.default_rng(0).permutation(list(answer.values())), strict=True))
    model.fit(train, [dealt[t.subject] for t in train])
    truth = codes(test)
    children = len({t.subject for t in test})
    commonest = np.bincount(truth).max() / len(truth)
    return float((model.predict_proba(test).argmax(axis=1) == truth).mean()), float(binom.ppf(0.99, children, commonest) / children)


def main() -> int:
    """Print the table; 1 when a target is missed."""
    ask = options(__doc__)
    ask.add_argument("--ratio", help="positive : neutral : negative to learn from; default 1:1:8 with --data, else 1:1:2")
    told = understand(ask)
    ratio = told.ratio or ("1:1:8" if told.data else "1:1:2")
    began = time.perf_counter()
    pool = [] if told.data else draw_pool(told, [ratio])
    answers: dict[str, list[np.ndarray]] = {row: [] for row in PAPER}
    missed: list[str] = []
    for seed in range(told.seeds):
        train, test = read(told, ratio) if told.data else choose(pool, ratio, told, seed)
        print(f"seed {seed}: {len(train)} walks to learn from, {len(test)} to test on")
        for row, model in rows(told, seed).items():
            given, wrong = run(model, train, test, row)
            answers[row].append(given)
            missed += wrong
    tables = {row: scores(runs, test) for row, runs in answers.items()}
    shown = pd.DataFrame({row: words(table) for row, table in tables.items()}).T
    for place, name in enumerate(("accuracy", '"sensitivity"', '"specificity"')):
        shown[f"paper {name}"] = [PAPER[row][place] for row in shown.index]
    pd.set_option("display.width", 250, "display.max_columns", 20)
    print(f"\n{ratio} (positive : neutral : negative), {told.seeds} seed{'s' * (told.seeds > 1)}; intervals over subjects\n")
    print(shown.to_string())
    print(f"\nalways the commonest level of the test walks: {tables['CNN'].loc['majority_rate', 'value']:.2f}, chance 0.33")
    if not told.data:
        print("THE DATA DIFFER: synthetic children with a planted posture here, a filmed school population there, at 1:1:8.")
    print('The paper\'s "sensitivity" and "specificity" are of the negative class.')
    pair = sg.compare_models(
        answers["ScoNet-MT"], answers["ScoNet"], codes(test), task=sg.tasks.SCOLIOSIS, groups=[t.subject for t in test]
    )
    print("\nScoNet-MT against ScoNet, paired by subject (no target)")
    print(pair.loc[["accuracy", "balanced_accuracy"]].to_string(float_format="{:.3f}".format))
    if not told.quick:
        low = pd.Series({row: table["low"]["balanced_accuracy"] for row, table in tables.items()})
        missed += [
            f"{row} is not above chance for sure: {low[row]:.2f}" for row in low.index[~(low > 1 / 3)] if row.startswith("ScoNet")
        ]
        chance, most = shuffled(rows(told, 0)["ScoNet-MT"], train, test)
        print(f"\nScoNet-MT with shuffled answers: accuracy {chance:.3f}, by chance at most {most:.3f}")
        if chance > most:
            missed.append(f"shuffled answers are learnt: {chance:.3f}")
    return end(missed, began)


if __name__ == "__main__":
    sys.exit(main())
