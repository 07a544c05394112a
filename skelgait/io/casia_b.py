"""The videos of CASIA-B: people without a diagnosis, walking, from several sides."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from skelgait.core.errors import FileError
from skelgait.core.trial import Trial

PLANE = {"000": "frontal", "090": "sagittal", "180": "frontal"}  # the others are oblique
_NAME = re.compile(r"(\d{3})-(nm|bg|cl)-(\d{2})-(\d{3})\.avi", re.IGNORECASE)


def read_casia_b(folder: str | os.PathLike[str], *, angles: Sequence[str] = ("000", "180")) -> list[Trial]:
    """Videos of CASIA-B as walks without labels, to learn from beside labelled ones.

    Parameters
    ----------
    folder : path
        Holds ``001-nm-01-000.avi`` and so on, in folders of any depth: the person, what they wear (``nm`` nothing special, ``bg`` a
        bag, ``cl`` a coat), which walk, and from where.
    angles : sequence of str
        Which videos: ``"000"`` and ``"180"`` are frontal, ``"090"`` is sagittal.

    Returns
    -------
    list of Trial
        One a video, by name. Subjects are ``casia-b 001`` and so on, so that they are taken for nobody of another data set;
        covariates are ``source``, ``type``, ``angle``.

    Raises
    ------
    FileError
        No such folder, no such video in it, or an angle that is oblique.

    Notes
    -----
    Not verified: no file of this data set was seen, because its agreement forbids passing it on. The names are those of its
    description.

    References
    ----------
    Yu S, Tan D, Tan T. A framework for evaluating the effect of view angle, clothing and carrying condition on gait recognition.
    ICPR 2006, doi 10.1109/ICPR.2006.67.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "001-nm-01-000.avi").write_bytes(b"")
    ...     trial = read_casia_b(folder)[0]
    >>> trial.subject, list(trial.video), dict(trial.covariates)
    ('casia-b 001', ['frontal'], {'source': 'casia-b', 'type': 'nm', 'angle': '000'})
    """
    if unknown := sorted(set(angles) - set(PLANE)):
        raise FileError("these angles are in no plane", found=", ".join(unknown), expected=" or ".join(PLANE))
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise FileError(f"there is no folder {root}", do="check the path")
    found = [(path, name) for path in root.rglob("*") if (name := _NAME.fullmatch(path.name)) and name[4] in angles]
    if not found:
        raise FileError(
            f"{root} has no video of CASIA-B from {' or '.join(angles)}",
            expected="names like 001-nm-01-000.avi",
            do="unpack the data set's archives of videos (DatasetB) into it",
        )
    return [
        Trial(
            f"casia-b {name[1]}",
            name=f"casia-b {path.stem.lower()}",
            video={PLANE[name[4]]: str(path)},
            covariates={"source": "casia-b", "type": name[2].lower(), "angle": name[4]},
        )
        for path, name in sorted(found, key=lambda one: one[0].name.lower())
    ]
