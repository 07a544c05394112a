"""AlphaPose JSON: one list of people, each with the image it stands in.

https://github.com/MVIG-SJTU/AlphaPose, docs/output.md. ``[{"image_id": "12.jpg", "keypoints": [x, y, score, ...], "score",
"idx"}]`` with ``idx`` the identity where the tracker ran. Detectron2 and other COCO result files have the same form with a
number as ``image_id``. Halpe-136 and Halpe-68 begin with the 26 points of HALPE-26, which are kept. What ``--format open`` and
``--format cmu`` write is read as OpenPose's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skelgait.core.errors import FileError
from skelgait.io.names import counted_skeleton
from skelgait.io.openpose import flat_rows, image_number
from skelgait.io.people import People, as_confidence
from skelgait.io.source import Source, place_frames


def recognises(source: Source) -> bool:
    """Whether the document is a list of people with an image each."""
    content = source.content
    return (
        isinstance(content, list)
        and bool(content)
        and isinstance(content[0], dict)
        and {"image_id", "keypoints"} <= set(content[0])
    )


def read(source: Source, *, view: str | None = None) -> People:
    """Everybody in an AlphaPose result file.

    Raises
    ------
    FileError
        Entries without image or keypoints, people with different numbers of keypoints.
    """
    entries: list[dict[str, Any]] = source.content
    bad = [i for i, entry in enumerate(entries) if not (isinstance(entry, dict) and {"image_id", "keypoints"} <= set(entry))]
    if bad:
        raise FileError(
            f"{len(bad)} entries of {source.name} lack image_id or keypoints",
            found=f"entry {bad[0]}: {str(entries[bad[0]])[:60]}",
            expected='{"image_id": "12.jpg", "keypoints": [x, y, score, ...]}',
        )
    frame, n_frames, info = place_frames([image_number(entry["image_id"]) for entry in entries])
    if any(image_number(entry["image_id"]) is None for entry in entries):  # images without numbers: their order is their name's
        frame = np.unique([str(entry["image_id"]) for entry in entries], return_inverse=True)[1]
        n_frames = int(frame.max()) + 1
    values = flat_rows([entry["keypoints"] for entry in entries], source.name)
    skeleton = counted_skeleton(values.shape[1], source.name)
    confidence, noted = as_confidence(values[:, : len(skeleton), 2])
    ids = [_identity(entry.get("idx")) for entry in entries]
    track = None if None in ids else np.unique(ids, return_inverse=True)[1]
    return People(values[:, : len(skeleton), :2], confidence, frame, n_frames, skeleton, track=track, info={**info, **noted})


def _identity(idx: Any) -> int | None:
    """The track a person belongs to; AlphaPose writes it bare or in nested lists, one a merged box."""
    while isinstance(idx, list) and idx:
        idx = idx[0]
    return int(idx) if isinstance(idx, (int, float)) and not isinstance(idx, bool) else None
