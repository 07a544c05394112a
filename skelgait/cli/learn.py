"""Models: learn from a table of labelled walks, answer, score, explain."""

# ruff: noqa: D301

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import skelgait as sg
from skelgait.cli.describe import read_many
from skelgait.cli.options import Body, Quiet, Recordings, grouped, option
from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

Table = Annotated[Path, typer.Argument(help="A trials.csv: one row a walk, with its label.", show_default=False, metavar="TRIALS")]
Model = Annotated[Path, typer.Argument(help="A model that skelgait train wrote.", show_default=False, metavar="MODEL")]
Walks = Annotated[
    list[Path],
    typer.Argument(help="A trials.csv, or keypoint files and videos, one a walk.", show_default=False, metavar="WALKS"),
]


@grouped
def train(
    table: Table,
    task: Annotated[
        str, typer.Option(help="The question: GMFCS, GENU, GENU_BINARY, GAIT_BINARY, SCOLIOSIS, EVGS, EVGS_BINARY, CP_PATTERN.")
    ],
    out: Annotated[Path, typer.Option(help="The model file to write (.safetensors).", show_default=False)],
    encoders: Annotated[
        str, typer.Option(help="What looks at a walk, with commas: stgcn, descriptors, graph_conv.")
    ] = "stgcn,descriptors",
    fusion: Annotated[str, option("How several are joined: concat, gated, cross_attention. Default: concat.")] = "",
    guided: Annotated[
        bool, typer.Option("--guided", help="The published GMFCS system: Grad-CAM of stgcn chooses the descriptors.")
    ] = False,
    plane: Annotated[str, typer.Option(help="Which camera the skeleton network sees: sagittal or frontal.")] = "sagittal",
    epochs: Annotated[int, typer.Option(help="Times through the walks.", min=1)] = 40,
    test_size: Annotated[
        float, typer.Option(help="Share of the subjects kept away to score the model on.", min=0.0, max=0.9)
    ] = 0.25,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.")] = 0,
    quiet: Quiet = False,
) -> None:
    """Learn to answer a clinical question from labelled walks, and score the answer on subjects that were kept away.

    \b
    Examples:
      skelgait train trials.csv --task GMFCS --out gmfcs.safetensors
      skelgait train trials.csv --task GMFCS --guided --fusion cross_attention --out gmfcs.safetensors
      skelgait train trials.csv --task GENU --plane frontal --encoders descriptors --out genu.safetensors
    """
    from skelgait.io.atomic import check_writable
    from skelgait.io.table import write_table

    check_writable(out)
    trials = _labelled(sg.read_trials(table), task, table)
    learn, kept = sg.split_by_subject(trials, test_size, random_state=seed) if test_size else (trials, [])
    skeleton = {"plane": plane}
    names = [name.strip() for name in encoders.split(",") if name.strip()]
    parts = {name: skeleton if name in ("stgcn", "graph_conv") else {} for name in names}
    if guided:
        pose = {name: settings for name, settings in parts.items() if name != "descriptors"}
        model: Any = sg.recipes.gmfcs_fusion(
            task.upper(),
            encoder=pose,
            fusion=fusion or "cross_attention",
            max_epochs=epochs,
            progress=not quiet,
            random_state=seed,
        )
    else:
        model = sg.GaitClassifier(
            task.upper(), parts, fusion=fusion or None, max_epochs=epochs, progress=not quiet, random_state=seed
        )
    model.fit(learn)
    model.save(out)
    if kept:
        scores = sg.score_table(model, kept)
        write_table(scores.reset_index(), out.with_suffix(".scores.csv"))
    if not quiet:
        typer.echo(f"{len(learn)} walks of {len({t.subject for t in learn})} subjects learnt from: {out}")
        if kept:
            _tell(scores, kept)


@grouped
def predict(
    model: Model,
    walks: Walks,
    recordings: Recordings,
    who: Body,
    out: Annotated[Path | None, option("CSV to write; default: standard output.")] = None,
    quiet: Quiet = False,
) -> None:
    """Answer with a trained model: one row a walk (and item), with the probability of each level.

    \b
    Examples:
      skelgait predict gmfcs.safetensors walk.mp4
      skelgait predict gmfcs.safetensors trials.csv --out answers.csv
    """
    from skelgait.io.table import write_table

    one = _load(model, quiet)
    trials = read_many(walks, recordings, who, quiet=quiet)
    write_table(_answers(one, trials), out or sys.stdout)


