"""Each step by itself: clean, contacts, angles, cycles. What a biomechanist changes is visible here."""

from __future__ import annotations

import skelgait as sg


def main() -> None:
    child = sg.Walker(cadence_spm=150, crouch_deg=15)
    walk = child.film(sg.Camera(view="sagittal"), fps=30, noise_px=2, dropout=0.02, swaps=2, random_state=1)

    pose = sg.clean(walk.pose, max_gap_ms=150)
    print("view:", sg.recognise_view(pose).view)
    print("left and right leg exchanged in the file, mended here:")
    print(sg.swapped_frames(pose).to_string(index=False))

    events = sg.detect_events(pose)
    print(events.to_frame().round(3).head(6).to_string(index=False))

    angles = sg.joint_angles(pose)
    cycles = sg.cut_cycles(angles, events)
    mean = cycles.groupby(["side", "percent"])["knee_flexion_deg"].mean().unstack("side")
    print("knee flexion, mean over cycles (deg):")
    print(mean.loc[::10].round(1).to_string())
    print(f"cadence: true {walk.truth.cadence_spm:.0f}, contacts give {60 / events_step_time(events):.0f} steps/min")


def events_step_time(events: sg.GaitEvents) -> float:
    """Mean time between successive contacts of either foot, seconds."""
    contacts = events.select(event="initial_contact").time_s
    return float((contacts[-1] - contacts[0]) / (len(contacts) - 1))


if __name__ == "__main__":
    main()
