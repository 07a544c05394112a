"""The genu valgum network's parts, one by one, and the same walks from keypoints: whose knees are how, on the same children.

    python benchmarks/genu_valgum_ablation.py [--quick] [--data TRIALS.CSV] [--published] [--task GENU_BINARY]

Without data: synthetic children filmed in clothes before cluttered backgrounds (docs/synthetic_cohort.md), as many with straight
knees, bow legs and knock knees (with ``--task GENU_BINARY`` no bow legs), and a network small enough for one processor and half
an hour; the films are read back as any video would be. With ``--data``, a table of walks (docs/formats.md) with a column
``frontal_video`` or ``frontal_clip``, answers in ``label_genu`` and, for the rows from keypoints, a pose in ``frontal``; with
``--published`` the recipe's network, which wants a GPU.

Nobody is both learnt from and tested on. Each row is trained from several seeds, on synthetic children with other children each
time; the children tested on are the same for all. Intervals and differences are over subjects.

Exits non-zero when a row of the network is not above chance for sure, when the whole network is worse than the plain one for sure,
when Grad-CAM's maps are not more on the knees than those of shuffled networks for sure, or when shuffled answers teach anything.
The quick run, in which nothing can be learnt, only asks that every row runs, answers with probabilities, and that the losses of
the network's rows fall.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.stats import binom
from verdict import end

import skelgait as sg
from skelgait.core.task import Task

SHARES = {"GENU": (1, 1, 1), "GENU_BINARY": (1, 0, 1)}  # of normal, varum and valgum
PAPER = "precision 0.965, recall 0.950, F1 0.960 on its test split (0.957 is what the first two make); by row nothing was found"
WARNING = "THE DATA DIFFER: synthetic children with planted knees here, children of a clinic there, whose split may share children."
SHOWN = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "auc")
NETWORK = ("3D ResNet", "+ attention", "+ SHPM", "+ both")
PAIRS = (
    ("+ attention", "3D ResNet"),
    ("+ SHPM", "3D ResNet"),
    ("+ both", "3D ResNet"),
    ("clip + ST-GCN, cross-attention", "+ both"),
    ("clip + ST-GCN, cross-attention", "ST-GCN"),
    ("clip + ST-GCN, late", "+ both"),
    ("clip + ST-GCN, late", "clip + ST-GCN, cross-attention"),
)
Answers = dict[str, list[np.ndarray]]


def options(about: str | None) -> argparse.ArgumentParser:
    """What both scripts can be told."""
    ask = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--quick", action="store_true", help="a few children and steps: does it run?")
    ask.add_argument(
        "--data", help="a table of walks with frontal_video or frontal_clip and label_genu, instead of synthetic children"
    )
    ask.add_argument("--published", action="store_true", help="the network of the recipe: 18 layers, 16 pictures of 112 pixels")
    ask.add_argument(
        "--kept",
        help="folder in which films, clips and AGRM's answers (of one version of the code) are kept; default none",
    )
    ask.add_argument("--seeds", type=int, default=3)
    ask.add_argument("--train", type=int, default=440, help="synthetic children to learn from")
    ask.add_argument("--test", type=int, default=120, help="synthetic children to test on")
    ask.add_argument("--walks", type=int, default=1, help="walks of each")
    ask.add_argument("--duration", type=float, default=1.3, help="seconds a walk")
    ask.add_argument("--strength", type=float, default=2.0, help="how far knees stand from the normal ones, against the population")
    ask.add_argument("--clutter", type=float, default=0.25, help="how much stands and passes in the rooms")
    ask.add_argument("--steps", type=int, default=500)
    ask.add_argument("--batch", type=int, default=16)
    ask.add_argument("--rate", type=float, default=3e-3, help="of learning")
    ask.add_argument("--precision", default="32-true")
    ask.add_argument("--jobs", type=int, default=1, help="processes that make films; of AGRM's script that learn, too")
    return ask


def understand(ask: argparse.ArgumentParser) -> argparse.Namespace:
    """The options; the quick and the published sizes in place of theirs."""
    told = ask.parse_args()
    told.encoder = {"depth": 10, "stem": "torchvision", "channels": 1, "widths": [8, 16, 32, 64]}
    told.encoder |= {"side": 56, "trim": 0.06, "frames": 4, "step_s": 0.3}
    told.pyramid = {"width": 64, "strips": [1, 2, 4]}
    told.side, told.margin, told.middle, told.film_px, told.stages = 72, 0.75, "hips", 320, [16, 32]
    if told.published:
        told.encoder, told.pyramid, told.side, told.margin, told.film_px = {}, {}, 128, 1.25, 640
        told.steps, told.batch, told.rate, told.stages = 2000, 8, 3e-4, [64, 128, 256]
    if told.quick:
        told.seeds, told.train, told.test, told.walks, told.duration, told.steps, told.batch = 1, 12, 6, 1, 1.3, 40, 4
        told.encoder, told.pyramid = (
            {**told.encoder, "widths": [4, 4, 8, 8], "side": 32, "frames": 4},
            {"width": 8, "strips": [1, 2]},
        )
        told.side, told.film_px, told.stages, told.clutter = 36, 160, [8, 8], 0.0
    warnings.filterwarnings("ignore", category=UserWarning)
    size = told.encoder or "the network of the recipe"
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads; {size}, {told.steps} steps")
    return told


def gather(told: argparse.Namespace, folder: str, shares: Sequence[float], task: Task) -> list[sg.Trial]:
    """Walks with clips and an answer: of the table, or synthetic children filmed and cut."""
    began = time.perf_counter()
    if told.data:
        trials = [t for t in sg.read_trials(told.data) if t.labels.get("genu") in answers_of(task)]
    else:
        trials = sg.draw_cohort(told.train + told.test, told.walks, "genu", **drawn(told, folder, shares))
    seen = cut(told, trials, folder)
    lost = f"; of {len(trials) - len(seen)} there is no clip" if len(seen) < len(trials) else ""
    took = time.perf_counter() - began
    print(f"{len(seen)} walks of {len({t.subject for t in seen})} children, filmed and cut in {took:.0f} s{lost}", flush=True)
    return seen


def drawn(told: argparse.Namespace, folder: str, shares: Sequence[float]) -> dict[str, Any]:
    """What synthetic children are drawn with."""
    films = {"films": Path(folder) / "films", "clutter": told.clutter, "film_px": told.film_px}
    return {"shares": shares, "strength": told.strength, "duration_s": told.duration, "n_jobs": told.jobs, **films}


def cut(told: argparse.Namespace, trials: Sequence[sg.Trial], folder: str) -> list[sg.Trial]:
    """The walks that have clips or of which some can be cut."""
    if any(t.video.get("frontal") and "frontal" not in t.clips for t in trials):
        how = {"side": told.side, "margin": told.margin, "middle": told.middle, "n_jobs": told.jobs}
        trials = sg.extract_clips(trials, Path(folder) / "clips", progress=False, **how)
    return [t for t in trials if "frontal" in t.clips]


def answers_of(task: Task) -> set[str]:
    """What a walk of a table may be called to be asked about."""
    return {"normal", "valgum", "abnormal"} if task.n_levels == 2 else set(task.levels)


def choose(told: argparse.Namespace, trials: Sequence[sg.Trial], seed: int, task: Task) -> tuple[list[sg.Trial], list[sg.Trial]]:
    """Walks to learn from, nine children of ten and others for each seed; and walks to test on, always the same."""
    if told.data:
        rest, test = sg.split_by_subject(list(trials), test_size=0.3, random_state=0, stratify=task.label)
    else:
        last = sorted({t.subject for t in trials})[-told.test :]
        rest, test = ([t for t in trials if (t.subject in last) == held] for held in (False, True))
    children = np.random.default_rng(seed).permutation(sorted({t.subject for t in rest}))
    train = set(children[: max(2, round(0.9 * len(children)))].tolist())
    return [t for t in rest if t.subject in train], test


def codes(trials: Sequence[sg.Trial], task: Task) -> np.ndarray:
    """(n,) number of each walk's level."""
    return task.encode([t.labels["genu"] for t in trials])[:, 0]


