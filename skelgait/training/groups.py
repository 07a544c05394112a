"""Parameters in groups that learn at rates of their own, as their encoders ask."""

from __future__ import annotations

from torch import nn
from torch.optim import Optimizer

from skelgait.core.parts import Part
from skelgait.training.network import GaitNetwork


def build_optimizer(network: GaitNetwork, part: Part) -> Optimizer:
    """The optimiser of a network, with the rates that its encoders ask for (`Encoder.rate_groups`).

    Parameters
    ----------
    network : GaitNetwork
    part : Part
        A class of `torch.optim` and its settings.

    Returns
    -------
    torch.optim.Optimizer
        One group for each pair of rate and decay; parameters nobody asked anything for are the first one. Schedules multiply the
        rate of each.
    """
    asked = [group for encoder in network.encoders for group in encoder.rate_groups()]
    named = {id(parameter) for group in asked for parameter in group.parameters}
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    groups[1.0, True] = [parameter for parameter in network.parameters() if id(parameter) not in named]
    for group in asked:
        if group.rate:
            groups.setdefault((group.rate, group.decays), []).extend(group.parameters)
    filled = {key: parameters for key, parameters in groups.items() if parameters}
    optimizer = part.kind([{"params": parameters} for parameters in filled.values()], **part.settings)
    for (rate, decays), group in zip(filled, optimizer.param_groups, strict=True):
        group["lr"] *= rate
        if not decays and "weight_decay" in group:
            group["weight_decay"] = 0.0
    return optimizer


def hold_still(network: GaitNetwork) -> None:
    """Take from learning what its encoders ask to leave as it is."""
    for encoder in network.encoders:
        for group in encoder.rate_groups():
            if not group.rate:
                for parameter in group.parameters:
                    parameter.requires_grad_(False)
