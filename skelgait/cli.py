"""The command line: each command reads what it is given and calls the doors a script would call."""

# ruff: noqa: D301  (a backspace, not a raw string, tells the help to leave the lines of a paragraph as they are)

from __future__ import annotations

import io
import os
import sys
import warnings
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

import skelgait as sg
from skelgait import __version__
from skelgait.core.errors import FileError, SkelgaitError

if TYPE_CHECKING:
    from skelgait.core.pose import PoseSequence
    from skelgait.core.trial import Trial

VIDEO_SUFFIXES = {".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp", ".mts", ".m2ts"}


class _Commands(TyperGroup):
    """Turns what goes wrong into one line on stderr and an exit code: 2 for the input, 1 for us."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.obj = {"debug": "--debug" in args}
        return super().parse_args(ctx, [a for a in args if a != "--debug"])

    def invoke(self, ctx: Any) -> Any:
        if not ctx.obj["debug"]:  # one line to the user, nothing of numpy's about empty slices
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.showwarning = lambda message, *_: typer.echo(f"skelgait: {message}", err=True)
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except BrokenPipeError:  # the reader (`| head`) has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except Exception as error:
            if ctx.obj["debug"] and not hasattr(error, "format_message"):
                raise
            message, code = _explain(error, ctx)
            typer.echo(message, err=True)
            raise typer.Exit(code) from None


def _explain(error: Exception, ctx: Any) -> tuple[str, int]:
    if hasattr(error, "format_message"):  # the command line was not understood
        where = getattr(error, "ctx", None) or ctx
        return f"{where.command_path}: {error.format_message()} (see {where.command_path} --help)", 2
    if isinstance(error, SkelgaitError | OSError):
        return "skelgait: " + " ".join(str(error).split()).replace("pass keep_partial=True", "add --keep-partial"), 2
    return f"skelgait: unexpected {type(error).__name__}: {' '.join(str(error).split())} (add --debug for the traceback)", 1


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


class _View(StrEnum):
    sagittal = "sagittal"
    sagittal_left = "sagittal_left"
    sagittal_right = "sagittal_right"
    frontal = "frontal"
    frontal_towards = "frontal_towards"
    frontal_away = "frontal_away"


class _Sex(StrEnum):
    female = "female"
    male = "male"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"skelgait {__version__}")
        raise typer.Exit


@app.callback()
def _skelgait(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error (may stand anywhere).")] = False,
) -> None:
    """Clinical gait analysis from ordinary video: contacts, joint angles, knee varus/valgus, symmetry, and a page to read.

    \b
    Start here:
      skelgait demo                                   a walk with known truth, measured; prints where the report is
      skelgait analyze walk.mp4 --out results         video in, report and tables out
      skelgait analyze side.json front.json --out results --age 8 --height 1.28
      skelgait COMMAND --help                         what a command takes, with examples

    A screening aid, not a medical device.
    """


def _option(words: str, *names: str, **limits: Any) -> Any:
    return typer.Option(*names, help=words, show_default=False, **limits)


def _decimal(low: float, high: float) -> Any:
    """How to read a number with a decimal point or comma."""

    def number(text: Any) -> float:
        try:
            value = float(str(text).replace(",", "."))
        except ValueError:
            raise typer.BadParameter(f"{text!r} is not a number") from None
        if not low <= value <= high:
            raise typer.BadParameter(f"{text} is not in the range {low:g} to {high:g}")
        return value

    return {"parser": number, "metavar": "NUMBER"}


# What the commands share.
_Fps = Annotated[
    float | None,
    _option(
        "Frames per second of the movement, where the file does not say it, or says it wrongly (it is told where yours differs); "
        "240 for slow motion saved as 30.",
        **_decimal(1, 5000),
    ),
]
_ViewOption = Annotated[
    _View | None,
    _option(
        f"What the camera saw, where it should not be recognised ({', '.join(_View)}); of one recording only.",
        metavar="VIEW",
    ),
]
_Person = Annotated[str, typer.Option(help="Of a keypoint file with several people: walking, largest, longest or a number.")]
_Estimator = Annotated[str, typer.Option(help="For video: mediapipe, rtmlib or mmpose.")]
_ModelPath = Annotated[Path | None, _option("For video: a model file of your own.")]
_Who = Annotated[str, typer.Option(help="For video: walking, largest, a number, or a box x,y,width,height in the first frame.")]
_KeepPartial = Annotated[bool, typer.Option("--keep-partial", help="Of a video that breaks off, keep what there is.")]
_Name = Annotated[str, _option("Name of the subject in page and tables; default: the file's.")]
_Age = Annotated[float | None, _option("Age in years; brings the cited norms.", **_decimal(0, 120))]
_SexOption = Annotated[_Sex | None, _option("Sex of the subject.")]
_Height = Annotated[float | None, _option("Standing height in metres; gives lengths in metres.", **_decimal(0, float("inf")))]
_LegLength = Annotated[float | None, _option("Leg length in metres.", **_decimal(0, float("inf")))]
_Faces = Annotated[bool, _option("Show video frames as they are; by default only the walker's body below the neck stays sharp.")]
_Identify = Annotated[bool, _option("Show names of files on the page and the subject in its title.")]
_Language = Annotated[str, _option("Language of the page: en, or your own table of texts (a .csv).")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars and no summary.")]


@app.command(short_help="Measure a walk of known truth; see a report.")
def demo(
    out: Annotated[Path, typer.Option(help="Folder to write into.")] = Path("demo"),
    overlay: Annotated[bool, typer.Option(help="Film the walk and draw the overlay videos.")] = True,
    quiet: _Quiet = False,
) -> None:
    """Measure a synthetic child of known truth, filmed from the side and from the front; prints where the report is.

    \b
    Examples:
      skelgait demo
      skelgait demo --out somewhere
    """
    from skelgait.report.results import make_folder, write_results

    folder = make_folder(out)
    child = sg.Walker(age_years=7, cadence_spm=126, step_time_ratio=1.08, stiff_knee=(0.0, 0.2), knee_valgus_deg=(3.0, 9.0))
    poses, films = {}, {}
    for plane, look, swaps in (("sagittal", "sagittal_right", 2), ("frontal", "frontal_towards", 0)):
        camera = sg.Camera(view=look, size=(960, 540))
        walk = child.film(camera, fps=60, duration_s=6, noise_px=0.5, dropout=0.01, swaps=swaps, random_state=0)
        sg.write_pose(walk.pose, folder / f"walker_{plane}.csv")
        poses[plane] = sg.read_pose(folder / f"walker_{plane}.csv")
        if overlay and _film(walk, folder / f"walker_{plane}.mp4", quiet=quiet):
            films[plane] = str(folder / f"walker_{plane}.mp4")
    trial = sg.Trial(
        "synthetic child", poses, video=films, age_years=child.age_years, height_m=child.body_height_m, leg_length_m=child.leg_m
    )
    result = sg.measure(trial)
    written, left_out = write_results(trial, folder, measurement=result, overlay=overlay, progress=not quiet)
    truth = walk.truth
    said = [
        ("cadence", "steps/min", truth.cadence_spm, "cadence_spm"),
        ("left step time", "s", truth.step_time_s[0], "left_step_time_s"),
        ("right step time", "s", truth.step_time_s[1], "right_step_time_s"),
        ("left knee in mid-stance", "deg valgus", truth.knee_valgus_deg[0], "left_knee_valgus_mid_stance_deg"),
        ("right knee in mid-stance", "deg valgus", truth.knee_valgus_deg[1], "right_knee_valgus_mid_stance_deg"),
    ]
    if not quiet:
        typer.echo(f"{'':26}{'true':>8}{'measured':>10}")
        for words, unit, true, name in said:
            typer.echo(f"{words:26}{true:8.2f}{result.values[name]:10.2f}  {unit}")
    _tell(written, left_out, quiet=quiet)


@app.command(short_help="Video in, keypoint file out.")
def extract(
    video: Annotated[Path, typer.Argument(help="The video.", show_default=False)],
    out: Annotated[Path, _option("Pose file to write: .npz (keeps everything), .csv or .trc; no ending: an OpenPose folder.")],
    estimator: _Estimator = "mediapipe",
    model_path: _ModelPath = None,
    who: _Who = "walking",
    fps: _Fps = None,
    keep_partial: _KeepPartial = False,
    quiet: _Quiet = False,
) -> None:
    """Estimate the keypoints of the walking person in a video and write them as a pose file.

    \b
    Examples:
      skelgait extract walk.mp4 --out walk.npz
      skelgait extract slowmotion.mp4 --out walk.csv --fps 240
      skelgait extract busy.mp4 --out walk.npz --who 420,180,160,420
    """
    from skelgait.io.formats import find_writer

    find_writer(out)  # before minutes are spent on the video
    pose = _estimate(video, estimator=estimator, model_path=model_path, who=who, fps=fps, keep_partial=keep_partial, quiet=quiet)
    sg.write_pose(pose, out)
    if not quiet:
        typer.echo(f"{pose.n_frames} frames, {pose.fps:g} fps, {pose.skeleton.name}, {100 * pose.missing_share:.0f} % missing")
    typer.echo(f"pose: {out}")


@app.command(short_help="One walk in; report, tables, video out.")
def analyze(
    context: typer.Context,
    recordings: Annotated[
        list[Path],
        typer.Argument(
            help="A video, or keypoints as a file or folder; one from the side and one from the front together.", show_default=False
        ),
    ],
    out: Annotated[Path, _option("Folder to write into; files of ours in it are replaced, others left alone.")],
    view: _ViewOption = None,
    fps: _Fps = None,
    subject: _Name = "",
    age: _Age = None,
    sex: _SexOption = None,
    height: _Height = None,
    leg_length: _LegLength = None,
    person: _Person = "walking",
    video: Annotated[
        list[Path] | None, _option("The video keypoints were estimated from, once a recording; the overlay is drawn on it.")
    ] = None,
    estimator: _Estimator = "mediapipe",
    model_path: _ModelPath = None,
    who: _Who = "walking",
    keep_partial: _KeepPartial = False,
    overlay: Annotated[bool, typer.Option(help="Draw the overlay video.")] = True,
    speed: Annotated[float, typer.Option(help="Speed of the overlay: 1 is real time, 0.5 half.")] = 1.0,
    faces: _Faces = False,
    identify: _Identify = False,
    language: _Language = "en",
    quiet: _Quiet = False,
) -> None:
    """Measure a walk: writes pose, events, angles, cycles, descriptors, figures, overlay video and report.html.

    \b
    Examples:
      skelgait analyze walk.mp4 --out results --age 8 --height 1.28
      skelgait analyze openpose_folder --fps 60 --out results
      skelgait analyze side.mp4 front.mp4 --out results --subject child07
      skelgait analyze keypoints.json --video walk.mp4 --out results
    """
    from skelgait.report.results import make_folder, write_results

    _check_there(recordings)
    made = not out.exists()
    make_folder(out)  # before minutes are spent on a video
    if made:
        context.call_on_close(lambda: _remove_empty(out))
    trial = _read_trial(
        recordings, view=view, fps=fps, person=person, video=video, quiet=quiet,
        estimator=estimator, model_path=model_path, who=who, keep_partial=keep_partial,
        subject=subject, age_years=age, sex=sex.value if sex else None, height_m=height, leg_length_m=leg_length,
    )  # fmt: skip

    result = sg.measure(trial)
    written, left_out = write_results(
        trial, out, measurement=result, overlay=overlay, speed=speed, faces=faces, identify=identify, language=language,
        progress=not quiet,
    )  # fmt: skip
    if not quiet:
        _summarise(result)
    _tell(written, left_out, quiet=quiet)
    _end_unmeasured([result])


@app.command(short_help="Many walks in, one row of numbers each.")
def describe(
    files: Annotated[
        list[Path], typer.Argument(help="A trials.csv (one row a walk), or keypoint files, one a walk.", show_default=False)
    ],
    out: Annotated[Path | None, _option("CSV to write; default: standard output.")] = None,
    validity: Annotated[Path | None, _option("Also write how much each number rests on and why it is missing, as CSV.")] = None,
    fps: _Fps = None,
    view: _ViewOption = None,
    person: _Person = "walking",
    jobs: Annotated[int, typer.Option(help="Processes; -1 uses all cores.")] = 1,
    quiet: _Quiet = False,
) -> None:
    """Measure many walks: one row of descriptors a walk, as CSV.

    \b
    Examples:
      skelgait describe trials.csv --out numbers.csv --validity validity.csv
      skelgait describe walk1.json walk2.json --fps 60
      skelgait describe walk.csv | head -2
    """
    if len(files) == 1 and _is_trial_table(files[0]):
        told = {"--fps": fps is not None, "--view": view is not None, "--person": person != "walking"}
        if any(told.values()):
            raise SkelgaitError(
                f"{' and '.join(name for name, given in told.items() if given)} cannot be given with a table of walks",
                found=files[0].name,
                do="fill in the columns fps, view and person of the table instead",
            )
        trials = sg.read_trials(files[0])
    else:
        trials = [
            sg.Trial(_stem(f), sg.read_pose(f, fps=fps, view=view.value if view else None, person=_number(person))) for f in files
        ]
    errors = "raise" if len(trials) == 1 else "warn"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*could not be measured")  # said below, with the rows that are empty
        table = sg.describe(trials, n_jobs=jobs, errors=errors, progress=False if quiet else None).reset_index()
        _write_csv(table, out)
        if validity is not None:
            _write_csv(sg.validity(trials, n_jobs=jobs, errors=errors, progress=False), validity)
        empty = table[[d.name for d in sg.DESCRIPTORS]].isna().all(axis=1)
        no_stride = ~(table["n_strides"] > 0)
        for trial, nothing in ((t, e) for t, e, n in zip(trials, empty, no_stride, strict=True) if e or n):
            why = sg.validity(trial, progress=False)["reason"].replace("", None).mode().iloc[0]
            what = f"nothing of {trial.name} could be measured" if nothing else f"no stride of {trial.name} could be measured"
            typer.echo(f"skelgait: {what}: {why}", err=True)
    if out is not None and not quiet:
        typer.echo(f"{len(table)} walk{'s' if len(table) != 1 else ''}: {out}")
    if empty.all():
        raise typer.Exit(2)


@app.command(short_help="Hundreds of walks in; tables, pages and an index out.")
def cohort(
    trials: Annotated[Path, typer.Argument(help="A trials.csv, one row a walk: keypoint files or videos.", show_default=False)],
    out: Annotated[Path, _option("Folder to write into; run again with the same folder, only what changed is done.")],
    jobs: Annotated[int, typer.Option(help="Processes; -1 uses all cores. Of a cluster, all its workers are used.")] = 1,
    scheduler: Annotated[
        str | None, _option("Address of a Dask scheduler; its workers share this disk.", metavar="ADDRESS")
    ] = None,
    estimator: _Estimator = "mediapipe",
    model_path: _ModelPath = None,
    who: _Who = "walking",
    pages: Annotated[bool, typer.Option(help="Write a page for each visit, which takes most of the time.")] = True,
    pictures: Annotated[bool, typer.Option(help="Show frames of the videos on the pages, faces hidden.")] = False,
    names: Annotated[bool, typer.Option(help="Write subjects.csv, which tells who is who; nothing else has names in it.")] = False,
    keep: Annotated[list[str] | None, _option("A column of the table to carry over; may be given several times.")] = None,
    prune: Annotated[bool, typer.Option(help="Remove results and pages of walks that are no longer in the table.")] = False,
    quiet: _Quiet = False,
) -> None:
    """Extract, measure, score and report every walk of a table. One that fails is a row in failures.csv, not the end.

    \b
    Examples:
      skelgait cohort trials.csv --out cohort --jobs -1
      skelgait cohort trials.csv --out cohort --scheduler tcp://10.0.0.5:8786
      skelgait cohort trials.csv --out cohort --no-pages --names
    """
    from skelgait.cohort.run import run_cohort

    result = run_cohort(
        trials, out, n_jobs=jobs, scheduler=scheduler, estimator=estimator, model_path=str(model_path) if model_path else None,
        who=_subject(who), pages=pages, pictures=pictures, names=names, keep=keep or (), prune=prune, progress=not quiet,
    )  # fmt: skip
    for line in result.remarks:
        typer.echo(line, err=True)
    measured = int(result.walks["measured"].sum())
    if not quiet:
        typer.echo(f"{measured} of {len(result.walks)} walks measured; worked on {result.made}, kept {result.kept} from before")
    if len(result.failures):
        typer.echo(f"{len(result.failures)} failures: {result.folder / 'failures.csv'}", err=True)
    typer.echo(f"index: {result.index}")
    if not measured:
        raise typer.Exit(2)


@app.command(short_help="One visit in, only the page out.")
def report(
    recordings: Annotated[
        list[Path],
        typer.Argument(help="Keypoint files or videos of one subject on one occasion, from any sides.", show_default=False),
    ],
    out: Annotated[Path, _option("The .html page to write.")],
    view: _ViewOption = None,
    fps: _Fps = None,
    subject: _Name = "",
    age: _Age = None,
    sex: _SexOption = None,
    height: _Height = None,
    leg_length: _LegLength = None,
    person: _Person = "walking",
    video: Annotated[list[Path] | None, _option("The video keypoints were estimated from, once a recording.")] = None,
    faces: _Faces = False,
    identify: _Identify = False,
    language: _Language = "en",
    quiet: _Quiet = False,
) -> None:
    """Write only the page of a visit: one self-contained HTML file, to read or to print.

    \b
    Examples:
      skelgait report side.json front.json --out child07.html --age 8 --height 1.28
      skelgait report left.json right.json front.json back.json --out visit.html --age 8
      skelgait report results/pose.npz --out again.html
    """
    from skelgait.report.page import report as write_page

    if out.suffix.lower() not in (".html", ".htm"):
        raise FileError(
            f"a page cannot be written as {out.name}", expected=".html", do="print the page from a browser to get a PDF"
        )
    about: dict[str, Any] = {
        "subject": subject or _stem(recordings[0]), "age_years": age, "sex": sex.value if sex else None,
        "height_m": height, "leg_length_m": leg_length,
    }  # fmt: skip
    if view is not None and len(recordings) > 1:
        raise SkelgaitError("--view speaks of one recording", found=f"{len(recordings)} recordings", do="leave it out")
    if video and len(video) != len(recordings):
        raise SkelgaitError("give --video once a recording", found=f"{len(video)} videos, {len(recordings)} recordings")
    trials = [
        _read_trial(
            [path], view=view, fps=fps, person=person, video=[video[i]] if video else None, quiet=quiet,
            estimator="mediapipe", model_path=None, who="walking", **about,
        )
        for i, path in enumerate(recordings)
    ]  # fmt: skip
    if len(trials) == 2 and not set(trials[0].pose) & set(trials[1].pose):  # one walk, seen by two cameras
        one, two = trials
        trials = [one.with_(pose={**one.pose, **two.pose}, video={**one.video, **two.video})]
    measured = [sg.measure(trial) for trial in trials]
    page = write_page(trials, out, measurement=measured, faces=faces, identify=identify, language=language)
    if not quiet:
        for result in measured:
            _summarise(result)
    typer.echo(f"report: {page}")
    _end_unmeasured(measured)


@app.command(short_help="File formats and keypoint layouts.")
def formats() -> None:
    """List the keypoint file formats and layouts that are read and written.

    \b
    Examples:
      skelgait formats
    """
    from skelgait.io.formats import FORMATS

    typer.echo("File formats, recognised by their content:")
    for one in FORMATS:
        does = "read, written" if one.reads and one.writes else "read" if one.reads else "written"
        typer.echo(f"  {one.name:11}{' '.join(one.extensions):14}{does:15}{one.description}")
    typer.echo("\nLayouts of keypoints:")
    for name, skeleton in sg.SKELETONS.items():
        typer.echo(f"  {name:19}{len(skeleton):4} points   {'with feet' if skeleton.has('left_heel', 'left_toe') else 'no feet'}")
    typer.echo(f"\nVideo: whatever FFmpeg reads ({', '.join(s[1:] for s in sorted(VIDEO_SUFFIXES)[:6])}, ...).")


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _check_there(recordings: list[Path]) -> None:
    for path in recordings:
        if not Path(str(path).split("#")[0]).exists():
            raise FileError(f"there is no file or folder {path}", do="check the path")


def _film(walk: Any, to: Path, *, quiet: bool) -> bool:
    """Render the walk as a video; False where PyAV is not installed."""
    from skelgait.core.errors import NotInstalled
    from skelgait.io.video import write_video

    frames = walk.frames()
    if not quiet:
        from tqdm import tqdm

        frames = tqdm(frames, total=walk.pose.n_frames, desc=f"filming {to.name}", unit="frame", leave=False)
    try:
        write_video(to, frames, walk.pose.fps)
    except NotInstalled:
        return False
    return True


def _read_trial(
    recordings: list[Path],
    *,
    view: _View | None,
    fps: float | None,
    person: str,
    video: list[Path] | None,
    estimator: str,
    model_path: Path | None,
    who: str,
    quiet: bool,
    subject: str,
    keep_partial: bool = False,
    **about: Any,
) -> Trial:

    if len(recordings) > 2:
        raise SkelgaitError("one walk has at most two recordings", found=f"{len(recordings)}", do="analyze each walk by itself")
    if view is not None and len(recordings) > 1:
        raise SkelgaitError(
            "--view speaks of one recording", found=f"{len(recordings)} recordings", do="leave it out: views are recognised"
        )
    if video and len(video) != len(recordings):
        raise SkelgaitError("give --video once a recording", found=f"{len(video)} videos, {len(recordings)} recordings")
    poses: dict[str, PoseSequence] = {}
    films: dict[str, str] = {}
    for i, path in enumerate(recordings):
        chosen = view.value if view else None
        if path.suffix.lower() in VIDEO_SUFFIXES:
            pose = _estimate(
                path, estimator=estimator, model_path=model_path, who=who, fps=fps, keep_partial=keep_partial, quiet=quiet
            )
            pose, film = (pose.with_(view=chosen) if chosen else pose), path
        else:
            pose, film = sg.read_pose(path, fps=fps, view=chosen, person=_number(person)), None
        film = video[i] if video else film
        plane = (pose.view or sg.recognise_view(sg.clean(pose)).view or "").split("_")[0]
        if plane not in ("sagittal", "frontal"):
            plane = "frontal" if "sagittal" in poses else "sagittal"  # measured as what it shows, whatever it is filed under
        if plane in poses:
            raise SkelgaitError(
                f"both recordings look {plane}",
                found=", ".join(map(str, recordings)),
                expected="one from the side and one from the front",
                do="analyze each by itself",
            )
        poses[plane] = pose
        if film is not None:
            films[plane] = str(film)
    return sg.Trial(subject or _stem(recordings[0]), poses, video=films, **about)


def _estimate(
    video: Path,
    *,
    estimator: str,
    model_path: Path | None,
    who: str,
    fps: float | None,
    keep_partial: bool,
    quiet: bool,
) -> PoseSequence:
    model = str(model_path) if model_path else None
    return sg.estimate_pose(
        str(video), estimator, subject=_subject(who), fps=fps, model_path=model, progress=not quiet, keep_partial=keep_partial
    )


def _subject(who: str) -> Any:
    """What --who says, as estimate_pose takes it."""
    parts = who.split(",")
    try:
        subject: Any = who if who in ("walking", "largest") else int(who) if len(parts) == 1 else tuple(float(p) for p in parts)
    except ValueError:
        subject = ()
    if isinstance(subject, tuple) and len(subject) != 4:
        raise SkelgaitError("--who cannot be read", found=who, expected="walking, largest, a number, or x,y,width,height")
    return subject


def _summarise(result: Any) -> None:
    from skelgait.report.glance import build_tiles

    for plane, m in result.planes.items():
        strides = [int((m.strides.side == side).sum()) for side in ("left", "right")]
        typer.echo(f"{plane}: {m.pose.n_frames} frames, {strides[0]} left and {strides[1]} right strides")
    for plane, why in result.failures.items():
        typer.echo(f"{plane}: not measured. {why}", err=True)
    for tile in build_tiles(result):
        numbers = ", ".join(f"{n.side} {n.text}".strip() for n in tile.numbers)
        typer.echo(f"  {tile.what}: {numbers} {tile.unit}".rstrip())


def _end_unmeasured(results: list[Any]) -> None:
    """Say why a plane shows no stride; where none of them does, end with an exit code of 2."""
    for result in results:
        for plane, m in result.planes.items():
            if not len(m.strides):
                told = [note for note in m.notes if "it was given as" in note or "cannot be told" in note]
                reasons = [*told, *(result.reasons[d.name] for d in sg.DESCRIPTORS if d.name in result.reasons)]
                why = told[0] if told else max(set(reasons), key=reasons.count, default=m.view.reason)
                typer.echo(f"skelgait: {plane}: no stride could be measured: {why}", err=True)
    if not any(len(m.strides) for result in results for m in result.planes.values()):
        raise typer.Exit(2)


def _tell(written: list[Path], left_out: list[str], *, quiet: bool) -> None:
    for line in left_out:
        typer.echo(f"left out: {line}", err=True)
    if not quiet:
        typer.echo(f"{len(written)} files in {written[0].parent}")
    typer.echo(f"report: {written[0]}")


def _is_trial_table(path: Path) -> bool:
    if path.suffix.lower() not in (".csv", ".tsv", ".txt") or not path.is_file():
        return False
    from skelgait.io.source import open_source
    from skelgait.io.trial_table import is_trial_table

    return is_trial_table(open_source(path))


def _write_csv(table: Any, to: Path | None) -> None:
    if to is None:
        table.to_csv(sys.stdout, index=False, float_format="%.6g")
        return
    from skelgait.io.atomic import new_file

    with new_file(to) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")


def _stem(path: Path) -> str:
    return path.name.split("#")[-1].split(".")[0] or path.name


def _number(person: str) -> str | int:
    return int(person) if person.lstrip("-").isdigit() else person


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a degree sign is no reason to fail
    app(prog_name="skelgait")