def sized(told: argparse.Namespace, model: sg.GaitClassifier) -> sg.GaitClassifier:
    """A model with the batches and the steps all rows share."""
    return model.set_params(
        max_steps=told.steps,
        batch_size=told.batch,
        optimizer={"adamw": {"lr": told.rate, "weight_decay": 1e-2}},
        precision=told.precision,
        progress=False,
    )


def network_rows(told: argparse.Namespace, seed: int) -> dict[str, sg.GaitClassifier]:
    """The rows of the network."""
    models = sg.recipes.genu_valgum_rows(task=told.task, encoder=told.encoder, random_state=seed)
    for model in models.values():
        if model.encoders["resnet3d"]["pooling"] == "pyramid":
            model.set_params(encoders={"resnet3d": {**model.encoders["resnet3d"], **told.pyramid}})
    return {row: sized(told, model) for row, model in models.items()}


def keypoint_rows(told: argparse.Namespace, seed: int, table: pd.DataFrame) -> dict[str, Any]:
    """The same question from keypoints, and from keypoints and clips together."""
    clip = network_rows(told, seed)["+ both"].encoders["resnet3d"]
    skeleton = {"plane": "frontal", "stages": told.stages, "fps": 15.0}
    numbers = {"table": table, "width": 32}
    fusion = {"cross_attention": {"width": 32, "over": "pooled"}}
    augmentation = {"mirror": 0.5, "roll_deg": 3.0, "scale": 0.1, "jitter": 0.005}

    def together(encoders: dict[str, Any]) -> sg.GaitClassifier:
        several = {"fusion": fusion} if len(encoders) > 1 else {}
        return sized(told, sg.GaitClassifier(told.task, encoders, augmentation=augmentation, random_state=seed, **several))

    return {
        "descriptors, logistic": sg.DescriptorClassifier(told.task, "logistic", descriptors={"table": table}, random_state=seed),
        "ST-GCN": together({"stgcn": skeleton}),
        "clip + ST-GCN, cross-attention": together({"resnet3d": clip, "stgcn": skeleton}),
        "clip + ST-GCN + descriptors": together({"resnet3d": clip, "stgcn": skeleton, "descriptors": numbers}),
    }


