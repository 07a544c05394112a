"""Learn from a table of labelled walks; score a model on others."""

# ruff: noqa: D301

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import skelgait as sg
from skelgait.cli.filmed import cut_videos
from skelgait.cli.models import (
    LeftOut,
    Model,
    Numbers,
    Table,
    check_learning,
    count_walks,
    find_question,
    keep_fitting,
    load_model,
    read_labelled,
    read_rows,
)
from skelgait.cli.options import Quiet, decimal, grouped, option
from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    import pandas as pd

    from skelgait.core.task import Task
    from skelgait.core.trial import Trial

ENDING = ".safetensors"
TOLD = ("majority_rate", "accuracy", "balanced_accuracy", "macro_f1", "kappa_linear", "auc", "calibration_error")


@grouped
def train(
    table: Table,
    task: Annotated[
        str,
        option("The question: GMFCS, GENU, GENU_BINARY, GAIT_BINARY, SCOLIOSIS, EVGS, EVGS_BINARY or CP_PATTERN."),
    ],
    out: Annotated[Path, option(f"The model file to write ({ENDING}).")],
    encoders: Annotated[
        str,
        typer.Option(
            help="What looks at a walk: stgcn, graph_conv, descriptors, several with commas; with settings as JSON: "
            '\'{"stgcn": {"stages": [32, 64]}, "descriptors": {}}\'; two of one name in a list: \'[{...}, {...}]\'.'
        ),
    ] = "stgcn,descriptors",
    fusion: Annotated[str, option("How several are joined: concat, gated or cross_attention. Default: concat.")] = "",
    guided: Annotated[
        bool,
        typer.Option("--guided", help="The published GMFCS system: Grad-CAM of the skeleton network chooses the descriptors."),
    ] = False,
    plane: Annotated[
        str | None,
        typer.Option(help="Which camera a network sees: sagittal (default for skeletons) or frontal (default for silhouettes)."),
    ] = None,
    by_plane: Annotated[
        bool,
        typer.Option("--by-plane", help="Of many items: each looks only at networks of the plane it is seen from."),
    ] = False,
    unlabelled: Annotated[
        Path | None,
        option(
            "A second trials.csv, of walks nobody has looked at: they teach by consistency (Mean Teacher), and every walk is shown "
            "mirrored, rolled and scaled at random, of video also in other light and partly hidden."
        ),
    ] = None,
    clips_folder: Annotated[
        Path | None,
        option("For networks of video: folder in which clips of the videos are kept, made once. Without it none are made."),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Times through the walks.", min=1)] = 40,
    test_size: Annotated[
        float, typer.Option(help="Share of the subjects kept away to score the model on; 0: none.", **decimal(0.0, 0.9))
    ] = 0.25,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.", min=0)] = 0,
    quiet: Quiet = False,
) -> None:
    """Learn to answer a clinical question from labelled walks, and score the answer on subjects that were kept away.

    Beside the model it writes the scores (gmfcs.scores.csv). Which subjects were learnt from stands in the model, as marks and
    not by name: skelgait evaluate refuses to score it on them. A row that cannot be used is told of and left out.

    \b
    Examples:
      skelgait train trials.csv --task GMFCS --out gmfcs.safetensors
      skelgait train trials.csv --task GMFCS --guided --fusion cross_attention --out gmfcs.safetensors
      skelgait train trials.csv --task GENU --plane frontal --encoders descriptors --out genu.safetensors
      skelgait train videos.csv --task GENU --encoders resnet3d --clips-folder clips --out genu.safetensors
      skelgait train few.csv --task GENU --encoders resnet3d --unlabelled many.csv --clips-folder clips --out genu.safetensors
      skelgait train visits.csv --task EVGS_BINARY --by-plane --clips-folder clips --out evgs.safetensors \\
        --encoders '[{"videomae": {"prompt": "drawn"}}, {"videomae": {"plane": "frontal", "prompt": "drawn"}}]'
    """
    from skelgait.io.atomic import check_writable
    from skelgait.io.table import write_table

    check_learning()
    question, parts = find_question(task), _parts(encoders, plane)
    if out.suffix != ENDING:
        raise SkelgaitError(f"a model cannot be written as {out.name}", expected=ENDING, do=f"--out {out.stem}{ENDING}")
    scores_file = out.with_suffix(".scores.csv")
    for path in (out, scores_file):
        check_writable(path)
    model = _new_model(question, parts, fusion, guided, by_plane, epochs, seed, quiet)
    if unlabelled is not None:
        if guided:
            raise SkelgaitError("--guided learns from walks with answers only", do="leave out --guided, or --unlabelled")
        from skelgait.recipes.genu import TEACHER, VIEWS

        model.set_params(objectives={"supervised": {}, "mean_teacher": dict(TEACHER)}, augmentation=dict(VIEWS))
    left_out = LeftOut()
    trials, codes = read_labelled(table, question, left_out)
    if clips_folder is not None:
        trials, places = cut_videos(model, trials, left_out, folder=clips_folder, quiet=quiet)
        codes = codes[places]
    fitting = keep_fitting(model, trials, left_out, quiet=quiet)
    trials, codes = [trials[i] for i in fitting], codes[fitting]
    others: list[Trial] = []
    if unlabelled is not None:
        others = read_rows(unlabelled, left_out)
        if clips_folder is not None:
            others, _ = cut_videos(model, others, left_out, folder=clips_folder, quiet=quiet)
        others = [others[i] for i in keep_fitting(model, others, left_out, quiet=quiet)]
    left_out.show()
    learn, kept = trials, []
    if test_size:
        alike = codes[:, 0] if question.n_items == 1 else None
        learn, kept = sg.split_by_subject(trials, test_size, random_state=seed, stratify=alike)
    away = {t.subject for t in kept}
    others = [t for t in others if t.subject not in away]
    model.fit(learn, **({"unlabelled": others} if others else {}))  # --guided learns from walks with answers only
    model.save(out)
    if not quiet:
        more = f" and, without answers, {count_walks(others)}" if others else ""
        typer.echo(f"learnt from {count_walks(learn)}{more}: {out}")
    if kept:
        scores = sg.score_table(model, kept)
        write_table(scores.reset_index(), scores_file)
        if not quiet:
            _tell(scores, f"{count_walks(kept)} that were kept away")
        _probe(model, kept, out.with_suffix(".sources.csv"), quiet=quiet)
    left_out.end()


@grouped
def evaluate(
    model: Model,
    table: Table,
    out: Annotated[
        Path | None, option("Folder for scores.csv, confusion.png and reliability.png (of many items: items.csv).")
    ] = None,
    seen: Annotated[bool, typer.Option("--seen", help="Score even subjects the model learnt from: not a test.")] = False,
    numbers: Numbers = None,
    quiet: Quiet = False,
) -> None:
    """Score a trained model on labelled walks of subjects it has not seen.

    \b
    Examples:
      skelgait evaluate gmfcs.safetensors other_clinic.csv --out scores
    """
    from skelgait.report.results import make_folder

    one = load_model(model, numbers, quiet=quiet)
    left_out = LeftOut()
    trials, _ = read_labelled(table, one.task_, left_out)
    trials, _ = cut_videos(one, trials, left_out, quiet=quiet)
    trials = [trials[i] for i in keep_fitting(one, trials, left_out, quiet=quiet)]
    left_out.show()
    known = one.has_seen(trials)
    if known and not seen:
        raise SkelgaitError(
            f"{model.name} learnt from subjects of {table.name}: scoring it on them is no test",
            found=", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else ""),
            do="give walks of other subjects, or --seen to see how well it remembers",
        )
    folder = None if out is None else make_folder(out)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="no test: the model learnt from")  # it is said below
        scores = sg.score_table(one, trials)
        if folder is not None:
            _write_scores(one, trials, scores, folder)
    left_out.end()
    if known and not quiet:
        typer.echo(f"no test: it learnt from {len(known)} of these subjects, and this tells how well it remembers")
    if not quiet:
        _tell(scores, count_walks(trials) + ("" if known else " it had not seen"))
    _probe(one, trials, None if folder is None else folder / "sources.csv", quiet=quiet)
    if folder is not None and not quiet:
        typer.echo(f"scores: {folder}")


