"""The subject of a video: found among everybody, followed, and measured for size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from skelgait.core.errors import NoPerson, NotInstalled
from skelgait.estimation.blazepose import LandmarkNet, PeopleDetector, has_bundled_models
from skelgait.estimation.closer import has_companion, was_missed
from skelgait.estimation.person import OTHERS, Person, misfit
from skelgait.estimation.scan import Scan, scan_people, worker_count
from skelgait.io.video import VideoInfo

TRAVELS = 0.75  # body sizes; standing people, as detected, wander over about 0.3


@dataclass(frozen=True, eq=False)
class Subject:
    """Whom a pose is estimated of.

    Parameters
    ----------
    person : Person
        Where the subject is over time.
    others : list of Person
        Where everybody else is.
    number : int
        Place among the people found.
    listed : list of dict
        Everybody found, plainly: where first seen, when, how large, how far they travel.
    picture : (left, top, right, bottom) pixels
        The part of the video that is picture: bars of one colour at its edges are not.
    """

    person: Person
    others: list[Person]
    number: int
    listed: list[dict[str, Any]]
    picture: tuple[float, float, float, float]


def find_subject(
    info: VideoInfo,
    subject: str | int | tuple[float, float, float, float],
    *,
    model_path: str | None = None,
    nets: Sequence[LandmarkNet] = (),
    progress: bool = False,
    keep_partial: bool = False,
) -> Subject:
    """Find and follow the subject of a video.

    Parameters
    ----------
    info : VideoInfo
        The video.
    subject : str, int or box
        As in `estimate_pose`.
    model_path : str, optional
        A ``.task`` file to detect people with, where mediapipe has no model in it.
    nets : sequence of LandmarkNet
        Networks that are open and idle, to measure the subject's size with; opened for it where there are none.
    progress : bool
        Show a progress bar.
    keep_partial : bool
        Take a video that breaks off as it is.

    Returns
    -------
    Subject
        The subject's path, and everybody found.

    Raises
    ------
    NoPerson
        Nobody, or not the person asked for.
    """
    another = people_detector(model_path)
    detectors = [another()]
    try:
        scan = scan_people(info, detectors, progress=progress, keep_partial=keep_partial)
        if _is_closer_look_needed(scan, info, detectors[0]):
            detectors += [another() for _ in range(worker_count() - 1)]
            finer = scan_people(info, detectors, finer=True, progress=progress, keep_partial=keep_partial)
            scan = max(scan, finer, key=lambda one: sum(len(person.time_s) for person in one.people))
    finally:
        for detector in detectors:
            detector.close()
    number = choose_person(scan.people, subject, where=info.path)
    person, others = scan.people[number], scan.people[:number] + scan.people[number + 1 :]
    listed = [
        {
            "x_px": round(float(p.region[0, 0]), 1),
            "y_px": round(float(p.region[0, 1]), 1),
            "size_px": round(p.size, 1),
            "from_s": round(float(p.time_s[0]), 2),
            "to_s": round(float(p.time_s[-1]), 2),
            "travel": round(p.travel, 2),
        }
        for p in scan.people
    ]
    if has_bundled_models():
        factor, shift = _measured(person, others, scan, nets)
        person, *others = (one.resized(factor, shift) for one in (person, *others))
    return Subject(person=person, others=others, number=number, listed=listed, picture=scan.picture)


def _is_closer_look_needed(scan: Scan, info: VideoInfo, detector: Any) -> bool:
    """Whoever is asked for, so that the numbers of people do not depend on it."""
    if not scan.people:
        return True
    walker = scan.people[choose_person(scan.people, "walking", where=info.path)]
    return was_missed(walker, info.size) or has_companion(scan, walker, detector)


def choose_person(people: Sequence[Person], subject: str | int | tuple[float, float, float, float], *, where: str) -> int:
    """Which of the people is the subject.

    Parameters
    ----------
    people : sequence of Person
        Everybody found.
    subject : {"walking", "largest"}, int or (x, y, width, height)
        Who travels most (or, when nobody travels, whose legs move most: a treadmill); who is largest; the place in ``people``; or
        who is in this box, pixels, when first seen.
    where : str
        What to call the video in an error.

    Returns
    -------
    int
        Place in ``people``.

    Raises
    ------
    NoPerson
        Nobody was found, or nobody fits ``subject``.
    """
    if not people:
        raise NoPerson(
            f"nobody was found in {where}",
            do="check that it is the right file, and that a person is in view, upright, at least a fifth of the picture's height",
        )
    listed = "; ".join(
        f"{i}: x={p.region[0, 0]:.0f}, y={p.region[0, 1]:.0f}, size={p.size:.0f} px, {p.time_s[0]:.1f} to {p.time_s[-1]:.1f} s, "
        f"travels {p.travel:.1f} body sizes"
        for i, p in enumerate(people)
    )
    if isinstance(subject, str):
        longest = max(len(p.time_s) for p in people)
        if subject == "largest":
            return int(np.argmax([p.size * min(1, 3 * len(p.time_s) / longest) for p in people]))
        if subject == "walking":
            travel = np.array([p.travel * min(1, len(p.time_s) / 5) for p in people])
            if travel.max() >= TRAVELS:
                return int(np.argmax(travel))
            return int(np.argmax([np.median(p.activity) * p.size * min(1, 2 * len(p.time_s) / longest) for p in people]))
        raise NoPerson(f"unknown subject {subject!r}", expected="'walking', 'largest', a number, or a box (x, y, width, height)")
    if isinstance(subject, int | np.integer):
        if not 0 <= subject < len(people):
            raise NoPerson(f"there is no person {subject} in {where}", found=listed, expected=f"0 to {len(people) - 1}")
        return int(subject)
    x, y, width, height = (float(v) for v in subject)
    places = np.array([[*p.region[0, :2], p.time_s[0]] for p in people])
    off = np.hypot((places[:, 0] - (x + width / 2)) / width, (places[:, 1] - (y + height / 2)) / height) + places[:, 2] / 2
    inside = (np.abs(places[:, 0] - (x + width / 2)) <= 0.75 * width) & (np.abs(places[:, 1] - (y + height / 2)) <= 0.75 * height)
    if not inside.any():
        raise NoPerson(
            f"nobody was found in the box {tuple(subject)} of {where}", found=listed, do="give one of these numbers as subject="
        )
    return int(np.argmin(np.where(inside, off, np.inf)))


def people_detector(model_path: str | None = None) -> Callable[[], Any]:
    """What finds people: BlazePose's detector inside mediapipe 0.10.14, or a ``.task`` file."""
    if has_bundled_models():
        return PeopleDetector
    if model_path and str(model_path).endswith(".task"):
        from skelgait.estimation.mediapipe_tasks import TaskPeople

        return partial(TaskPeople, model_path)
    raise NotInstalled(
        "this mediapipe has no model to find people with",
        expected="mediapipe 0.10.14, or a pose landmarker model file",
        do='pip install "mediapipe==0.10.14", or give model_path="pose_landmarker_full.task"',
    )


