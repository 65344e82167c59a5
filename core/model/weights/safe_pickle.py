"""Pickles of numpy arrays, read without running anything that a file may ask for.

A pickle names functions and calls them, and that is how a hostile one takes a machine over. Here only the names that
a pickled array is made of are known, and even these stand for classes of this module, not numpy's.
"""

from __future__ import annotations

import io
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Type strings as pickled, without the byte order.
NUMBERS = {"f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"}


class _DataType:
    """numpy.dtype(name, …) and the state that follows it."""

    def __init__(self, name: object, *_: object) -> None:
        if name not in NUMBERS:
            raise pickle.UnpicklingError(f"arrays of {name!r}")
        self.name, self.order = name, "<"

    def __setstate__(self, state: Any) -> None:
        self.order = ">" if state[1] == ">" else "<"


class _Array:
    """numpy.ndarray, empty until its state arrives: version, shape, type, column-major, bytes."""

    value: NDArray[Any]

    def __setstate__(self, state: Any) -> None:
        _, shape, data_type, column_major, data = state
        self.fill(shape, data_type, column_major, data)

    def fill(self, shape: Any, data_type: object, column_major: bool, data: Any) -> None:
        if not isinstance(data_type, _DataType):
            raise pickle.UnpicklingError("an array without a type of numbers")
        if isinstance(data, str):  # Python 2 wrote bytes as text
            data = data.encode("latin1")
        flat = np.frombuffer(data, dtype=np.dtype(data_type.order + data_type.name))
        if flat.size != math.prod(shape):
            raise pickle.UnpicklingError("an array whose bytes do not fill its shape")
        array = flat.reshape(shape, order="F" if column_major else "C")
        self.value = np.array(array, dtype=array.dtype.newbyteorder("="), order="C")


# Objects without attributes, so that a pickle cannot set any on them either.
class _EmptyArray:
    __slots__ = ()

    def __call__(self, *_: Any) -> _Array:
        return _Array()


class _FromBuffer:
    """Protocol 5 names the function that is given data, type, shape and order."""

    __slots__ = ()

    def __call__(self, data: object, data_type: Any, shape: object, order: Any) -> _Array:
        array = _Array()
        array.fill(shape, data_type, order == "F", data)
        return array


class _Encode:
    __slots__ = ()

    def __call__(self, text: str, _: str = "latin1") -> bytes:
        return text.encode("latin1")


class _NoBytes:
    __slots__ = ()

    def __call__(self) -> bytes:
        return b""


# What a pickled array is made of; protocol 2 writes bytes by _codecs.encode, and none at all by bytes().
KNOWN_NAMES: dict[tuple[str, str], object] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _DataType,
    ("numpy.core.multiarray", "_reconstruct"): _EmptyArray(),
    ("numpy._core.multiarray", "_reconstruct"): _EmptyArray(),
    ("numpy.core.numeric", "_frombuffer"): _FromBuffer(),
    ("numpy._core.numeric", "_frombuffer"): _FromBuffer(),
    ("_codecs", "encode"): _Encode(),
    ("__builtin__", "bytes"): _NoBytes(),
}


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in KNOWN_NAMES:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return KNOWN_NAMES[module, name]


def read_arrays(path: Path) -> object:
    """Dictionaries, lists, texts, numbers and arrays of numbers from a pickle; arrays are copies in native byte order.

    Raises:
        ValueError: the file is damaged, or holds anything else; nothing in it was executed.
    """
    try:
        content = _ArrayUnpickler(io.BytesIO(path.read_bytes()), encoding="latin1").load()
        return _with_arrays(content)
    except Exception as error:  # unpickling fails in as many ways as there are files
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise ValueError(
            f"{path} is not a pickle of numpy arrays alone ({reason}); nothing in it was executed"
        ) from None


def _with_arrays(value: object, known: dict[int, object] | None = None) -> object:
    """The value with arrays in the place of what stands for them; what is in it twice is looked at once.

    A few bytes can hold a list of a list of a list, each twice in the next: 2⁴⁰ of them, were each one looked at.
    """
    known = {} if known is None else known
    if isinstance(value, _Array):
        return value.value
    if value is None or isinstance(value, (str, bytes, int, float)):
        return value
    if id(value) not in known:
        if isinstance(value, dict):
            read: object = {_with_arrays(key, known): _with_arrays(item, known) for key, item in value.items()}
        elif isinstance(value, (list, tuple)):
            read = [_with_arrays(item, known) for item in value]
        else:
            raise pickle.UnpicklingError(f"it holds a {type(value).__name__}")
        known[id(value)] = read
    return known[id(value)]
