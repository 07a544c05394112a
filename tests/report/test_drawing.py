"""A figure in the page: the same one every time, and light."""

from __future__ import annotations

import base64

from skelgait.gait.measure import Measurement
from skelgait.report.drawing import Drawing
from skelgait.report.timeline import draw_events


def test_svg_is_the_same_every_time_and_says_no_date(side_only: Measurement) -> None:
    m = side_only.planes["sagittal"]
    first, second = (Drawing("x", "", "", draw_events(m.pose, m.events, direction=m.direction)).uri for _ in range(2))
    assert first == second
    svg = base64.b64decode(first.split(",")[1]).decode("utf8")
    assert svg.lstrip().startswith("<?xml")
    assert "dc:date" not in svg


def test_photographs_are_jpeg() -> None:
    from matplotlib.figure import Figure

    uri = Drawing("x", "", "", Figure(figsize=(1, 1)), photo=True).uri
    assert uri.startswith("data:image/jpeg;base64,/9j/")