def _probe(model: Any, trials: list[Trial], to: Path | None, *, quiet: bool) -> None:
    """Where walks are of several sources: whether the model can tell them apart, written and said."""
    from skelgait.evaluate.source import have_sources
    from skelgait.io.table import write_table

    model = getattr(model, "model_", model)
    if not have_sources(trials) or not hasattr(model, "embed"):
        return
    try:
        table = sg.source_probe(model, trials)
    except SkelgaitError as error:
        if not quiet:
            typer.echo(f"  note: whether it knows the source of a walk was not probed: {error.problem} ({error.found})")
        return
    if to is not None:
        write_table(table.reset_index(), to)
    if not quiet:
        row = table.loc["mean"]
        warning = "; it could answer by the camera: compare its scores within each source" if row.low > row.chance else ""
        found = f"{row.value:.3f}  [{row.low:.3f}, {row.high:.3f}], chance {row.chance:.2f}{warning}"
        typer.echo(f"source of a walk told from the model: {found}")


def _parts(encoders: str, plane: str | None) -> list[dict[str, Any]]:
    """Encoders as the library takes them; those that look through one camera look at the plane."""
    import json

    if encoders.lstrip().startswith(("{", "[")):
        try:
            given = json.loads(encoders)
        except ValueError as error:
            raise SkelgaitError(
                "--encoders is not JSON", found=str(error), expected='\'{"stgcn": {"stages": [32, 64]}}\''
            ) from None
    else:
        given = [name.strip() for name in encoders.split(",") if name.strip()]
    given = [{one: {}} if isinstance(one, str) else one for one in (given if isinstance(given, list) else [given])]
    if not all(isinstance(one, dict) for one in given):
        raise SkelgaitError(
            "--encoders is a list of something else", found=encoders, expected='\'[{"stgcn": {}}, {"descriptors": {}}]\''
        )
    seeing = ("stgcn", "graph_conv", "sconet", "resnet3d", "videomae") if plane else ()
    parts = [{n: {"plane": plane, **s} if n in seeing and isinstance(s, dict) else s} for one in given for n, s in one.items()]
    if not parts:
        raise SkelgaitError("no encoder is named", do="--encoders stgcn,descriptors")
    return parts


