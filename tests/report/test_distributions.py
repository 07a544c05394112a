from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skelgait.report.distributions import MOST_DOTS, Series, bin_count, draw_distribution, nice_ticks, span_of


def series(values, name="", links=None):
    values = np.asarray(values, float)
    return Series(name, values, links or [""] * len(values), [f"walk {i}" for i in range(len(values))])


def parse(svg):
    return ElementTree.fromstring(str(svg))


def test_every_walk_is_a_dot_that_leads_to_its_page():
    svg = parse(draw_distribution([series([1, 2, np.nan, 4], links=["a.html", "", "c.html", "d.html"])], "°", words="Knee"))
    assert len(svg.findall(".//circle")) == 3, "a walk without the number has no dot"
    assert not svg.findall(".//rect"), "three walks have no spread"
    assert not svg.findall(".//line[@class='median']")
    assert not svg.findall(".//line[@class='quartiles']")
    assert [a.get("href") for a in svg.findall(".//a")] == ["a.html", "d.html"]
    assert [t.text for t in svg.findall(".//title")] == ["walk 0", "walk 1", "walk 3"]
    assert svg.get("aria-label") == "Knee"


def test_bars_count_the_walks():
    values = np.r_[np.full(30, 1.0), np.full(10, 9.0), 5.0]
    heights = [float(r.get("height")) for r in parse(draw_distribution([series(values)], "s", words="x")).findall(".//rect")]
    assert len(heights) == 3
    assert heights[0] / heights[2] == pytest.approx(3, rel=0.01)


def test_median_and_quartiles_stand_where_they_are():
    svg = parse(draw_distribution([series(np.arange(101.0))], "s", words="x"))
    ticks = {float(t.text): float(t.get("x")) for t in svg.findall("./text")}
    x = np.poly1d(np.polyfit(list(ticks), list(ticks.values()), 1))
    assert float(svg.find(".//line[@class='median']").get("x1")) == pytest.approx(x(50), abs=0.2)
    thick = svg.find(".//line[@class='quartiles']")
    assert (float(thick.get("x1")), float(thick.get("x2"))) == pytest.approx((x(25), x(75)), abs=0.2)


def test_one_far_value_does_not_squeeze_the_others():
    values = np.r_[np.linspace(50, 60, 60), 5000.0]
    svg = parse(draw_distribution([series(values)], "°", words="x"))
    assert max(float(t.text) for t in svg.findall("./text")) < 200
    assert len(svg.findall(".//circle[@class='far']")) == 1


def test_thousands_of_walks_are_bars_only():
    svg = parse(draw_distribution([series(np.arange(MOST_DOTS + 1.0))], "s", words="x"))
    assert not svg.findall(".//circle")
    assert svg.findall(".//rect")


def test_what_comes_from_outside_is_escaped():
    bad = Series("left", np.array([1.0, 2.0]), ['"><script>', "b"], ["<script>alert(1)</script>", "b"])
    text = str(draw_distribution([bad], "s", words='"<b>'))
    assert "<script" not in text
    assert parse(text).find(".//title").text == "<script>alert(1)</script>"


def test_the_picture_is_the_same_every_time():
    values = np.random.default_rng(0).normal(size=50)
    assert draw_distribution([series(values)], "s", words="x") == draw_distribution([series(values)], "s", words="x")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_any_numbers_can_be_drawn(values):
    low, high = span_of(np.array(values))
    assert low < high
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low + 1e-6 * (high - low)
    assert ticks[-1] >= high - 1e-6 * (high - low)
    assert 2 <= len(ticks) <= 8
    assert 10 <= bin_count(np.array(values), low, high) <= 28
    svg = parse(draw_distribution([series(values, "left"), series(values[::-1], "right")], "s", words="x"))
    for number in re.findall(r'(?<!\w)(?:x|cx|x1|x2)="([^"]+)"', ElementTree.tostring(svg, encoding="unicode")):
        assert -1 <= float(number) <= 331
