from __future__ import annotations

import numpy as np

import skelgait as sg
from skelgait.cohort.names import hide_names


def test_nothing_that_shows_or_names_a_person_stays_with_a_walk() -> None:
    walk = sg.Trial(
        "anna",
        sg.Walker().film(duration_s=1).pose.with_(source="anna.mp4"),
        video={"sagittal": "anna.mp4"},
        silhouettes={"sagittal": "anna.silhouettes.npz"},
        clips=sg.Clip(np.zeros((3, 8, 8, 3), np.uint8), fps=30, view="sagittal", source="anna.mp4"),
        labels={"gmfcs": "II"},
        covariates={"note": "anna"},
    )
    hidden = hide_names(walk, "walk 1", "subject 1")
    assert "anna" not in repr(hidden.__getstate__())
    assert [dict(getattr(hidden, what)) for what in ("video", "silhouettes", "clips", "labels", "covariates")] == [{}] * 5
    assert hide_names(walk, "walk 1", "subject 1", pictures=True).video["sagittal"] == "anna.mp4"
