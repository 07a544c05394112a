"""Options that several commands share, each defined once, and the groups they come in."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from skelgait.cohort.recordings import Reading


class View(StrEnum):
    """What a camera can be told to have seen."""

    sagittal = "sagittal"
    sagittal_left = "sagittal_left"
    sagittal_right = "sagittal_right"
    frontal = "frontal"
    frontal_towards = "frontal_towards"
    frontal_away = "frontal_away"


class Sex(StrEnum):
    """Of the subject."""

    female = "female"
    male = "male"


def option(words: str, *names: str, **limits: Any) -> Any:
    """An option whose default is told in words, or not at all."""
    return typer.Option(*names, help=words, show_default=False, **limits)


def decimal(low: float, high: float) -> dict[str, Any]:
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


def _size(text: Any) -> tuple[int, int]:
    width, _, height = str(text).lower().replace(",", "x").partition("x")
    if not (width.strip().isdigit() and height.strip().isdigit() and int(width) and int(height)):
        raise typer.BadParameter(f"{text!r} is not WIDTHxHEIGHT, for example 1920x1080")
    return int(width), int(height)


def _person(text: Any) -> Any:
    """Whom to measure, as the doors take it: a word or name, a number, or a box."""
    if isinstance(text, tuple):
        return text
    from skelgait.core.errors import FileError
    from skelgait.io.trial_columns import read_person

    try:
        return read_person(str(text))
    except FileError:
        raise typer.BadParameter(
            f"{text!r} is not a box x,y,width,height in the first frame, for example 420,180,160,420"
        ) from None


Fps = Annotated[
    float | None,
    option(
        "Pictures a second at which it was filmed, where the file does not say it or says it wrongly (it is told where yours "
        "differs): 240 for slow motion filmed at 240 and saved as 30.",
        **decimal(1, 5000),
    ),
]
ViewOption = Annotated[
    View | None,
    option(
        "The side the camera saw, where it is recognised wrongly: sagittal (from the side), sagittal_left or sagittal_right (which "
        "side was towards the camera), frontal, frontal_towards or frontal_away (walking towards it or away). Of one recording.",
        metavar="VIEW",
    ),
]
Person = Annotated[
    Any,
    typer.Option(
        "--person",
        "--who",
        help="Whom to measure where several people are seen: walking (who walks), largest, or a number; in a video also a box "
        "x,y,width,height around the person in its first picture; in a keypoint file also longest (seen longest) or a name in it.",
        parser=_person,
        metavar="WHO",
    ),
]
Estimator = Annotated[
    str, typer.Option(help="For video: what finds the body's points, mediapipe, rtmlib or mmpose.", metavar="NAME")
]
ModelPath = Annotated[Path | None, option("For video: a model file of your own for it.", metavar="FILE")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars (a log file never has any) and no summary.")]
NormsOption = Annotated[
    Path | None,
    option("Your laboratory's norms, used before the published ones; skelgait norms import makes this file.", metavar="FILE"),
]


@dataclass(frozen=True)
class Recordings:
    """How recordings are read."""

    fps: Fps = None
    view: ViewOption = None
    size: Annotated[
        Any,
        option(
            "Width and height of the picture, 1920x1080: for keypoint files with numbers from 0 to 1.", parser=_size, metavar="SIZE"
        ),
    ] = None
    person: Person = "walking"
    estimator: Estimator = "mediapipe"
    model_path: ModelPath = None
    keep_partial: Annotated[bool, typer.Option("--keep-partial", help="If a video breaks off, use what there is of it.")] = False

    def reading(self, *, progress: bool) -> Reading:
        """The same, as the doors take it."""
        from skelgait.cohort.recordings import Reading

        return Reading(
            fps=self.fps,
            view=self.view.value if self.view else None,
            size=self.size,
            person=self.person,
            estimator=self.estimator,
            model_path=str(self.model_path) if self.model_path else None,
            keep_partial=self.keep_partial,
            progress=progress,
        )


@dataclass(frozen=True)
class Body:
    """Who walked, and how long the legs are."""

    subject: Annotated[str, option("Code of the person for page and tables; default: the name of the file.", metavar="CODE")] = ""
    height: Annotated[
        float | None,
        option("Standing height in metres (1.28): then step length and speed come in metres.", **decimal(0, float("inf"))),
    ] = None
    leg_length: Annotated[float | None, option("Leg length in metres (0.64).", **decimal(0, float("inf")))] = None

    def known(self) -> dict[str, Any]:
        """What is said of the subject, by the names of `Trial`."""
        return {"subject": self.subject, "height_m": self.height, "leg_length_m": self.leg_length}


@dataclass(frozen=True)
class Subject(Body):
    """Who walked, and what the page compares with."""

    age: Annotated[
        float | None, option("Age in years: then the page compares with healthy people of that age.", **decimal(0, 120))
    ] = None
    sex: Annotated[Sex | None, option("Sex of the person, where norms differ.")] = None

    def known(self) -> dict[str, Any]:
        """What is said of the subject, by the names of `Trial`."""
        return {**Body.known(self), "age_years": self.age, "sex": self.sex.value if self.sex else None}


@dataclass(frozen=True)
class Page:
    """What the page shows."""

    norms: NormsOption = None
    faces: Annotated[bool, option("Show faces. By default all of a picture is blurred but the walker's body below the neck.")] = (
        False
    )
    identify: Annotated[bool, option("Show names of files on the page and the subject in its title.")] = False
    clips: Annotated[
        bool, typer.Option("--clips/--no-clips", help="Keep a small film of each video in the page, to play beside the curves.")
    ] = True
    language: Annotated[str, option("Language of the page: en, or your own table of texts (a .csv).", metavar="LANGUAGE")] = "en"

    def settings(self) -> dict[str, Any]:
        """The same, as the doors take it; what cannot be read is told before the work begins."""
        from skelgait.cli.norms import read_own_norms
        from skelgait.report.words import read_texts

        read_texts(self.language)
        return {
            "norms": read_own_norms(self.norms),
            "faces": self.faces,
            "identify": self.identify,
            "clips": self.clips,
            "language": self.language,
        }


def grouped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take dataclasses of options: on the command line each of their fields is an option of its own.

    Parameters
    ----------
    command : callable
        Those of its parameters whose type is a dataclass are groups.

    Returns
    -------
    callable
        For `typer.Typer.command`.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    parameters: list[inspect.Parameter] = []
    for one in inspect.signature(command).parameters.values():
        if one.name in groups:
            of_group = get_type_hints(groups[one.name], include_extras=True)
            parameters += [
                inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=of_group[f.name])
                for f in fields(groups[one.name])
            ]
        else:
            parameters.append(one.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[one.name]))

    @wraps(command)
    def call(**given: Any) -> Any:
        for name, kind in groups.items():
            given[name] = kind(**{field.name: given.pop(field.name) for field in fields(kind)})
        return command(**given)

    del call.__wrapped__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters}
    return call
