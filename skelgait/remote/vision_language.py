"""A vision-language model behind an address as one that answers a task: a baseline, off until it is told to send."""

from __future__ import annotations

import json
import time
import warnings
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.core.trial import Trial
from skelgait.remote.endpoint import NoAnswer, Request, complete_address, find_key, post
from skelgait.remote.pictures import has_film, take_pictures
from skelgait.remote.questions import OUTCOMES, Question, read_answer, word_questions, write_instructions
from skelgait.tasks import QUESTIONS

ROLE = "You score how people walk, by the criteria you are given. You do not diagnose and you do not identify anybody."
GIVE_UP = 3  # failures running
LOG = ("trial", "outcome", "asked", "given", "seconds", "tokens", "said")
VIEWS = {"sagittal": "Seen from the side", "frontal": "Seen from the front or from behind"}


class _Walk(NamedTuple):
    """A walk that is asked about: its pictures as parts of a message, or why there are none."""

    place: int
    trial: Trial
    parts: list[dict[str, Any]]
    why: str


class VisionLanguageModel(ClassifierMixin, BaseEstimator):
    """Ask a model that sees pictures: some frames of each walk, the criteria in words, scores as JSON.

    Parameters
    ----------
    endpoint : str
        Address of a server that speaks as OpenAI's chat does, yours or somebody else's: ``"http://localhost:8000/v1"``. There is no
        default, and none is looked for anywhere.
    model : str
        Its name there.
    task : Task or str
        `tasks.EVGS_BINARY`, `tasks.EVGS` or a question about some of their items; any other with ``criteria``.
    criteria : mapping of item to text, optional
        How the levels of an item are told.
    send : bool
        Until this is True nothing leaves the machine: `predict_proba` refuses and says what it would send; `dry_run` shows it.
    blur_faces : bool
        Blur all but the walker's body below the neck, by the pose; a walk with a film and without a pose is then not sent.
    frames : int
        Pictures a plane.
    step_s : float, seconds, optional
        Between pictures, round the middle of the walk. Default: spread over the whole walk.
    side : int, pixels
        Longer side of a picture, which is cut to the walker.
    items_per_request : int, optional
        Default: all in one. 1 asks each item by itself, and sends the pictures as many times.
    repeats : int
        Ask so many times; the probability of a level is the share of the answers. One answer is a probability of 1.
    key_from : str, optional
        Environment variable that holds the server's key. The key itself is kept nowhere and shown nowhere.
    extra : mapping, optional
        Further settings of the request: ``{"temperature": 0.7, "max_tokens": 4000}``. Default temperature 0.
    timeout_s : float
    retries : int
        How many times more, when the server is busy, fails or is silent.
    progress : bool
        Show a bar.

    Attributes
    ----------
    task_, classes_
        As in `GaitClassifier`.
    log_ : DataFrame
        Of the last `predict_proba`: one row a request, with ``trial``, ``outcome`` (``answered``, ``in part``, ``refused``,
        ``malformed``, ``failed``, ``not asked``), ``asked`` and ``given`` answers, ``seconds``, ``tokens`` and what was ``said``.

    Notes
    -----
    What leaves: the pictures and the questions. No name, subject, file name, age or label does. Whether pictures of a child may be
    sent to a machine at all is a matter of consent and law that no setting here decides; a server of your own is the safe way.
    Plain http is refused to any machine but those of your own network, and a server that points elsewhere is not followed.

    Refusals, answers that are none and missing items are NaN, counted in ``log_`` and told in a warning. `score_table` and
    `item_table` leave such answers out; `childgait_score` counts them as wrong. A server that fails three times running, or that
    takes no more after the first answers (a quota), is asked no further, and what it said so far is kept.

    A model of this kind was trained on nobody knows what: public films may be among it. Nothing is learnt here: `fit` only checks
    the task.

    Examples
    --------
    >>> import skelgait as sg
    >>> clip = sg.Clip(np.zeros((30, 64, 64, 3), np.uint8), fps=30, view="sagittal")
    >>> model = VisionLanguageModel("http://localhost:8000/v1", "some-model", frames=4, blur_faces=False)
    >>> (request,) = model.dry_run([sg.Trial("child07", clips=clip)])  # sends nothing
    >>> request.url, [part["type"] for part in request.content["messages"][1]["content"]].count("image_url")
    ('http://localhost:8000/v1/chat/completions', 4)
    """

    def __init__(
        self,
        endpoint: str,
        model: str,
        task: Task | str = "EVGS_BINARY",
        *,
        criteria: Mapping[str, str] | None = None,
        send: bool = False,
        blur_faces: bool = True,
        frames: int = 16,
        step_s: float | None = None,
        side: int = 512,
        items_per_request: int | None = None,
        repeats: int = 1,
        key_from: str | None = None,
        extra: Mapping[str, Any] | None = None,
        timeout_s: float = 120.0,
        retries: int = 2,
        progress: bool = True,
    ) -> None:
        self.endpoint = endpoint
        self.model = model
        self.task = task
        self.criteria = criteria
        self.send = send
        self.blur_faces = blur_faces
        self.frames = frames
        self.step_s = step_s
        self.side = side
        self.items_per_request = items_per_request
        self.repeats = repeats
        self.key_from = key_from
        self.extra = extra
        self.timeout_s = timeout_s
        self.retries = retries
        self.progress = progress

    @property
    def task_(self) -> Task:
        """The question."""
        task = self.task if isinstance(self.task, Task) else QUESTIONS.get(str(self.task).upper())
        if task is None:
            raise SkelgaitError("unknown task", found=repr(self.task), expected=f"a sg.Task, or one of {', '.join(QUESTIONS)}")
        return task

    @property
    def classes_(self) -> np.ndarray:
        """Its levels."""
        return np.array(self.task_.levels)

    def fit(self, trials: Sequence[Trial], y: Any = None) -> VisionLanguageModel:
        """Learn nothing: the model is as somebody else trained it. Sends nothing."""
        self._chunks()
        return self

    def dry_run(self, trials: Sequence[Trial]) -> list[Request]:
        """Exactly what would be sent, and sends nothing.

        Parameters
        ----------
        trials : sequence of Trial

        Returns
        -------
        list of Request
            ``url``, ``body`` (bytes) and ``content`` (the same as plain data), without the key. Each is sent ``repeats`` times.
        """
        walks, chunks = self._look(list(trials)), self._chunks()
        return [self._request(walk, chunk) for walk in walks if walk.parts for chunk in chunks]

    def predict_proba(self, trials: Sequence[Trial]) -> np.ndarray:
        """Share of the answers that give each level, (n, I, L) or (n, L) for one item; NaN where there is none."""
        import pandas as pd
        from tqdm.auto import tqdm

        task, trials = self.task_, list(trials)
        key = find_key(self.key_from) if self.send else None
        walks, chunks = self._look(trials), self._chunks()
        told = self._told(walks, chunks)
        if not self.send:
            do = "look at it with dry_run(trials); then set_params(send=True), if you may"
            raise SkelgaitError("nothing is sent without send=True", found=told, do=do)
        warnings.warn(f"sending {told}", stacklevel=2)
        counts = np.zeros((len(trials), task.n_items, task.n_levels))
        rows: list[dict[str, Any]] = []
        work = [(walk, chunk) for walk in walks for chunk in chunks for _ in range(self._times() if walk.parts else 1)]
        stop, failures = "", 0
        for walk, chunk in tqdm(work, "asking", unit="request", disable=not self.progress or None, leave=False):
            row: dict[str, Any] = {"trial": walk.trial.name, "outcome": "not asked", "asked": len(chunk), "given": 0}
            row |= {"seconds": 0.0, "tokens": 0, "said": walk.why or stop}
            if walk.parts and not stop:
                began = time.perf_counter()
                try:
                    reply = post(self._request(walk, chunk), key=key, timeout_s=self.timeout_s, retries=self.retries)
                    codes, row["outcome"], row["said"] = read_answer(reply, [question for _, question in chunk])
                    for (item, _), code in zip(chunk, codes, strict=True):
                        if code >= 0:
                            counts[walk.place, item, code] += 1
                    row |= {"given": sum(code >= 0 for code in codes), "tokens": _tokens(reply)}
                    failures = 0
                except NoAnswer as fault:
                    row |= {"outcome": "failed", "said": str(fault)}
                    failures += 1
                    stop = f"the server failed {failures} times running" if failures == GIVE_UP else ""
                except SkelgaitError as fault:
                    if not counts.any():
                        raise
                    row["said"] = stop = str(fault)
                row["seconds"] = time.perf_counter() - began
                row["said"] = str(row["said"]).replace(key or chr(0), "***")  # a server may repeat it
            rows.append(row)
        self.log_ = pd.DataFrame(rows, columns=list(LOG))
        total = counts.sum(axis=-1, keepdims=True)
        self._tell_outcomes(int((total == 0).sum()), total.size)
        p = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
        return p[:, 0] if task.n_items == 1 else p

    def predict(self, trials: Sequence[Trial]) -> np.ndarray:
        """The level most answers give: (n, I), or (n,) for one item; ``None`` where there is none."""
        p = self.predict_proba(trials)
        return self.task_.decode(np.where(np.isnan(p).any(axis=-1), NOT_KNOWN, np.nan_to_num(p).argmax(axis=-1)))

    def _chunks(self) -> list[list[tuple[int, Question]]]:
        """Items with their questions, as many as are asked together."""
        questions = list(enumerate(word_questions(self.task_, self.criteria)))
        size = self.items_per_request or len(questions)
        if size < 1 or self.frames < 1 or self.side < 16 or self._times() < 1:
            raise SkelgaitError(
                "there is nothing to ask or to see",
                found=f"items_per_request={size}, frames={self.frames}, side={self.side}, repeats={self.repeats}",
            )
        return [questions[n : n + size] for n in range(0, len(questions), size)]

    def _times(self) -> int:
        return int(self.repeats)

    def _look(self, trials: list[Trial]) -> list[_Walk]:
        """The pictures of every walk, or why there are none."""
        from tqdm.auto import tqdm

        complete_address(self.endpoint)
        if not str(self.model or "").strip():
            raise SkelgaitError("which model is to be asked?", found=repr(self.model), do="give its name at the server as model=")
        walks = []
        for place, trial in enumerate(tqdm(trials, "taking pictures", disable=not self.progress or None, leave=False)):
            if not isinstance(trial, Trial):
                raise SkelgaitError("a model takes a list of trials", found=type(trial).__name__, expected="sg.Trial")
            try:
                walks.append(_Walk(place, trial, list(self._pictures(trial)), ""))
            except (SkelgaitError, OSError) as fault:
                walks.append(_Walk(place, trial, [], str(fault)))
        return walks

    def _pictures(self, trial: Trial) -> Iterator[dict[str, Any]]:
        """Parts of the message: each view in words, then its pictures with their times."""
        planes = has_film(trial)
        if not planes:
            raise SkelgaitError(f"trial {trial.name!r} has no video and no clip")
        for plane in planes:
            pictures = take_pictures(
                trial, plane, frames=self.frames, step_s=self.step_s, side=self.side, blur_faces=self.blur_faces
            )
            yield {"type": "text", "text": f"{VIEWS[plane]}:"}
            for time_s, jpeg in pictures:
                yield {"type": "text", "text": f"{time_s:.2f} s"}
                yield {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"}}

    def _request(self, walk: _Walk, chunk: list[tuple[int, Question]]) -> Request:
        message = [*walk.parts, {"type": "text", "text": write_instructions([question for _, question in chunk])}]
        messages = [{"role": "system", "content": ROLE}, {"role": "user", "content": message}]
        body = {"model": str(self.model), "messages": messages, "temperature": 0, **dict(self.extra or {})}
        return Request(walk.trial.name, complete_address(self.endpoint), json.dumps(body).encode())

    def _told(self, walks: list[_Walk], chunks: list[list[tuple[int, Question]]]) -> str:
        """What leaves the machine, in words."""
        requests = len(chunks) * self._times()
        pictures = [len(part["image_url"]["url"]) for walk in walks for part in walk.parts if "image_url" in part]
        shown, faces = sum(bool(walk.parts) for walk in walks), "faces blurred" if self.blur_faces else "FACES NOT BLURRED"
        return (
            f"{len(pictures)} pictures and {sum(map(len, chunks))} questions of {shown} of {len(walks)} walks "
            f"to {complete_address(self.endpoint)}, in {requests} requests a walk, about {sum(pictures) * requests / 1e6:.2g} MB "
            f"({faces}; no names)"
        )

    def _tell_outcomes(self, missing: int, asked: int) -> None:
        found: Counter[str] = Counter(self.log_["outcome"])
        told = ", ".join(f"{found[outcome]} {outcome}" for outcome in OUTCOMES if found[outcome])
        if missing or set(found) - {"answered"}:
            bad = self.log_[self.log_["outcome"] != "answered"].iloc[0]
            warnings.warn(
                f"{missing} of {asked} answers are missing; requests: {told} (first: {bad['trial']}: {bad['said'][:120]})",
                stacklevel=3,
            )


def _tokens(reply: Mapping[str, Any]) -> int:
    """How many the server says it took."""
    usage = reply.get("usage")
    told = usage.get("total_tokens") if isinstance(usage, dict) else 0
    return told if isinstance(told, int) else 0
