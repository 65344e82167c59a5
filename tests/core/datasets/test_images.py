"""Whatever opens becomes an upright RGB array; whatever does not is refused in one line."""

from __future__ import annotations

import base64
import struct
import time
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from core.datasets.images import frames_left_out, image_size, read_image

COLOURS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[0, 0, 0], [255, 255, 255], [200, 100, 50]]], np.uint8)


def encoded(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    buffer = BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


# -- sources --------------------------------------------------------------------------------------------


def test_path_bytes_pil_and_array_are_the_same_image(tmp_path: Path) -> None:
    path = tmp_path / "Käfer 写真.png"
    Image.fromarray(COLOURS).save(path)
    for source in (path, str(path), path.read_bytes(), Image.open(path), COLOURS):
        pixels = read_image(source)
        np.testing.assert_array_equal(pixels, COLOURS)
        assert pixels.dtype == np.uint8
        assert pixels.flags["C_CONTIGUOUS"]
    assert image_size(path) == (2, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF"])
def test_exif_orientation_turns_the_image_upright(tmp_path: Path, orientation: int, file_format: str) -> None:
    upright = np.zeros((32, 64, 3), dtype=np.uint8)
    upright[:16, :32] = (255, 0, 0)
    upright[:16, 32:] = (0, 255, 0)
    # How a camera held that way stores it: the inverse of the turn that the tag asks for.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    image = Image.fromarray(np.ascontiguousarray(stored))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"quality": 100, "subsampling": 0} if file_format == "JPEG" else {}
    path = tmp_path / f"photo.{file_format.lower()}"
    image.save(path, file_format, exif=exif, **options)
    pixels = read_image(path)
    assert pixels.shape == (32, 64, 3)
    assert np.abs(pixels.astype(int) - upright).max() < 30
    assert image_size(path) == (32, 64)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_damaged_exif_block_does_not_hinder() -> None:
    data = encoded(Image.fromarray(COLOURS), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\xff")
    assert read_image(data).shape == (2, 3, 3)


# -- modes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "LAB", "I;16", "I", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = Image.fromarray(COLOURS).convert("L" if mode in ("I;16", "LA") else "RGB").convert(mode)
    pixels = read_image(image)
    assert pixels.shape == (2, 3, 3)
    assert pixels.dtype == np.uint8


def test_grey_palette_and_cmyk_keep_their_colours() -> None:
    grey = np.arange(0, 240, 40, dtype=np.uint8).reshape(2, 3)
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(grey))), np.repeat(grey[..., None], 3, axis=2))
    palette = Image.fromarray(COLOURS).convert("P", palette=Image.Palette.ADAPTIVE)
    np.testing.assert_array_equal(read_image(encoded(palette, "GIF")), COLOURS)
    cmyk = encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100)
    np.testing.assert_allclose(read_image(cmyk)[8, 8], (255, 0, 0), atol=8)


