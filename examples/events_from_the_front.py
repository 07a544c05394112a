"""Contacts and foot-offs seen from the front, held against the truth and against the side view of the same walk."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np

import skelgait as sg

KINDS = {"initial_contact": "v", "foot_off": "^"}
SIDES = {"left": "#a83232", "right": "#1f4e79"}


def main() -> None:
    child = sg.Walker(cadence_spm=112, step_time_ratio=1.15)
    front = child.film(sg.Camera(view="frontal_towards", distance_m=8), fps=60, duration_s=5, noise_px=1)
    side = child.film(sg.Camera(view="sagittal"), fps=60, duration_s=5, noise_px=1)
    found = {"front": sg.detect_events(sg.clean(front.pose)), "side": sg.detect_events(sg.clean(side.pose))}
    row = sg.describe([sg.Trial("child07", {"frontal": front.pose})]).iloc[0]
    print(f"from the front: cadence {row.cadence_spm:.0f}, step times {row.left_step_time_s:.3f} and {row.right_step_time_s:.3f} s")
    said = sg.validity_matrix(["initial_contact", "foot_off"], skeletons=["body25"], fps=[60])
    print(said[["metric", "view", "given", "error", "error_95"]].round(3).to_string(index=False))

    fig, (up, down) = plt.subplots(2, 1, figsize=(9, 4.6), height_ratios=(3, 2), layout="constrained")
    cleaned = sg.clean(front.pose)
    size = np.abs(cleaned.point("mid_shoulder") - cleaned.point("mid_hip"))[:, 1]
    for name, colour in SIDES.items():
        height = (cleaned.point("mid_hip") - cleaned.point(f"{name}_ankle"))[:, 1] / size  # over a size that grows as it comes
        up.plot(cleaned.time_s, height, color=colour, label=f"{name} ankle")
        for kind, marker in KINDS.items():
            times = found["front"].times(name, kind)
            up.plot(times, np.interp(times, cleaned.time_s, height), marker, color=colour, ms=7)
    up.set(ylabel="ankle against the hips\n(trunk lengths)", title="The front view: contacts ▼ and foot-offs ▲")
    up.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    for x, (view, events) in enumerate(found.items()):
        for k, kind in enumerate(KINDS):
            errors = []
            for name in SIDES:
                truth = front.truth.events.times(name, kind)
                truth = truth[(truth > 0.4) & (truth < 4.6)]
                times = events.times(name, kind)
                errors += [float(times[np.abs(times - t).argmin()] - t) for t in truth]
            ms = 1000 * np.array(errors)
            print(f"{view:6s} {kind:16s} {len(ms)} events, median {np.median(ms):+.0f} ms, worst {np.abs(ms).max():.0f} ms")
            down.plot(ms, np.full(len(ms), -(2 * x + k)) + np.linspace(-0.15, 0.15, len(ms)), "o", ms=4, color="0.3")
    down.axvline(0, color="0.5", lw=0.8)
    down.axvspan(-1000 / 60, 1000 / 60, color="0.9", lw=0)
    down.set(xlabel="error against the truth (ms); grey: one frame at 60/s", yticks=[0, -1, -2, -3])
    down.set_yticklabels(["front: contact", "front: foot-off (experimental)", "side: contact", "side: foot-off"])
    for ax in (up, down):
        ax.spines[["top", "right"]].set_visible(False)
    fig.savefig("events_from_the_front.png", dpi=110)


if __name__ == "__main__":
    main()
