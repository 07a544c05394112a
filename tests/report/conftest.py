"""Walks that several tests of the report look at, and a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from skelgait.core.trial import Trial
from skelgait.gait.measure import Measurement, measure
from skelgait.walker import Camera, Walker


@pytest.fixture(scope="session")
def child() -> Walker:
    return Walker(age_years=7, cadence_spm=126, stiff_knee=(0.0, 0.4), knee_valgus_deg=(3.0, 9.0))


@pytest.fixture(scope="session")
def both_planes(child: Walker) -> Measurement:
    """A child filmed from the side and from the front, measured."""
    side = child.film(Camera(view="sagittal_right"), fps=60, duration_s=5, random_state=0).pose
    front = child.film(Camera(view="frontal_towards"), fps=60, duration_s=5, random_state=0).pose
    return measure(Trial("child07", {"sagittal": side, "frontal": front}, age_years=7, height_m=1.21, sex="female"))


@pytest.fixture(scope="session")
def side_only(child: Walker) -> Measurement:
    return measure(Trial("sideways", child.film(Camera(view="sagittal_left"), fps=60, duration_s=4).pose))


@dataclass
class Browser:
    """Chromium without a window, with a profile of its own and nothing of the network but loopback."""

    program: str
    profile: Path

    def command(self, page: str, *flags: str) -> list[str]:
        return [
            self.program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-first-run", "--hide-scrollbars", "--mute-audio",
            f"--user-data-dir={self.profile}", *flags, page,
        ]  # fmt: skip

    def look(self, page: Path, *flags: str) -> str:
        """What it prints about a file, after five seconds of the page's own time."""
        run = self.command(page.as_uri(), "--virtual-time-budget=5000", *flags)
        return subprocess.run(run, capture_output=True, text=True, timeout=120, check=True).stdout

    def act(self, page: str, *, width: int = 1000) -> dict:
        """Serve a page on loopback, in real time, and wait for what the actor in it reports to /outcome."""
        outcome: Queue[str] = Queue()
        # No window is narrower than 500 pixels; a frame in it is.
        frame = f'<body style="margin: 0"><iframe src="/page" style="width: {width}px; height: 860px; border: 0"></iframe>'

        class Stage(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                served = {"/": frame, "/page": page}.get(self.path)
                self.send_response(404 if served is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write((served or "").encode("utf8"))

            def do_POST(self) -> None:
                outcome.put(self.rfile.read(int(self.headers["Content-Length"])).decode("utf8"))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Stage) as server:
            Thread(target=server.serve_forever, daemon=True).start()
            flags = ("--remote-debugging-port=0", f"--window-size={max(width, 1000)},900")
            run = self.command(f"http://127.0.0.1:{server.server_port}/", *flags)
            browser = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                return json.loads(outcome.get(timeout=90))
            finally:
                browser.terminate()
                browser.wait(timeout=20)
                server.shutdown()


@pytest.fixture
def browser(tmp_path: Path) -> Browser:
    """Skips where there is no Chromium."""
    program = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    return Browser(program, tmp_path / "profile")
