"""Files and folders that are no keypoints: what they are, and what to do with them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skelgait.core.errors import FileError


@dataclass(frozen=True)
class Foreign:
    """One kind of file that people give and that holds no keypoints.

    Parameters
    ----------
    what : str
        In words.
    endings : tuple of str
        Of its name, in lower case.
    heads : tuple of (int, bytes)
        Bytes it can begin with, and where they stand.
    do : str
        What to do with it.
    """

    what: str
    endings: tuple[str, ...]
    heads: tuple[tuple[int, bytes], ...]
    do: str


VIDEO = Foreign(
    "a video, not keypoints",
    (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".3gp", ".mts", ".m2ts"),
    ((4, b"ftyp"), (8, b"AVI "), (0, b"\x1aE\xdf\xa3")),
    "find the walker in it first: sg.estimate_pose(path), or `skelgait extract`",
)
SOUND = Foreign(
    "sound, not a recording of a walk",
    (".mp3", ".wav", ".m4a", ".aac", ".ogg", ".flac", ".wma", ".opus"),
    ((0, b"ID3"), (8, b"WAVE"), (0, b"OggS"), (0, b"fLaC"), (0, b"\xff\xfb"), (8, b"M4A")),
    "give the video, or the keypoints that were found in it",
)
PICTURE = Foreign(
    "a picture, not a recording of a walk",
    (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".svg"),
    ((0, b"\x89PNG"), (0, b"\xff\xd8\xff"), (0, b"GIF8"), (8, b"WEBP"), (8, b"heic"), (0, b"II*\x00"), (0, b"MM\x00*")),
    "give the video, or the keypoints that were found in it",
)
PAGE = Foreign(
    "a web page: perhaps a report that was made of a walk",
    (".html", ".htm", ".xhtml", ".mhtml"),
    ((0, b"<!DOCTYPE"), (0, b"<!doctype"), (0, b"<html"), (0, b"<HTML")),
    "give the recording: pose.npz beside the report, the keypoints or the video",
)
# Asked in this order; endings first, since many programs share a container.
FOREIGN = (
    SOUND,
    PICTURE,
    PAGE,
    Foreign("a workbook", (".xlsx", ".xls", ".xlsm", ".ods", ".numbers"), (), "save the sheet as CSV"),
    Foreign(
        "a text document",
        (".docx", ".doc", ".odt", ".rtf", ".pdf", ".pptx", ".ppt", ".md", ".tex"),
        ((0, b"%PDF"), (0, b"{\\rtf"), (0, b"\xd0\xcf\x11\xe0")),
        "give the keypoints or the video; of a table in it, save it as CSV",
    ),
    Foreign("a SLEAP project", (".slp",), (), "export it in SLEAP: File > Export Analysis HDF5 (or CSV)"),
    Foreign("a file of MATLAB", (".mat",), ((0, b"MATLAB "),), "save the keypoints as a tidy CSV: frame, keypoint, x, y"),
    Foreign(
        "the weights of a model",
        (".pt", ".pth", ".ckpt", ".onnx", ".task", ".tflite", ".safetensors"),
        (),
        "give the recording; a model goes into model_path",
    ),
    Foreign("a file of OpenSim, angles or forces", (".mot", ".sto", ".osim"), (), "give the markers (.trc) or the keypoints"),
    Foreign(
        "an archive",
        (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz"),
        ((0, b"7z\xbc\xaf"), (0, b"Rar!"), (0, b"\x1f\x8b"), (257, b"ustar")),
        "unpack it, and give what is in it",
    ),
    Foreign("a script", (".py", ".ipynb", ".m", ".r", ".sh", ".bat", ".ps1"), ((0, b"#!"),), "give the recording"),
)
# What `read_pose` looks at in a folder.
READABLE = (".npz", ".csv", ".json", ".c3d", ".trc", ".h5", ".pkl", ".pickle", ".npy", ".tsv")


def is_video(path: Path, head: bytes = b"") -> bool:
    """Whether a file calls itself a video, or begins as one.

    Parameters
    ----------
    path : Path
        Its name counts; it need not exist.
    head : bytes
        The first bytes, where they are known.
    """
    ending = path.suffix.lower()
    return ending in VIDEO.endings or (ending not in SOUND.endings + PICTURE.endings and _begins(VIDEO, head))


def refuse_foreign(path: Path, head: bytes) -> None:
    """Refuse a file that is known to hold no keypoints.

    Parameters
    ----------
    path : Path
    head : bytes
        The first bytes.

    Raises
    ------
    FileError
        Saying what it is.
    """
    ending = path.suffix.lower()
    if is_video(path, head) and not _begins(SOUND, head) and not _begins(PICTURE, head):
        raise FileError(f"{path.name} is {VIDEO.what}", do=VIDEO.do)
    known = [one for one in FOREIGN if ending in one.endings] or [
        one for one in FOREIGN if ending not in READABLE and _begins(one, head)
    ]
    if known:
        raise FileError(f"{path.name} is {known[0].what}", do=known[0].do)


def _begins(one: Foreign, head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    return any(head[at : at + len(mark)] == mark or (at == 0 and text.startswith(mark)) for at, mark in one.heads)


def refuse_folder(folder: Path, entries: list[str]) -> None:
    """Say what a folder holds in place of the frames of one recording.

    Parameters
    ----------
    folder : Path
    entries : list of str
        The names in it.

    Raises
    ------
    FileError
        Always.
    """
    inside = [name for name in entries if any((folder / name).glob("*.json"))] if len(entries) < 200 else []
    kinds = {name: Path(name).suffix.lower() for name in entries}
    videos, pictures = ([n for n in entries if kinds[n] in one.endings] for one in (VIDEO, PICTURE))
    files = [name for name in entries if kinds[name] in READABLE]
    table = next((name for name in files if name.lower() in ("trials.csv", "trials.tsv")), "")
    pose = next((name for name in files if name.endswith("pose.npz")), "")
    found = ", ".join(entries[:5]) + (f" and {len(entries) - 5} more" if len(entries) > 5 else "") or "nothing"
    expected = "one recording: a folder with one OpenPose or MMPose JSON file a frame, or a file"
    if inside:
        do = f"give {folder / inside[0]}"
    elif pose:
        do = f"give {folder / pose}"
    elif table:
        do = f"give {folder / table} to `skelgait cohort`, or to sg.read_trials"
    elif videos or files:
        many = "; list many in a table of walks, one row a walk, for `skelgait cohort`" if len(videos or files) > 1 else ""
        do = f"give one of its files, {folder / (videos or files)[0]}{many}"
    elif pictures:
        do = "make a video of the pictures, or run a pose tool on them"
    else:
        do = "give the folder that holds the frames, or a file"
    what = f"{len(videos)} videos" if len(videos) > 1 else "a video" if videos else f"{len(pictures)} pictures" if pictures else ""
    problem = (
        f"folder {folder.name} holds {what}, no keypoints" if what and not files else f"folder {folder.name} holds no JSON frames"
    )
    raise FileError(problem, found=found, expected=expected, do=do)
