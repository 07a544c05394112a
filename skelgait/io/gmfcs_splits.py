"""Splits that were published with the public GMFCS data set: on which side each video is, and who is on two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.gmfcs_tables import as_number_text, read_cells


@dataclass(frozen=True)
class Split:
    """A split that came with the data or with a published system.

    Parameters
    ----------
    source : str
        Its files.
    side : mapping of video to {"train", "val", "test"}
    patient, level : mapping of video to str
        Whom the split takes it for, and its level as written; empty where the split does not say.
    """

    source: str
    side: Mapping[str, str]
    patient: Mapping[str, str]
    level: Mapping[str, str]

    def shared(self, subjects: Mapping[str, str]) -> dict[tuple[str, str], list[str]]:
        """Patients on two sides, by pair of sides; ``subjects`` knows those the split does not name."""
        on: dict[str, set[str]] = {"train": set(), "val": set(), "test": set()}
        for video, side in self.side.items():
            patient = self.patient.get(video) or subjects.get(video, "")
            if patient:
                on[side].add(patient)
        pairs = (("train", "test"), ("val", "test"), ("train", "val"))
        return {pair: sorted(on[pair[0]] & on[pair[1]]) for pair in pairs if on[pair[0]] & on[pair[1]]}


def read_split(folder: Path) -> Split | None:
    """The split in a folder, or None: arrays of (level, patient, video, clip), or a table of videos.

    Raises
    ------
    FileError
        A file of these names that holds something else.
    """
    for ending in ("_dataset14.npy", "_dataset.npy"):
        files = {side: folder / f"{side}{ending}" for side in ("train", "val", "test")}
        if files["train"].is_file() and files["test"].is_file():
            clips = {side: _read_clips(path) for side, path in files.items() if path.is_file()}
            rows = [(side, *map(str, row)) for side, table in clips.items() for row in np.unique(table[:, :3], axis=0)]
            return Split(
                f"{', '.join(path.name for side, path in files.items() if side in clips)}",
                side={video: side for side, _, _, video in rows},
                patient={video: patient for _, _, patient, video in rows},
                level={video: level for _, level, _, video in rows},
            )
    path = folder / "train_test_valid_id_split.csv"
    if not path.is_file():
        return None
    table = read_cells(path, ("videoid", "dataset"))
    videos = table["videoid"].map(as_number_text)
    names = {"train": "train", "validation": "val", "valid": "val", "val": "val", "test": "test"}
    sides = {video: names[side.lower()] for video, side in zip(videos, table["dataset"], strict=True) if side.lower() in names}
    patients = table["Patient_ID"].map(as_number_text) if "Patient_ID" in table.columns else [""] * len(table)
    return Split(path.name, sides, dict(zip(videos, patients, strict=True)), {})


def _read_clips(path: Path) -> np.ndarray:
    """(n, 4) level, patient, video and clip."""
    try:
        table = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise FileError(f"{path.name} cannot be read", found=str(error).splitlines()[0][:100], do="download it again") from None
    if table.ndim != 2 or table.shape[1] != 4 or table.dtype.kind not in "iu":
        raise FileError(
            f"{path.name} is no list of clips",
            found=f"{table.dtype} {table.shape}",
            expected="integers (clips, 4): level, patient, video, clip",
        )
    return table
