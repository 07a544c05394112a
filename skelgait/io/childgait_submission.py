"""The file that the ChildGait challenge takes: 25 rows of 38 columns, written whole or not at all, and read back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.trial import Trial
from skelgait.io.atomic import new_file
from skelgait.io.childgait_labels import ITEMS, PATTERNS, TEST
from skelgait.io.paths import find_path

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("ID", *(f"{side}{n}" for side in "LR" for n in range(1, ITEMS + 1)), "Total", "Left_gait_subtype", "Right_gait_subtype")
NOTHING = -1
TOTALS = ("levels", "expected")


def write_childgait_submission(
    path: str | Path,
    trials: Sequence[Trial],
    items: Any,
    patterns: Any = None,
    *,
    total: str = "levels",
    children: Mapping[int, Iterable[int]] | None = None,
) -> pd.DataFrame:
    """Write answers in the form that the ChildGait challenge takes.

    Parameters
    ----------
    path : str or Path
        A CSV.
    trials : sequence of n
        Whom the answers are about; others than the test children may be among them.
    items : (n, 34, 2) probabilities or (n, 34) codes
        Answers to the items, 1 atypical, in the order of `tasks.EVGS_BINARY`; a row of NaN (or -1) is no answer.
    patterns : (n, 2, 5) probabilities, (n, 2) codes or (n, 2) levels, optional
        Left and right pattern, in the order of `tasks.CP_PATTERN`. Without them the file has rows of the first track only, and
        the challenge takes none that lacks the others.
    total : {"levels", "expected"}
        ``Total`` is the sum of the levels in the row, or the sum of the probabilities, rounded.
    children : mapping of track to numbers, optional
        Which children are wanted; default the published test sets, 16 and 9.

    Returns
    -------
    DataFrame
        What was written: ``ID`` is ``track1-<child>`` or ``track2-<child>``; L1 to L17, R1 to R17 and Total are -1 in rows of track
        2, the patterns (``WNL``, ``type1`` ... ``type4``) in rows of track 1.

    Raises
    ------
    SkelgaitError
        Answers of another shape, or a child that is wanted and has no trial or an item without an answer.
    FileError
        The file cannot be written.

    Notes
    -----
    Several walks of a child are brought together by the mean of their probabilities, or by what most of them say. Probabilities are
    answered by the likelier level: of a model with thresholds give codes, ``task.encode(model.predict(trials))``. The form is that
    of submissions in public repositories; the organisers' own description was not seen.

    Examples
    --------
    >>> import tempfile
    >>> trials = [Trial(f"{child:04d}") for child in (4, 5)]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = write_childgait_submission(
    ...         f"{folder}/submission.csv",
    ...         trials,
    ...         np.zeros((2, 34), int),
    ...         [["WNL", "crouch"]] * 2,
    ...         children={1: [4, 5], 2: [4]},
    ...     )
    >>> table[["ID", "L1", "Total", "Left_gait_subtype", "Right_gait_subtype"]].values.tolist()
    [['track1-4', 0, 0, -1, -1], ['track1-5', 0, 0, -1, -1], ['track2-4', -1, -1, 'WNL', 'type4']]
    """
    import pandas as pd

    wanted = {track: list(TEST[track] if children is None else children.get(track, ())) for track in TEST}
    if total not in TOTALS:
        raise SkelgaitError(f"total={total!r} means nothing", expected=" or ".join(map(repr, TOTALS)), do="give one of these")
    who = np.array([_number(trial) for trial in trials])
    shares = _shares(items, len(trials), 2 * ITEMS, 2, "items")
    if total == "expected" and np.asarray(items).ndim != 3:
        raise SkelgaitError("expected totals need probabilities", found="codes", do="total='levels'")
    rows: list[list[Any]] = []
    for child in wanted[1]:
        p = _of_child(shares, who, child, "item")
        codes = p.argmax(axis=-1)
        points = codes.sum() if total == "levels" else round(float(p[:, 1].sum()))
        rows.append([f"track1-{child}", *codes.tolist(), int(points), NOTHING, NOTHING])
    if patterns is not None:
        shares = _shares(_as_codes(patterns), len(trials), 2, len(PATTERNS), "patterns")
        names = list(PATTERNS)
        for child in wanted[2]:
            two = _of_child(shares, who, child, "pattern").argmax(axis=-1)
            rows.append([f"track2-{child}", *[NOTHING] * (2 * ITEMS + 1), *(names[code] for code in two)])
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    with new_file(Path(os.path.expanduser(path))) as file:
        table.to_csv(file, index=False)
    return table


def read_childgait_submission(path: str | Path) -> pd.DataFrame:
    """Read a file in the form that the ChildGait challenge takes, and check it.

    Parameters
    ----------
    path : str or Path
        A CSV.

    Returns
    -------
    DataFrame
        38 columns as `write_childgait_submission` writes them: whole numbers, and the patterns as text (-1 where there is none).

    Raises
    ------
    FileError
        Other columns, a row twice or of no track, an answer that is none, or a total that cannot be one.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "submission.csv"
    ...     _ = write_childgait_submission(file, [Trial("0004")], np.ones((1, 34), int), children={1: [4]})
    ...     read_childgait_submission(file).Total.tolist()
    [34]
    """
    import pandas as pd

    file, _ = find_path(path)
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except (ValueError, OSError) as fault:
        raise FileError(f"{file.name} is no table", found=str(fault).splitlines()[0][:100], do="write it again") from None
    bare = [c for c in table.columns if str(c).startswith("Unnamed") and (table[c] == "").all()]  # commas at the ends of lines
    table = table.drop(columns=bare)
    if list(table.columns) != list(COLUMNS):
        raise FileError(f"{file.name} is no submission", found=", ".join(table.columns[:8]), expected=f"ID, L1, ..., {COLUMNS[-1]}")
    track = table["ID"].str.extract(r"^track([12])-(\d+)$")
    if (lost := table["ID"][track.isna().any(axis=1)]).any():
        raise FileError(f"{file.name} has a row of no track", found=repr(lost.iloc[0]), expected="track1-4 or track2-4")
    if (twice := table["ID"][table["ID"].duplicated()]).any():
        raise FileError(f"{file.name} has a row twice", found=twice.iloc[0], do="leave one of them")
    first = (track[0] == "1").to_numpy()
    ones, ends = list(COLUMNS[1:-3]), list(COLUMNS[-2:])
    for columns, own, here in (
        (ones, {"0", "1"}, first),
        (["Total"], {str(n) for n in range(2 * ITEMS + 1)}, first),
        (ends, set(PATTERNS), ~first),
    ):
        cells = table[columns].apply(lambda column: column.str.strip())
        wrong = ~np.where(here[:, None], cells.isin(own), cells == str(NOTHING))
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            expected = "whole numbers from 0 to 34" if columns == ["Total"] else ", ".join(sorted(own))
            raise FileError(
                f"{file.name}: {table['ID'].iloc[row]} has no answer in column {columns[column]}",
                found=repr(cells.iat[row, column]),
                expected=expected if here[row] else str(NOTHING),
            )
        table[columns] = cells
    return table.astype(dict.fromkeys([*ones, "Total"], int))


def _number(trial: Trial) -> int:
    try:
        return int(trial.subject)
    except ValueError:
        raise SkelgaitError(
            f"trial {trial.name!r} is of no child of the data set",
            found=f"subject {trial.subject!r}",
            expected="a number, as sg.read_childgait gives",
        ) from None


def _as_codes(patterns: Any) -> np.ndarray:
    """Levels, as they are called here or in the files, as codes."""
    given = np.asarray(patterns)
    if given.dtype.kind in "biuf":
        return given
    known = {name: n for n, pair in enumerate(PATTERNS.items()) for name in pair}
    flat = [NOTHING if one is None else known.get(one) for one in np.asarray(patterns, object).ravel()]
    if None in flat:
        at = flat.index(None)
        raise SkelgaitError(
            "unknown pattern", found=repr(np.asarray(patterns, object).ravel()[at]), expected=", ".join(PATTERNS.values())
        )
    return np.array(flat).reshape(given.shape)


def _shares(answers: Any, walks: int, count: int, levels: int, what: str) -> np.ndarray:
    """(n, count, levels) probabilities, or 1 for the level said; NaN where there is no answer."""
    given = np.asarray(answers.to_numpy() if hasattr(answers, "to_numpy") else answers)
    if given.shape == (walks, count, levels) and given.dtype.kind == "f":
        return given
    whole = given.dtype.kind in "biu" and given.shape == (walks, count) and given.min(initial=0) >= NOTHING
    if not whole or given.max(initial=0) >= levels:
        raise SkelgaitError(
            f"these are no answers to the {what}",
            found=f"shape {given.shape} of {given.dtype}",
            expected=f"probabilities ({walks}, {count}, {levels}), or codes ({walks}, {count}) from 0 to {levels - 1}",
        )
    shares = (given[..., None] == np.arange(levels)).astype(float)
    shares[given < 0] = np.nan
    return shares


def _of_child(shares: np.ndarray, who: np.ndarray, child: int, what: str) -> np.ndarray:
    """Mean over the walks of a child that have an answer."""
    own = shares[who == child]
    answered = ~np.isnan(own).any(axis=-1)
    if not len(own) or not answered.any(axis=0).all():
        lacking = f"{int((~answered.any(axis=0)).sum())} {what}s without an answer" if len(own) else "no trial"
        raise SkelgaitError(
            f"child {child} of the test set cannot be answered",
            found=lacking,
            do="give its walks, and a model that answers every item",
        )
    return np.where(answered[..., None], own, 0).sum(axis=0) / answered.sum(axis=0)[:, None]