def rule(trials: Sequence[sg.Trial], shares: np.ndarray) -> tuple[np.ndarray, int]:
    """(n, L) what `knee_alignment` says without learning, and of how many walks nothing: these have the shares of the levels."""
    said = np.full((len(trials), len(shares)), np.nan)
    for n, trial in enumerate(trials):
        try:
            knees = sg.knee_alignment(trial)[["p_varum", "p_valgum"]].astype(float).max()  # the worse side of each kind
        except sg.SkelgaitError:
            continue
        said[n] = [max(0.0, 1 - knees.sum()), *knees] if len(shares) == 3 else [1 - knees["p_valgum"], knees["p_valgum"]]
    silent = ~np.isfinite(said).all(axis=1)
    said[silent] = shares
    return said / said.sum(axis=1, keepdims=True), int(silent.sum())


def run(
    model: Any, train: list[sg.Trial], test: list[sg.Trial], name: str, *, falls: bool = False, **fitting: Any
) -> tuple[np.ndarray, list[str]]:
    """(n, L) probabilities of the test walks, and what is wrong with the run whatever it learnt."""
    began = time.perf_counter()
    given = model.fit(train, **fitting).predict_proba(test)
    print(f"  {name}: {time.perf_counter() - began:.0f} s", flush=True)
    wrong = []
    if not (np.isfinite(given).all() and np.allclose(given.sum(axis=1), 1, atol=1e-4)):
        wrong.append(f"{name} gives no probabilities")
    losses = [epoch["loss"] for epoch in getattr(model, "history_", [])]
    if losses and not (np.isfinite(losses).all() and (min(losses) < losses[0] or not falls)):
        wrong.append(f"the loss of {name} does not fall: {losses[0]:.3f}, {min(losses):.3f} at best")
    return given, wrong


def scores(runs: Sequence[np.ndarray], test: Sequence[sg.Trial], task: Task) -> pd.DataFrame:
    """Scores of several runs, with intervals over subjects."""
    return sg.score_table(list(runs), codes(test, task), task=task, groups=[t.subject for t in test], n_boot=1000)


def words(table: pd.DataFrame, shown: Sequence[str] = SHOWN) -> dict[str, str]:
    """The scores shown, as text."""
    numbers = table.loc[list(shown), ["value", "low", "high"]].to_numpy(float)
    return {name: f"{value:.2f} [{low:.2f}, {high:.2f}]" for name, (value, low, high) in zip(shown, numbers, strict=True)}


def differ(first: Sequence[np.ndarray], second: Sequence[np.ndarray], test: Sequence[sg.Trial], task: Task) -> tuple[float, ...]:
    """Difference of two models' balanced accuracies on the same walks, and its interval over subjects."""
    groups = [t.subject for t in test]
    pair = sg.compare_models(
        list(first), list(second), codes(test, task), task=task, groups=groups, metrics=["balanced_accuracy"], n_boot=1000
    )
    return tuple(pair.loc["balanced_accuracy", ["difference", "low", "high"]].astype(float))


def look(model: sg.GaitClassifier, test: list[sg.Trial]) -> pd.DataFrame:
    """Share of Grad-CAM's maps of at most 60 walks on hips, knees and ankles, beside that of networks with shuffled weights."""
    joints = ("hip", "knee", "ankle")
    table = sg.joint_relevance(model, test[:60], joints, stage="layer3", progress=False)
    return table.loc["all" if "all" in table.index else table.index[0][0]].loc[list(joints)]


