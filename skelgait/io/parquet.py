"""Tidy Parquet: the table of tidy CSV, one row a frame and keypoint, where pyarrow is installed.

What tidy CSV has in its comment line stands in the file's metadata under ``skelgait_pose``. A table without it is read by the names
of its columns, as a long CSV is.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from skelgait.core.errors import FileError, NotInstalled
from skelgait.core.pose import PoseSequence
from skelgait.io.atomic import new_file
from skelgait.io.npz import MARK
from skelgait.io.people import People
from skelgait.io.source import Source
from skelgait.io.tidy import has_columns, long_table, read_long


def recognises(source: Source) -> bool:
    """Whether it is Parquet: nothing else is read from it."""
    return source.kind == "parquet"


def read(source: Source, *, view: str | None = None) -> People | PoseSequence:
    """The pose or poses in a long table.

    Raises
    ------
    NotInstalled
        No pyarrow.
    FileError
        Truncated, without the columns of a long table, or what tidy CSV refuses.
    """
    parquet = _pyarrow(source.name)
    try:
        table = parquet.read_table(source.path)
    except (OSError, ValueError) as error:
        raise FileError(
            f"{source.name} breaks off, or is damaged", found=str(error).splitlines()[0][:100], do="copy or export it again"
        ) from error
    about = (table.schema.metadata or {}).get(MARK.encode())
    frame = table.to_pandas()
    if not has_columns([str(column) for column in frame.columns]):
        raise FileError(
            f"{source.name} holds no keypoints",
            found=f"columns {', '.join(map(str, frame.columns[:8]))}",
            expected="frame, keypoint, x, y",
            do="give the keypoints, one row a frame and keypoint",
        )
    return read_long(frame, json.loads(about) if about else {}, source)


def write(pose: PoseSequence, path: Path) -> None:
    """Write one row a frame and keypoint, everything else in the metadata; reading it back gives an equal pose.

    Parameters
    ----------
    pose : PoseSequence
    path : Path
        Ends in ``.parquet``.

    Raises
    ------
    NotInstalled
        No pyarrow.
    """
    parquet = _pyarrow(path.name)
    import pyarrow as pa

    table, about = long_table(pose)
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    arrow = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), MARK: json.dumps(about)})
    with new_file(path) as temporary:
        parquet.write_table(arrow, temporary)


def _pyarrow(name: str) -> Any:
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise NotInstalled(f"{name} needs pyarrow, which is not installed", do='pip install "skelgait[parquet]"') from None
    return parquet
