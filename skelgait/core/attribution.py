"""Why a model answered as it did: numbers over named axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Attribution:
    """What each part of the input had to do with an answer.

    Parameters
    ----------
    values : array
        One number a place, as many axes as ``axes``. Positive speaks for the answer; negative, where the method can tell
        (``signed``), against it.
    axes : mapping of axis to labels
        In the order of the array: ``{"time": seconds, "keypoint": names}`` or ``{"descriptor": names}``.
    method : str
        How it was found.
    answer : str
        The answer it is about: ``"gmfcs = III"``.
    signed : bool
        Whether negative values have a meaning.
    info : mapping
        Anything else worth keeping: the trial's name, the stage looked at, the probability, the deletion curve.

    Examples
    --------
    >>> why = Attribution([[0.1, 0.6], [0.1, 0.2]], {"time": [0.0, 0.5], "keypoint": ["hip", "knee"]}, "gradcam", "gmfcs = III")
    >>> why.over("keypoint").round(2).to_dict()
    {'hip': 0.1, 'knee': 0.4}
    """

    values: np.ndarray
    axes: Mapping[str, tuple[Any, ...]]
    method: str
    answer: str
    signed: bool = False
    info: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = np.array(self.values, np.float64)
        values.flags.writeable = False
        axes = MappingProxyType({name: tuple(labels) for name, labels in dict(self.axes).items()})
        if values.shape != tuple(len(labels) for labels in axes.values()):
            raise SkelgaitError(
                "an attribution's numbers do not fit its axes",
                found=f"shape {values.shape}",
                expected=", ".join(f"{name} {len(labels)}" for name, labels in axes.items()),
            )
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "axes", axes)
        object.__setattr__(self, "info", MappingProxyType(dict(self.info)))

    def __repr__(self) -> str:
        shape = " x ".join(f"{len(labels)} {name}" for name, labels in self.axes.items())
        return f"Attribution({self.answer!r} by {self.method}: {shape})"

    def over(self, axis: str) -> pd.Series:
        """Mean over every other axis (of the size of the effect, where signs have a meaning the mean of the sizes)."""
        import pandas as pd

        if axis not in self.axes:
            raise SkelgaitError(f"this attribution has no axis {axis!r}", expected=", ".join(self.axes))
        others = tuple(i for i, name in enumerate(self.axes) if name != axis)
        values = np.abs(self.values) if self.signed else self.values
        return pd.Series(values.mean(axis=others), index=pd.Index(self.axes[axis], name=axis), name=self.answer)

    def to_frame(self) -> pd.DataFrame:
        """One row a place: the axes' labels and ``value``."""
        import pandas as pd

        index = pd.MultiIndex.from_product(list(self.axes.values()), names=list(self.axes))
        return pd.DataFrame({"value": self.values.ravel()}, index=index).reset_index()

    def normalised(self) -> Attribution:
        """The same with sizes that sum to 1, for comparing walks; unchanged when all is zero."""
        total = float(np.abs(self.values).sum())
        return (
            self
            if total == 0
            else Attribution(self.values / total, self.axes, self.method, self.answer, self.signed, dict(self.info))
        )