def _new_model(
    question: Task, parts: list[dict[str, Any]], fusion: str, guided: bool, by_plane: bool, epochs: int, seed: int, quiet: bool
) -> Any:
    if not guided:
        common = {"max_epochs": epochs, "progress": not quiet, "random_state": seed}
        return sg.GaitClassifier(question, parts, fusion=fusion or None, by_plane=by_plane, **common)
    pose = {name: settings for one in parts for name, settings in one.items() if name != "descriptors"}
    if question.n_items > 1 or len(pose) != 1:
        raise SkelgaitError(
            "--guided ranks the keypoints of one skeleton network for one answer",
            found=f"{question.name} has {question.n_items} items" if question.n_items > 1 else ", ".join(pose),
            expected="a question of one item, and --encoders stgcn or graph_conv",
            do="leave --guided out" if question.n_items > 1 else "give --encoders stgcn",
        )
    return sg.recipes.gmfcs_fusion(
        question,
        encoder=pose,
        fusion=fusion or "cross_attention",
        descriptors=next((one["descriptors"] for one in parts if "descriptors" in one), None),
        max_epochs=epochs,
        progress=not quiet,
        random_state=seed,
    )


def _write_scores(model: Any, trials: list[Trial], scores: pd.DataFrame, folder: Path) -> None:
    from skelgait.io.atomic import new_files
    from skelgait.io.table import write_table

    with new_files(folder) as unfinished:
        write_table(scores.reset_index(), unfinished / "scores.csv")
        if model.task_.n_items == 1:
            sg.plot_confusion(model, trials).savefig(unfinished / "confusion.png", dpi=150)
            sg.plot_reliability(model, trials).savefig(unfinished / "reliability.png", dpi=150)
        else:
            write_table(sg.item_table(model, trials).reset_index(), unfinished / "items.csv")


def _tell(scores: pd.DataFrame, whom: str) -> None:
    typer.echo(f"on {whom} (95 % intervals over subjects):")
    for metric in TOLD:
        if metric in scores.index and scores.loc[metric, "value"] == scores.loc[metric, "value"]:
            row = scores.loc[metric]
            interval = f"  [{row['low']:.3f}, {row['high']:.3f}]" if row["low"] == row["low"] else ""
            note = f"  ({row['note']})" if row["note"] else ""
            typer.echo(f"  {metric.replace('_', ' '):18s} {row['value']:.3f}{interval}{note}")
        elif metric in scores.index and scores.loc[metric, "note"]:
            typer.echo(f"  {metric.replace('_', ' '):18s} not defined: {scores.loc[metric, 'note']}")
    for about in ("walks", "items", "subjects", "answered"):
        if about in scores.index and scores.loc[about, "note"]:
            typer.echo(f"  note: {scores.loc[about, 'note']}")