def test_transparent_becomes_white_and_opaque_stays() -> None:
    pixels = np.dstack([COLOURS, np.array([[255, 255, 255], [0, 128, 255]], dtype=np.uint8)])
    expected = COLOURS.copy()
    expected[1, 0] = 255
    for source in (pixels, Image.fromarray(pixels), encoded(Image.fromarray(pixels))):
        np.testing.assert_array_equal(read_image(source), expected)
    palette = Image.fromarray(np.array([[0, 1]], dtype=np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    np.testing.assert_array_equal(read_image(encoded(palette, transparency=1))[0], [[10, 20, 30], [255, 255, 255]])


def test_sixteen_bits_are_scaled_not_cut() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    expected = np.rint(ramp / 257).astype(np.uint8)
    for source in (ramp, encoded(Image.fromarray(ramp)), encoded(Image.fromarray(ramp), "TIFF")):
        np.testing.assert_array_equal(read_image(source)[..., 0], expected)


def test_a_window_shows_the_shades_that_eight_bits_have_no_room_for() -> None:
    ramp = np.linspace(6554, 6810, 256).astype(np.uint16).reshape(16, 16)  # a 256th of the range
    window = (6554 / 65535, 6810 / 65535)
    ramp[0, 0] = 65535
    for source in (ramp, encoded(Image.fromarray(ramp)), ramp.astype(np.float32) / 65535):
        assert len(np.unique(read_image(source))) <= 3
        shades = read_image(source, window=window)[..., 0]
        assert len(np.unique(shades)) > 200
        assert shades[0, 0] == 255
        assert np.all(np.diff(shades.ravel()[1:].astype(int)) >= 0)
    eight = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for source in (eight, encoded(Image.fromarray(eight))):
        assert read_image(source, window=(0.2, 0.6)).ravel()[[0, 51 * 3, 102 * 3, 153 * 3, 255 * 3]].tolist() == [
            0,
            0,
            128,
            255,
            255,
        ]
    with pytest.raises(ValueError, match="the lower one first"):
        read_image(eight, window=(0.6, 0.2))


def test_twelve_bits_in_a_sixteen_bit_file_are_not_black() -> None:
    ramp = np.linspace(0, 4095, 256).astype(np.uint16).reshape(16, 16)
    pixels = read_image(encoded(Image.fromarray(ramp)))
    assert pixels.min() == 0
    assert pixels.max() == 255


@pytest.mark.parametrize("bits", [12, 16])
@pytest.mark.parametrize("kind", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour_of_more_than_8_bits_keeps_its_range_as_grey_does(
    tmp_path: Path, bits: int, kind: str, channels: int
) -> None:
    """PIL has no mode for it and drops the lower 8 bits of 16, which leaves next to nothing of a 12-bit camera's."""
    largest = 2**bits - 1
    ramp = np.linspace(0, largest, 240).reshape(12, 20)
    deep = np.rint(np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=2)).astype(np.uint16)
    expected = np.rint(deep * (255 / largest))
    if channels == 4:
        deep = np.dstack([deep, np.full((12, 20), 65535, np.uint16)])
    path = tmp_path / f"deep{kind}"
    assert cv2.imwrite(str(path), deep[:, :, [2, 1, 0, 3][:channels]])
    np.testing.assert_array_equal(read_image(path), expected)
    np.testing.assert_array_equal(read_image(path.read_bytes()), expected)


def test_deep_colour_is_turned_upright_too(tmp_path: Path) -> None:
    deep = np.zeros((10, 20, 3), np.uint16)
    deep[:, :5, 2] = 65535  # red, on the left
    path = tmp_path / "turned.png"
    assert cv2.imwrite(str(path), deep)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = path.read_bytes()
    content = b"eXIf" + exif.tobytes().removeprefix(b"Exif\x00\x00")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    turned = data[:33] + chunk + data[33:]  # behind the header
    assert read_image(turned).shape == (20, 10, 3)
    assert read_image(turned)[:5].mean(axis=(0, 1)).tolist() == [255, 0, 0]


def test_cut_short_deep_colour_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    assert cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 65535, (64, 64, 3)).astype(np.uint16))
    with pytest.raises(ValueError, match="cut short or damaged"):
        read_image(path.read_bytes()[:9000])


def test_float_tiffs_with_nan() -> None:
    values = np.array([[0, 0.5, 1], [np.nan, np.inf, 0.25]], dtype=np.float32)
    pixels = read_image(encoded(Image.fromarray(values), "TIFF"))
    np.testing.assert_array_equal(pixels[..., 0], [[0, 128, 255], [0, 0, 64]])
    np.testing.assert_array_equal(
        read_image(encoded(Image.fromarray(values * 300 - 50), "TIFF"))[0, :, 0], [0, 128, 255]
    )
    assert read_image(np.full((2, 2), np.nan)).max() == 0


@given(arrays(st.sampled_from([np.uint8, np.uint16, np.int32, np.bool_, np.float32]), (3, 4, 3)))
def test_any_array_of_numbers_keeps_its_order(array: np.ndarray) -> None:
    pixels = read_image(array)
    assert pixels.shape == (3, 4, 3)
    values = np.nan_to_num(array.astype(np.float64).ravel(), nan=-np.inf, posinf=-np.inf)
    order = np.argsort(values)
    assert (np.diff(pixels.ravel()[order].astype(int)) >= 0).all()


