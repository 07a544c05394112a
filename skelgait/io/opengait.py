"""Public data sets of silhouettes in OpenGait's layout: Scoliosis1K, CASIA-B, OU-MVLP and others."""

from __future__ import annotations

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.pose import VIEWS, PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import PLANES, Trial
from skelgait.io.gmfcs_tables import Remarks
from skelgait.io.opengait_labels import SCOLIOSIS, read_partition, read_people
from skelgait.io.opengait_store import Store, as_silhouettes, read_arrays
from skelgait.io.opengait_tree import Leaf, list_leaves
from skelgait.io.paths import find_path
from skelgait.io.poses import read_pose

MODALITIES = ("silhouettes", "pose")


def read_opengait(
    root: str | Path,
    *,
    partition: str | Path | None = None,
    people: str | Path | Mapping[str, str] | None = None,
    pose_root: str | Path | None = None,
    store: str | Path | None = None,
    label: str | None = None,
    view: str | None = None,
    fps: float | None = None,
    modalities: Sequence[str] = MODALITIES,
    progress: bool = True,
) -> list[Trial]:
    r"""Read a data set of silhouettes, or of poses, in OpenGait's layout: one trial a walk.

    Parameters
    ----------
    root : str or Path
        ``<root>/<id>/<type>/<view>/*.pkl``, as OpenGait's own preparation writes it and Scoliosis1K is handed out; masks (PNG) in
        place of the pickles, as CASIA-B is; or ``<root>/Silhouette_<view>-<type>/<id>/*.png``, as OU-MVLP is.
    partition : str or Path, optional
        A published split, ``{"TRAIN_SET": [...], "TEST_SET": [...]}``, or a ratio of Scoliosis1K (``"1:1:8"``), whose
        ``Scoliosis1K_118.json`` lies in ``root`` or above it. Goes to ``covariates["split"]``; ids in neither set have none.
    people : path or mapping of id to person, optional
        Who the ids are, where several are one person: a CSV with columns ``id`` and ``person``, or JSON. Without it an id is taken
        for a person, with a warning where it cannot be one.
    pose_root : str or Path, optional
        A second tree with the poses of the same walks, as Scoliosis1K hands them out.
    store : str or Path, optional
        Where silhouettes are kept in our own form, once; default a folder ``<root>_silhouettes`` beside ``root``.
    label : str, optional
        Under this name the type of each walk becomes its label, in small letters. Default: ``"scoliosis"`` where the types are
        negative, neutral or positive, in whatever letters; other types stay ``covariates["type"]`` only.
    view : str, optional
        What the camera saw (see `PoseSequence`), where the name of the folder is no angle.
    fps : float, frames per second, optional
        No data set of this kind says it in its files. Silhouettes do without (their times are NaN); poses need it.
    modalities : sequence of {"silhouettes", "pose"}
        What to read.
    progress : bool
        Show a bar.

    Returns
    -------
    list of Trial
        In the order of ids, types and views. ``subject`` is the person, or the id; ``name`` is ``<id>/<type>/<view>``;
        ``silhouettes`` has the path of the kept file, ``pose`` the pose; ``covariates`` has ``split`` and the names of the folders,
        ``id``, ``type`` and ``angle``.

    Raises
    ------
    FileError
        No walk, a partition or list of people that is none, a view that nobody knows, poses without ``fps``, or nothing
        readable.

    Warns
    -----
    UserWarning
        Where ids are walks and not people, where one person is on both sides of the partition, and, once, for everything else
        out of order: pickles that are refused or hold something else, ids of the partition that are not there.

    Notes
    -----
    *Pickles are programs.* Only those that build arrays and plain values are read, and nothing in them is run; any other is
    refused, told and passed over. Each is read once: what is kept is mapped into memory while training, and made again only when
    the pickle has changed. Sides are cut to 44 columns, as OpenGait does when it loads; grey edges stay as they are.

    *Planes.* Folders named by an angle: 000 and 180 (also together, ``000_180`` or ``000-180``) are frontal, 090 and 270
    sagittal, others oblique and kept under the plane that is nearer.

    *Scoliosis1K* has 1,493 ids for 1,050 people: an id is one recording, and the published splits cannot be known to keep people
    apart. Its classes are named; OpenGait has numbered them in two orders, see `skelgait.io.opengait_labels.order_scoliosis`.

    *Frames* of pickles are counted from 0 without those that whoever made them left out, so that times, with ``fps``, are only
    about right.

    Not verified: no file of these data sets was seen, because their agreements forbid passing them on. The layouts are those that
    OpenGait's code and documents write and read.

    References
    ----------
    Fan C et al. OpenGait, CVPR 2023, github.com/ShiqiYu/OpenGait. Zhou Z et al. Scoliosis1K, MICCAI 2024, arXiv 2407.05726. Yu S et
    al. CASIA-B, ICPR 2006. Takemura N et al. OU-MVLP, IPSJ CVA 2018;10:4.

    Examples
    --------
    >>> import pickle, tempfile
    >>> root = Path(tempfile.mkdtemp()) / "Scoliosis1K-sil-pkl"
    >>> for who, kind in (("00000", "Positive"), ("00001", "Negative")):
    ...     leaf = root / who / kind / "000_180"
    ...     leaf.mkdir(parents=True)
    ...     _ = (leaf / "000_180.pkl").write_bytes(pickle.dumps(np.full((30, 64, 64), 255, np.uint8)))
    >>> with warnings.catch_warnings():  # that these ids are walks, not people
    ...     warnings.simplefilter("ignore")
    ...     trials = read_opengait(root, progress=False)
    >>> [(t.subject, t.labels["scoliosis"], len(t.silhouette_sequence())) for t in trials]
    [('00000', 'positive', 30), ('00001', 'negative', 30)]
    """
    from tqdm.auto import tqdm

    unknown = sorted(set(modalities) - set(MODALITIES))
    if unknown or not modalities:
        raise FileError("what is to be read?", found=", ".join(unknown) or "nothing", expected=" or ".join(MODALITIES))
    folder, _ = find_path(root)
    leaves = list_leaves(folder)
    split = {} if partition is None else read_partition(partition, folder)
    persons = {} if people is None else read_people(people)
    remarks = Remarks()
    kept = Store(
        folder.resolve().with_name(f"{folder.resolve().name}_silhouettes") if store is None else Path(store).expanduser(),
        fps,
        view,
    )
    poses = {} if pose_root is None else {_key(leaf): leaf for leaf in list_leaves(find_path(pose_root)[0])}
    graded = label is None and any(leaf.type.lower() in SCOLIOSIS for leaf in leaves)
    if graded:
        label = "scoliosis"
    trials: list[Trial] = []
    for leaf in tqdm(leaves, "reading", unit="walk", disable=not progress or None, leave=False):
        seen, plane = _direction(leaf, view)
        outlines, pose = _read(leaf, poses.get(_key(leaf)), kept, seen, modalities, remarks)
        if outlines is None and pose is None:
            continue
        person = persons.get(leaf.id, leaf.id)
        if persons and leaf.id not in persons:
            remarks.add("ids that the list of people does not have stand for themselves", leaf.id)
        labels = {label: leaf.type.lower()} if label else {}
        if graded and leaf.type.lower() not in SCOLIOSIS:
            remarks.add(f"walks without a label: their type is not {', '.join(SCOLIOSIS)}", leaf.name)
            labels = {}
        covariates = {"id": leaf.id, "type": leaf.type, "angle": leaf.view}
        if leaf.id in split:
            covariates["split"] = split[leaf.id]
        trials.append(
            Trial(
                person,
                {} if pose is None else {plane: pose},
                name=leaf.name,
                silhouettes={} if outlines is None else {plane: str(outlines)},
                labels=labels,
                covariates=covariates,
            )
        )
    if not trials:
        raise FileError(
            f"nothing in {folder} can be read",
            found=str(remarks) or f"no {' and no '.join(modalities)}",
            do="check that it is the folder of the ids, and that what it holds is silhouettes or keypoints",
        )
    if absent := sorted(set(split) - {leaf.id for leaf in leaves}):
        remarks.add("ids of the partition that are not there", *absent)
    if split and (rest := sorted({leaf.id for leaf in leaves} - set(split))):
        remarks.add("ids that the partition does not have are in no set", *rest)
    if remarks.about:
        warnings.warn(f"{folder}: {remarks}", stacklevel=2)
    _warn_of_identities(trials, folder, persons)
    return trials


