"""How the clips that a network of video learnt from were cut, and whether another was cut likewise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.encoders.base import Sample

ALIKE = 1.1  # how many times as wide the square of one clip may be as that of another


def read_cut(clip: Clip) -> Sample:
    """``margin`` and ``middle``, where the clip says how it was cut; nothing where it does not."""
    margin = clip.info.get("margin")
    if not isinstance(margin, (int, float)) or not 0 < margin < np.inf:
        return {}
    middle = clip.info.get("middle", "hips")  # of clips made before there was a choice
    return {"margin": np.float64(margin), "middle": np.array(str(middle))}


def learn_cut(samples: Sequence[Sample], plane: str) -> dict[str, Any]:
    """Settings of `sg.extract_clip` that training clips share: ``margin``, ``middle``, ``side``, ``channels``; empty if none says.

    Raises
    ------
    SkelgaitError
        They were cut in several ways.
    """
    said = [sample for sample in samples if "margin" in sample]
    if not said:
        return {}
    margins = np.array([float(sample["margin"]) for sample in said])
    ways = Counter((round(float(sample["margin"]), 2), str(sample["middle"])) for sample in said)
    if len({middle for _, middle in ways}) > 1 or margins.max() > ALIKE * margins.min():
        found = [f"{n} with {_in_words(margin, middle)}" for (margin, middle), n in ways.most_common(3)]
        raise SkelgaitError(
            f"the {plane} clips to learn from were not all cut alike, so the network would see the child in several sizes",
            found="; ".join(found) + ("; ..." if len(ways) > 3 else ""),
            expected=f"one middle, and margins within {ALIKE - 1:.0%}",
            do="cut all with the same margin and middle: sg.extract_clips(trials, folder, margin=..., middle=...)",
        )
    _, side, _, channels = said[0]["clip"].shape
    return {"margin": float(np.median(margins)), "middle": str(said[0]["middle"]), "side": side, "channels": channels}


def refuse_other_cut(learnt: Mapping[str, Any], sample: Sample, walk: str, plane: str) -> None:
    """Refuse a clip that says that it was cut otherwise than the training clips; one that does not say is taken."""
    if not learnt or "margin" not in sample:
        return
    margin, middle = float(sample["margin"]), str(sample["middle"])
    narrow, wide = sorted((margin, learnt["margin"]))
    if middle == learnt["middle"] and wide <= ALIKE * narrow:
        return
    of = {"margin": round(learnt["margin"], 3), "middle": learnt["middle"]}
    raise SkelgaitError(
        f"trial {walk!r}: its {plane} clip was not cut as those that the network learnt from",
        found=_in_words(margin, middle),
        expected=_in_words(of["margin"], of["middle"]),
        do=f'cut it so: sg.extract_clip(video, margin={of["margin"]}, middle="{of["middle"]}"), or give the video itself',
    )


def _in_words(margin: float, middle: str) -> str:
    return f"margin {margin:g} about the {middle}"
