"""A cohort of synthetic children whose answers to a clinical question are known: ground to learn on, and to test learning on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import BODY25, Skeleton
from skelgait.core.trial import PLANES, Trial
from skelgait.walker.camera import Camera
from skelgait.walker.child import Walker
from skelgait.walker.curves import healthy
from skelgait.walker.evgs import score_truth
from skelgait.walker.look import draw_clothes
from skelgait.walker.populations import HABITS, POPULATIONS, Population
from skelgait.walker.studio import Studio, open_studio

GRAVITY_M_S2 = 9.81
FRAME_RATES = (25.0, 30.0, 50.0, 60.0)


def draw_cohort(
    n_subjects: int = 300,
    walks_per_subject: int = 3,
    task: str | Population = "gmfcs",
    *,
    random_state: int = 0,
    signs: Sequence[str] | None = None,
    strength: float = 1.0,
    shares: Sequence[float] | None = None,
    planes: Sequence[str] | None = None,
    skeleton: Skeleton = BODY25,
    duration_s: float = 6.0,
    films: str | os.PathLike[str] | None = None,
    clutter: float = 1.0,
    film_px: int = 480,
    n_jobs: int = 1,
) -> list[Trial]:
    """Film children of known levels, several walks each.

    Parameters
    ----------
    n_subjects, walks_per_subject : int
    task : {"gmfcs", "genu", "scoliosis", "evgs"} or Population
        What the children differ in. Walks of ``"scoliosis"`` have silhouettes beside the pose. Those of ``"evgs"`` are filmed
        from both planes, and their answer is the 34 scores of what they do (`skelgait.walker.evgs.score_truth`; None for items
        that are not planted).
    random_state : int
        Which children. A child is the same whatever the number of children.
    signs : sequence of str, optional
        Only these signs differ between levels; the others stay at the first level's. Default: all of the population.
    strength : float
        How much levels differ: 1 as documented, 0 not at all.
    shares : sequence of float, optional
        How many children have each level, as a ratio: ``(8, 1, 1)``. Default: the population's.
    planes : sequence of str, optional
        ``"sagittal"``, ``"frontal"``; default what the question needs.
    skeleton : Skeleton
        Layout of the poses.
    duration_s : float, seconds
        Mean length of a walk; each is up to a sixth longer or shorter.
    films : path, optional
        A folder, made when it is not there, into which colour films of the walks go: H.264, their paths in ``video``. The child
        wears its own clothes, each film has its own room, light and lens.
    clutter : float
        How much stands and passes in the rooms of the films: 1 as usual, 0 nothing, before one colour.
    film_px : int
        Width of the films; they are 16 : 9.
    n_jobs : int
        Processes, as joblib counts.

    Returns
    -------
    list of Trial
        Named ``child012_2`` (second walk of the thirteenth child), with age, sex, height and leg length, the answer in ``labels``
        and what is true of the walk in ``covariates``, each under a name that begins with ``truth_``.

    Raises
    ------
    SkelgaitError
        An unknown task, sign or plane, shares that are none, films too small or cluttered for a room, or no children.
    FileError
        The folder of the films cannot be made or written to.

    Notes
    -----
    What the numbers are, which lean on what, and which are designed: ``docs/synthetic_cohort.md``. Poses are of the film's pixels,
    where there is one. A film that is there already is not made again, whole or not at all: a run may be killed and started again.

    Examples
    --------
    >>> walks = draw_cohort(2, 2, duration_s=3, random_state=1)
    >>> [walk.name for walk in walks], walks[0].labels["gmfcs"] == walks[1].labels["gmfcs"]
    (['child000_1', 'child000_2', 'child001_1', 'child001_2'], True)
    >>> round(walks[0].covariates["truth_crouch"], 1) != round(walks[1].covariates["truth_crouch"], 1)
    True
    """
    population = _population(task)
    chosen = tuple(planes) if planes is not None else population.planes
    known = [sign.name for sign in population.signs]
    for what, given, allowed in (("plane", chosen, PLANES), ("sign", signs or (), known)):
        unknown = [name for name in given if name not in allowed]
        if unknown:
            raise SkelgaitError(f"there is no such {what}", found=", ".join(unknown), expected=", ".join(allowed))
    if n_subjects < 1 or walks_per_subject < 1:
        raise SkelgaitError("a cohort needs a child and a walk", found=f"{n_subjects} children, {walks_per_subject} walks each")
    population = _weaken(population, signs, strength)
    if shares is not None:
        given = np.array(shares, float)
        if given.shape != (len(population.levels),) or not (np.isfinite(given) & (given >= 0)).all() or not given.sum():
            raise SkelgaitError(
                "these shares are none",
                found=str(list(shares)),
                expected=f"a number, 0 or more, for each of {', '.join(population.levels)}",
            )
        population = replace(population, shares=tuple(given / given.sum()))
    studio = Studio() if films is None else open_studio(films, clutter, film_px)
    work = [(population, random_state, n, walks_per_subject, chosen, skeleton, duration_s, studio) for n in range(n_subjects)]
    if n_jobs == 1:
        return [trial for job in work for trial in _film_child(*job)]
    from joblib import Parallel, delayed

    return [trial for trials in Parallel(n_jobs=n_jobs)(delayed(_film_child)(*job) for job in work) for trial in trials]


def _population(task: str | Population) -> Population:
    if isinstance(task, Population):
        return task
    if task not in POPULATIONS:
        raise SkelgaitError("there are no children for this question", found=repr(task), expected=", ".join(POPULATIONS))
    return POPULATIONS[task]


def _weaken(population: Population, signs: Sequence[str] | None, strength: float) -> Population:
    """The population with only some signs, each as strong as asked; the others keep their spread about the first level's mean."""
    changed = []
    for sign in population.signs:
        share = strength if signs is None or sign.name in signs else 0.0
        first = sign.means[0]
        changed.append(replace(sign, means=tuple(first + share * (mean - first) for mean in sign.means)))
    return replace(population, signs=tuple(changed))


