from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from skelgait.cohort.run import run_cohort
from skelgait.core.trial import Trial
from skelgait.report.cohort_page import render_cohort
from skelgait.report.page import digest
from skelgait.report.words import ENGLISH, Texts
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Five walks of three children, one seen from the front, one who stands still."""
    trials = []
    for i in range(4):
        child = Walker(cadence_spm=110.0 + 10 * i, crouch_deg=(0.0, 25.0) if i == 1 else 0.0)
        camera = Camera(view="frontal_towards" if i == 3 else "sagittal_right")
        pose = child.film(camera, fps=60, duration_s=3, random_state=i).pose
        trials.append(Trial(f"child {i // 2}", {"frontal" if i == 3 else "sagittal": pose}, name=str(i), age_years=6.0 + i))
    still = trials[0].pose["sagittal"]
    trials.append(Trial("child 9", still.with_(xy=np.repeat(still.xy[:1], len(still.xy), axis=0)), name="still", age_years=9))
    return run_cohort(trials, tmp_path_factory.mktemp("cohort"), pages=False, progress=False)


def render(cohort, **changes):
    tables = {n: getattr(cohort, n) for n in ("walks", "descriptors", "visits", "evgs", "patterns", "failures")}
    how = {"pages": {1: "pages/one.html"}, "remarks": ["Rows 1, 2 are the same."], "files": ["walks.csv"]}
    changed = tables | how | changes
    given = [changed.pop(n) for n in tables]
    return render_cohort(*given, **changed)


class Wellformed(HTMLParser):
    """Fails on a tag that closes what is not open."""

    EMPTY = frozenset({"meta", "br", "hr", "img", "input", "link", "line", "rect", "circle"})

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.EMPTY:
            assert self.open.pop() == tag, self.getpos()


def test_the_page_says_what_there_is(cohort):
    text = render(cohort)
    page = Wellformed()
    page.feed(text)
    assert page.open == []
    words = re.sub(r"<[^>]+>", " ", text)
    assert "5 walks" in words
    assert "Rows 1, 2 are the same." in words
    cadence = cohort.walks.cadence_spm.median()
    assert f"<b>{cadence:.0f} steps/min</b>" in text
    assert 'href="pages/one.html"' in text
    assert "screening aid, not a medical device" in text
    assert text.count('class="stack"') == 2 * 17 + 2 * (cohort.patterns.query("kind == 'gait pattern'").pattern.nunique())
    assert "no frontal recording" in words, "why numbers are missing"


def test_every_word_is_in_the_table_of_texts(cohort):
    shouted = Texts("loud", {key: text.upper() if "{" not in text else text for key, text in ENGLISH.items()})
    loud = re.sub(
        r"<[^>]+>",
        " ",
        re.sub(r"<(style|script).*?</\1>", " ", render(cohort, texts=shouted, failures=cohort.failures[:0]), flags=re.S),
    )
    assert "NOT MEASURED, AND WHY" in loud
    assert not re.search(r"\b(Walks|Subjects|Left|Cadence|present|Reason|Pattern)\b", loud)


def test_only_its_own_script_may_run(cohort):
    text = render(cohort)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.S)
    assert f"'sha256-{digest(script)}'" in policy
    assert "default-src 'none'" in policy


def test_nothing_is_asked_of_the_network(cohort):
    text = render(cohort)
    assert not re.search(r"https?://|@import|url\(|<link|src=", text)


def test_item_shares_are_those_of_the_scores(cohort):
    text = render(cohort)
    row = re.search(r"<tr><td>9 Peak knee extension in stance.*?</tr>", text, re.S)
    assert row
    right = cohort.evgs.query("item == 9 and side == 'right'").score
    said = re.search(r'title="right: ([^"]+)"', row.group()).group(1)
    counts = {0: (right == 0).sum(), 1: (right == 1).sum(), 2: (right == 2).sum(), "not scored": right.isna().sum()}
    assert said == ", ".join(f"{n} × {w}" for w, n in counts.items() if n)
    assert counts[2] == 1, "the child whose right knee stays bent"


def test_what_comes_from_outside_is_escaped(cohort):
    bad = "<script>alert(1)</script>"
    failures = pd.DataFrame([{"row": 1, "walk": "a", "subject": "s0001", "visit": 1, "stage": "read", "problem": bad}])
    text = render(cohort, failures=failures, remarks=[bad], descriptors=cohort.descriptors.assign(reason=bad))
    assert bad not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_cohort_of_failures_has_a_page(cohort):
    walks = cohort.walks.assign(measured=False)
    numbers = [c for c in walks.columns if c not in ("row", "walk", "subject", "visit", "measured", "view", "sex")]
    walks = walks.assign(**dict.fromkeys(numbers, np.nan), view=None)
    visits = cohort.visits.assign(evgs=np.nan, evgs_scored=np.nan)
    text = render(cohort, walks=walks, visits=visits, descriptors=cohort.descriptors[:0], evgs=cohort.evgs[:0],
                  patterns=cohort.patterns[:0], pages={})  # fmt: skip
    assert "No number could be measured from these walks" in text
    assert "leads to the page" not in text


def test_the_table_is_found_in_and_sorted(cohort, tmp_path):
    """In a browser: what is typed narrows the table, a click on a heading sorts it, numbers as numbers, nothing last."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here")
    drive = """<script>
      const table = document.querySelector("table.walks"), head = [...table.tHead.rows[0].cells];
      const column = head.findIndex((h) => h.textContent.startsWith("Cadence"));
      const shown = () => [...table.tBodies[0].rows].filter((r) => !r.hidden).map((r) => r.cells[column].textContent).join(" ");
      head[column].querySelector("button").click(); const up = shown();
      head[column].querySelector("button").click(); const down = shown();
      const box = document.getElementById("find"); box.value = "s0002"; box.dispatchEvent(new Event("input"));
      document.title = [up, down, shown(), document.getElementById("count").textContent].join("|");
    </script></body>"""
    page = tmp_path / "index.html"
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", render(cohort))  # the driver is no script of the page's
    page.write_text(text.replace("</body>", drive), encoding="utf8")
    call = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    call += ["--disable-component-update", "--no-first-run", f"--user-data-dir={tmp_path / 'browser'}", "--dump-dom"]
    done = subprocess.run([*call, Path(page).as_uri()], capture_output=True, text=True, timeout=60)
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title, done.stderr
    up, down, found, count = title.group(1).split("|")
    slow, *middle, fast = (f"{c:.0f}" for c in cohort.walks.cadence_spm[:4])
    assert up == " ".join([slow, *middle, fast, "–"])
    assert down == " ".join([fast, *middle[::-1], slow, "–"])
    assert found == f"{fast} {middle[-1]}"
    assert count == "2 of 5 walks"


def test_few_walks_are_dots_and_their_values(tmp_path):
    trials = [Trial(f"child{i}", Walker(cadence_spm=110 + 10 * i).film(fps=60, duration_s=3).pose) for i in range(2)]
    cohort = run_cohort(trials, tmp_path / "out", pages=False, progress=False)
    text = cohort.index.read_text(encoding="utf8")
    first, second = (f"{v:.0f}" for v in cohort.walks.cadence_spm)
    assert f"<b>{first}, {second} steps/min</b> · n 2" in text
    assert "Fewer than 4 walks have no spread" in text
    assert 'class="few both"' in text
    assert 'class="median"' not in text