# -- refusals -------------------------------------------------------------------------------------------


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.jpg: there is no such image"):
        read_image(tmp_path / "nowhere.jpg")
    text = tmp_path / "notes.jpg"
    text.write_text("not an image")
    with pytest.raises(ValueError, match=r"notes\.jpg: not an image"):
        read_image(text)
    with pytest.raises(ValueError, match="not an image"):
        image_size(text)
    with pytest.raises(ValueError, match=r"upload\.png: not an image"):
        read_image(b"", name="upload.png")
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"])
def test_files_cut_short_are_refused(file_format: str) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), file_format)
    with pytest.raises(ValueError, match=r"half: ") as error:
        read_image(data[: len(data) // 2], name="half")
    assert "\n" not in str(error.value)


@pytest.mark.filterwarnings("ignore::UserWarning")  # PIL's, about the damage
@given(st.integers(0, 2**32 - 1), st.sampled_from(["JPEG", "PNG", "TIFF", "GIF", "BMP", "WEBP"]))
def test_damaged_files_are_refused_or_read_but_nothing_else(seed: int, file_format: str) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(encoded(Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)), file_format))
    for place in rng.integers(0, len(data), 5):
        data[place] = rng.integers(256)
    with suppress(ValueError):
        assert read_image(bytes(data), pixel_limit=10_000).ndim == 3


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_too_many_pixels_are_refused_from_the_header_alone(tmp_path: Path) -> None:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    bomb = tmp_path / "bomb.png"
    for side, message in ((11_000, "11000×11000 is more than 100 megapixels"), (50_000, "far too many pixels")):
        header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
        bomb.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")))
        with pytest.raises(ValueError, match=message):
            read_image(bomb)
    with pytest.raises(ValueError, match=r"20×10 is more than 0\.0001 megapixels"):
        read_image(np.zeros((10, 20, 3), dtype=np.uint8), pixel_limit=100)
    assert read_image(np.zeros((10, 20, 3), dtype=np.uint8), pixel_limit=200).shape == (10, 20, 3)


def jpeg_of_many_scans(scans: int) -> bytes:
    """A small progressive JPEG that asks for a pass over all its pixels again and again."""
    data = encoded(Image.new("L", (1600, 1600), 90), "JPEG", progressive=True)
    start = [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"][1]
    end = data.index(b"\xff", start + 2)
    while data[end + 1] == 0:
        end = data.index(b"\xff", end + 2)
    return data[:end] + data[start:end] * scans + data[end:]


def test_a_file_that_takes_too_long_to_decode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = jpeg_of_many_scans(400)
    assert len(data) < 100_000
    monkeypatch.setattr("core.datasets.images.SECONDS_LIMIT", 0.02)
    with pytest.raises(ValueError, match=r"slow: decoding takes more than 0\.02 s"):
        read_image(data, name="slow")
    monkeypatch.setattr("core.datasets.images.SECONDS_LIMIT", 60)
    assert read_image(jpeg_of_many_scans(2)).shape == (1600, 1600, 3)


def test_one_bit_a_pixel_is_read_as_black_and_white() -> None:
    pixels = np.random.default_rng(0).integers(0, 2, (40, 50)).astype(bool)
    expected = np.repeat(255 * pixels[:, :, None].astype(np.uint8), 3, axis=2)
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(pixels))), expected)
    np.testing.assert_array_equal(read_image(encoded(Image.fromarray(pixels), "TIFF")), expected)


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "PNG", "WEBP"])
def test_pages_and_frames_that_are_not_read_are_counted(tmp_path: Path, kind: str) -> None:
    frames = [Image.fromarray(np.full((20, 30, 3), 60 * number, np.uint8)) for number in range(4)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert frames_left_out(data) == 3
    path = tmp_path / "frames"
    path.write_bytes(data)
    assert frames_left_out(path) == 3
    assert frames_left_out(encoded(frames[0], kind)) == 0
    assert frames_left_out(b"no image") == 0


def test_smaller_copies_of_a_page_are_no_pages() -> None:
    image = Image.new("RGB", (40, 40))
    smaller = Image.new("RGB", (20, 20))
    smaller.encoderinfo = {"tiffinfo": {254: 1}}  # type: ignore[attr-defined]
    assert frames_left_out(encoded(image, "TIFF", save_all=True, append_images=[smaller, image])) == 1


def tiff_of_pages(count: int, subfile: int = 0) -> bytes:
    """A TIFF of so many pages of one pixel, made without a library, which would need hours."""
    data = bytearray(b"II*\0" + struct.pack("<I", 8))
    tags = [(254, subfile), (256, 1), (257, 1), (258, 8), (262, 1), (273, 8), (279, 1)]
    page = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    for number in range(count):
        data += page
        data += struct.pack("<I", len(data) + 4 if number + 1 < count else 0)
    return bytes(data)


@pytest.mark.parametrize("subfile", [0, 1])
def test_pages_without_end_are_not_counted_to_their_end(subfile: int) -> None:
    began = time.thread_time()
    assert frames_left_out(tiff_of_pages(100_000, subfile)) == (0 if subfile else 1000)
    assert read_image(tiff_of_pages(100_000, subfile)).shape == (1, 1, 3)
    assert time.thread_time() - began < 10  # looking at all of them takes many minutes
    assert frames_left_out(tiff_of_pages(900, subfile)) == (0 if subfile else 899)


def test_frames_without_end_are_no_more_than_can_be_counted_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = b"\x21\xf9\4\0\0\0\0\0\x2c" + struct.pack("<4H", 0, 0, 1, 1) + b"\0\2\2\x44\1\0"
    gif = b"GIF89a" + struct.pack("<2H", 1, 1) + b"\x80\0\0\0\0\0\xff\xff\xff" + 20_000 * frame + b";"
    assert frames_left_out(gif) == 1000
    monkeypatch.setattr("core.datasets.images.SECONDS_LIMIT", 0.02)
    assert frames_left_out(gif) in (0, 1000)  # it is not known, and not waited for


@pytest.mark.parametrize(
    "array", [np.zeros((3, 4, 2)), np.zeros(5), np.zeros((0, 4, 3)), np.zeros((2, 3, 4, 3)), np.full((2, 2), "a")]
)
def test_arrays_that_are_no_images_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="image array: "):
        read_image(array)