def _film_child(
    population: Population,
    seed: int,
    number: int,
    walks: int,
    planes: tuple[str, ...],
    skeleton: Skeleton,
    duration_s: float,
    studio: Studio = Studio(),  # noqa: B008 (nothing of it changes)
) -> list[Trial]:
    """All walks of one child."""
    random = np.random.default_rng([seed, number])
    level = int(random.choice(len(population.levels), p=population.shares))
    severity = level + population.blur * random.standard_normal()
    traits = {sign.name: sign for sign in (*HABITS, *population.habits, *population.signs)}
    child = {name: sign.mean_at(severity) + sign.between * random.standard_normal() for name, sign in traits.items()}
    age = float(random.uniform(3.5, 17.0))
    height = float(np.clip(0.77 + 0.0635 * age, None, 1.70) * (1 + 0.045 * random.standard_normal()))
    leg = 0.48 * height * (1 + 0.02 * random.standard_normal())
    body = {
        "height_m": height,
        "leg_length_m": float(leg),
        "affected": int(random.integers(2)),  # the side that is worse: 0 left
        "one_sided": bool(random.random() < 0.3),
        "knee_difference_deg": float(1.2 * random.standard_normal()),
        "step_width_ll": float(np.clip(0.13 + 0.03 * random.standard_normal(), 0.04, 0.3)),
    }
    sex = ("female", "male")[int(random.integers(2))]
    clothes = draw_clothes(age, np.random.default_rng([seed, number, 1]))
    trials = []
    for walk in range(walks):
        own = {
            name: float(np.clip(child[name] + sign.within * random.standard_normal(), sign.low, sign.high))
            for name, sign in traits.items()
        }
        walker = _walker(own, body, random)
        fps, length = float(random.choice(FRAME_RATES)), duration_s * float(random.uniform(5 / 6, 7 / 6))
        poses, silhouettes, videos = {}, {}, {}
        for plane in planes:
            camera, px_per_m = _camera(plane, walker, length, studio, random)
            film = walker.film(
                camera,
                fps=fps,
                duration_s=length,
                noise_px=own["detector_noise"] / 100 * leg * px_per_m,
                dropout=float(random.uniform(0.0, 0.04)),
                swaps=int(random.poisson(0.4)),
                random_state=int(random.integers(2**31)),
                skeleton=skeleton,
            )
            poses[plane] = film.pose
            if studio.folder:
                name = f"{population.label}_child{number:03d}_{walk + 1}_{plane}"
                videos[plane] = studio.keep(film, name, clothes, [seed, number, 2, walk, PLANES.index(plane)])
            if population.silhouettes:
                silhouettes[plane] = film.silhouette_sequence(
                    cloth=own.get("cloth", 0.0),
                    holes=own.get("holes", 0.0),
                    lost=own.get("lost_frames", 0.0),
                    random_state=int(random.integers(2**31)),
                )
        truth = {
            "severity": severity,
            **own,
            "affected_side": ("left", "right")[body["affected"]],
            "cadence_spm": walker.cadence_spm,
        }
        if population.scored:
            truth["level"] = population.levels[level]
        trials.append(
            Trial(
                f"child{number:03d}",
                poses,
                video=videos,
                silhouettes=silhouettes,
                name=f"child{number:03d}_{walk + 1}",
                age_years=round(age, 1),
                sex=sex,
                height_m=round(height, 2),
                leg_length_m=round(float(leg) + 0.008 * float(random.standard_normal()), 2),
                labels={population.label: score_truth(walker) if population.scored else population.levels[level]},
                covariates={f"truth_{name}": value for name, value in truth.items()},
            )
        )
    return trials


