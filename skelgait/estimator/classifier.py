"""`GaitClassifier`: any encoders, any fusion, any objective, any task, with scikit-learn's manners."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import Part, resolve_parts
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.core.trial import Trial
from skelgait.encoders import ENCODERS
from skelgait.encoders.base import Encoder
from skelgait.estimator.answering import Answering
from skelgait.estimator.given import as_task, encode_known, mark_subjects, pair_limbs
from skelgait.estimator.preparation import find_unseen_items, prepare_trials, settings_as_text
from skelgait.heads import ANSWERS, FUSIONS
from skelgait.training import OBJECTIVES, OPTIMIZERS, SAMPLERS
from skelgait.training.augment import Augmentation
from skelgait.training.batches import Walks, as_window
from skelgait.training.fit import Run, check_run, run_training
from skelgait.training.module import GaitModule, check_schedule
from skelgait.training.network import GaitNetwork

VOTES = ("mean", "majority")


class GaitClassifier(Answering, ClassifierMixin, BaseEstimator):
    """Answer a clinical question about walks.

    Every part is a name, a class of your own, or ``{name_or_class: settings}``; encoders and objectives may be several.

    Parameters
    ----------
    task : Task or str
        The question, ``sg.tasks.GMFCS`` or its name.
    encoders : part or parts
        ``"stgcn"``, ``{"stgcn": {"plane": "sagittal"}, "descriptors": {}}``, or a list (two of one name).
    fusion : part, optional
        ``none``, ``concat``, ``apart``, ``gated``, ``cross_attention``. Default: none for one encoder, concat for several (apart
        with ``by_plane``).
    head : part, optional
        ``nominal`` or ``ordinal``. Default: ordinal where the task is ordered.
    by_plane : bool
        An item looks only at encoders of the plane it is seen from (`Task.planes`), and at those of no plane. A walk that was
        not filmed from a plane gets no answer to its items, NaN, and none of them teaches anything; the other items do.
    share_limbs : bool
        One head for both limbs: the right limb's items are what it says of the mirrored walk. A mirrored walk then has exactly the
        mirrored answers, and the network is run twice.
    objectives : part or parts
        ``supervised``, ``mean_teacher``, ``triplet``; they add up.
    augmentation : mapping, optional
        Settings of `skelgait.training.augment.Augmentation`: ``{"mirror": 0.5, "roll_deg": 3}``.
    window : mapping or float, optional
        ``{"length_s": 4, "stride_s": 1}``: long walks are cut, and answers of a walk's windows are brought together by `vote`.
    vote : {"mean", "majority"}
        Mean of the windows' probabilities, or the share of windows that say a level.
    batches : part, optional
        ``random``, ``balanced`` (over sources: ``{"balanced": {"by": "source"}}``), ``subjects``, ``two_stream``. Default: what the
        objectives ask for.
    batch_size, max_epochs : int
    max_steps : int, optional
        Length of the training in steps (iterations), whatever ``max_epochs`` says.
    optimizer : part
        ``{"adamw": {"lr": 1e-3}}``, ``adam``, ``sgd``, ``rmsprop``, or any class of `torch.optim`.
    schedule : part
        ``constant``, ``cosine``, ``one_cycle``, ``steps``.
    validation : float
        Share of the training *subjects* held out; the epoch with the best likelihood on them is kept. 0: the last epoch is.
    patience : int, optional
        Stop after so many epochs without a better one.
    calibrate : bool
        Fit a temperature on the validation walks after training.
    abstain_below : float
        `predict` answers ``None`` where the likeliest level has less probability.
    frozen_epochs : int
        Epochs at the start in which encoders (pre-trained ones, say) stay as they are.
    accelerator, devices, strategy, precision, accumulate, clip
        As Lightning names them: ``devices=2, strategy="ddp"``, ``precision="bf16-mixed"``.
    folder : path, optional
        For checkpoints and logs; with ``resume=True`` a stopped run goes on from there.
    resume : bool
    progress : bool
    random_state : int or None

    Attributes
    ----------
    task_ : Task
    classes_ : (L,) array
        Levels, in the order of `predict_proba`.
    network_ : GaitNetwork
        What answers (the teacher, with ``mean_teacher``).
    history_ : list of dict
        Loss of each epoch. After ``strategy="ddp_spawn"``, whose figures stay in its processes, nothing: ``folder`` has them.
    temperature_ : float
        1 unless calibrated.
    thresholds_ : (I,) array or None
        For two levels: from which probability of the level that is not the reference `predict` answers it. None, so the likelier
        level, unless somebody tuned them (`skelgait.recipes.tune_thresholds`).
    taught_ : (I,) bool array
        Items of which some training walk had an answer. The others are not answered.
    n_parameters_ : int
    seen_ : list of str
        Marks (not names) of the subjects it learnt from; see `has_seen`.
    sources_ : dict of str to int
        How many of the walks it was given come from each source (covariate ``source``), where that is known.

    Raises
    ------
    SkelgaitError
        Unknown parts or settings, answers that are not levels, trials that lack what an encoder needs, no answer to learn from.

    Notes
    -----
    Fitting copies what it is given, draws everything from ``random_state``, and leaves torch's own random state alone.
    Folds must be by subject: ``cross_val_score(model, trials, y, groups=[t.subject for t in trials], cv=GroupKFold())``, or
    `skelgait.subject_folds`. ``classes_`` is in the order of the task, not of the alphabet: scikit-learn's scorers of probabilities
    (``"roc_auc"``, ``"neg_log_loss"``) go by the alphabet, so give ``scoring=skelgait.scorer("auc")``.

    Examples
    --------
    >>> import skelgait as sg
    >>> trials = [sg.Trial(f"child{i}", sg.Walker(cadence_spm=90 + 10 * i).film(duration_s=4).pose) for i in range(4)]
    >>> model = GaitClassifier("GAIT_BINARY", encoders={"descriptors": {"width": 16}}, max_epochs=2, progress=False, random_state=0)
    >>> model.fit(trials, ["normal", "abnormal"] * 2).predict_proba(trials).shape
    (4, 2)
    """

    def __init__(
        self,
        task: Task | str = "GMFCS",
        encoders: Any = "stgcn",
        *,
        fusion: Any = None,
        head: Any = None,
        by_plane: bool = False,
        share_limbs: bool = False,
        objectives: Any = "supervised",
        augmentation: Any = None,
        window: Any = None,
        vote: str = "mean",
        batches: Any = None,
        batch_size: int = 16,
        max_epochs: int = 50,
        max_steps: int | None = None,
        optimizer: Any = "adamw",
        schedule: Any = "cosine",
        validation: float = 0.0,
        patience: int | None = None,
        calibrate: bool = False,
        abstain_below: float = 0.0,
        frozen_epochs: int = 0,
        accelerator: str = "auto",
        devices: int | str = 1,
        strategy: str = "auto",
        precision: str = "32-true",
        accumulate: int = 1,
        clip: float = 1.0,
        folder: str | None = None,
        resume: bool = False,
        progress: bool = True,
        random_state: Any = None,
    ) -> None:
        self.task = task
        self.encoders = encoders
        self.fusion = fusion
        self.head = head
        self.by_plane = by_plane
        self.share_limbs = share_limbs
        self.objectives = objectives
        self.augmentation = augmentation
        self.window = window
        self.vote = vote
        self.batches = batches
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.max_steps = max_steps
        self.optimizer = optimizer
        self.schedule = schedule
        self.validation = validation
        self.patience = patience
        self.calibrate = calibrate
        self.abstain_below = abstain_below
        self.frozen_epochs = frozen_epochs
        self.accelerator = accelerator
        self.devices = devices
        self.strategy = strategy
        self.precision = precision
        self.accumulate = accumulate
        self.clip = clip
        self.folder = folder
        self.resume = resume
        self.progress = progress
        self.random_state = random_state

    # learning

    def fit(
        self,
        trials: Sequence[Trial],
        y: Any = None,
        unlabelled: Sequence[Trial] | None = None,
        start: GaitClassifier | None = None,
    ) -> GaitClassifier:
        """Learn from walks.

        Parameters
        ----------
        trials : sequence of Trial
        y : sequence, optional
            An answer a walk (see `Task.encode`); -1 where nobody has looked. Default: the trials' own labels.
        unlabelled : sequence of Trial, optional
            More walks without answers, for objectives that learn from them.
        start : GaitClassifier, optional
            A fitted model to begin from: encoders of the same name and settings take its weights, and what it learnt of its
            walks (scaling, columns); with the same task, fusion and encoders, everything does.

        Returns
        -------
        GaitClassifier
            Itself.
        """
        task = as_task(self.task)
        trials = list(trials)
        codes = encode_known(task, trials, y)
        if unlabelled is not None:
            trials = trials + list(unlabelled)
            codes = np.concatenate([codes, np.full((len(trials) - len(codes), task.n_items), -1)])
        if self.vote not in VOTES:
            raise SkelgaitError("unknown vote", found=repr(self.vote), expected=" or ".join(VOTES))
        if not 0 <= self.abstain_below <= 1:
            raise SkelgaitError("a probability to abstain below is between 0 and 1", found=f"abstain_below={self.abstain_below}")
        if self.batch_size < 1:
            raise SkelgaitError("a batch needs a walk", found=f"batch_size={self.batch_size}")
        if self.resume and not isinstance(self.random_state, (int, np.integer)):
            raise SkelgaitError(
                "a run that goes on must hold out the same subjects and draw on from where it was",
                found=f"random_state={self.random_state!r}",
                do="give both runs the same number as random_state",
            )
        if self.calibrate and self.vote == "majority":
            raise SkelgaitError("a temperature does not change a majority's vote", do="vote='mean', or calibrate=False")
        check_run(self._run())
        self._optimizer()
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        with torch.random.fork_rng(devices=_cuda_devices()):
            torch.manual_seed(seed)
            parts = resolve_parts(deepcopy(self.encoders), ENCODERS, "encoder")
            encoders = [part.build() for part in parts]
            samples = prepare_trials(parts, encoders, trials, progress=self.progress, may_lack=self.by_plane)
            if self.by_plane:
                for place, unseen in find_unseen_items(encoders, samples, self._sees(task, encoders)).items():
                    codes[place, unseen] = NOT_KNOWN
            learn, held = self._hold_out(trials, codes, seed)
            for encoder, of_encoder in zip(encoders, samples, strict=True):
                encoder.learn([of_encoder[i] for i in learn if of_encoder[i]])
                for i in held:
                    encoder.check(of_encoder[i], trials[i])
            network = self._network(task, encoders)
            if start is not None:
                self._begin_from(start, network, task)
            module = self._module(task, network, codes[learn], seed)
            subjects = np.unique([t.subject for t in trials], return_inverse=True)[1]
            window = as_window(self.window)
            about = [trials[i].covariates for i in learn]
            train = Walks(encoders, [[s[i] for i in learn] for s in samples], codes[learn], subjects[learn], window, about, learn)
            validation = Walks(encoders, [[s[i] for i in held] for s in samples], codes[held], subjects[held], window)
            sampler = self._sampler(train, module, seed)
            run_training(module, sampler, validation if len(held) else None, self._run())
        self._learnt(task, deepcopy(module.predictor), module.history)
        self.taught_ = self._taught(task, codes[learn], start)
        self.seen_ = mark_subjects(trials)
        sources = [t.covariates.get("source") for t in trials]
        self.sources_ = dict(sorted(Counter(str(one) for one in sources if one is not None and one == one).items()))
        if self.calibrate:
            self._calibrate(validation, codes[held])
        return self

    def _taught(self, task: Task, codes: np.ndarray, start: GaitClassifier | None) -> np.ndarray:
        """(I,) items of which some answer was learnt: here, from a mirrored walk, or by the model it began from."""
        taught = (codes >= 0).any(0)
        if start is not None and start.task_.items == task.items:
            taught = taught | start.taught_
        both = self.share_limbs or as_augmentation(self.augmentation).mirror > 0
        return taught | taught[task.mirrored_items] if both else taught

    def _hold_out(self, trials: Sequence[Trial], codes: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
        everyone = np.arange(len(trials))
        if not self.validation:
            if self.calibrate or self.patience:
                raise SkelgaitError("calibration and early stopping need walks that are not learnt from", do="give validation=0.2")
            return everyone, everyone[:0]
        known = (codes >= 0).any(1)
        subjects = np.array([t.subject for t in trials])
        candidates = np.unique(subjects[known])
        n = round(self.validation * len(candidates))
        if not 0 < n < len(candidates):
            raise SkelgaitError(
                "too few subjects to hold some out", found=f"{len(candidates)} subjects, validation={self.validation}"
            )
        out = np.random.default_rng(seed).choice(candidates, n, replace=False)
        held = np.isin(subjects, out)
        return everyone[~held], everyone[held & known]

    def _network(self, task: Task, encoders: Sequence[Any]) -> GaitNetwork:
        several = "apart" if self.by_plane else "concat"
        fusion = self.fusion if self.fusion is not None else ("none" if len(encoders) == 1 else several)
        head = self.head if self.head is not None else ("ordinal" if task.ordered else "nominal")
        (fuse,) = _one(resolve_parts(deepcopy(fusion), FUSIONS, "fusion"), "fusion")
        (answer,) = _one(resolve_parts(deepcopy(head), ANSWERS, "head"), "head")
        fused = fuse.kind([e.width for e in encoders], **fuse.settings)
        limbs = pair_limbs(task) if self.share_limbs else None
        asked = np.arange(task.n_items) if limbs is None else limbs[0]
        said = answer.kind(fused.width, len(asked), task.n_levels, **answer.settings)
        if self.by_plane:
            if fused.mixes:
                raise SkelgaitError(
                    f"fusion {fuse.key!r} mixes what is seen from one plane into the other", do="fusion='apart', or by_plane=False"
                )
            said.restrict(torch.from_numpy(self._sees(task, encoders)[:, asked]))
        return GaitNetwork(encoders, fused, said, None if limbs is None else torch.from_numpy(limbs))

    def _begin_from(self, start: GaitClassifier, network: GaitNetwork, task: Task) -> None:
        start._fitted()
        there, here = (
            [
                f"{part.key} {settings_as_text(encoder.shareable(part.settings))}"
                for part, encoder in zip(resolve_parts(model.encoders, ENCODERS, "encoder"), encoders, strict=True)
            ]
            for model, encoders in ((start, start.network_.encoders), (self, network.encoders))
        )
        if not any(one in there for one in here):
            raise SkelgaitError(
                "the model to begin from has none of this model's encoders",
                found=", ".join(there)[:120],
                expected=", ".join(here)[:120],
            )
        for encoder, part in zip(network.encoders, here, strict=True):
            if part in there and encoder.learned():  # its weights belong to its columns and its scaling
                encoder.relearn(start.network_.encoders[there.index(part)].learned())
        alike = all(getattr(start, name) == getattr(self, name) for name in ("fusion", "head", "by_plane", "share_limbs"))
        if here == there and start.task_ == task and alike:
            network.load_state_dict(start.network_.state_dict())
            return
        for encoder, part in zip(network.encoders, here, strict=True):
            if part in there:
                encoder.load_state_dict(start.network_.encoders[there.index(part)].state_dict())

    def _module(self, task: Task, network: GaitNetwork, codes: np.ndarray, seed: int) -> GaitModule:
        objectives = [part.build() for part in resolve_parts(deepcopy(self.objectives), OBJECTIVES, "objective")]
        for objective in objectives:
            objective.begin(network, torch.from_numpy(codes))
        augmentation = as_augmentation(self.augmentation)
        sided = (task.mirrored_items != np.arange(task.n_items)).any()
        for encoder in network.encoders:
            if self.share_limbs and type(encoder).mirrored is Encoder.mirrored:
                encoder.mirrored({})  # type: ignore[operator]  says what is wrong
        blind = [type(e).__name__ for e in network.encoders if type(e).augment is Encoder.augment]
        if augmentation.mirror and sided and blind:
            raise SkelgaitError(
                f"encoder {blind[0]} does not mirror walks, but {task.name} asks left and right",
                do="write its augment(inputs, draw), or leave mirror out of the augmentation",
            )
        return GaitModule(
            network,
            objectives,
            task.mirrored_items,
            augmentation,
            self._optimizer(),
            check_schedule(self.schedule),
            self.frozen_epochs,
            seed,
        )

    def _optimizer(self) -> Part:
        (part,) = _one(resolve_parts(_with_rate(self.optimizer), OPTIMIZERS, "optimizer"), "optimizer")
        try:
            part.kind([torch.nn.Parameter(torch.zeros(1))], **part.settings)
        except (TypeError, ValueError) as error:
            raise SkelgaitError(
                f"optimizer {part.key!r} does not take these settings", found=f"{part.to_plain()}: {error}"[:200]
            ) from None
        return part

    def _sampler(self, walks: Walks, module: GaitModule, seed: int) -> Any:
        asked = self.batches or next((o.sampler for o in module.objectives if o.sampler and o.sampler != "two_stream"), None)
        if asked is None:
            everything_known = bool((walks.codes >= 0).any(1).all())
            wants_two = any(o.sampler == "two_stream" for o in module.objectives)
            asked = "two_stream" if wants_two and not everything_known else "random"
        (part,) = _one(resolve_parts(deepcopy(asked), SAMPLERS, "batches"), "batches")
        return part.kind(walks, self.batch_size, seed, **part.settings)

    def _run(self) -> Run:
        return Run(
            self.max_epochs,
            self.max_steps,
            self.patience,
            self.accelerator,
            self.devices,
            self.strategy,
            self.precision,
            self.accumulate,
            self.clip,
            None if self.folder is None else str(self.folder),
            self.resume,
            self.progress,
        )

    def _learnt(self, task: Task, network: GaitNetwork, history: list[dict[str, float]]) -> None:
        self.task_ = task
        self.classes_ = np.array(task.levels)
        self.network_ = network.float().eval().requires_grad_(True)
        self.history_ = history
        self.temperature_ = 1.0
        self.thresholds_ = None
        self.taught_ = np.ones(task.n_items, bool)
        self.seen_ = []
        self.sources_: dict[str, int] = {}
        self.n_parameters_ = sum(p.numel() for p in network.parameters())

    def _calibrate(self, walks: Walks, codes: np.ndarray) -> None:
        with torch.no_grad():
            log_probs = self._say(walks)[0]
        self.temperature_ = fit_temperature(log_probs, codes[walks.walk])


def as_augmentation(augmentation: Any) -> Augmentation:
    """An augmentation from its settings; none by default."""
    if isinstance(augmentation, Augmentation):
        return augmentation
    (part,) = resolve_parts({Augmentation: dict(augmentation or {})}, {}, "augmentation")
    return part.build()


def fit_temperature(log_probs: torch.Tensor, codes: np.ndarray) -> float:
    """The temperature that makes answers (n, I, L) likeliest given codes (n, I); 1 where nothing is known.

    References
    ----------
    Guo C et al. On calibration of modern neural networks, 2017, arXiv 1706.04599.
    """
    from scipy.optimize import minimize_scalar

    known = torch.from_numpy(np.asarray(codes)) >= 0
    if not known.any():
        return 1.0
    said, truth = log_probs[known].double(), torch.from_numpy(np.asarray(codes))[known]

    def loss(log_temperature: float) -> float:
        return float(torch.nn.functional.nll_loss((said / np.exp(log_temperature)).log_softmax(-1), truth))

    return float(np.exp(minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def _one(parts: list[Any], what: str) -> list[Any]:
    if len(parts) != 1:
        raise SkelgaitError(f"there can be one {what} only", found=", ".join(part.key for part in parts))
    return parts


def _with_rate(optimizer: Any) -> Any:
    return {optimizer: {"lr": 1e-3}} if isinstance(optimizer, (str, type)) else deepcopy(optimizer)


def _cuda_devices() -> list[int]:
    return list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
