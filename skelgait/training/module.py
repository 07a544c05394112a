"""The Lightning module: one for every encoder, fusion, answer and objective."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import Part
from skelgait.training.augment import Augmentation
from skelgait.training.batches import Batch
from skelgait.training.groups import build_optimizer, hold_still
from skelgait.training.network import GaitNetwork
from skelgait.training.objectives.base import Objective
from skelgait.training.objectives.supervised import Supervised

SCHEDULES = ("constant", "cosine", "one_cycle", "steps")
GIVEN = ("name", "total", "optimizer", "max_lr", "total_steps", "epochs", "steps_per_epoch", "last_epoch")  # not the user's


class GaitModule(lightning.LightningModule):
    """A network and what it learns towards.

    Parameters
    ----------
    network : GaitNetwork
    objectives : sequence of Objective
        Their values, each times its weight, add up.
    mirrored_items : (I,) int
        `Task.mirrored_items`.
    augmentation : Augmentation
    optimizer : Part
        A class of `torch.optim` and its settings.
    schedule : mapping
        ``{"cosine": {"warm_up": 0.05}}``, ``{"steps": {"at": [0.5, 0.8], "factor": 0.1}}``, ``{"one_cycle": {}}`` or
        ``{"constant": {}}``; places are shares of the training, or above 1 steps.
    frozen_epochs : int
        Epochs at the start in which the encoders stay as they are.
    seed : int
    """

    def __init__(
        self,
        network: GaitNetwork,
        objectives: Sequence[Objective],
        mirrored_items: np.ndarray,
        augmentation: Augmentation,
        optimizer: Part,
        schedule: dict[str, Any],
        frozen_epochs: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.network = network
        self.objectives = nn.ModuleList(objectives)
        self.augmentation, self.optimizer_part, self.schedule = augmentation, optimizer, schedule
        self.frozen_epochs, self.seed = frozen_epochs, seed
        self.register_buffer("mirrored_items", torch.as_tensor(mirrored_items), persistent=False)
        self.plain_loss = Supervised()
        self.draws: torch.Generator | None = None
        self.history: list[dict[str, float]] = []
        hold_still(network)

    # learning

    def on_train_start(self) -> None:
        """Tell the objectives how long the training will be."""
        batches = int(self.trainer.num_training_batches)
        for objective in self.objectives:
            steps = max(1, int(self.trainer.estimated_stepping_batches))
            objective.plan(steps, max(1, -(-batches // self.trainer.accumulate_grad_batches)))

    def on_train_epoch_start(self) -> None:
        """Seed every draw by epoch and process, so that a run that is stopped and goes on draws what it would have drawn."""
        seed = (self.seed * 1_000_003 + self.current_epoch * 7919 + self.global_rank) % 2**63
        self.draws = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        if self.frozen_epochs:
            still = self.current_epoch < self.frozen_epochs
            for parameter in self.network.encoders.parameters():
                parameter.requires_grad_(not still)
            self.network.encoders.train(not still)  # Lightning leaves the mode as it finds it
        hold_still(self.network)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The sum of the objectives on augmented views of a batch."""
        assert self.draws is not None
        n_views = max(o.views for o in self.objectives)
        n_answered = max(o.answered for o in self.objectives)
        plain = {view for o in self.objectives for view in o.plain}
        own = torch.arange(len(self.mirrored_items), device=self.device).expand(len(batch.codes), -1)
        inputs, unmirror = [], []
        for view in range(n_views):
            seen = batch.others[view - 1] if view and batch.others else batch.inputs
            draw = self.augmentation.draw(len(batch.codes), self.draws, self.device)
            changed = self.augmentation.changes_anything and view not in plain
            inputs.append(self.network.augment(seen, draw) if changed else seen)
            unmirror.append(torch.where(draw.mirror[:, None], self.mirrored_items, own) if changed else own)
        said = [self.network(view) for view in inputs[:n_answered]]
        progress = self.trainer.global_step / max(1, self.trainer.estimated_stepping_batches)
        values = {type(o).__name__: o.weight * o.value(said, inputs, batch, unmirror, progress) for o in self.objectives}
        loss = torch.stack(list(values.values())).sum()
        if not torch.isfinite(loss):
            raise SkelgaitError(
                "the loss is no longer a number",
                found=", ".join(f"{name} {float(value):.3g}" for name, value in values.items()) + f", step {self.global_step}",
                do="a lower learning rate, clip=1.0, or precision='32-true'",
            )
        self.log("loss", loss, on_step=False, on_epoch=True, prog_bar=True, batch_size=len(batch.codes), sync_dist=True)
        if len(values) > 1:
            for name, value in values.items():
                self.log(f"loss_{name}", value, on_step=False, on_epoch=True, batch_size=len(batch.codes), sync_dist=True)
        return loss

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step, then let the objectives do what they do after one (average a teacher)."""
        super().optimizer_step(*args, **kwargs)
        for objective in self.objectives:
            objective.after_step(self.network, self.trainer.global_step + 1)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Likelihood and accuracy of the network that will predict, on walks it did not learn from."""
        said = self.predictor(batch.inputs)
        known = batch.codes >= 0
        n = int(known.sum())
        if n:
            loss = self.plain_loss.of(said.log_probs, batch.codes)
            right = ((said.log_probs.argmax(-1) == batch.codes) & known).sum() / n
            self.log("val_loss", loss, prog_bar=True, batch_size=n, sync_dist=True)
            self.log("val_accuracy", right, prog_bar=True, batch_size=n, sync_dist=True)

    def on_train_epoch_end(self) -> None:
        """Keep the epoch's figures."""
        figures = {name: float(value) for name, value in self.trainer.callback_metrics.items()}
        self.history.append({"epoch": float(self.current_epoch), **figures})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """The figures so far go with the weights."""
        checkpoint["history"] = self.history

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """A run that goes on has the figures of its beginning."""
        self.history = list(checkpoint.get("history", []))

    def configure_optimizers(self) -> Any:
        """The optimiser and its schedule, counted in steps."""
        optimizer = build_optimizer(self.network, self.optimizer_part)
        ((name, settings),) = self.schedule.items()
        total = max(1, int(self.trainer.estimated_stepping_batches))
        if name == "one_cycle":
            rates = [group["lr"] for group in optimizer.param_groups]
            scheduler: Any = OneCycleLR(optimizer, rates, total_steps=total + 1, **settings)
        else:
            scheduler = LambdaLR(optimizer, Rate(name, total, **settings))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}

    # answering

    @property
    def predictor(self) -> GaitNetwork:
        """The network that answers: the teacher, where there is one."""
        network = self.network
        for objective in self.objectives:
            network = objective.predictor(network)
        return network