def test_real_photographs(shared_data: Path) -> None:
    for folder in ("coco_subset", "nuclei", "fruits_nuts"):
        for path in sorted((shared_data / folder / "images").iterdir())[:10]:
            pixels = read_image(path)
            assert pixels.shape == (*image_size(path), 3)
            np.testing.assert_array_equal(pixels, np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize("kind", ["EPS", "ICO", "PCX", "TGA", "SGI", "PDF", "IM", "ICNS"])
def test_what_is_no_picture_format_is_not_even_opened(tmp_path: Path, kind: str) -> None:
    """Pillow runs Ghostscript on PostScript, and has readers that nobody has looked at for years."""
    path = tmp_path / f"a.{kind.lower()}"
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(path, kind)
    with pytest.raises(ValueError, match=r"not an image in a format that is read \(JPEG, PNG"):
        read_image(path)
    with pytest.raises(ValueError, match="not an image in a format that is read"):
        read_image(path.read_bytes())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "JPEG2000", "AVIF", "PPM"])
def test_every_listed_format_is_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture"
    Image.fromarray(np.full((32, 48, 3), (200, 100, 50), np.uint8)).save(path, kind)
    pixels = read_image(path)
    assert pixels.shape == (32, 48, 3)
    assert np.abs(pixels.reshape(-1, 3).mean(axis=0) - (200, 100, 50)).max() < 12


# 64×48 pixels, red on the left and blue on the right. Its EXIF block says that it lies on its side; in a HEIC a mark of
# its own says that, and without it the picture is upright.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAb5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
    "AAAERAAAIAAQAAAAAB4gABAAAAAAAAAHcAAgAAAAACWQABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
    "bmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
    "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEH"
    "BpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAABppcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAAo21kYXQAAABzKAGvCeA5IyS/"
    "//fXP//5QC5D94mlwTj+MF59/Vy9//zMF1EY1iym5g3bfsIEB0M5xViMcsSxtmyPYgDCeyy9cOtrb1/rKagnmYAlYaU4/t7HH6SftTemNyMRMo"
    "cBXP2IzwHmaRtUAR+rQ/3eozO3csyZgAAAAAZFeGlmAABNTQAqAAAACAABARIAAwAAAAEABgAAAAAAAA=="
)


def test_a_phones_heic_is_read_upright_in_its_colours() -> None:
    pixels = read_image(HEIC)
    assert pixels.shape == (48, 64, 3)
    assert image_size(HEIC) == (48, 64)
    assert np.abs(pixels[:, :30].astype(int) - (220, 40, 30)).max() <= 8
    assert np.abs(pixels[:, 34:].astype(int) - (30, 160, 220)).max() <= 8


@pytest.mark.parametrize("length", [12, 100, 300, len(HEIC) - 90])
def test_a_heic_that_is_cut_off_is_one_line(length: int) -> None:
    with pytest.raises(ValueError, match=r"^photo\.heic: ") as error:
        read_image(HEIC[:length], name="photo.heic")
    assert "\n" not in str(error.value)


def test_a_heic_of_too_many_pixels_is_refused_by_its_header() -> None:
    with pytest.raises(ValueError, match="megapixels"):
        read_image(HEIC, pixel_limit=1000)
