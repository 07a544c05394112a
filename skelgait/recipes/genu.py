"""Knock knees and bow legs from colour video: the genu valgum network and AGRM, and the rows of their ablations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skelgait.core.task import Task
from skelgait.estimator.classifier import GaitClassifier

AUGMENTATION = {"mirror": 0.5, "roll_deg": 3.0, "scale": 0.1}
VIEWS = {**AUGMENTATION, "light": 0.6, "noise": 0.05, "hidden": 0.2}  # what is asked of a student whom a sure teacher corrects
TEACHER = {"weight": 0.3, "cost": "label", "threshold": 0.9, "teacher_sees": "plain", "decay": 0.97, "ramp_up": 0.3}
# Row: what it has beside the 3D ResNet.
VALGUM_ROWS: Mapping[str, Mapping[str, bool]] = {
    "3D ResNet": {"attention": False, "pyramid": False},
    "+ attention": {"attention": True, "pyramid": False},
    "+ SHPM": {"attention": False, "pyramid": True},
    "+ both": {"attention": True, "pyramid": True},
}
AGRM_ROWS: Mapping[str, Mapping[str, bool]] = {
    "3D ResNet": {"mean_teacher": False, "pyramid": False},
    "+ SHPM": {"mean_teacher": False, "pyramid": True},
    "+ MT": {"mean_teacher": True, "pyramid": False},
    "+ both": {"mean_teacher": True, "pyramid": True},
}


def genu_valgum(
    task: Task | str = "GENU_BINARY",
    *,
    attention: bool = True,
    pyramid: bool = True,
    encoder: Mapping[str, Any] | None = None,
    max_epochs: int = 40,
    batch_size: int = 8,
    batches: Any = None,
    optimizer: Any = None,
    augmentation: Any = None,
    validation: float = 0.0,
    precision: str = "32-true",
    folder: str | None = None,
    progress: bool = True,
    random_state: Any = None,
) -> GaitClassifier:
    """The genu valgum network: a 3D ResNet with triplet attention and spatial hierarchical pooling over clips of a walk.

    Parameters
    ----------
    task : Task or str
        ``"GENU_BINARY"``, ``"GENU"`` (normal, varum, valgum) or a question of your own.
    attention, pyramid : bool
        Triplet attention in every block; strips of the body in place of the mean over the picture.
    encoder : mapping, optional
        More settings of the `resnet3d` encoder: ``{"pretrained": "r3d18_K_200ep.pth"}``, ``{"depth": 34}``,
        ``{"source": "silhouette"}``.
    augmentation : mapping, optional
        Default: mirrored half of the time, rolled by up to 3 degrees, a tenth larger or smaller. ``{}`` for none.
    max_epochs, batch_size, batches, optimizer, validation, precision, folder, progress, random_state
        See `GaitClassifier`.

    Returns
    -------
    GaitClassifier
        Not fitted yet.

    Notes
    -----
    Published, as far as it could be read: the three parts by name, and that they meet in one network. Ours, because nothing was
    found: everything with a number. The network is the 18-layer one of Hara et al. with the last stage at full size, so that
    there are 7 rows for the strips; strips are 1, 2, 4 and 8; learning is AdamW at 3e-4 with a cosine. Reasons stand in
    docs/models/genu_valgum.md.

    References
    ----------
    Song X, Qian K, Hou X, Wang Y. J Biomed Eng 2025;42(5):994-1004.

    Examples
    --------
    >>> import skelgait as sg
    >>> sg.recipes.genu_valgum(attention=False).get_params()["encoders"]
    {'resnet3d': {'last_stride': 1, 'attention': None, 'pooling': 'pyramid'}}
    """
    settings = {
        "last_stride": 1,
        "attention": "triplet" if attention else None,
        "pooling": "pyramid" if pyramid else "average",
        **(encoder or {}),
    }
    return GaitClassifier(
        task,
        {"resnet3d": settings},
        augmentation=dict(AUGMENTATION) if augmentation is None else augmentation or None,
        batch_size=batch_size,
        batches=batches,
        max_epochs=max_epochs,
        optimizer=optimizer if optimizer is not None else {"adamw": {"lr": 3e-4, "weight_decay": 1e-2}},
        schedule={"cosine": {"warm_up": 0.05}},
        validation=validation,
        precision=precision,
        folder=folder,
        progress=progress,
        random_state=random_state,
    )


def agrm(
    task: Task | str = "GENU",
    *,
    mean_teacher: bool = True,
    pyramid: bool = True,
    teacher: Mapping[str, Any] | None = None,
    encoder: Mapping[str, Any] | None = None,
    **settings: Any,
) -> GaitClassifier:
    """AGRM: a 3D ResNet with spatial hierarchical pooling that learns from walks without answers too, as a Mean Teacher.

    Parameters
    ----------
    task : Task or str
        ``"GENU"`` (normal, varum, valgum), ``"GENU_BINARY"`` or a question of your own.
    mean_teacher, pyramid : bool
        Whether it learns by consistency beside the likelihood; strips of the body in place of the mean over the picture.
    teacher : mapping, optional
        Settings of `skelgait.training.objectives.mean_teacher` other than ours, which are: where the teacher, who sees the walk as
        it is, is at least 0.9 sure of a level, a student who sees it changed is to answer that level, as in FixMatch. As in Mean
        Teacher: ``{"cost": "mse", "threshold": 0, "teacher_sees": "changed"}``.
    encoder : mapping, optional
        More settings of the `resnet3d` encoder.
    **settings
        Of `genu_valgum`: ``max_epochs``, ``batch_size``, ``random_state`` and so on; ``augmentation`` is by default as there, and
        other light, noise and a part hidden, which should change no answer. With several sources
        ``batches={"two_stream": {"by": "source"}}`` balances the labelled and the unlabelled half over them.

    Returns
    -------
    GaitClassifier
        Not fitted yet. Walks without an answer go to ``fit(trials, y, unlabelled=others)``, or have the answer -1; half of each
        batch is of them, and an epoch passes once over the longer half.

    Notes
    -----
    Published, as far as it could be read: the three parts by name, and that clips of a clinic were joined with CASIA-B, which has
    no answers. Whether its walks counted as normal or as unlabelled was not found; here they are unlabelled. The consistency's
    numbers are ours: those of Mean Teacher are for small pictures and ten classes.

    References
    ----------
    AGRM, PMC13024224. Tarvainen A, Valpola H. Mean teachers are better role models, 2017, arXiv 1703.01780. Sohn K et al. FixMatch,
    2020, arXiv 2001.07685.

    Examples
    --------
    >>> import skelgait as sg
    >>> sg.recipes.agrm(max_epochs=5, teacher={"ramp_up": 0.5}).get_params()["objectives"]["mean_teacher"]
    {'weight': 0.3, 'cost': 'label', 'threshold': 0.9, 'teacher_sees': 'plain', 'decay': 0.97, 'ramp_up': 0.5}
    """
    objectives: dict[str, Any] = {"supervised": {}}
    if mean_teacher:
        objectives["mean_teacher"] = {**TEACHER, **(teacher or {})}
    if settings.get("augmentation") is None:
        settings["augmentation"] = dict(VIEWS)
    model = genu_valgum(task, attention=False, pyramid=pyramid, encoder=encoder, **settings)
    return model.set_params(objectives=objectives)


def genu_valgum_rows(**settings: Any) -> dict[str, GaitClassifier]:
    """The rows of an ablation of `genu_valgum`, each a model that is not fitted yet.

    Parameters
    ----------
    **settings
        Of `genu_valgum`, for every row alike.

    Returns
    -------
    dict
        ``3D ResNet``, ``+ attention``, ``+ SHPM``, ``+ both``.

    Examples
    --------
    >>> import skelgait as sg
    >>> list(sg.recipes.genu_valgum_rows(max_epochs=1))
    ['3D ResNet', '+ attention', '+ SHPM', '+ both']
    """
    return {name: genu_valgum(**{**settings, **own}) for name, own in VALGUM_ROWS.items()}


def agrm_rows(**settings: Any) -> dict[str, GaitClassifier]:
    """The rows of an ablation of `agrm`, each a model that is not fitted yet.

    Parameters
    ----------
    **settings
        Of `agrm`, for every row alike.

    Returns
    -------
    dict
        ``3D ResNet``, ``+ SHPM``, ``+ MT``, ``+ both``.

    Examples
    --------
    >>> import skelgait as sg
    >>> list(sg.recipes.agrm_rows(max_epochs=1))
    ['3D ResNet', '+ SHPM', '+ MT', '+ both']
    """
    return {name: agrm(**{**settings, **own}) for name, own in AGRM_ROWS.items()}
