"""Changes a walk may undergo and stay the same walk: drawn once an example, the same for everything that looks at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import radians

import torch
from torch import Tensor

from skelgait.core.errors import SkelgaitError


@dataclass
class Draw:
    """What was drawn for a batch of B examples; every encoder applies the part that means something to it.

    Attributes
    ----------
    mirror : (B,) bool
        The mirror child: left and right exchanged, in the picture and in the answers.
    roll : (B,) float, radians
        Camera rolled about its axis, anticlockwise as seen.
    shear : (B, 2) float
        x by y and y by x: a camera not quite square to the walk.
    speed : (B,) float
        Factor on playing speed.
    scale : (B,) float
        Factor on size.
    crop : (B, 2) float
        Start and length of a stretch in time, as shares of the example.
    jitter : float
        Standard deviation of noise on coordinates, in units of the normalised body.
    dropped : float
        Share of keypoints hidden for a whole example.
    generator : torch.Generator
        For what an encoder draws itself (noise, hidden keypoints).
    light : (B, 2) float
        Factors on brightness and contrast of pictures.
    hidden : (B, 4) float
        Left, top, right and bottom of a rectangle of the picture that is hidden, as shares of its sides.
    noise : float
        Standard deviation of noise on the brightness of pictures, black being 0 and white 1.
    relit : bool
        Whether any of the last three can change a picture: known without asking the device.
    """

    mirror: Tensor
    roll: Tensor
    shear: Tensor
    speed: Tensor
    scale: Tensor
    crop: Tensor
    jitter: float
    dropped: float
    generator: torch.Generator
    light: Tensor
    hidden: Tensor
    noise: float
    relit: bool

    def of(self, rows: Tensor) -> Draw:
        """What was drawn for some of the examples."""
        return replace(self, **{name: value[rows] for name, value in vars(self).items() if isinstance(value, Tensor)})


@dataclass(frozen=True)
class Augmentation:
    """How strongly walks are changed while training.

    Parameters
    ----------
    mirror : float
        Chance that a walk is mirrored (left and right items of the task change with it).
    roll_deg : float
        Camera roll, up to so many degrees to either side.
    shear : float
        Up to this to either side (0.1 is a camera about 6 degrees from square).
    speed : float
        Playing speed between 1 - speed and 1 + speed. Think before using it on a task whose answer depends on cadence.
    scale : float
        Size between 1 - scale and 1 + scale.
    crop : float
        A random stretch of at least this share of the example is kept; 1 keeps all.
    jitter : float
        Noise on coordinates, in units of the normalised body (0.01 is about a centimetre on a child).
    joint_dropout : float
        Chance that a keypoint is hidden for the whole example.
    light : float
        Brightness and contrast of pictures, each between 1 - light and 1 + light.
    hidden : float
        A rectangle with sides of up to this share of the picture's is hidden, in the same place over the whole example.
    noise : float
        Noise on pictures, black being 0 and white 1 (0.02 is a phone in poor light).

    Raises
    ------
    SkelgaitError
        A share outside 0..1.
    """

    mirror: float = 0.0
    roll_deg: float = 0.0
    shear: float = 0.0
    speed: float = 0.0
    scale: float = 0.0
    crop: float = 1.0
    jitter: float = 0.0
    joint_dropout: float = 0.0
    light: float = 0.0
    hidden: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("mirror", "speed", "scale", "crop", "joint_dropout", "light", "hidden", "noise"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise SkelgaitError(f"augmentation {name} is not a share", found=str(value), expected="0 to 1")

    @property
    def changes_anything(self) -> bool:
        """Whether any change can be drawn."""
        return self != Augmentation()

    def draw(self, n: int, generator: torch.Generator, device: torch.device | str = "cpu") -> Draw:
        """A draw for ``n`` examples; random numbers come from ``generator`` (on the CPU), so that they are the same anywhere."""
        share = torch.rand(n, 8, generator=generator)
        signed = 2 * share - 1
        length = self.crop + (1 - self.crop) * share[:, 6]
        values = {
            "mirror": share[:, 0] < self.mirror,
            "roll": signed[:, 1] * radians(self.roll_deg),
            "shear": signed[:, 2:4] * self.shear,
            "speed": 1 + signed[:, 4] * self.speed,
            "scale": 1 + signed[:, 5] * self.scale,
            "crop": torch.stack([share[:, 7] * (1 - length), length], 1),
        }
        relit = bool(self.light or self.hidden or self.noise)
        shared = torch.rand(n, 6, generator=generator) if self.light or self.hidden else torch.full((n, 6), 0.5)
        values["light"] = 1 + (2 * shared[:, :2] - 1) * self.light
        size = shared[:, 2:4] * self.hidden
        first = shared[:, 4:] * (1 - size)
        values["hidden"] = torch.cat([first, first + size], 1)
        moved = {name: value.to(device) for name, value in values.items()}
        drawn = {"jitter": self.jitter, "dropped": self.joint_dropout, "noise": self.noise, "relit": relit}
        return Draw(**moved, **drawn, generator=generator)
