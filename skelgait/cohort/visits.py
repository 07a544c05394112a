"""The visits of a subject in the order in which they were, and which of their labels may be shared."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

# Columns that say when a walk was recorded.
DATES = ("date", "visit_date", "exam_date", "session_date", "recording_date", "recorded", "recorded_on", "measured_on")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*"
_YEAR_FIRST = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/._]?)(0?[1-9]|1[0-2])\2(0?[1-9]|[12]\d|3[01])(?!\d)")
_YEAR_LAST = re.compile(r"(?<!\d)(\d{1,2})([-/. _])(\d{1,2})\2((?:19|20)?\d\d)(?!\d)")
_DAY_MONTH = re.compile(rf"(?<!\d)(\d{{1,2}})\.?[-/ _]?({_MONTH})\.?,?[-/ _]?((?:19|20)?\d\d)(?!\d)", re.I)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\.?[-/ _]?(\d{{1,2}})(?:st|nd|rd|th)?,?[-/ _]((?:19|20)\d\d)(?!\d)", re.I)
_MONTH_YEAR = re.compile(rf"\b{_MONTH}\.?[-/ _]?(?:19|20)?\d\d(?!\d)|(?<!\d)(?:19|20)\d\d[-/.](?:0[1-9]|1[0-2])(?!\d)", re.I)
# Words that tell the first visit, and the ones after it.
_EARLIER = re.compile(r"\b(pre|before|baseline|initial|admission)", re.I)
_LATER = re.compile(r"\b(post|after|final|discharge)", re.I)
_UNITS = {
    **dict.fromkeys(("d", "day"), 1.0),
    **dict.fromkeys(("w", "wk", "week"), 7.0),
    **dict.fromkeys(("m", "mo", "month"), 30.4),
    **dict.fromkeys(("y", "yr", "year"), 365.25),
}
_NUMBER = re.compile(r"(\d+(?:[.,]\d+)?)")
# Labels of these words and short numbers tell of a visit and not of a person.
_PLAIN = re.compile(
    r"visits?|sessions?|exam|examination|assessment|re|test|retest|control|pre|post|before|after|baseline|initial|intermediate|final|"
    r"admission|discharge|first|second|third|fourth|fifth|last|next|follow|up|fu|followup|[vt]|op|operation|operative|surgery|"
    r"intervention|treatment|therapy|training|botox|botulinum|toxin|btx|bonta?|sdr|semls|itb|cast|casting|serial|medication|"
    r"orthos[ie]s|afos?|kafo|brace|splint|insoles?|shoes?|shod|barefoot|walker|crutch|crutches|cane|with|without|no|not|on|off|in|and|of|"
    r"at|the|a|d|days?|w|wks?|weeks?|m|mo|months?|y|yrs?|years?|left|right|both|slow|fast|free|normal|treadmill|overground|\d{1,3}",
    re.I,
)


def find_dates(texts: Iterable[str]) -> dict[str, datetime.date]:
    """The dates among some texts. 3/4/2024 is one only where others of them show whether the day or the month comes first.

    Examples
    --------
    >>> found = find_dates(["2024-03-11", "12.3.2024 10:30", "after"])
    >>> [f"{day:%d %b}" for day in found.values()], find_dates(["3/4/2024"]), len(find_dates(["3/4/2024", "25/4/2024"]))
    (['11 Mar', '12 Mar'], {}, 2)
    """
    texts = list(dict.fromkeys(texts))
    slashed = [match for text in texts if (match := _YEAR_LAST.search(text)) and match[2] != "."]
    day_first = any(int(match[1]) > 12 for match in slashed)
    month_first = any(int(match[3]) > 12 for match in slashed)
    found = {}
    for text in texts:
        with suppress(ValueError):
            if match := _YEAR_FIRST.search(text):
                found[text] = datetime.date(int(match[1]), int(match[3]), int(match[4]))
            elif match := _DAY_MONTH.search(text):
                found[text] = datetime.date(_year(match[3]), _MONTHS.index(match[2][:3].lower()) + 1, int(match[1]))
            elif match := _MONTH_DAY.search(text):
                found[text] = datetime.date(_year(match[3]), _MONTHS.index(match[1][:3].lower()) + 1, int(match[2]))
            elif (match := _YEAR_LAST.search(text)) and (match[2] == "." or match[1] == match[3] or day_first != month_first):
                day, month = (match[3], match[1]) if match[2] != "." and month_first else (match[1], match[3])
                found[text] = datetime.date(_year(match[4]), int(month), int(day))
    return found


def _year(digits: str) -> int:
    return int(digits) if len(digits) == 4 else 2000 + int(digits)


def looks_like_date(text: str) -> bool:
    """Whether a text has a day, or a month of a year, in it.

    Examples
    --------
    >>> looks_like_date("seen 3/4/24"), looks_like_date("March 2024"), looks_like_date("visit 2"), looks_like_date("12 months")
    (True, True, False, False)
    """
    return any(form.search(text) for form in (_YEAR_FIRST, _YEAR_LAST, _DAY_MONTH, _MONTH_DAY, _MONTH_YEAR))


def order_visits(visits: Mapping[str, Iterable[Mapping[str, Any]]], dates: Mapping[str, datetime.date]) -> list[str]:
    """The visits of one subject from first to last.

    Parameters
    ----------
    visits : mapping of label to what is known of each of its walks
        In order of the table.
    dates : mapping of text to date
        From `find_dates` of the whole table.

    Returns
    -------
    list of str
        By the date in a column (`DATES`); else by the labels, where all of them are dates, or numbers with the same words (v1, v2,
        v10; baseline, 6 weeks, 1 year; before, after); else by age; else as they stand in the table.

    Examples
    --------
    >>> order_visits({"after": [], "before": []}, {}), order_visits({"12 months": [], "baseline": [], "6 weeks": []}, {})
    (['before', 'after'], ['baseline', '6 weeks', '12 months'])
    """
    walks = {label: list(of) for label, of in visits.items()}

    def dated(label: str) -> float:
        cells = [str(value) for walk in walks[label] for column, value in walk.items() if column.lower() in DATES]
        return min((dates[cell].toordinal() for cell in cells if cell in dates), default=math.nan)

    def aged(label: str) -> float:
        return min((walk["age_years"] for walk in walks[label] if "age_years" in walk), default=math.nan)

    same_words = len({words for label in walks if (words := _words_of(label))}) <= 1
    ways: tuple[Callable[[str], float], ...] = (
        dated,
        lambda label: dates[label].toordinal() if label in dates else math.nan,
        lambda label: _place_of(label) if same_words else math.nan,
        aged,
    )
    for way in ways:
        places = {label: way(label) for label in walks}
        if len(set(places.values())) > 1 and not any(map(math.isnan, places.values())):
            return sorted(walks, key=lambda label: places[label])
    return list(walks)


def _words_of(label: str) -> str:
    """What stands around the number of a label; nothing where there is no number, or it counts days."""
    rest = _NUMBER.sub(" ", re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", label), count=1).split()
    known = [word for word in rest if not _LATER.match(word) and word.lower().rstrip("s") not in _UNITS and word not in "-_+"]
    return " ".join(known).lower().strip("-_ ") if _NUMBER.search(label) else ""


def _place_of(label: str) -> float:
    numbers = _NUMBER.findall(label)
    if len(numbers) > 1:
        return math.nan
    if not numbers:
        return -math.inf if _EARLIER.search(label) else math.inf if _LATER.search(label) else math.nan
    words = re.findall(r"[^\W\d_]+", label.lower())
    unit = next((_UNITS[word.rstrip("s")] for word in words if word.rstrip("s") in _UNITS), 1.0)
    return (-1 if _EARLIER.search(label) else 1) * float(numbers[0].replace(",", ".")) * unit


def is_plain_label(label: str) -> bool:
    """Whether a label of a visit is made of words that every clinic uses, and short numbers.

    Examples
    --------
    >>> is_plain_label("post-op 12 months, AFO"), is_plain_label("with Aunt May"), is_plain_label("2024-03-11")
    (True, False, False)
    """
    words = re.findall(r"[^\W\d_]+|\d+", label)
    return bool(words) and not looks_like_date(label) and all(_PLAIN.fullmatch(word) for word in words)
