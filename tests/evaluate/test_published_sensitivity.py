"""Which class the "sensitivity" and "specificity" printed for ScoNet are of: only counts of the negative class give them."""

from __future__ import annotations

import numpy as np
import pytest

# Test walks of the 1:1:8 split, and the printed percentages of each row: accuracy, "sensitivity", "specificity".
WALKS = {"positive": 419, "neutral": 126, "negative": 204}
ROWS = {
    "CNN": (45.5, 99.0, 27.0),
    "CNN-Triplet": (56.3, 77.0, 85.0),
    "CNN-MT": (57.8, 96.1, 44.4),
    "ScoNet": (51.3, 100.0, 33.2),
    "ScoNet-Triplet": (61.2, 100.0, 46.6),
    "ScoNet-MT": (82.0, 99.0, 76.5),
}
ALL = sum(WALKS.values())


def counts(percent: float, n: int, within: float = 0.05) -> np.ndarray:
    """How many of n are that many percent, to the printed digit."""
    k = np.arange(n + 1)
    return k[np.abs(100 * k / n - percent) <= within + 1e-9]


def possible(row: str, of: str) -> bool:
    """Whether any confusion matrix has the row's three numbers, when sensitivity and specificity are of one class."""
    accuracy, sensitivity, specificity = ROWS[row]
    n = WALKS[of]
    found, kept = counts(sensitivity, n), counts(specificity, ALL - n)  # of the class; of the others, not taken for it
    # 61.2 is no count of 749 at all: 458 are 61.148, which is 61.15 and then 61.2 when it is rounded twice
    for right in counts(accuracy, ALL, within=0.055):
        others = right - found[:, None]  # right answers among the others, none of which is taken for the class
        if ((others >= 0) & (others <= kept)).any():
            return True
    return False


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_possible_for_the_negative_class(row: str) -> None:
    assert possible(row, "negative")
    _, sensitivity, specificity = ROWS[row]
    assert len(counts(sensitivity, 204)) == 1, "204 walks leave one count"
    assert len(counts(specificity, 545)) == 1


def test_no_row_is_possible_for_another_class() -> None:
    assert [row for row in ROWS if possible(row, "positive")] == []
    assert [row for row in ROWS if possible(row, "neutral")] == []
    # most percentages are no counts of 419 and 330 walks at all; where they are, the accuracy contradicts them
    assert [row for row in ROWS if len(counts(ROWS[row][1], 419)) and len(counts(ROWS[row][2], 330))] == ["CNN"]
    assert counts(45.5, ALL).max() == 341 < counts(99.0, 419).min() == 415
    # the plainest case: every one of 419 positives found would be 419 right answers, and 51.3 % of 749 are 384
    assert counts(51.3, ALL).max() < counts(100.0, 419).min()


def test_the_reading_that_is_left_adds_up_to_the_accuracy() -> None:
    (found,), (kept,) = counts(100.0, 204), counts(33.2, 545)
    assert (found, kept) == (204, 181)
    assert found + kept - 1 in counts(51.3, ALL)  # one of the 181 was given the wrong one of the two other grades