def _walker(own: Mapping[str, float], body: Mapping[str, Any], random: np.random.Generator) -> Walker:
    """A child's traits on one walk as settings of the walker."""
    leg, worse = body["leg_length_m"], body["affected"]
    sign = np.array([1.0, -1.0]) if worse == 0 else np.array([-1.0, 1.0])  # + on the worse side
    uneven = own["asymmetry"]
    step = own["step_length"] * leg * (1 - uneven * sign)
    crouch = np.clip(own["crouch"] * (1 + 2.5 * uneven * sign), 0, 60)
    stiff = np.clip(own["stiff_knee"] * (1 + 3 * uneven * sign), 0, 0.9)
    valgus = own["knee_valgus"] + body["knee_difference_deg"] * sign
    if body["one_sided"]:
        valgus = np.where(sign > 0, valgus, np.clip(valgus, -2.0, 3.0))
    worse_more = np.where(sign > 0, 1.0, 0.2) if body["one_sided"] else 1 + 2.5 * uneven * sign
    equinus = np.clip(own.get("equinus", 0.0) * worse_more, 0, 40)
    foot_out = np.clip(own.get("foot_out", 0.0) + own.get("foot_difference", 0.0) / 2 * sign, -48, 48)
    late = own["knee_delay"] / 100
    return Walker(
        height_m=body["height_m"],
        leg_length_m=leg,
        cadence_spm=60 * own["cadence"] * np.sqrt(GRAVITY_M_S2 / leg),
        step_length_m=_pair(step),
        step_time_ratio=float(1 + 0.8 * uneven * sign[0]),
        stance_percent=own["stance"],
        start_share=float(random.random()),
        stride_time_cv_percent=own["stride_time_cv"],
        rhythm_seed=int(random.integers(2**31)),
        knee_harmonics=_late_knee(late),
        crouch_deg=_pair(crouch),
        equinus_deg=_pair(equinus),
        foot_progression_deg=_pair(foot_out),
        stiff_knee=_pair(stiff),
        knee_valgus_deg=_pair(np.clip(valgus, -28, 28)),
        hip_rotation_deg=own["hip_rotation"],
        trunk_lean_deg=own["trunk_lean"],
        trunk_sway_deg=own["trunk_sway"],
        arm_swing_deg=own["arm_swing"],
        step_width_m=body["step_width_ll"] * leg,
        pelvis_sway_m=0.025 * leg,
        toe_clearance_m=0.02 * leg,
        trunk_left_shift_m=own.get("trunk_shift", 0.0) / 100 * body["height_m"] * float(sign[0]),
        shoulder_left_up_deg=own.get("shoulder_tilt", 0.0) * float(sign[0]),
        pelvis_left_up_deg=own.get("pelvic_tilt", 0.0) * float(sign[0]),
        trunk_girth=own.get("trunk_girth", 1.0),
        limb_girth=own.get("limb_girth", 1.0),
    )


def _camera(plane: str, walker: Walker, duration_s: float, studio: Studio, random: np.random.Generator) -> tuple[Camera, float]:
    """A camera somewhere about where it should be, and its pixels a metre; for a film it is turned to the child."""
    path = float(walker.step_lengths_m.mean()) * walker.cadence_spm / 60 * duration_s
    height = walker.body_height_m
    if plane == "sagittal":
        view = str(random.choice(["sagittal_left", "sagittal_right"]))
        whole = 2.6 * height if studio.folder else 0.0  # of a short walk too the film shows the child from head to foot
        distance = max(2.5 * (path / 2 + 0.4 * height), whole) * float(random.uniform(1.05, 1.5))
    else:
        view = str(random.choice(["frontal_towards", "frontal_away"]))
        distance = path / 2 + 2.6 * height * float(random.uniform(1.0, 1.5))
    yaw, lens = float(np.clip(4 * random.standard_normal(), -10, 10)), float(random.uniform(0.5, 1.3))
    down = float(np.degrees(np.arctan2(lens - 0.5 * height, distance))) if studio.folder else 0.0
    camera = Camera(
        view=view,
        yaw_deg=yaw,
        distance_m=distance,
        height_m=lens,
        roll_deg=float(1.0 * random.standard_normal()),
        tilt_deg=down + float(0.7 * random.standard_normal()),
        size=studio.size,
    )
    return camera, 1.2 * studio.size[0] / distance


def _late_knee(late: float) -> tuple[float, ...]:
    """Harmonics of the healthy knee curve whose swing peak comes ``late`` (share of the stride); stance and contact stay."""
    share = np.arange(256) / 256
    inside = np.clip((share - 0.52) / 0.44, 0, 1)
    knee = healthy("knee_flexion", share - late * np.sin(np.pi * inside) ** 2)
    waves = np.fft.rfft(knee) / len(knee)
    pairs = [value for wave in waves[1:9] for value in (2 * wave.real, -2 * wave.imag)]
    return tuple(float(value) for value in (waves[0].real, *pairs))


def _pair(values: np.ndarray) -> tuple[float, float]:
    return float(values[0]), float(values[1])