def _measured(
    person: Person, others: Sequence[Person], scan: Scan, nets: Sequence[LandmarkNet] = (), *, looks: int = 6, steps: int = 3
) -> tuple[float, tuple[float, float]]:
    """How many times as large a person is as the landmark network sees them, and how far off their hips are, in old body sizes.

    The detector goes by head and hips, and takes somebody whose head is cut off for smaller than they are. Started from a region
    that is too large rather than too small (what is cut off cannot correct anything), the network's own idea of the region
    settles in a few steps; the median over several pictures corrects the whole path. Where it settles on somebody else it
    says nothing.
    """
    at = np.array([time for time, _ in scan.pictures])
    path, *paths = (one.at(at, beyond_s=0.0) * scan.shrink for one in (person, *others))
    there = np.flatnonzero(np.isfinite(path).all(axis=1))
    if not there.size:
        return 1.0, (0.0, 0.0)
    chosen = there[np.unique(np.linspace(0, there.size - 1, min(looks, there.size)).round().astype(int))]

    def settle(net: LandmarkNet, part: np.ndarray) -> list[list[float]]:
        changes = []
        for k in part:
            region = path[k] * [1, 1, 1.5]
            for _ in range(steps):
                before, seen = region, net(scan.pictures[k][1], region)
                region = seen.region
            region = region * [1, 1, np.clip(region[2] / before[2], 0.8, 1.1)]  # about where more steps would lead
            people = np.array([way[k] for way in (path, *paths) if np.isfinite(way[k]).all()])
            off = misfit(region[None], people)[0]
            if off.min() < off[0] - OTHERS:
                continue
            if seen.flag > 0.5 and np.hypot(*(region[:2] - path[k, :2])) < 0.4 * max(region[2], path[k, 2]):
                changes.append([*(region[:2] - path[k, :2]) / path[k, 2], region[2] / path[k, 2]])
        return changes

    own = [] if nets else [LandmarkNet()]
    nets = [*nets, *own]
    with ThreadPoolExecutor(len(nets), "skelgait-size") as pool:
        parts = [chosen[k :: len(nets)] for k in range(len(nets))]
        changes = [change for part in pool.map(settle, nets, parts) for change in part]
    for net in own:
        net.close()
    if len(changes) < 3:
        return 1.0, (0.0, 0.0)
    x, y, factor = np.median(changes, axis=0)
    return float(np.clip(factor, 0.7, 2.2)), (float(x), float(y))
