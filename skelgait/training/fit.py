"""Running a training: Lightning's trainer, told what a clinic's computer needs."""

from __future__ import annotations

import csv
import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch import callbacks, loggers
from lightning.pytorch.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from skelgait.core.errors import SkelgaitError
from skelgait.training.batches import Walks
from skelgait.training.module import GaitModule
from skelgait.training.samplers import Batches

# One process a device; parameters that a task does not use (a stream's name, where tokens are not read) are no error.
STRATEGIES = {
    "ddp": "ddp_find_unused_parameters_true",
    "ddp_spawn": "ddp_spawn_find_unused_parameters_true",
    "ddp_fork": "ddp_fork_find_unused_parameters_true",
}
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "bf16-true", "16-true", "64-true")


@dataclass(frozen=True)
class Run:
    """How a training runs.

    Parameters
    ----------
    max_epochs : int
    max_steps : int, optional
        Steps instead of epochs: as many epochs as it takes.
    patience : int, optional
        Stop after so many epochs without a better validation loss; the best epoch's weights are kept whenever there are
        validation walks.
    accelerator, devices, strategy, precision
        As Lightning names them.
    accumulate : int
        Batches a step.
    clip : float
        Largest norm of the gradient; 0 for none.
    folder : path, optional
        Where checkpoints (``last.ckpt``, ``best.ckpt``) and logs (CSV, and TensorBoard where installed) go.
    resume : bool
        Go on from ``last.ckpt`` in ``folder`` where there is one.
    progress : bool
    """

    max_epochs: int
    max_steps: int | None = None
    patience: int | None = None
    accelerator: str = "auto"
    devices: int | str = 1
    strategy: str = "auto"
    precision: str = "32-true"
    accumulate: int = 1
    clip: float = 1.0
    folder: str | None = None
    resume: bool = False
    progress: bool = True


def check_run(run: Run) -> None:
    """Refuse, before anything is prepared, what cannot run here.

    Raises
    ------
    SkelgaitError
        An accelerator, devices, strategy or precision that Lightning does not know or this machine does not have, or numbers that
        mean nothing; the message says what can be given.
    """
    for name, least in (("max_epochs", 0), ("accumulate", 1), ("clip", 0)):
        value = getattr(run, name)
        kind = Real if name == "clip" else Integral
        if isinstance(value, bool) or not isinstance(value, kind) or not value >= least:
            raise SkelgaitError(
                f"training cannot run with {name}={value!r}", expected=f"a {'' if kind is Real else 'whole '}number from {least}"
            )
    if run.patience is not None and run.patience < 1:
        raise SkelgaitError("patience is in epochs, one or more", found=f"patience={run.patience}")
    try:
        with _quiet():
            lightning.Trainer(
                accelerator=run.accelerator,
                devices=run.devices,
                strategy=STRATEGIES.get(run.strategy, run.strategy),
                precision=run.precision,  # type: ignore[arg-type]
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
            )
    except (ValueError, TypeError, RuntimeError, ImportError, MisconfigurationException) as error:
        given = ", ".join(f"{name}={getattr(run, name)!r}" for name in ("accelerator", "devices", "strategy", "precision"))
        raise SkelgaitError(
            f"training cannot run with {given}",
            found=str(error).split(". ")[0].splitlines()[0][:160] if str(error) else type(error).__name__,
            expected=f"accelerator auto, {', '.join(_here())}; devices auto, or how many; strategy auto, {', '.join(STRATEGIES)} "
            f"or another of Lightning's; precision {', '.join(PRECISIONS)}",
        ) from None


