"""Masks of a person, of any size and on disk, brought to the one size that networks take."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.silhouettes import HEIGHT, WIDE, WIDTH, SilhouetteSequence
from skelgait.io.paths import find_path

TOO_LITTLE = 10_000  # sum of a mask's values, 0 to 255, up to which OpenGait takes it for empty: 39 white pixels
WHITE = 200  # as bright the brightest point of masks must be: what is darker is numbers of classes, or a picture
PICTURES = (".png", ".bmp", ".jpg", ".jpeg", ".tif", ".tiff")


class Normalised(NamedTuple):
    """A mask at the size networks take.

    Parameters
    ----------
    picture : (64, 44) uint8
        The silhouette.
    box : (4,) pixels
        The part of the mask it shows: left, top, width, height.
    outside : float
        Share of the body that lies beyond its sides, 0..1.
    """

    picture: np.ndarray
    box: np.ndarray
    outside: float


def normalise_mask(mask: np.ndarray) -> Normalised | None:
    """Bring one mask to 64 x 44 as OpenGait does.

    Parameters
    ----------
    mask : (H, W) bool or uint8
        What is not 0 is the person.

    Returns
    -------
    Normalised or None
        None where there is too little of a person.

    Notes
    -----
    The rows from the topmost to the lowest pixel of the body become 64 rows, the width follows in the same ratio (bicubic, which
    makes edges soft). The middle of the picture is the first column at which more than half of the body's mass is reached. 64
    columns about it, what is beyond the mask being 0, less ten at either side. As in OpenGait, a mask whose values add up to
    10,000 or less, and one with half of its mass in the first column, are empty. Every piece of the mask counts as body: a speck
    above the head makes the body smaller.

    References
    ----------
    Fan C et al. OpenGait: Revisiting Gait Recognition Toward Better Practicality. CVPR 2023 (``datasets/pretreatment.py``). The
    same numbers come out; the code is ours.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((200, 300), bool)
    >>> mask[40:168, 90:130] = True  # 128 high, 40 wide
    >>> done = normalise_mask(mask)
    >>> int((done.picture[32] > 127).sum()), done.box.tolist()
    (20, [66.0, 40.0, 88.0, 128.0])
    """
    import cv2

    image = np.asarray(mask)
    if image.dtype == bool:
        image = image.astype(np.uint8) * 255
    if image.sum() <= TOO_LITTLE:
        return None
    rows = np.flatnonzero(image.any(axis=1))
    top, tall = int(rows[0]), int(rows[-1] - rows[0] + 1)
    across = max(1, int(HEIGHT * (image.shape[1] / tall)))
    image = cv2.resize(image[top : top + tall], (across, HEIGHT), interpolation=cv2.INTER_CUBIC)
    mass = image.sum(axis=0).cumsum()
    middle = int(np.searchsorted(mass, mass[-1] / 2, side="right"))
    if middle == 0 or not mass[-1]:  # something a pixel wide may fall between the columns that are left
        return None
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    left = middle - WIDTH // 2
    start, stop = max(left, 0), min(left + WIDTH, across)
    picture[:, start - left : stop - left] = image[:, start:stop]
    scale = mask.shape[1] / across
    return Normalised(picture, np.array([left * scale, top, WIDTH * scale, tall], float), 1 - float(picture.sum() / mass[-1]))


def silhouettes_from_masks(
    masks: str | os.PathLike[str] | np.ndarray | Iterable[np.ndarray],
    *,
    fps: float | None = None,
    view: str | None = None,
    time_s: np.ndarray | None = None,
    source: str = "",
) -> SilhouetteSequence:
    """Silhouettes from masks of one person: pictures in a folder, or arrays.

    Parameters
    ----------
    masks : path, (T, H, W) array or iterable of (H, W) arrays
        One mask a frame: 255 (or True, or 1) is the person, 0 the rest, between are soft edges. A folder has one picture a frame
        (PNG, BMP, JPEG, TIFF): the last number in each name is the number of the frame, or else the order of the names. Pictures
        of 64 x 44 or 64 x 64 are taken to be brought to this size already, when their bodies fill the height, and are kept as they
        are.
    fps : float, frames per second, optional
        None where nobody knows: times are NaN.
    view : str, optional
        What the camera saw, as `PoseSequence` names it.
    time_s : (T,) seconds, optional
        Time of every mask, of empty ones too.
    source : str
        Where they came from; default the folder.

    Returns
    -------
    SilhouetteSequence
        64 x 44, of the masks that hold a person. ``frame`` has their numbers, ``empty`` those of the others, ``boxes`` the part of
        the mask that each picture shows. ``info["outside_percent"]`` is how much of the body, on average, lies beyond the sides of
        the picture; ``info["cut_off"]`` the frames whose mask touches the upper or lower edge, so that part of the body may be
        missing.

    Raises
    ------
    FileError
        No folder, no pictures in it, or one that cannot be read.
    SkelgaitError
        Not masks, all are empty, or none is white anywhere.

    Notes
    -----
    See `skelgait.io.masks.normalise_mask` for how.

    Examples
    --------
    >>> import numpy as np
    >>> masks = np.zeros((3, 240, 320), bool)
    >>> masks[:2, 20:148, 100:140] = True
    >>> walk = silhouettes_from_masks(masks, fps=25)
    >>> walk.frame.tolist(), walk.empty.tolist(), walk.boxes[0].tolist()
    ([0, 1], [2], [76.0, 20.0, 88.0, 128.0])
    """
    numbers: np.ndarray | None = None
    if isinstance(masks, (str, os.PathLike)):
        folder, _ = find_path(masks)
        files, numbers = list_pictures(folder)
        source = source or str(folder)
        masks = (read_picture(file) for file in files)
    where = f"the masks of {source}" if source else "these masks"
    kept: list[int] = []
    made: list[Normalised] = []
    cut_off: list[int] = []
    count = brightest = 0
    for count, mask in enumerate(_checked(masks, where), start=1):
        brightest = max(brightest, 255 if mask.dtype == bool and mask.any() else int(mask.max()))
        done = _as_it_is(mask) or normalise_mask(mask)
        if done is None:
            continue
        kept.append(count - 1)
        made.append(done)
        if mask.shape[0] > HEIGHT and (mask[0].any() or mask[-1].any()):
            cut_off.append(count - 1)
    if 0 < brightest < WHITE:
        raise SkelgaitError(
            f"{where} are not white where the person is",
            found=f"{brightest} at the brightest point",
            expected="0, and 255 for the person",
            do=f"if numbers stand for classes, say which is the person: masks == {brightest}",
        )
    if not made:
        raise SkelgaitError(
            f"{where} show nobody",
            found=f"{count} masks with {TOO_LITTLE // 255} white pixels or fewer" if count else "no mask",
            do="check that the person is white and the rest black",
        )
    numbers = np.arange(count) if numbers is None else numbers
    empty = np.setdiff1d(np.arange(count), kept)
    if time_s is not None and np.shape(time_s) != (count,):
        raise SkelgaitError(f"time_s of {where} is not one time a mask", found=str(np.shape(time_s)), expected=f"({count},)")
    return SilhouetteSequence(
        np.array([one.picture for one in made]),
        fps=np.nan if fps is None else fps,
        frame=numbers[kept],
        boxes=np.array([one.box for one in made]),
        time_s=None if time_s is None else np.asarray(time_s, float)[kept],  # type: ignore[arg-type]
        empty=numbers[empty],
        view=view,
        source=source,
        info={
            "outside_percent": round(100 * float(np.mean([one.outside for one in made])), 2),
            "cut_off": numbers[cut_off].tolist(),
        },
    )


def list_pictures(folder: Path) -> tuple[list[Path], np.ndarray | None]:
    """The pictures of a folder in the order of their frames, and the numbers of these, where their names tell.

    Parameters
    ----------
    folder : Path
        With one picture a frame.

    Returns
    -------
    files, numbers
        Numbers are None where names have none, or one twice.
    """
    if not folder.is_dir():
        raise FileError(f"{folder} is no folder", found="a file", expected="a folder with one mask a frame")
    files = sorted(
        file
        for file in folder.iterdir()
        if file.suffix.lower() in PICTURES and not file.name.startswith(".") and file.stem != "gei"
    )
    if not files:
        raise FileError(
            f"there are no pictures in {folder}",
            expected="one mask a frame: " + ", ".join(PICTURES),
            do="give the folder they are in",
        )
    found = [re.findall(r"\d+", file.stem) for file in files]
    numbers = np.array([int(each[-1][-18:]) if each else -1 for each in found], dtype=np.int64)
    if (numbers < 0).any() or len(np.unique(numbers)) < len(numbers):
        return files, None
    order = np.argsort(numbers)
    return [files[n] for n in order], numbers[order]


def read_picture(path: Path) -> np.ndarray:
    """A picture as (H, W) uint8.

    Raises
    ------
    FileError
        It is none, or breaks off.
    """
    import cv2

    raw = np.frombuffer(path.read_bytes(), np.uint8)
    image = cv2.imdecode(raw, cv2.IMREAD_GRAYSCALE) if raw.size else None
    if image is None:
        raise FileError(f"{path} cannot be read as a picture", do="copy it again, or take it away")
    return image


def _checked(masks: Iterable[np.ndarray], where: str) -> Iterator[np.ndarray]:
    """Each mask as bool or as 0 to 255."""
    for number, given in enumerate(masks):
        mask = np.asarray(given)
        if mask.ndim != 2 or 0 in mask.shape or mask.dtype.kind not in "bui":
            raise SkelgaitError(
                f"{where} are not masks",
                found=f"number {number} is {mask.shape} of {mask.dtype}",
                expected="(height, width) of bool, or of whole numbers 0 to 255",
            )
        if mask.dtype.kind in "ui" and (mask.min() < 0 or mask.max() > 255):
            raise SkelgaitError(
                f"{where} leave 0 to 255",
                found=f"number {number} has {mask.min()} to {mask.max()}",
                do="give masks: 0 where the person is not",
            )
        if mask.dtype != bool:
            mask = mask.astype(np.uint8) * np.uint8(255 if mask.max() == 1 else 1)
        yield mask


def _as_it_is(mask: np.ndarray) -> Normalised | None:
    """A mask that is of the size already, and whose body fills its height."""
    if mask.shape not in ((HEIGHT, WIDTH), (HEIGHT, WIDE)) or not (mask[0].any() and mask[-1].any()):
        return None
    image = mask.astype(np.uint8) * 255 if mask.dtype == bool else mask
    side = (mask.shape[1] - WIDTH) // 2
    picture = image[:, side : side + WIDTH]
    box = np.array([side, 0, WIDTH, HEIGHT], float)
    return Normalised(picture, box, 1 - float(picture.sum() / image.sum())) if picture.any() else None
