"""ChildGait-Video: the items of the Edinburgh score from video, the rows of its ablation, and what stands beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skelgait.core.task import Task
from skelgait.core.trial import PLANES
from skelgait.estimator.baselines import DescriptorClassifier
from skelgait.estimator.classifier import GaitClassifier
from skelgait.estimator.per_item import PerItem
from skelgait.recipes.rules import EvgsRules
from skelgait.recipes.thresholds import Thresholded

RATE_OF_256 = 7e-4  # of batches of 256 clips, in the published fine-tuning; smaller batches take as much less
AUGMENTATION = {"mirror": 0.5, "roll_deg": 3.0, "scale": 0.1}
# Row of the paper's ablation: token-level kinematic prompting, mask-guided patch pruning.
ROWS: Mapping[str, Mapping[str, Any]] = {
    "VideoMAE v2": {"prompt": None, "prune": None},
    "+ TKP": {"prompt": "drawn", "prune": None},
    "+ MPP": {"prompt": None, "prune": "auto"},
    "+ both": {"prompt": "drawn", "prune": "auto"},
}


def childgait_video(
    task: Task | str = "EVGS_BINARY",
    *,
    planes: Sequence[str] = PLANES,
    prompt: str | None = "drawn",
    prune: str | None = "auto",
    frames: int = 16,
    clips: int | None = 1,
    encoder: Mapping[str, Any] | None = None,
    by_plane: bool = True,
    share_limbs: bool = False,
    per_item: bool = False,
    thresholds: str | None = None,
    class_weights: Any = None,
    head: Any = "nominal",
    max_epochs: int = 90,
    batch_size: int = 8,
    optimizer: Any = None,
    augmentation: Any = None,
    validation: float = 0.0,
    accumulate: int = 1,
    precision: str = "32-true",
    folder: str | None = None,
    progress: bool = True,
    random_state: Any = None,
) -> Any:
    """ChildGait-Video: a video transformer shown the child's skeleton and nothing but the child, asked all items at once.

    Parameters
    ----------
    task : Task or str
        ``"EVGS_BINARY"`` as published (typical, atypical), ``"EVGS"`` (0, 1, 2).
    planes : sequence of {"sagittal", "frontal"}
        An encoder each.
    prompt : {"drawn", "learned", None}
        Kinematic prompting: keypoints and their connections drawn on the pictures.
    prune : {"auto", "silhouette", "pose", None}
        Patches that do not show the child are left out.
    frames : int
        Pictures of a clip, a thirtieth of a second apart.
    clips : int, optional
        How many clips are looked at when answering: one from the middle as published; None for the whole walk.
    encoder : mapping, optional
        More settings of the `videomae` encoders: ``{"pretrained": "vit_b_k710.pth"}``, ``{"size": "S"}``, ``{"threshold": 0.2}``.
    by_plane, share_limbs : bool
        See `GaitClassifier`: items look at their own plane only; one head for both limbs.
    per_item : bool
        A network for each item (`PerItem`).
    thresholds : {None, "balanced_accuracy", "f1", "s1"}
        Choose thresholds within the training walks (`tune_thresholds`); five trainings more.
    class_weights : None or "balanced"
        Rare levels count more, at most 5 times. Probabilities then say what they would be were levels equally common, and totals of
        them come out too high: thresholds do without that.
    head : part
        ``"nominal"``, or ``"ordinal"`` for three levels.
    optimizer : part, optional
        Default AdamW with decay 0.05 and 7e-4 for 256 clips a step, less for fewer. That is for published weights; without them
        it learns hardly anything: ``{"adamw": {"lr": 1e-3}}``.
    augmentation : mapping, optional
        Default: mirrored half of the time (not where limbs share a head: it would change nothing), rolled by up to 3 degrees, a
        tenth larger or smaller. ``{}`` for none.
    max_epochs, batch_size, validation, accumulate, precision, folder, progress, random_state
        See `GaitClassifier`.

    Returns
    -------
    GaitClassifier, PerItem or Thresholded
        Not fitted yet.

    Notes
    -----
    Published: VideoMAE v2 trained on Kinetics-710 and then on CGV, 16 pictures at 30 a second, those of the middle for the test,
    prompts and pruning as here, one label of two levels an item. Of the fine-tuning only the reference is known: 90 epochs, AdamW
    7e-4, decay 0.05, layers decaying by 0.75. Not found, and ours: the size of the network, the pruning threshold, what is drawn
    and how wide, one network for all items or one each, what joins the two planes. docs/models/childgait_video.md has them side
    by side.

    References
    ----------
    Decoding Children's Gait Behavior (the CGV data set). Wang L et al. VideoMAE V2. CVPR 2023.

    Examples
    --------
    >>> import skelgait as sg
    >>> model = sg.recipes.childgait_video(encoder={"size": "S"}, planes=["sagittal"])
    >>> sorted(model.get_params()["encoders"][0]["videomae"])
    ['clips', 'drop_path', 'frames', 'layer_decay', 'plane', 'prompt', 'prune', 'size']
    """
    common = {
        "prompt": prompt,
        "prune": prune,
        "frames": frames,
        "clips": clips,
        "drop_path": 0.1,
        "layer_decay": 0.75,
        **(encoder or {}),
    }
    changed = {name: value for name, value in AUGMENTATION.items() if name != "mirror" or not share_limbs}
    supervised = {} if class_weights is None else {"class_weights": class_weights, "most": 5.0}
    rate = RATE_OF_256 * batch_size * accumulate / 256
    model: Any = GaitClassifier(
        task,
        [{"videomae": {"plane": plane, **common}} for plane in planes],
        head=head,
        by_plane=by_plane,
        share_limbs=share_limbs,
        objectives={"supervised": supervised},
        augmentation=changed if augmentation is None else augmentation or None,
        batch_size=batch_size,
        max_epochs=max_epochs,
        optimizer=optimizer if optimizer is not None else {"adamw": {"lr": rate, "weight_decay": 0.05}},
        schedule={"cosine": {"warm_up": 5 / 90}},
        validation=validation,
        accumulate=accumulate,
        precision=precision,
        folder=folder,
        progress=progress,
        random_state=random_state,
    )
    model = PerItem(model) if per_item else model
    return model if thresholds is None else Thresholded(model, thresholds)


def childgait_rows(**settings: Any) -> dict[str, Any]:
    """The rows of the paper's ablation of modules, each a model that is not fitted yet.

    Parameters
    ----------
    **settings
        Of `childgait_video`, for every row alike.

    Returns
    -------
    dict
        ``VideoMAE v2``, ``+ TKP`` (prompting), ``+ MPP`` (pruning), ``+ both``.

    Examples
    --------
    >>> import skelgait as sg
    >>> list(sg.recipes.childgait_rows(max_epochs=1))
    ['VideoMAE v2', '+ TKP', '+ MPP', '+ both']
    """
    return {name: childgait_video(**{**settings, **own}) for name, own in ROWS.items()}


def childgait_others(
    task: Task | str = "EVGS_BINARY",
    *,
    planes: Sequence[str] = PLANES,
    skeleton: Mapping[str, Any] | None = None,
    video: Mapping[str, Any] | None = None,
    max_epochs: int = 60,
    batch_size: int = 16,
    optimizer: Any = None,
    progress: bool = True,
    random_state: Any = None,
) -> dict[str, Any]:
    """The same question answered from something else than video: what belongs into the same table.

    Parameters
    ----------
    task : Task or str
    planes : sequence of {"sagittal", "frontal"}
    skeleton : mapping, optional
        Settings of the `stgcn` encoders.
    video : mapping, optional
        Settings of `videomae` encoders: then a last row fuses video, skeleton and descriptors.
    max_epochs, batch_size, optimizer, progress, random_state
        See `GaitClassifier`.

    Returns
    -------
    dict
        ``rules`` (`EvgsRules`), ``descriptors`` (a forest), ``ST-GCN``, ``ST-GCN + descriptors``, and with ``video`` also
        ``video + ST-GCN + descriptors``. Each encoder of a plane is seen by the items of that plane only; descriptors by all.

    Examples
    --------
    >>> import skelgait as sg
    >>> list(sg.recipes.childgait_others())
    ['rules', 'descriptors', 'ST-GCN', 'ST-GCN + descriptors']
    """
    poses = [{"stgcn": {"plane": plane, "skeleton": "coco23", **(skeleton or {})}} for plane in planes]
    pictures = [{"videomae": {"plane": plane, **(video or {})}} for plane in planes]
    teams = {"ST-GCN": poses, "ST-GCN + descriptors": [*poses, "descriptors"]}
    if video is not None:
        teams["video + ST-GCN + descriptors"] = [*pictures, *poses, "descriptors"]
    networks = {
        name: GaitClassifier(
            task,
            encoders,
            head="nominal",
            by_plane=True,
            augmentation={**AUGMENTATION, "jitter": 0.01, "joint_dropout": 0.05},
            batch_size=batch_size,
            max_epochs=max_epochs,
            optimizer=optimizer if optimizer is not None else {"adamw": {"lr": 1e-3, "weight_decay": 0.02}},
            progress=progress,
            random_state=random_state,
        )
        for name, encoders in teams.items()
    }
    return {
        "rules": EvgsRules(task),
        "descriptors": DescriptorClassifier(task, "random_forest", random_state=random_state),
        **networks,
    }
