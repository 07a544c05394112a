"""Sides keep their colour and their line everywhere, and names say their unit."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.gait.descriptors import ANGLE_POINTS
from skelgait.report.style import ANGLES, MIDDLE, SIDE_COLOURS, SIDE_LINES, angle_words, colour_of, new_figure, side_of, unit_of


def seen_by(colour: str, matrix: np.ndarray) -> np.ndarray:
    """A colour in linear light as somebody without one kind of cone sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return matrix @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


# Machado, Oliveira & Fernandes 2009, severity 1.0: deuteranopia, protanopia.
DEUTERANOPIA = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
PROTANOPIA = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])


@pytest.mark.parametrize("matrix", [np.eye(3), DEUTERANOPIA, PROTANOPIA], ids=["all", "deuteranopia", "protanopia"])
def test_left_and_right_stay_apart_for_colour_blind_readers(matrix: np.ndarray) -> None:
    left, right = (seen_by(SIDE_COLOURS[side], matrix) for side in ("left", "right"))
    assert np.linalg.norm(left - right) > 0.3


def test_left_is_red_and_right_is_blue_and_their_lines_differ_in_grey() -> None:
    left, right = (seen_by(SIDE_COLOURS[s], np.eye(3)) for s in ("left", "right"))
    assert left.argmax() == 0
    assert right.argmax() == 2
    assert SIDE_LINES["left"] != SIDE_LINES["right"]


def test_names_tell_side_colour_and_unit() -> None:
    assert side_of("left_knee") == "left"
    assert side_of("leftover") is None
    assert colour_of("neck") == MIDDLE
    assert unit_of("speed_m_s") == "m/s"
    assert unit_of("step_length_m") == "m"


def test_every_angle_has_words() -> None:
    assert set(ANGLE_POINTS) <= set(ANGLES)
    assert all(word and "_" not in word for name in ANGLES for word in angle_words(name))


def test_a_figure_does_not_take_the_users_style() -> None:
    figure, axes = new_figure(4, 3, 2, 2)
    assert len(axes) == 4
    assert figure.get_facecolor() == (1, 1, 1, 1)
    assert [s for s, spine in axes[0].spines.items() if spine.get_visible()] == ["left", "bottom"]
