"""From keypoints to contacts, angles, cadence, symmetry and a page to read.

Run it on your own files:  python measure_a_walk.py side.json front.json
Without files it films a synthetic child from the side and from the front.
"""

from __future__ import annotations

import sys

import skelgait as sg


def main(files: list[str]) -> None:
    if files:
        poses = [sg.read_pose(file) for file in files]
    else:
        child = sg.Walker(cadence_spm=128, knee_valgus_deg=(3.0, 9.0))
        poses = [child.film(sg.Camera(view=view), fps=60, noise_px=1).pose for view in ("sagittal", "frontal")]

    by_plane = {(sg.recognise_view(pose).view or "unknown").split("_")[0]: pose for pose in poses}
    trial = sg.Trial("child07", by_plane, age_years=8, height_m=1.28)

    row = sg.describe([trial]).iloc[0]
    for name in ("cadence_spm", "left_step_time_s", "right_step_time_s", "left_step_length_ll", "right_step_length_ll"):
        print(f"{name:34s} {row[name]:5.2f}")
    for name in ("left_knee_valgus_mid_stance_deg", "right_knee_valgus_mid_stance_deg"):
        if name in row.index:
            print(f"{name:34s} {row[name]:5.1f}")

    refused = sg.validity([trial]).query("reason != ''")
    print(f"{len(refused)} of {len(sg.DESCRIPTORS)} descriptors could not be measured; the page says why")
    print("page:", sg.report(trial, to="child07.html"))


if __name__ == "__main__":
    main(sys.argv[1:])
