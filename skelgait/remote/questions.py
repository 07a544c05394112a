"""The questions in words, and what is read from an answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.tasks import EVGS
from skelgait.tasks.evgs import evgs_criteria

OUTCOMES = ("answered", "in part", "refused", "malformed", "failed", "not asked")
_REFUSING = re.compile(
    r"\b(sorry|apologi[sz]e|can(?:no|')t|can’t|cannot|unable to|not able to|won't|won’t|decline|not (?:comfortable|appropriate))\b",
    re.I,
)
_LIMBS = {"left": "L", "right": "R"}


@dataclass(frozen=True)
class Question:
    """One item in words.

    Parameters
    ----------
    key : str
        What the answer calls it: ``L1``, or ``Q1``.
    text : str
    levels : tuple of str
        Possible answers as they are written.
    codes : tuple of int
        The code of the task that each of them means.
    """

    key: str
    text: str
    levels: tuple[str, ...]
    codes: tuple[int, ...]


def word_questions(task: Task, criteria: Mapping[str, str] | None = None) -> list[Question]:
    """Every item of a task as a question.

    Parameters
    ----------
    task : Task
        About items of the Edinburgh score, with its three levels or two (0, and 1 or 2); or any other with ``criteria``.
    criteria : mapping of item to text, optional
        How to tell the levels, in your words.

    Raises
    ------
    SkelgaitError
        An item whose criteria nobody gave.

    Examples
    --------
    >>> word_questions(EVGS)[0].text
    'left limb, the part of the foot that touches the ground first. 0: heel; 1: flat foot; 2: toes'
    """
    given = dict(criteria or {})
    if unknown := sorted(set(given) - set(task.items)):
        raise SkelgaitError(f"{task.name} does not ask about {unknown[0]}", expected=", ".join(task.items[:6]))
    known = dict(zip(EVGS.items, [(side, c) for side in SIDES for c in evgs_criteria()], strict=True))
    questions = []
    for n, item in enumerate(task.items, 1):
        if item in given:
            levels = tuple(map(str, task.levels))
            text = f"{item.replace('_', ' ')}. {given[item]} One of: {', '.join(levels)}"
            questions.append(Question(f"Q{n}", text, levels, tuple(range(task.n_levels))))
        elif item in known and task.n_levels in (2, 3):
            side, c = known[item]
            text = f"{side} limb, {c.look}. 0: {c.zero}; 1: {c.one}; 2: {c.two}"
            codes = (0, 1, 2) if task.n_levels == 3 else (0, 1, 1)
            questions.append(Question(f"{_LIMBS[side]}{c.item}", text, ("0", "1", "2"), codes))
        else:
            raise SkelgaitError(
                f"how are the levels of {item} told?", found=f"no criteria for {task.name}", do="give criteria={item: text}"
            )
    return questions


def write_instructions(questions: Sequence[Question]) -> str:
    """What is asked, as one text."""
    lines = "\n".join(f"{q.key}: {q.text}" for q in questions)
    example = json.dumps({q.key: q.levels[0] for q in questions[:2]})
    return (
        "The pictures are frames of films of one person walking, in order, each with its time. Score the walk by the criteria "
        "below. Left and right are the person's own. Where the pictures leave doubt, give the likelier score.\n"
        f"{lines}\n"
        f"Answer with one JSON object and nothing else: every key above ({questions[0].key} to {questions[-1].key}) "
        f"with its score, like {example}."
    )


def read_answer(reply: Mapping[str, Any], questions: Sequence[Question]) -> tuple[list[int], str, str]:
    """What a reply says to each question.

    Parameters
    ----------
    reply : mapping
        As the server gave it.
    questions : sequence of Question

    Returns
    -------
    codes : list of int
        -1 where there is no valid answer.
    outcome : str
        One of `OUTCOMES`.
    said : str
        The beginning of the text.
    """
    none = [NOT_KNOWN] * len(questions)
    try:
        choice = reply["choices"][0]
        message = choice["message"]
        content = message.get("content") or ""
        if isinstance(content, list):  # parts
            content = "".join(part.get("text", "") for part in content)
        refusal = message.get("refusal") or ""
    except (KeyError, IndexError, TypeError, AttributeError):
        return none, "malformed", json.dumps(reply)[:200]
    said = " ".join(str(refusal or content).split())[:200]
    if refusal or choice.get("finish_reason") == "content_filter":
        return none, "refused", said
    found = _find_object(str(content), {q.key for q in questions})
    if found is None:
        return none, "refused" if _REFUSING.search(content) else "malformed", said
    codes = [_code(found.get(q.key), q) for q in questions]
    given = sum(code >= 0 for code in codes)
    return codes, "answered" if given == len(codes) else "in part" if given else "malformed", said


def _find_object(text: str, keys: set[str]) -> Mapping[str, Any] | None:
    """The JSON object in a text that has any of the keys: itself, or one level down."""
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        try:
            found, _ = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found = None
        for one in (found, *(found.values() if isinstance(found, dict) else ())):
            if isinstance(one, dict) and keys & set(one):
                return one
        at = text.find("{", at + 1)
    return None


def _code(answer: Any, question: Question) -> int:
    if isinstance(answer, dict):
        answer = answer.get("score", answer.get("answer"))
    if isinstance(answer, float) and answer == int(answer):
        answer = int(answer)
    if isinstance(answer, bool) or not isinstance(answer, (int, str)):
        return NOT_KNOWN
    written = [level.lower() for level in question.levels]
    text = str(answer).strip().lower()
    return question.codes[written.index(text)] if text in written else NOT_KNOWN