def shuffled(model: sg.GaitClassifier, train: list[sg.Trial], test: list[sg.Trial], task: Task) -> tuple[float, float]:
    """Accuracy on unseen children of a model taught shuffled answers (a child keeps one), and what chance reaches once in 100."""
    answer = {t.subject: t.labels["genu"] for t in train}
    dealt = dict(zip(answer, np.random.default_rng(0).permutation(list(answer.values())), strict=True))
    truth = codes(test, task)
    given = model.fit(train, [dealt[t.subject] for t in train]).predict_proba(test).argmax(axis=1)
    children = len({t.subject for t in test})
    return float((given == truth).mean()), float(binom.ppf(0.99, children, np.bincount(truth).max() / len(truth)) / children)


def main() -> int:
    """Print the table; 1 when a target is missed."""
    ask = options(__doc__)
    ask.add_argument("--task", choices=list(SHARES), default="GENU")
    told = understand(ask)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as thrown_away:
        return compare(told, told.kept or thrown_away, began)


def compare(told: argparse.Namespace, folder: str, began: float) -> int:
    """Every row, on films and clips kept in a folder."""
    task = getattr(sg.tasks, told.task)
    trials = gather(told, folder, SHARES[told.task], task)
    posed = all("frontal" in t.pose for t in trials)
    table = sg.describe(trials, progress=False) if posed else None
    answers: Answers = {}
    missed: list[str] = []
    for seed in range(told.seeds):
        train, test = choose(told, trials, seed, task)
        sg.leakage_check(train, test)
        print(f"seed {seed}: {len(train)} walks to learn from, {len(test)} to test on", flush=True)
        models: dict[str, Any] = dict(network_rows(told, seed))
        if table is not None:
            models |= keypoint_rows(told, seed, table)
        for row, model in models.items():
            given, wrong = run(model, train, test, row, falls=row in NETWORK)
            answers.setdefault(row, []).append(given)
            missed += wrong
        if table is not None:
            answers.setdefault("clip + ST-GCN, late", []).append((answers["+ both"][-1] + answers["ST-GCN"][-1]) / 2)
            given, silent = rule(test, np.bincount(codes(train, task), minlength=task.n_levels) / len(train))
            answers.setdefault("knee_alignment, its own limits", []).append(given)
    tables = {row: scores(runs, test, task) for row, runs in answers.items()}
    pd.set_option("display.width", 250, "display.max_columns", 20)
    print(f"\n{told.seeds} seed{'s' * (told.seeds > 1)}; 95 % intervals over {len({t.subject for t in test})} subjects\n")
    print(pd.DataFrame({row: words(scored) for row, scored in tables.items()}).T.to_string())
    commonest = tables["3D ResNet"].loc["majority_rate", "value"]
    print(f"\nalways the commonest answer of the test walks: {commonest:.2f}. The paper: {PAPER}.")
    print("The paper's real children, this table's walks: not to be compared." if told.data else WARNING)
    if table is not None:
        print(f"knee_alignment cannot measure {silent} of {len(test)} walks; they have the shares of the answers learnt from.")
        print("Keypoints are drawn with noise, not estimated from the films: what is learnt from them has it easier here.")
    print("\nbalanced accuracy, differences paired by subject")
    differences = {(a, b): differ(answers[a], answers[b], test, task) for a, b in PAIRS if a in answers and b in answers}
    for (first, second), (value, low, high) in differences.items():
        print(f"  {first} less {second}: {value:+.3f} [{low:+.3f}, {high:+.3f}]")
    if not told.quick:
        for row in NETWORK:
            low = float(tables[row].loc["balanced_accuracy", "low"])
            missed += [] if low > 1 / task.n_levels else [f"{row} is not above chance for sure: {low:.2f}"]
        for row in ("3D ResNet", "+ both") if table is not None else ():
            seen = look(models[row], test)
            shown = seen[["share", "low", "high", "area", "control", "control_low", "control_high", "difference", "difference_low"]]
            print(f"\n{row}, where it looks (Grad-CAM of layer3, {seen['walks'].iloc[0]:.0f} walks)\n{shown.round(3).to_string()}")
            missed += [] if seen.loc["knee", "difference_low"] > 0 else [f"{row} does not look at knees for sure"]
        if differences["+ both", "3D ResNet"][2] < 0:
            missed.append("the whole network is worse than the plain one for sure")
        reached, most = shuffled(network_rows(told, 0)["+ both"], train, test, task)
        print(f"\n+ both with shuffled answers: accuracy {reached:.3f}, by chance at most {most:.3f}")
        missed += [f"shuffled answers are learnt: {reached:.3f}"] if reached > most else []
    return end(missed, began)


if __name__ == "__main__":
    sys.exit(main())
