"""Weights from files, strictly: every key of the file goes somewhere, every number of the encoder comes from somewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.encoders.base import Encoder

WRAPPERS = ("state_dict", "model_state_dict", "model", "module", "net")  # what weights are often wrapped in
COUNT = ".num_batches_tracked"
PREFIXES = ("module.", "_orig_mod.")  # what data-parallel training and compiling put before every key


class Layout(NamedTuple):
    """How published weights of a network are named.

    Attributes
    ----------
    name : str
    marks : tuple of str
        Beginnings of keys by which the layout is known; all must occur.
    sources : callable
        From a key of the encoder to the keys of the file whose numbers it holds (several are laid one after the other); None
        for a key the layout does not have.
    head : mapping of str to str
        Keys of the published answer layer, and what they hold (``"weight"``, ``"bias"``).
    reshaped : tuple of str
        Endings of the encoder's keys that hold the same numbers in another shape.
    added : tuple of str
        Parts of the encoder's keys that the published network does not have; they stay as they are.
    prefixes : tuple of str
        What may stand before every key of a file.
    summed : tuple of str
        Endings of the encoder's keys that look at colours: where the encoder takes brightness alone, weights of three colours are
        added up.
    """

    name: str
    marks: tuple[str, ...]
    sources: Callable[[str], tuple[str, ...] | None]
    head: Mapping[str, str]
    reshaped: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    summed: tuple[str, ...] = ()

    def bare(self, found: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Weights without the prefixes; as they are where two keys would become one."""
        bare = {_without(key, self.prefixes): value for key, value in found.items()}
        return bare if len(bare) == len(found) else found


@dataclass(frozen=True)
class Report:
    """What `load_checkpoint` did.

    Attributes
    ----------
    layout : str
    loaded : tuple of str
        Keys of the encoder, all but ``kept``.
    renamed : dict
        Key of the encoder: keys of the file.
    ignored : tuple of str
        Keys of the file that are the published answer layer's.
    head : dict
        That layer, for who wants it: ``weight`` (classes, width) and ``bias`` (classes,); of ScoNet, what `BNNeck` holds.
    kept : tuple of str
        Keys of the encoder that the published network does not have; they stayed as they were.
    summed : tuple of str
        Keys of the encoder whose weights of three colours were added up for brightness.
    """

    layout: str
    loaded: tuple[str, ...]
    renamed: Mapping[str, tuple[str, ...]]
    ignored: tuple[str, ...] = ()
    head: Mapping[str, Tensor] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    summed: tuple[str, ...] = ()


