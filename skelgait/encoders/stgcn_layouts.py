"""How published ST-GCN and ST-GCN++ weights are named."""

from __future__ import annotations

import re
from collections.abc import Mapping

from skelgait.encoders.checkpoints import Layout
from skelgait.encoders.layers.branches import BRANCHES

# part of a stage of ours: part of a stage of theirs. {i} is the stage.
YYSIJIE: Mapping[str, tuple[str, ...]] = {
    "spatial.adjacency": ("A",),
    "spatial.importance": ("edge_importance.{i}",),
    "spatial": ("st_gcn_networks.{i}.gcn.conv",),
    "spatial.norm.norm": ("st_gcn_networks.{i}.tcn.0",),
    "temporal.conv": ("st_gcn_networks.{i}.tcn.2",),
    "temporal.norm.norm": ("st_gcn_networks.{i}.tcn.3",),
    "shortcut": ("st_gcn_networks.{i}.residual.0",),
    "shortcut_norm.norm": ("st_gcn_networks.{i}.residual.1",),
}
PYSKL: Mapping[str, tuple[str, ...]] = {
    "spatial.adjacency": ("backbone.gcn.{i}.gcn.A",),
    "spatial.importance": ("backbone.gcn.{i}.gcn.PA",),
    "spatial": ("backbone.gcn.{i}.gcn.conv",),
    "spatial.norm.norm": ("backbone.gcn.{i}.gcn.bn",),
    "spatial.widen": ("backbone.gcn.{i}.gcn.down.0",),
    "spatial.widen_norm.norm": ("backbone.gcn.{i}.gcn.down.1",),
    "temporal.conv": ("backbone.gcn.{i}.tcn.conv",),
    "temporal.enter": tuple(f"backbone.gcn.{{i}}.tcn.branches.{b}.0" for b in range(BRANCHES - 1)),
    "temporal.enter_norm.norm": tuple(f"backbone.gcn.{{i}}.tcn.branches.{b}.1" for b in range(BRANCHES - 1)),
    **{f"temporal.spans.{b}": (f"backbone.gcn.{{i}}.tcn.branches.{b}.3.conv",) for b in range(BRANCHES - 2)},
    "temporal.same": (f"backbone.gcn.{{i}}.tcn.branches.{BRANCHES - 1}",),
    "temporal.join_norm.norm": ("backbone.gcn.{i}.tcn.transform.0",),
    "temporal.join": ("backbone.gcn.{i}.tcn.transform.2",),
    "temporal.norm.norm": ("backbone.gcn.{i}.tcn.bn",),
    "shortcut": ("backbone.gcn.{i}.residual.conv",),
    "shortcut_norm.norm": ("backbone.gcn.{i}.residual.bn",),
}
STAGE = re.compile(r"stages\.(\d+)\.(.+)")
# Subset and width are two axes of ours and one of theirs; their convolutions of size 1 carry two axes of length 1 more.
RESHAPED = ("spatial.weight", "spatial.bias")


def _sources(key: str, data: str, parts: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Keys of theirs that a key of ours comes from."""
    if key.startswith("data_norm.norm."):
        return (key.replace("data_norm.norm", data),)
    match = STAGE.fullmatch(key)
    if match is None:
        return None
    stage, rest = match.groups()
    if rest in parts:
        return tuple(part.format(i=stage) for part in parts[rest])
    module, _, leaf = rest.rpartition(".")
    if module not in parts:
        return None
    return tuple(f"{part.format(i=stage)}.{leaf}" for part in parts[module])


def _yysijie(key: str) -> tuple[str, ...] | None:
    return _sources(key, "data_bn", YYSIJIE)


def _pyskl(key: str) -> tuple[str, ...] | None:
    return _sources(key, "backbone.data_bn", PYSKL)


LAYOUTS = tuple(
    Layout(name, marks, sources, {f"{head}.weight": "weight", f"{head}.bias": "bias"}, RESHAPED)
    for name, marks, sources, head in (
        ("yysijie", ("st_gcn_networks.",), _yysijie, "fcn"),
        ("mmaction2", ("backbone.gcn.", "cls_head.fc."), _pyskl, "cls_head.fc"),
        ("pyskl", ("backbone.gcn.",), _pyskl, "cls_head.fc_cls"),
    )
)
