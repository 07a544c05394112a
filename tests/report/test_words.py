"""Every word a report says is in the table, and another table can say it in another language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import skelgait.report
from skelgait.core.errors import SkelgaitError
from skelgait.report.words import ENGLISH, read_texts
from skelgait.tasks.patterns import pattern_rules

ROOM = Path(skelgait.report.__file__).parent
FILES = [*ROOM.glob("*.py"), *(ROOM / "templates").glob("*.jinja2")]
CALLS = re.compile(r"""\b(?:texts|t|ENGLISH|self\.texts)(?:\.parts)?\(\s*f?["']([^"']+)["']""")


def test_every_key_that_is_used_is_in_the_table() -> None:
    used = {key for path in FILES for key in CALLS.findall(path.read_text(encoding="utf8"))}
    plain = {key for key in used if "{" not in key and not key.endswith(".")}
    assert len(plain) > 150
    assert sorted(plain - set(ENGLISH)) == []


def test_every_entry_of_the_table_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf8") for path in FILES)
    built = {re.sub(r"\{[^}]*\}?", "*", key) for key in CALLS.findall(text) if "{" in key}
    built |= {"curves.*", "head.*"}
    patterns = [re.compile(re.escape(key).replace(r"\*", ".+") + "$") for key in built]
    unused = [
        key for key in ENGLISH if f'"{key}"' not in text and f"'{key}'" not in text and not any(p.match(key) for p in patterns)
    ]
    assert unused == []


def test_every_pattern_has_a_name() -> None:
    assert all(f"pattern.{name}" in ENGLISH for name in pattern_rules())


def test_what_is_not_translated_stays_english(tmp_path: Path) -> None:
    (tmp_path / "fr.csv").write_text("key,text\nside.left,gauche\ncount.recordings,{n} enregistrements\n", encoding="utf8")
    french = read_texts(str(tmp_path / "fr.csv"))
    assert french.language == "fr"
    assert (french("side.left"), french("side.right")) == ("gauche", "right")
    assert french("count.recordings", n=2) == "2 enregistrements"


@pytest.mark.parametrize(("table", "why"), [
    ("key,text\nside.lift,x\n", "translates what no report says.*side.lift"),
    ("key,text\ncount.recordings,many recordings\n", "other fields"),
    ("key,text\ncount.recordings,{n recordings\n", "other fields"),
    ("key,text\nangle.knee_flexion_deg,Knie|Streckung\n", "other fields or parts"),
    ("word,translation\nside.left,links\n", "no table of texts"),
])  # fmt: skip
def test_a_table_that_cannot_be_right_is_refused(tmp_path: Path, table: str, why: str) -> None:
    (tmp_path / "de.csv").write_text(table, encoding="utf8")
    with pytest.raises(SkelgaitError, match=why):
        read_texts(str(tmp_path / "de.csv"))
