"""Names that are HTML, scripts, paths or tricks of writing stay text: never run, never in a file name, never turn a page round."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement
from skelgait.report.embed import Drawings
from skelgait.report.page import render
from skelgait.report.results import write_results
from skelgait.report.visit import gather_visit

MARK = "document.documentElement.dataset.ran=1"
HOSTILE = {
    "script": f"<script>{MARK}</script>",
    "image": f'"><img src=x onerror="{MARK}">',
    "end of script": f"</script><script>{MARK}</script>",
    "end of style": f'"; }} </style><script>{MARK}</script>',
    "end of title": f"</title><svg onload={MARK}>",
    "quotes": 'O\'Brien "the" `child` \\ {{ 7 * 7 }} {% x %}',
    "emoji": "👧🏽 Zoë 👩‍🦽",
    "turned": "anna\u202egnp.exe\u202c \u2067x\u2069",
    "unseen": "an\u200bna\x00\x1b[31m\r\nsmith\u2028",
    "long": "x" * 200,
    "path": "../../etc/passwd",
    "windows": "CON",
    "drive": "C:\\Users\\anna\\aux.html",
}


def page_of(result: Measurement, name: str, *, identify: bool) -> str:
    """A page whose subject, name, covariates, labels, files, reasons, notes and norms are all that name."""
    source = f"/ward/of {name}"
    planes = {p: replace(m, raw=m.raw.with_(source=source), notes=[name], withheld={}) for p, m in result.planes.items()}
    trial = result.trial.with_(
        subject=name, name=f"{name} 1", covariates={name: name}, labels={name: name}, video={"sagittal": f"{source}.mp4"}
    )
    changed = replace(
        result, trial=trial, planes=planes, reasons=dict.fromkeys(result.reasons, name), notes=dict.fromkeys(result.notes, name),
        failures={"frontal": name},
    )  # fmt: skip
    visit = gather_visit(trial, measurement=changed, identify=identify, norms={"cadence_spm": (1, 2, name)})
    return render(replace(visit, failures=(name,)), Drawings())


@pytest.mark.parametrize("identify", [False, True])
@pytest.mark.parametrize("kind", HOSTILE)
def test_names_stay_text(side_only: Measurement, kind: str, identify: bool) -> None:
    text = page_of(side_only, HOSTILE[kind], identify=identify)
    assert len(re.findall(r"<script[ >]", text)) == 2
    assert len(re.findall(r"</script>", text)) == 2
    assert len(re.findall(r"</style>", text)) == len(re.findall(r"</title>", text)) == 1
    assert "<img src=x" not in text
    assert "<svg" not in text
    assert "49" not in re.findall(r"<h1.*?</h1>", text)[0]
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u2028\x00\x1b]", text)
    assert not re.search(r'\s(download|href|src)="(?!data:)', text)
    json.loads(re.search(r'<script type="application/json" id="player-data">(.*?)</script>', text, re.S)[1])
    (title,) = re.findall(r"<title>(.*?)</title>", text)
    (heading,) = re.findall(r"<h1[^>]*><bdi>(.*?)</bdi></h1>", text)
    assert (unescape(heading) in unescape(title)) is identify
    assert unescape(heading)
    (running,) = re.findall(r'@bottom-left \{ content: ("[^"]*") ', text)
    assert re.fullmatch(r'"(\\[0-9a-f]{6}|[A-Za-z0-9])*"', running)
    assert len(re.findall(r"\\[0-9a-f]{6}|[A-Za-z0-9]", running)) <= 48


def test_a_long_name_is_set_small(side_only: Measurement) -> None:
    assert '<h1 class="long">' in page_of(side_only, HOSTILE["long"], identify=False)
    assert '<h1 class="long">' not in page_of(side_only, "child07", identify=False)


@pytest.mark.parametrize("kind", ["path", "windows", "drive", "turned", "script"])
def test_no_file_is_named_after_anybody(side_only: Measurement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("skelgait.report.results.draw_visit", lambda *_, **__: Drawings())
    trial = side_only.trial.with_(subject=HOSTILE[kind], name=HOSTILE[kind])
    folder = tmp_path / "results"
    written, _ = write_results(trial, folder, measurement=replace(side_only, trial=trial), overlay=False)
    assert {p.name for p in tmp_path.iterdir()} == {"results"}
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in written)
    assert all(re.fullmatch(r"[a-z_]+\.(html|csv|npz)", p.name) for p in written)


@pytest.mark.parametrize("source", ["/ward/anna smith.csv", "/ward/walks.csv#anna smith", "/ward/anna smith"])
def test_a_file_s_name_heads_no_page_unless_names_are_asked_for(side_only: Measurement, source: str) -> None:
    """Without --subject the command line calls the subject after the file, and files are called after children."""
    planes = {p: replace(m, raw=m.raw.with_(source=source)) for p, m in side_only.planes.items()}
    trial = side_only.trial.with_(subject="anna smith", name="anna smith")
    reasons = dict.fromkeys(side_only.reasons, "nothing of 'anna smith' was seen")
    result = replace(side_only, trial=trial, planes=planes, reasons=reasons)
    visit = gather_visit(trial, measurement=result)
    text = render(visit, Drawings())
    assert f"<bdi>Walker {visit.recordings[0].fingerprint[:6]}</bdi>" in text
    assert "anna" not in text.lower()
    assert "anna smith" in render(replace(visit, identify=True), Drawings())
    coded = replace(result, trial=trial.with_(subject="c07"))
    assert "<bdi>c07</bdi>" in render(gather_visit(coded.trial, measurement=coded), Drawings())


def test_short_names_are_concealed_too(side_only: Measurement) -> None:
    trial = Trial("child07", side_only.trial.pose, name="Al")
    visit = gather_visit(trial, measurement=replace(side_only, trial=trial))
    assert visit.conceal("'Al' walks; all of Al; Albert") == "'(recording)' walks; all of (recording); Albert"


@pytest.mark.slow
def test_nothing_runs_in_a_browser(side_only: Measurement, browser: Any, tmp_path: Path) -> None:
    for kind, name in HOSTILE.items():
        page = tmp_path / "page.html"
        text = page_of(side_only, name, identify=True)
        text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)  # the escaping alone must hold
        page.write_text(text, encoding="utf8")
        seen = browser.look(page, "--dump-dom")
        assert 'id="player"' in seen
        assert "data-ran" not in seen, kind


def test_names_of_silhouettes_are_concealed(side_only: Measurement, tmp_path: Path) -> None:
    walk = SilhouetteSequence(np.ones((3, 64, 44), bool), fps=30, source="/ward/anna smith.mp4")
    kept = walk.save(tmp_path / "smith.silhouettes.npz")
    for given, words in ((walk, "anna smith.mp4"), (kept, "smith.silhouettes.npz"), (str(kept.path), "smith.silhouettes.npz")):
        trial = side_only.trial.with_(silhouettes={"sagittal": given})
        visit = gather_visit(trial, measurement=replace(side_only, trial=trial))
        assert visit.conceal(f"nothing in {words}") == "nothing in (file)"
