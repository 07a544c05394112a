"""ScoNet and ScoNet-MT for scoliosis, and the rows of the paper's table, by settings alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import Task
from skelgait.estimator.classifier import GaitClassifier
from skelgait.estimator.published import read_sconet as read_sconet

STRIPS = 16
PLAIN = {"shortcut": False, "strips": 1}
# Row of the paper's table: settings of the encoder, and whom the triplet term brings together.
ROWS: Mapping[str, tuple[Mapping[str, Any], str | None]] = {
    "CNN": (PLAIN, None),
    "CNN-Triplet": (PLAIN, "level"),
    "CNN-MT": (PLAIN, "subject"),
    "ScoNet": ({}, None),
    "ScoNet-Triplet": ({}, "level"),
    "ScoNet-MT": ({}, "subject"),
}


def sconet(
    task: Task | str = "SCOLIOSIS",
    *,
    encoder: Mapping[str, Any] | None = None,
    triplet: str | None = None,
    squared: bool = False,
    max_steps: int = 20_000,
    subjects: int = 8,
    walks_each: int = 8,
    augmentation: Any = None,
    validation: float = 0.0,
    precision: str = "32-true",
    folder: str | None = None,
    progress: bool = True,
    random_state: Any = None,
) -> GaitClassifier:
    """ScoNet: silhouettes of a walk, strip by strip, to a grade of scoliosis.

    Parameters
    ----------
    task : Task or str
    encoder : mapping, optional
        More settings of the `sconet` encoder: ``{"plane": "sagittal"}``, ``{"source": "skeleton_map"}``, fewer ``channels``.
    triplet : {None, "level", "subject"}
        A triplet term beside the likelihood: walks of one answer, or of one subject, closer together than others, for each strip on
        its own, before the neck.
    squared : bool
        Squared distances in it, as the paper prints; its code has plain ones.
    max_steps : int
        Steps of the training; the rate falls to a tenth at 50, 70 and 90 percent of them.
    subjects, walks_each : int
        A batch: so many subjects, so many draws of 30 frames of each.
    augmentation, validation, precision, folder, progress, random_state
        See `GaitClassifier`.

    Returns
    -------
    GaitClassifier
        Not fitted yet.

    Notes
    -----
    As published: ResNet9, 16 strips of 256, cosine neck times 16, smoothing 0.1, margin 0.2, SGD 0.1 with momentum 0.9 and decay
    5e-4, 8 x 8 draws of 30 frames in no order, 20,000 steps, no augmentation; all frames when answering. Ours: an identity is a
    person where persons are known (released identities are single sequences), and every row of the table is trained on the same
    batches. docs/models/sconet.md has the paper, its code and ours side by side.

    References
    ----------
    Zhou Z, Liang J, Peng Z, Fan C, An F, Yu S. Gait patterns as biomarkers: a video-based approach for classifying scoliosis.
    MICCAI 2024, arXiv 2407.05726.

    Examples
    --------
    >>> import skelgait as sg
    >>> sg.recipes.sconet(max_steps=100).get_params()["head"]
    {'bnneck': {'parts': 16}}
    """
    if triplet not in (None, "level", "subject"):
        raise SkelgaitError(f"there is no triplet of {triplet!r}", expected="level, subject or nothing")
    settings = dict(encoder or {})
    objectives: dict[str, Any] = {"supervised": {"smoothing": 0.1}}
    if triplet is not None:
        objectives["triplet"] = {"margin": 0.2, "alike": triplet, "over": "tokens", "squared": squared}
    return GaitClassifier(
        task,
        {"sconet": settings},
        head={"bnneck": {"parts": settings.get("strips", STRIPS)}},
        objectives=objectives,
        augmentation=augmentation,
        batches={"subjects": {"subjects": subjects, "walks_each": walks_each}},
        optimizer={"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}},
        schedule={"steps": {"at": [0.5, 0.7, 0.9], "factor": 0.1}},
        max_steps=max_steps,
        clip=0.0,
        validation=validation,
        precision=precision,
        folder=folder,
        progress=progress,
        random_state=random_state,
    )


def sconet_mt(task: Task | str = "SCOLIOSIS", **settings: Any) -> GaitClassifier:
    """ScoNet-MT: `sconet` that learns beside the answer to tell subjects apart.

    Parameters
    ----------
    task : Task or str
    **settings
        Of `sconet`, without ``triplet``.

    Returns
    -------
    GaitClassifier
        Not fitted yet.

    Examples
    --------
    >>> import skelgait as sg
    >>> sorted(sg.recipes.sconet_mt(max_steps=100).get_params()["objectives"])
    ['supervised', 'triplet']
    """
    return sconet(task, triplet="subject", **settings)


def scoliosis_rows(**settings: Any) -> dict[str, GaitClassifier]:
    """The six rows of the paper's table, each a model that is not fitted yet.

    Parameters
    ----------
    **settings
        Of `sconet`, for every row alike.

    Returns
    -------
    dict
        Row to model: ``CNN``, ``CNN-Triplet``, ``CNN-MT``, ``ScoNet``, ``ScoNet-Triplet``, ``ScoNet-MT``.

    Notes
    -----
    Published are the rows' names and numbers. That MT is the triplet on identities follows from the paper and its code. Where we
    found nothing: CNN is taken as the same convolutions without ways past them and without strips, Triplet as the triplet on the
    grade itself (one task, not two).

    Examples
    --------
    >>> import skelgait as sg
    >>> list(sg.recipes.scoliosis_rows(max_steps=100))[::5]
    ['CNN', 'ScoNet-MT']
    """
    more = dict(settings.pop("encoder", None) or {})
    return {name: sconet(encoder={**more, **own}, triplet=triplet, **settings) for name, (own, triplet) in ROWS.items()}
