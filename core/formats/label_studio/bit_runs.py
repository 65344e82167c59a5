"""Label Studio's RLE of brushes: the alpha of an image as a stream of bits (thi.ng's rle-pack).

32 bits: how many values; 5: bits a value, less one; four times 4: the widths, less one, in which lengths are written.
Then blocks: 1 bit, whether a value is repeated; 2 bits, which width; a length in that width, less one; and the value
once, or as many values as the length says. The values are those of RGBA pixels, row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_WIDTHS = (3, 4, 8, 16)
_OPAQUE = 128  # from this alpha on a pixel is mask; a brush without soft edges has 0 and 255
_WORD = 8


def decode_brush(data: Sequence[int], height: int, width: int) -> NDArray[np.uint8]:
    """The mask, height × width of 0 and 1; ValueError for damaged data, or of an image of another size."""
    if not all(isinstance(value, int) and 0 <= value < 256 for value in data):
        raise ValueError("a brush whose RLE is not a list of bytes")
    bits = np.unpackbits(np.array(data, dtype=np.uint8))
    stream = _Bits(bits)
    count = stream.number(32)
    if count not in (height * width * 4, height * width):
        raise ValueError(f"a brush of {count} values, not the 4 × {width} × {height} of its image")
    word = stream.number(5) + 1
    if word > 8:
        raise ValueError(f"a brush whose values have {word} bits, not 8")
    widths = [stream.number(4) + 1 for _ in range(4)]
    values = np.zeros(count, dtype=np.uint8)
    at = 0
    while at < count:
        repeated = stream.number(1)
        end = at + stream.number(widths[stream.number(2)]) + 1
        if end > count:
            raise ValueError("a brush whose RLE is longer than it says")
        values[at:end] = stream.number(word) if repeated else stream.numbers(end - at, word)
        at = end
    alpha = values.reshape(height, width, -1)[:, :, -1]
    return (alpha >= _OPAQUE).astype(np.uint8)


def encode_brush(mask: NDArray[np.uint8]) -> list[int]:
    """The bytes of a mask's RLE, opaque white where it is set."""
    flat = np.ravel(mask != 0)
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    starts = np.concatenate([[0], changes])
    lengths = np.diff(np.concatenate([starts, [len(flat)]])) * 4
    bits = [f"{len(flat) * 4:032b}{_WORD - 1:05b}", *(f"{width - 1:04b}" for width in _WIDTHS)]
    for length, value in zip(lengths.tolist(), flat[starts].tolist(), strict=True):
        word = "11111111" if value else "00000000"
        while length:
            now = min(length, 1 << _WIDTHS[-1])
            which = next(number for number, width in enumerate(_WIDTHS) if now <= 1 << width)
            bits.append(f"1{which:02b}{now - 1:0{_WIDTHS[which]}b}{word}")
            length -= now
    stream = np.frombuffer("".join(bits).encode("ascii"), dtype=np.uint8) - ord("0")
    return np.packbits(stream).tolist()


class _Bits:
    """A stream of bits, read from the front; ValueError beyond its end."""

    def __init__(self, bits: NDArray[np.uint8]) -> None:
        self._bits, self._at = bits, 0

    def number(self, width: int) -> int:
        """The next whole number of so many bits."""
        return int(self.numbers(1, width)[0])

    def numbers(self, count: int, width: int) -> NDArray[np.int64]:
        """The next `count` numbers."""
        end = self._at + count * width
        if end > len(self._bits):
            raise ValueError("a brush whose RLE is cut short")
        taken = self._bits[self._at : end].reshape(count, width).astype(np.int64)
        self._at = end
        return taken @ (1 << np.arange(width - 1, -1, -1, dtype=np.int64))