def check_schedule(schedule: Any) -> dict[str, dict[str, Any]]:
    """``{name: settings}`` of a schedule; an unknown name or setting is refused with the known ones."""
    asked = dict(schedule) if isinstance(schedule, Mapping) else {schedule: {}}
    if len(asked) != 1 or next(iter(asked)) not in SCHEDULES:
        raise SkelgaitError(f"there is no schedule {', '.join(map(repr, asked))}", expected=", ".join(SCHEDULES))
    ((name, settings),) = asked.items()
    known = [p for p in signature(OneCycleLR if name == "one_cycle" else Rate).parameters if p not in GIVEN]
    unknown = [key for key in settings or {} if key not in known]
    if unknown:
        raise SkelgaitError(f"schedule {name!r} has no setting {unknown[0]!r}", expected=", ".join(known))
    return {name: dict(settings or {})}


class Rate:
    """Factor on the learning rate at each step.

    Parameters
    ----------
    name : {"constant", "cosine", "steps"}
    total : int
        Steps of the whole training.
    warm_up : float
        Share of the training over which it grows from zero.
    at, factor : sequence of float, float
        For ``"steps"``: places at which it is multiplied by ``factor``, as shares of the training, or above 1 as steps.
    """

    def __init__(self, name: str, total: int, warm_up: float = 0.0, at: Sequence[float] = (0.5, 0.75), factor: float = 0.1) -> None:
        if name not in SCHEDULES:
            raise SkelgaitError(f"there is no schedule {name!r}", expected=", ".join(SCHEDULES))
        self.name, self.total, self.warm_up, self.at, self.factor = name, total, warm_up, tuple(at), factor

    def __call__(self, step: int) -> float:
        """The factor at a step."""
        warm = self.warm_up * self.total
        if step < warm:
            return (step + 1) / (warm + 1)
        share = min(1.0, (step - warm) / max(1.0, self.total - warm))
        if self.name == "cosine":
            return 0.5 * (1 + float(np.cos(np.pi * share)))
        if self.name == "steps":
            return self.factor ** sum(step >= (place if place > 1 else place * self.total) for place in self.at)
        return 1.0
