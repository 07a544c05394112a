"""Read pickles of arrays and plain values without running anything in them.

A pickle is a program. This reader runs only the words that rebuild numpy arrays and plain values (numbers, text, lists, tuples,
dicts, sets); any other is refused before it is looked up.
"""

from __future__ import annotations

import io
import pickle
import re
from typing import Any

import numpy as np

from skelgait.core.errors import FileError

# numpy's own unpickling believes what the file says of memory layout; these stand-ins take only what builds a plain array.
_CODE = re.compile(r"[<>|=]?(\?|b1|[iu][1248]|f[248]|c8|c16|[SU]\d{1,4}|O8?)")


class _Kind:
    """Stands for a numpy dtype: a number, text or object."""

    def __init__(self, code: str, align: bool = False, copy: bool = False) -> None:
        if not (isinstance(code, str) and _CODE.fullmatch(code)):
            raise pickle.UnpicklingError(f"a dtype {code!r}")
        self.code, self.order = code.lstrip("<>|="), ""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] not in "<>|=" or any(part is not None for part in state[2:5]):
            raise pickle.UnpicklingError("a dtype of several parts")
        self.order = state[1]

    def dtype(self) -> np.dtype:
        return np.dtype(self.order + self.code)


class _Array:
    """Stands for a numpy array until everything is read."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, self.data = state
        self.shape, self.kind, self.order = tuple(map(int, shape)), kind, "F" if fortran else "C"

    def build(self) -> np.ndarray:
        kind = self.kind.dtype()
        if kind.hasobject:
            array = np.empty(len(self.data), dtype=object)
            array[:] = [_built(one) for one in self.data]
            return array.reshape(self.shape, order=self.order)
        return np.frombuffer(self.data, dtype=kind).reshape(self.shape, order=self.order)


def _reconstruct(kind: Any, shape: Any, code: Any) -> _Array:
    """An array whose content follows."""
    if kind is not _Array:
        raise pickle.UnpicklingError("an array of an unusual make")
    return _Array()


def _scalar(kind: _Kind, raw: bytes) -> Any:
    """One number or text."""
    return np.frombuffer(raw, dtype=kind.dtype(), count=1)[0].item()


def _from_buffer(data: Any, kind: _Kind, shape: Any, order: str) -> _Array:
    """An array, as protocol 5 writes it."""
    if not isinstance(data, (bytes, bytearray)):  # bytes(n) of a number is n zeros, as many as the file likes
        raise pickle.UnpicklingError("an array without content")
    array = _Array()
    array.__setstate__((1, shape, kind, order == "F", bytes(data)))
    return array


def _latin(text: str, encoding: str = "latin1") -> bytes:
    """What Python 2 pickles call ``_codecs.encode`` for: the bytes of an array."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"encoding {encoding!r}")
    return text.encode("latin1")


def _built(value: Any) -> Any:
    """The value with arrays in place of what stands for them."""
    if isinstance(value, _Array):
        return value.build()
    if isinstance(value, dict):
        return {key: _built(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_built(one) for one in value)
    if isinstance(value, (_Kind, type)):
        raise pickle.UnpicklingError("a type where a value should be")
    return value


ALLOWED: dict[tuple[str, str], Any] = {
    **{
        (f"numpy.{core}.{module}", name): function
        for core in ("core", "_core")
        for module, name, function in (
            ("multiarray", "_reconstruct", _reconstruct),
            ("multiarray", "scalar", _scalar),
            ("numeric", "_frombuffer", _from_buffer),
        )
    },
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _latin,
    **{(module, name): kind for module in ("builtins", "__builtin__") for name, kind in (("set", set), ("frozenset", frozenset))},
    ("collections", "OrderedDict"): dict,
}


class _PlainUnpickler(pickle.Unpickler):
    """An unpickler that knows arrays and plain values only."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ALLOWED:
            raise _Refused(f"{module}.{name}")
        found = ALLOWED[module, name]
        # a pickle may set attributes on what it is given: a function is lent as a throw-away
        return found if isinstance(found, type) else lambda *arguments: found(*arguments)

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused("a persistent reference")


class _Refused(pickle.UnpicklingError):
    """The pickle asks for something that is neither an array nor a plain value."""


def load_plain(raw: bytes, where: str) -> Any:
    """What a pickle holds, if it holds numpy arrays and plain values only; nothing in it is run.

    Raises
    ------
    FileError
        It asks for anything else, or breaks off.

    Examples
    --------
    >>> load_plain(pickle.dumps({"fps": 30}), "a.pkl")
    {'fps': 30}
    """
    try:
        return _built(_PlainUnpickler(io.BytesIO(raw)).load())
    except _Refused as error:
        raise FileError(
            f"{where} is refused: this pickle would run code of its own",
            found=str(error),
            expected="numpy arrays, numbers, text, lists and dicts only",
            do="save the arrays with np.savez instead, if you trust the file",
        ) from None
    except RecursionError:
        raise FileError(f"{where} nests its values too deep", expected="arrays in lists and dicts", do="export it again") from None
    except (AttributeError, TypeError, IndexError, KeyError):  # its words build nothing, such as an array without content
        raise FileError(
            f"{where} is a pickle that cannot be read: it does not build arrays and plain values",
            found="an array without content, or a value of the wrong kind",
            do="save the arrays with np.savez instead",
        ) from None
    except Exception as error:  # a broken pickle may raise anything
        raise FileError(
            f"{where} is a pickle that breaks off or cannot be read",
            found=f"{type(error).__name__}: {str(error)[:80]}",
            do="copy or export it again",
        ) from None
