"""A table of walks in, a table of numbers out: before and after an operation, with what could not be measured."""

from __future__ import annotations

from pathlib import Path

import skelgait as sg


def film(folder: Path) -> Path:
    """Write keypoint files and the table that lists them, as a laboratory would have them."""
    lines = ["subject,name,sagittal,age_years,leg_length_m,label_visit"]
    for subject, age, leg in (("anna", 7, 0.60), ("ben", 10, 0.72)):
        for visit, crouch in (("before", 25.0), ("after", 10.0)):
            child = sg.Walker(leg_length_m=leg, cadence_spm=125, crouch_deg=crouch)
            file = folder / f"{subject}_{visit}.csv"
            sg.write_pose(child.film(fps=50, duration_s=5, noise_px=1).pose, file)
            lines.append(f"{subject},{subject}_{visit},{file.name},{age},{leg},{visit}")
    table = folder / "trials.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def main() -> None:
    trials = sg.read_trials(film(Path.cwd()))
    numbers = sg.describe(trials)
    columns = ["cadence_spm", "left_knee_flexion_min_stance_deg", "left_step_length_m"]
    print(numbers[["subject", *columns]].round(2).to_string())
    missing = sg.validity(trials).query("reason != ''").groupby("reason").size()
    print(missing.to_string())


if __name__ == "__main__":
    main()