def _here() -> list[str]:
    """Accelerators of this machine."""
    found = ["cpu"]
    if torch.cuda.is_available():
        found.append("gpu")
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def run_training(module: GaitModule, train: Batches, validation: Walks | None, run: Run) -> None:
    """Train the module in place.

    Parameters
    ----------
    module : GaitModule
    train : Batches
        Sampler over the training walks.
    validation : Walks, optional
        Walks to choose the best epoch by.
    run : Run

    Raises
    ------
    SkelgaitError
        Patience without validation walks, no step to take, or ``resume`` without a folder.
    """
    if run.patience and validation is None:
        raise SkelgaitError("early stopping needs validation walks", do="give validation=0.2, or leave patience out")
    if run.max_steps is not None and run.max_steps < 1:
        raise SkelgaitError("a training needs a step", found=f"max_steps={run.max_steps}")
    if run.resume and run.folder is None:
        raise SkelgaitError("resuming needs the folder of the run", do="give folder=, as in the first run")
    train.walks.views = max(objective.views for objective in module.objectives)
    loader = DataLoader(train.walks, batch_sampler=train, collate_fn=train.walks.collate)
    held = None if validation is None else DataLoader(validation, batch_size=train.batch_size, collate_fn=validation.collate)
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        folder = Path(run.folder or scratch)
        last = folder / "last.ckpt"
        going_on = run.resume and last.exists()
        if going_on:
            _check_same_network(module, last)
        best = callbacks.ModelCheckpoint(
            folder,
            filename="best",
            monitor="val_loss" if held is not None else None,
            save_last=run.folder is not None,
            enable_version_counter=False,
            save_weights_only=run.folder is None,
        )
        watch: list[Any] = [_Share(train)]
        if held is not None or run.folder is not None:
            watch.append(best)
        if run.patience:
            watch.append(callbacks.EarlyStopping("val_loss", patience=run.patience))
        if run.progress:
            watch.append(_Bar())
        trainer = lightning.Trainer(
            max_epochs=run.max_epochs if run.max_steps is None else -1,
            max_steps=-1 if run.max_steps is None else run.max_steps,
            accelerator=run.accelerator,
            devices=run.devices,
            strategy=STRATEGIES.get(run.strategy, run.strategy),
            precision=run.precision,  # type: ignore[arg-type]
            accumulate_grad_batches=run.accumulate,
            gradient_clip_val=run.clip or None,
            callbacks=watch,
            logger=_logs(folder, last if going_on else None) if run.folder else False,
            enable_checkpointing=best in watch,
            enable_progress_bar=run.progress,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            log_every_n_steps=1,
        )
        trainer.fit(module, loader, held, ckpt_path=str(last) if going_on else None, weights_only=True)
        if held is not None and best.best_model_path:
            if Path(best.best_model_path).exists():  # every process ends with the same weights, where it sees the first one's files
                state = torch.load(best.best_model_path, weights_only=True, map_location="cpu")["state_dict"]
                module.load_state_dict(state)
            trainer.strategy.barrier("best weights are read")  # before the first process clears its folder


def _check_same_network(module: GaitModule, last: Path) -> None:
    there = {name: tuple(v.shape) for name, v in torch.load(last, weights_only=True, map_location="cpu")["state_dict"].items()}
    here = {name: tuple(v.shape) for name, v in module.state_dict().items()}
    differ = sorted(name for name in {*there, *here} if there.get(name) != here.get(name))
    if differ:
        raise SkelgaitError(
            f"the run in {last.parent} is not of this model",
            found=f"{differ[0]}: {there.get(differ[0], 'none')} there, {here.get(differ[0], 'none')} here",
            do="the same settings and walks as in the first run, another folder, or resume=False",
        )


class _Share(callbacks.Callback):
    """Tell the sampler which of the processes this is."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches

    def on_fit_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Before the first batch is drawn."""
        self.batches.share(trainer.global_rank, trainer.world_size)


class _Bar(callbacks.ProgressBar):
    """One bar over the epochs, with the last figures."""

    def __init__(self) -> None:
        super().__init__()
        self.bar: tqdm | None = None

    def disable(self) -> None:
        """Lightning turns bars off in all processes but the first."""
        self.bar = None

    def on_train_start(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Begin where the run goes on."""
        if trainer.is_global_zero:
            total = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
            self.bar = tqdm(total=total, initial=trainer.current_epoch, desc="learning", unit="epoch", disable=None)

    def on_train_epoch_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """One further."""
        if self.bar is not None:
            figures = {name: f"{float(value):.3f}" for name, value in trainer.callback_metrics.items()}
            self.bar.set_postfix(figures, refresh=False)
            self.bar.update()

    def on_train_end(self, trainer: lightning.Trainer, module: lightning.LightningModule) -> None:
        """Done."""
        if self.bar is not None:
            self.bar.close()


def _logs(folder: Path, last: Path | None) -> list[Any]:
    """Logs of a run; one that goes on from a checkpoint keeps the rows up to there, which a new CSV log would begin without."""
    table = loggers.CSVLogger(folder, name="log", version="")
    kept = Path(table.log_dir) / "metrics.csv"
    if last is not None and rank_zero_only.rank == 0 and kept.is_file():
        steps = torch.load(last, weights_only=True, map_location="cpu")["global_step"]
        with kept.open(newline="", encoding="utf8") as file:
            rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
        for row in rows:
            if (step := int(row.pop("step"))) < steps:
                table.experiment.log_metrics(row, step)  # type: ignore[arg-type]  as they stand there
        table.save()
    logs: list[Any] = [table]
    with suppress(ModuleNotFoundError):  # TensorBoard is not asked for: the CSV has the same figures
        logs.append(loggers.TensorBoardLogger(folder, name="tensorboard", version=""))
    return logs


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Lightning's advice to programmers."""
    names = (
        "lightning.pytorch",
        "lightning.fabric",
        "lightning.pytorch.utilities.rank_zero",
        "lightning.fabric.utilities.rank_zero",
    )
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning.*")
            warnings.filterwarnings("ignore", message=r".*(does not have many workers|lr_scheduler\.step|Checkpoint directory).*")
            yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)