def _key(leaf: Leaf) -> tuple[str, str, str]:
    """Tells the same walk in two trees, in whatever letters."""
    return leaf.id, leaf.type.lower(), leaf.view.replace("-", "_").lower()


def _direction(leaf: Leaf, view: str | None) -> tuple[str | None, str]:
    """What the camera saw, and the plane it is kept under."""
    if view is not None:
        if view not in VIEWS:
            raise FileError(f"unknown view {view!r}", expected=", ".join(VIEWS), do="give one of these, or leave it out")
        plane = view.split("_")[0]
        return view, plane if plane in PLANES else "sagittal"
    angles = [int(part) for part in re.split(r"[_-]", leaf.view)] if re.fullmatch(r"\d{3}([_-]\d{3})*", leaf.view) else []
    if not angles:
        raise FileError(
            f"{leaf.folder}: from where did the camera look?",
            found=f"a folder named {leaf.view!r}",
            expected="an angle, such as 000, 090 or 000_180",
            do='give it for all: view="frontal"',
        )
    across = np.abs(np.sin(np.radians(angles)))
    if across.max() < 1e-6:
        return "frontal", "frontal"
    if across.min() > 1 - 1e-6:
        return "sagittal", "sagittal"
    return "oblique", "sagittal" if across.mean() > np.sqrt(0.5) else "frontal"