@grouped
def evaluate(
    model: Model,
    table: Table,
    out: Annotated[Path | None, option("Folder for scores.csv, confusion.png and reliability.png.")] = None,
    seen: Annotated[bool, typer.Option("--seen", help="Score even subjects the model learnt from: not a test.")] = False,
    quiet: Quiet = False,
) -> None:
    """Score a trained model on labelled walks of subjects it has not seen.

    \b
    Examples:
      skelgait evaluate gmfcs.safetensors other_clinic.csv --out scores
    """
    from skelgait.io.table import write_table

    one = _load(model, quiet)
    trials = _labelled(sg.read_trials(table), one.task_.label, table)
    known = one.has_seen(trials)
    if known and not seen:
        raise SkelgaitError(
            f"{model.name} learnt from subjects of {table.name}: scoring it on them is no test",
            found=f"{len(known)}: {', '.join(known[:5])}{', ...' if len(known) > 5 else ''}",
            do="give walks of other subjects, or --seen to see how well it remembers",
        )
    scores = sg.score_table(one, trials)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_table(scores.reset_index(), out / "scores.csv")
        if one.task_.n_items == 1:
            sg.plot_confusion(one, trials).savefig(out / "confusion.png", dpi=150)
            sg.plot_reliability(one, trials).savefig(out / "reliability.png", dpi=150)
        else:
            write_table(sg.item_table(one, trials).reset_index(), out / "items.csv")
    if not quiet:
        _tell(scores, trials)


@grouped
def explain(
    model: Model,
    walks: Walks,
    recordings: Recordings,
    who: Body,
    out: Annotated[Path, typer.Option(help="Folder for a figure and a table a walk.", show_default=False)],
    method: Annotated[str, typer.Option(help="gradcam, integrated_gradients, attention or shap.")] = "gradcam",
    item: Annotated[str | None, option("Which item, of a question with many.")] = None,
    level: Annotated[str | None, option("The answer to explain; default: the likeliest.")] = None,
    quiet: Quiet = False,
) -> None:
    """Show why a trained model answered as it did.

    \b
    Examples:
      skelgait explain gmfcs.safetensors walk.json --fps 60 --out why
      skelgait explain gmfcs.safetensors trials.csv --method shap --out why
    """
    from skelgait.io.table import write_table

    one = _load(model, quiet)
    trials = read_many(walks, recordings, who, quiet=quiet)
    code = one.task_.encode([level])[0, 0] if level is not None and one.task_.n_items == 1 else None
    out.mkdir(parents=True, exist_ok=True)
    for number, trial in enumerate(trials, 1):
        why = sg.explain(one, trial, method, item=item, level=None if code is None else one.task_.levels[code])
        over = list(why.axes)[-1]
        figure = sg.plot_descriptors(why) if over == "descriptor" else sg.plot_skeleton_heat(why, trial)
        figure.savefig(out / f"walk{number:03d}_{method}.png", dpi=150)
        write_table(why.over(over).rename("share").reset_index(), out / f"walk{number:03d}_{method}.csv")
        if not quiet:
            first = ", ".join(name.replace("_", " ") for name in why.over(over).nlargest(3).index)
            faithful = f"; faithfulness {why.info['faithfulness']:+.2f}" if "faithfulness" in why.info else ""
            typer.echo(f"walk {number}: {why.answer}, mostly {first}{faithful}")
    if not quiet:
        typer.echo(f"figures and tables: {out}")


def _load(path: Path, quiet: bool) -> Any:
    model = sg.GaitClassifier.load(path)
    return model.set_params(progress=not quiet)


def _labelled(trials: list[Trial], task: str, table: Path) -> list[Trial]:
    label = sg.tasks.QUESTIONS[task.upper()].label if task.upper() in sg.tasks.QUESTIONS else task
    kept = [t for t in trials if t.labels.get(label) not in (None, "", -1)]
    if not kept:
        raise SkelgaitError(
            f"no walk of {table.name} has a label {label!r}",
            found=f"labels {', '.join(sorted({k for t in trials for k in t.labels})) or 'none'}",
            do=f"add a column label_{label} with the answers",
        )
    return kept


def _answers(model: Any, trials: list[Trial]) -> Any:
    import pandas as pd

    task, probabilities = model.task_, model.predict_proba(trials)
    probabilities = probabilities.reshape(len(trials), task.n_items, task.n_levels)
    codes = probabilities.argmax(-1)
    rows = [
        {
            "trial": trial.name,
            "subject": trial.subject,
            **({"item": item} if task.n_items > 1 else {}),
            "answer": task.levels[codes[n, i]],
            **{f"p_{level}": round(float(p), 4) for level, p in zip(task.levels, probabilities[n, i], strict=True)},
        }
        for n, trial in enumerate(trials)
        for i, item in enumerate(task.items)
    ]
    return pd.DataFrame(rows)


def _tell(scores: Any, trials: list[Trial]) -> None:
    typer.echo(
        f"on {len(trials)} walks of {len({t.subject for t in trials})} subjects it had not seen (95 % intervals over subjects):"
    )
    for metric in ("majority_rate", "accuracy", "balanced_accuracy", "macro_f1", "kappa_linear", "auc", "calibration_error"):
        if metric in scores.index:
            row = scores.loc[metric]
            typer.echo(f"  {metric.replace('_', ' '):20s} {row['value']:.3f}  [{row['low']:.3f}, {row['high']:.3f}]")