def load_checkpoint(encoder: Encoder, weights: str | Path | Mapping[str, Any], *, layout: str | None = None) -> Report:
    """Load published weights, or an encoder's own, into an encoder.

    Parameters
    ----------
    encoder : Encoder
        Built with the skeleton, variant and stages the weights are for.
    weights : path, or mapping of key to tensor
        ``.pt``, ``.pth`` or ``.ckpt`` (read as plain weights, never as code), or ``.safetensors``.
    layout : str, optional
        How the keys are named, where that shall not be told from the keys themselves: ``"skelgait"`` or one the encoder knows
        (for ST-GCN ``"yysijie"``, ``"pyskl"``, ``"mmaction2"``; for ScoNet ``"opengait"``; for the 3D ResNet ``"kenshohara"``,
        ``"torchvision"``; for VideoMAE ``"videomaev2"``, ``"transformers"``, ``"transformers5"``).

    Returns
    -------
    Report

    Raises
    ------
    FileError
        No such file, or one that holds more than weights.
    SkelgaitError
        An unknown layout; keys left over, keys missing, or numbers that do not fit. Nothing is loaded then.

    Notes
    -----
    The published answer layer is no part of an encoder: it is handed back in the report. The adjacency of the file takes the place
    of the encoder's, whatever its partition. An encoder of brightness takes weights of colours: those of its first layer are added
    up, so that a grey picture is seen as it was in three equal colours, but for what their means and spreads differ by.

    Examples
    --------
    >>> from skelgait.encoders.stgcn import StGcn
    >>> report = load_checkpoint(StGcn(stages=(8,)), StGcn(stages=(8,)).state_dict())
    >>> report.layout, report.ignored
    ('skelgait', ())
    """
    found: Mapping[str, Tensor] = _plain(weights if isinstance(weights, Mapping) else read_weights(weights))
    own = encoder.state_dict()
    if not any(key.endswith(COUNT) for key in found):  # weights older than this count, which nothing depends on
        own = {key: value for key, value in own.items() if not key.endswith(COUNT)}
    known = getattr(encoder, "layouts", ())
    chosen = _choose(found, own, known, layout, type(encoder).__name__)
    found = chosen.bare(found) if chosen else found
    renamed: dict[str, tuple[str, ...]] = {}
    missing, misfits, summed, values = [], [], [], {}
    kept = tuple(key for key in own if chosen is not None and any(part in key for part in chosen.added))
    for key, place in own.items():
        if key in kept:
            continue
        sources = (chosen.sources(key) if chosen else (key,)) or ()
        lacking = [source for source in sources if source not in found]
        if lacking or not sources:
            missing += lacking or [f"{key} (not in layout {chosen.name if chosen else 'skelgait'})"]
            continue
        parts = [found[source] for source in sources]
        value = torch.cat(parts) if len(parts) > 1 and parts[0].ndim else parts[0]
        if chosen is not None and key.endswith(chosen.summed) and _is_grey(place, value):
            value = value.sum(1, keepdim=True)
            summed.append(key)
        free = chosen is not None and key.endswith(chosen.reshaped)
        if value.shape != place.shape and not (free and value.numel() == place.numel()):
            misfits.append(f"{', '.join(sources)} {tuple(value.shape)} for {key} {tuple(place.shape)}")
            continue
        values[key] = value.reshape(place.shape)
        renamed[key] = sources
    used = {source for sources in renamed.values() for source in sources}
    head = {key for key in found if chosen and key in chosen.head}
    unexpected = sorted(set(found) - used - head - set(missing)) if not misfits else []
    if missing or unexpected or misfits:
        raise SkelgaitError(
            f"these weights do not fit the encoder {type(encoder).__name__}",
            found="; ".join(
                f"{what} {', '.join(map(str, keys[:8]))}{f' and {len(keys) - 8} more' if len(keys) > 8 else ''}"
                for what, keys in (("missing", missing), ("unexpected", unexpected), ("of another shape", misfits))
                if keys
            ),
            expected=f"every key of layout {chosen.name if chosen else 'skelgait'}, and no other",
            do="build the encoder with the variant, skeleton and stages the weights were trained with",
        )
    encoder.load_state_dict({**encoder.state_dict(), **values}, strict=True)
    return Report(
        layout=chosen.name if chosen else "skelgait",
        loaded=tuple(values),
        renamed=renamed,
        ignored=tuple(sorted(head)),
        head={chosen.head[key]: found[key].flatten(1) if found[key].ndim == 4 else found[key] for key in sorted(head)}
        if chosen
        else {},
        kept=kept,
        summed=tuple(summed),
    )


def read_weights(path: str | Path) -> dict[str, Any]:
    """Weights of a file, and nothing that could run.

    Raises
    ------
    FileError
        No such file, not weights, or more than weights.
    """
    path = Path(path)
    if not path.is_file():
        raise FileError(f"there are no weights at {path}", do="check the path")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise FileError(
            f"{path.name} cannot be read as weights",
            found=str(error).splitlines()[0][:120],
            expected=".safetensors, or .pt and .pth with tensors only",
            do="save its state_dict alone, where you trust the file",
        ) from error


def _plain(weights: Mapping[str, Any]) -> dict[str, Tensor]:
    """Keys and tensors, without wrappers and prefixes."""
    while not any(isinstance(value, Tensor) for value in weights.values()):
        inner = next((weights[name] for name in WRAPPERS if isinstance(weights.get(name), Mapping)), None)
        if inner is None:
            raise SkelgaitError("there are no weights in this", found=", ".join(map(str, list(weights)[:8])) or "nothing")
        weights = inner
    out = {}
    for name, value in weights.items():
        if isinstance(value, Tensor):
            out[_without(str(name), PREFIXES)] = value
    return out


def _without(key: str, prefixes: tuple[str, ...]) -> str:
    """A key without what stands before it, however often."""
    while prefix := next((one for one in prefixes if key.startswith(one)), None):
        key = key.removeprefix(prefix)
    return key


def _is_grey(place: Tensor, value: Tensor) -> bool:
    """Whether weights of three colours are for a layer of one."""
    return value.ndim > 2 and value.shape[1] == 3 and tuple(place.shape) == (value.shape[0], 1, *value.shape[2:])


def _choose(
    found: Mapping[str, Tensor], own: Mapping[str, Tensor], known: tuple[Layout, ...], layout: str | None, what: str
) -> Layout | None:
    """The layout of the keys; None for the encoder's own."""
    names = ("skelgait", *(one.name for one in known))
    if layout is not None and layout not in names:
        raise SkelgaitError(f"{what} knows no layout {layout!r}", expected=", ".join(names))
    if layout == "skelgait" or (layout is None and set(found) & set(own)):
        return None
    for one in known:
        if layout == one.name or (
            layout is None and all(any(key.startswith(mark) for key in one.bare(found)) for mark in one.marks)
        ):
            return one
    raise SkelgaitError(f"these weights are in no layout {what} knows", found=", ".join(list(found)[:6]), expected=", ".join(names))
