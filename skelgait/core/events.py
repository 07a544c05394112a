"""When the feet land and leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES

if TYPE_CHECKING:
    import pandas as pd

EVENTS = ("initial_contact", "foot_off")


@dataclass(frozen=True, eq=False)
class GaitEvents:
    """Foot contacts and foot-offs, sorted by time.

    Parameters
    ----------
    side : (N,) str
        ``"left"`` or ``"right"``.
    event : (N,) str
        ``"initial_contact"`` or ``"foot_off"``.
    time_s : (N,) seconds
        Sub-frame time.
    frame : (N,) float
        The same moment in frames of the pose.
    confidence : (N,), 0..1, optional
        How well the detectors agree and how well the foot was seen. Default 1.
    bout : (N,) int, optional
        Number of the walking bout (straight stretch) the event belongs to. Default 0.
    method : str
        How they were found.

    Raises
    ------
    SkelgaitError
        Columns of different length, an unknown side or event, a time that is not finite.

    Examples
    --------
    >>> events = GaitEvents(["left", "right"], ["initial_contact"] * 2, [0.5, 1.0], frame=[30, 60])
    >>> events.times("right", "initial_contact").tolist(), len(events)
    ([1.0], 2)
    """

    side: np.ndarray
    event: np.ndarray
    time_s: np.ndarray
    frame: np.ndarray
    confidence: np.ndarray = None  # type: ignore[assignment]
    bout: np.ndarray = None  # type: ignore[assignment]
    method: str = field(default="given", kw_only=True)

    def __post_init__(self) -> None:
        n = len(self.time_s)
        columns = {
            "side": np.array(self.side, dtype="U5"),
            "event": np.array(self.event, dtype="U15"),
            "time_s": np.array(self.time_s, dtype=float),
            "frame": np.array(self.frame, dtype=float),
            "confidence": np.ones(n) if self.confidence is None else np.array(self.confidence, dtype=float),
            "bout": np.zeros(n, int) if self.bout is None else np.array(self.bout, dtype=int),
        }
        for name, column in columns.items():
            if column.shape != (n,):
                raise SkelgaitError(f"gait events: {name} has the wrong length", found=str(column.shape), expected=f"({n},)")
        for name, known in (("side", SIDES), ("event", EVENTS)):
            odd = sorted(set(columns[name].tolist()) - set(known))
            if odd:
                raise SkelgaitError(f"gait events: unknown {name}", found=", ".join(odd), expected=" or ".join(known))
        if not np.isfinite(columns["time_s"]).all():
            raise SkelgaitError("gait events: a time is not a number", do="leave events that were not seen out of the table")
        time = columns["time_s"]
        order = None if (time[1:] >= time[:-1]).all() else np.argsort(time, kind="stable")
        for name, column in columns.items():
            if order is not None:
                column = column[order]
            column.setflags(write=False)
            object.__setattr__(self, name, column)

    def __len__(self) -> int:
        return len(self.time_s)

    def __repr__(self) -> str:
        counts = ", ".join(f"{self.where(s, e).sum()} {s} {e}" for s in SIDES for e in EVENTS)
        return f"GaitEvents({counts}, method={self.method!r})"

    def where(self, side: str | None = None, event: str | None = None, bout: int | None = None) -> np.ndarray:
        """(N,) bool: the events of a side, of a kind, of a bout."""
        asked = ((self.side, side), (self.event, event), (self.bout, bout))
        found = [column == value for column, value in asked if value is not None]
        keep = found[0] if found else np.ones(len(self), bool)
        for more in found[1:]:
            keep &= more
        return keep

    def select(self, side: str | None = None, event: str | None = None, bout: int | None = None) -> GaitEvents:
        """The events of a side, of a kind, of a bout."""
        k = self.where(side, event, bout)
        return GaitEvents(
            self.side[k], self.event[k], self.time_s[k], self.frame[k], self.confidence[k], self.bout[k], method=self.method
        )

    def times(self, side: str, event: str, bout: int | None = None) -> np.ndarray:
        """Times of one kind of event, (n,) seconds, increasing."""
        return self.time_s[self.where(side, event, bout)]

    def mirrored(self) -> GaitEvents:
        """The mirror child's events: left and right exchanged."""
        side = np.where(self.side == "left", "right", "left")
        return GaitEvents(side, self.event, self.time_s, self.frame, self.confidence, self.bout, method=self.method)

    def to_frame(self) -> pd.DataFrame:
        """Columns ``side event time_s frame confidence bout``, sorted by time."""
        import pandas as pd

        return pd.DataFrame({name: getattr(self, name) for name in ("side", "event", "time_s", "frame", "confidence", "bout")})

    @classmethod
    def from_frame(cls, table: pd.DataFrame, *, fps: float | None = None, method: str = "given") -> GaitEvents:
        """Events from a table with ``side``, ``event`` and ``time_s`` (or ``frame`` with ``fps``)."""
        names = set(table.columns)
        if not {"side", "event"} <= names or not ({"time_s"} <= names or ("frame" in names and fps)):
            raise SkelgaitError(
                "gait events: the table lacks columns",
                found=", ".join(map(str, table.columns)),
                expected="side, event and time_s (or frame, with fps=)",
            )
        time = table["time_s"].to_numpy(float) if "time_s" in names else table["frame"].to_numpy(float) / float(fps or np.nan)
        frame = table["frame"].to_numpy(float) if "frame" in names else time * (fps or np.nan)
        rest = [table[c].to_numpy() if c in names else None for c in ("confidence", "bout")]
        return cls(table["side"].to_numpy(str), table["event"].to_numpy(str), time, frame, *rest, method=method)  # type: ignore[arg-type]
