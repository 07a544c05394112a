"""A fitted model as one safetensors file with JSON in its header: nothing in it can run."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

import skelgait
from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.parts import Part, resolve_parts
from skelgait.core.task import Task
from skelgait.encoders import ENCODERS
from skelgait.estimator.preparation import settings_as_text
from skelgait.heads import ANSWERS, FUSIONS
from skelgait.training import OBJECTIVES, OPTIMIZERS, SAMPLERS

FORMAT = 1
# Settings that name classes, and the tables of those that may be named.
NAMING = {
    "encoders": ENCODERS,
    "fusion": FUSIONS,
    "head": ANSWERS,
    "objectives": OBJECTIVES,
    "batches": SAMPLERS,
    "optimizer": OPTIMIZERS,
}


def write_model(model: Any, path: Path) -> Path:
    """Write a fitted `GaitClassifier`; the file is whole or not there."""
    settings = {name: value for name, value in model.get_params(deep=False).items() if name != "task"}
    parts = resolve_parts(settings["encoders"], ENCODERS, "encoder")
    shared = [encoder.shareable(part.settings) for part, encoder in zip(parts, model.network_.encoders, strict=True)]
    if [settings_as_text(part.settings) for part in parts] != [settings_as_text(one) for one in shared]:
        settings["encoders"] = [{part.key: one} for part, one in zip(parts, shared, strict=True)]
    header = {
        "format": FORMAT,
        "skelgait": skelgait.__version__,
        "task": model.task_.to_plain(),
        "settings": {name: _plain(value, name) for name, value in settings.items()},
        "learned": [_plain(encoder.learned(), "encoders") for encoder in model.network_.encoders],
        "temperature": model.temperature_,
        "thresholds": None if model.thresholds_ is None else model.thresholds_.tolist(),
        "taught": model.taught_.tolist(),
        "history": model.history_,
        "seen": model.seen_,
        "sources": model.sources_,
    }
    state = {name: value.detach().cpu().contiguous().clone() for name, value in model.network_.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        save_file(state, part, metadata={"skelgait": json.dumps(header)})
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o666 & ~mask)  # safetensors lets only its owner read it
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read_model(kind: type, path: Path, *, own_parts: bool) -> Any:
    """Read a model `write_model` wrote, as an instance of ``kind``."""
    if not path.is_file():
        raise FileError(f"there is no model file {path}", do="check the path; save one with model.save(path)")
    try:
        with safe_open(path, "pt") as file:
            header = json.loads((file.metadata() or {})["skelgait"])
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
    except (SafetensorError, KeyError, json.JSONDecodeError, OSError) as error:
        raise FileError(
            f"{path} is not a model of skelgait", found=f"{type(error).__name__}: {error}"[:120], expected="a file model.save wrote"
        ) from None
    if header.get("format") != FORMAT:
        raise FileError(
            f"{path} was written by another version", found=f"format {header.get('format')}", expected=f"format {FORMAT}"
        )
    settings = header["settings"]
    if not own_parts:
        _refuse_foreign(settings, path)
    model = kind(task=Task(**header["task"]), **settings)
    encoders = [_build(part) for part in resolve_parts(settings["encoders"], ENCODERS, "encoder")]
    for encoder, learned in zip(encoders, header["learned"], strict=True):
        encoder.relearn(learned) if learned else None
    network = model._network(model.task, encoders)
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        raise FileError(f"the weights in {path} do not fit its settings", found=str(error)[:200]) from None
    model._learnt(model.task, network, header["history"])
    model.temperature_, model.seen_ = header["temperature"], header["seen"]
    model.thresholds_ = None if header.get("thresholds") is None else np.array(header["thresholds"])
    model.taught_ = np.array(header["taught"]) if "taught" in header else model.taught_
    model.sources_ = header.get("sources", {})
    return model


def _build(part: Part) -> Any:
    """An encoder without its ``pretrained`` weights: the file has its own, and theirs need not be on this machine."""
    return part.kind(**{name: value for name, value in part.settings.items() if name != "pretrained"})


def _plain(value: Any, where: str) -> Any:
    if isinstance(value, dict):
        return {_name(key): _plain(one, where) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one, where) for one in value]
    if isinstance(value, type):
        return _name(value)
    if is_dataclass(value):
        return _plain(asdict(value), where)
    if isinstance(value, pd.DataFrame):
        return json.loads(value.to_json(orient="split"))
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    if isinstance(value, np.random.RandomState):
        return None
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise SkelgaitError(
        f"setting {where!r} cannot be saved", found=type(value).__name__, expected="names, numbers, text, lists, mappings, classes"
    )


def _name(key: Any) -> Any:
    return f"{key.__module__}:{key.__qualname__}" if isinstance(key, type) else key


def _refuse_foreign(settings: dict[str, Any], path: Path) -> None:
    foreign = sorted(
        {
            name
            for what, table in NAMING.items()
            for name in _names(settings.get(what))
            if ":" in name and name not in table.values() and not (what == "optimizer" and _is_torchs(name))
        }
    )
    if foreign:
        raise FileError(
            f"{path} names classes that are not skelgait's",
            found=", ".join(foreign),
            do="if you trust where the file comes from, GaitClassifier.load(path, own_parts=True) imports them",
        )


def _is_torchs(name: str) -> bool:
    module, _, kind = name.partition(":")
    found = getattr(torch.optim, kind, None)
    return (module + ".").startswith("torch.optim.") and isinstance(found, type) and issubclass(found, torch.optim.Optimizer)


def _names(parts: Any) -> list[str]:
    if isinstance(parts, str):
        return [parts]
    if isinstance(parts, dict):
        return list(parts)
    return [name for part in parts or () for name in _names(part)]