def _read(
    leaf: Leaf, other: Leaf | None, kept: Store, view: str | None, modalities: Sequence[str], remarks: Remarks
) -> tuple[Path | None, PoseSequence | None]:
    """The kept file of a walk's silhouettes, and its pose: the first of each that its files, or those of the other tree, hold."""
    outlines: Path | None = None
    pose: PoseSequence | None = None
    needed = set(modalities)
    sources = [leaf.folder] if leaf.pictures else list(leaf.pickles)
    for source in [*sources, *(other.pickles if other else ())]:
        own = source in sources  # poses of the other tree have the names that silhouettes have in this one
        found = kept.find(leaf, source) if own else None
        walk = None
        if found is None and needed:
            try:
                walk = _content(leaf, source, kept, view, needed if own else needed & {"pose"}, remarks)
            except SkelgaitError as fault:
                if isinstance(fault, _NeedsRate):
                    raise
                remarks.add(f"files passed over: {fault.problem.replace(str(source), 'one that')}", leaf.name)
        if isinstance(walk, PoseSequence):
            pose = walk
            needed.discard("pose")
        elif (found or walk) and "silhouettes" in needed:
            outlines = found or kept.keep(walk, leaf, source)  # type: ignore[arg-type]
            needed.discard("silhouettes")
    return outlines, pose


def _content(
    leaf: Leaf, source: Path, kept: Store, view: str | None, needed: set[str], remarks: Remarks
) -> SilhouetteSequence | PoseSequence | None:
    """What a file, or a folder of pictures, holds of what is needed."""
    if source == leaf.folder:
        return kept.read_pictures(leaf, view) if "silhouettes" in needed else None
    array = read_arrays(source)
    frames = as_silhouettes(array, str(source))
    if frames is not None:
        return kept.read_frames(leaf, source, frames, view) if "silhouettes" in needed else None
    if array.ndim != 3 or array.shape[2] not in (2, 3):
        remarks.add(f"pickles passed over, of shape (frames, {', '.join(map(str, array.shape[1:]))})", leaf.name)
        return None
    return _pose(source, kept.fps, view) if "pose" in needed else None


class _NeedsRate(FileError):
    """Poses are there, and nobody said how fast they were filmed."""


def _pose(file: Path, fps: float | None, view: str | None) -> PoseSequence:
    if fps is None:
        raise _NeedsRate(
            f"how fast was {file} filmed?",
            found="poses, and no fps",
            do='give fps= (no file of the data set says it), or modalities=["silhouettes"]',
        )
    return read_pose(file, fps=fps, view=view)


def _warn_of_identities(trials: Sequence[Trial], folder: Path, persons: Mapping[str, str]) -> None:
    """Say loudly where an id is a walk and not a person, and where a person is on both sides of a published split."""
    sides: dict[str, set[str]] = defaultdict(set)
    for trial in trials:
        if "split" in trial.covariates:
            sides[trial.subject].add(trial.covariates["split"])
    torn = sorted(person for person, where in sides.items() if len(where) > 1)
    if torn:
        some = ", ".join(torn[:4]) + (", ..." if len(torn) > 4 else "")
        warnings.warn(
            f"{folder}: the partition has {len(torn)} people on both sides ({some}): what a model scores on its test set is not "
            "what it will score on new people. Split by subject with sg.subject_folds",
            stacklevel=3,
        )
    walks: Counter[Any] = Counter(trial.covariates["id"] for trial in trials)
    if not persons and len(walks) > 1 and max(walks.values()) == 1:
        known = "; all of Scoliosis1K are 1,493 ids of 1,050 people" if all("scoliosis" in t.labels for t in trials) else ""
        warnings.warn(
            f"{folder}: AN ID HERE IS A RECORDING, NOT KNOWN TO BE A PERSON (each of the {len(walks)} ids has one walk{known}). "
            "Whoever was recorded twice is two subjects: training and test may share people, and a triplet loss on these ids tells "
            "recordings apart, not people. Give people= with a list of id and person, where you have one",
            stacklevel=3,
        )
