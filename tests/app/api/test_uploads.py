"""Images of every kind at the door: shown upright in RGB, or refused in one line; the others are kept."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from app.store import image_files
from app.store.database import Store
from app.store.images import clean_file_name
from core.datasets.images import read_image
from tests.app.conftest import HEIGHT, WIDTH, Upload, file_bytes, picture


def post(client: TestClient, *files: tuple[str, bytes]) -> Any:
    return client.post("/api/images", files=[("files", file) for file in files])


def shown(client: TestClient, image_id: int) -> Image.Image:
    """What a browser decodes."""
    answer = client.get(f"/api/images/{image_id}/file")
    assert answer.status_code == 200
    image = Image.open(io.BytesIO(answer.content))
    assert Image.MIME[str(image.format)] == answer.headers["content-type"]
    return image


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header states a size, with next to no data behind it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def test_an_upload_says_what_became_of_it(client: TestClient) -> None:
    answer = post(client, ("first.png", file_bytes(picture(1))), ("second.jpg", file_bytes(picture(2), "JPEG")))
    assert answer.status_code == 201
    assert answer.json() == {
        "images": [
            {"image_id": 1, "file_name": "first.png", "width": WIDTH, "height": HEIGHT, "duplicate": False},
            {"image_id": 2, "file_name": "second.jpg", "width": WIDTH, "height": HEIGHT, "duplicate": False},
        ],
        "errors": [],
    }


BAD_FILES = {
    "text.png": b"this is no image at all",
    "empty.png": b"",
    "cut.jpg": file_bytes(picture(3, 400, 300), "JPEG")[:4000],
    "cut.png": file_bytes(picture(3, 400, 300))[:4000],
    "huge.png": png_of_size(20_000, 20_000),
    "empty.gif": b"GIF89a",
    "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='10' height='10'><script>alert(1)</script></svg>",
    "page.html": b"<html><script>alert(1)</script></html>",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_named_in_one_line_and_the_others_are_kept(client: TestClient, store: Store, name: str) -> None:
    answer = post(
        client, ("good.png", file_bytes(picture(1))), (name, BAD_FILES[name]), ("fine.png", file_bytes(picture(2)))
    )
    assert answer.status_code == 201
    assert [image["file_name"] for image in answer.json()["images"]] == ["good.png", "fine.png"]
    (error,) = answer.json()["errors"]
    assert error["file_name"] == name
    assert error["error"].startswith(f"{name}: ")
    assert "\n" not in error["error"]
    assert len(client.get("/api/images").json()["images"]) == 2
    originals = [path for path in (store.workspace / "images").rglob("*") if path.is_file()]
    assert len(originals) == 2


def test_where_no_file_is_good_nothing_is_stored(client: TestClient, store: Store) -> None:
    answer = post(client, ("text.png", b"no image"), ("empty.png", b""))
    assert answer.status_code == 422
    assert answer.json()["images"] == []
    assert [error["file_name"] for error in answer.json()["errors"]] == ["text.png", "empty.png"]
    assert not (store.workspace / "images").exists()


def test_a_request_without_files_says_what_to_send(client: TestClient) -> None:
    answer = client.post("/api/images", files=[("other", (None, "just a field"))])
    assert answer.status_code == 422
    assert "files" in answer.json()["error"]
    assert client.post("/api/images", content=b"nothing").status_code in (400, 422)
    assert "\n" not in client.post("/api/images", content=b"nothing").json()["error"]


def sixteen_bit() -> Image.Image:
    return Image.fromarray((np.arange(HEIGHT * WIDTH, dtype=np.uint16) * 6).reshape(HEIGHT, WIDTH))


def twelve_bit_colour() -> bytes:
    levels = np.arange(HEIGHT * WIDTH * 3).reshape(HEIGHT, WIDTH, 3) % 4096
    return bytes(cv2.imencode(".png", levels.astype(np.uint16))[1])


def with_alpha() -> Image.Image:
    image = picture(7, mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


KINDS = {
    "plain.png": lambda: file_bytes(picture(7)),
    "plain.jpg": lambda: file_bytes(picture(7), "JPEG"),
    "plain.webp": lambda: file_bytes(picture(7), "WEBP", lossless=True),
    "cmyk.jpg": lambda: file_bytes(picture(7, mode="CMYK"), "JPEG"),
    "grey.png": lambda: file_bytes(picture(7, mode="L")),
    "grey.jpg": lambda: file_bytes(picture(7, mode="L"), "JPEG"),
    "palette.png": lambda: file_bytes(picture(7).convert("P", palette=Image.Palette.ADAPTIVE)),
    "palette transparent.gif": lambda: file_bytes(picture(7).convert("P"), "GIF", transparency=3),
    "one bit.png": lambda: file_bytes(picture(7, mode="1")),
    "sixteen bit.png": lambda: file_bytes(sixteen_bit()),
    "sixteen bit.tif": lambda: file_bytes(sixteen_bit(), "TIFF"),
    "twelve bit colour.png": twelve_bit_colour,
    "alpha.png": lambda: file_bytes(with_alpha()),
    "grey alpha.png": lambda: file_bytes(with_alpha().convert("LA")),
    "float.tif": lambda: file_bytes(picture(7, mode="F"), "TIFF"),
    "colours.bmp": lambda: file_bytes(picture(7), "BMP"),
    "moving.gif": lambda: file_bytes(picture(7), "GIF", save_all=True, append_images=[picture(8)]),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_browser_sees_the_pixels_that_the_model_sees(client: TestClient, name: str) -> None:
    data = KINDS[name]()
    answer = post(client, (name, data))
    assert answer.status_code == 201, answer.text
    (image,) = answer.json()["images"]
    assert (image["width"], image["height"]) == (WIDTH, HEIGHT)
    seen = shown(client, image["image_id"])
    assert seen.mode in ("RGB", "L")
    assert getattr(seen, "n_frames", 1) == 1
    difference = np.abs(np.asarray(seen.convert("RGB")).astype(int) - read_image(data).astype(int))
    # What came as JPEG and had to be converted went through JPEG once more.
    assert difference.max() <= (12 if name == "cmyk.jpg" else 0)
    assert difference.mean() < 1


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_turned_once(client: TestClient, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    data = file_bytes(picture(9), kind, exif=exif, **options)
    (image,) = post(client, ("turned", data)).json()["images"]
    size = (WIDTH, HEIGHT) if orientation < 5 else (HEIGHT, WIDTH)
    assert (image["width"], image["height"]) == size
    seen = shown(client, image["image_id"])
    assert seen.size == size
    assert seen.getexif().get(0x0112, 1) == 1  # a browser has nothing left to turn
    difference = np.abs(np.asarray(seen.convert("RGB")).astype(int) - read_image(data).astype(int))
    assert difference.mean() < 1.5
    document = client.get(f"/api/images/{image['image_id']}/document").json()
    assert (document["image"]["width"], document["image"]["height"]) == size
    thumbnail = Image.open(io.BytesIO(client.get(f"/api/images/{image['image_id']}/thumbnail").content))
    assert thumbnail.size == size  # smaller than 256 pixels: not enlarged


NAMES = [
    "Äpfel und Birnen – März.png",
    "苹果 🍎.png",
    "name with 'quotes' and <b>tags<b>.png",
    "${process.env}{{7*7}}.png",
    "x" * 900 + ".png",
    "no suffix",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_kept_as_it_is(client: TestClient, name: str) -> None:
    (image,) = post(client, (name, file_bytes(picture(1)))).json()["images"]
    assert image["file_name"] == name
    assert client.get("/api/images").json()["images"][0]["file_name"] == name
    exported = client.get("/api/export").json()
    assert exported["images"][0]["file_name"] == name
    assert shown(client, image["image_id"]).size == (WIDTH, HEIGHT)


def test_an_endless_name_is_cut_to_its_end(client: TestClient) -> None:
    answer = post(client, ("y" * 4000 + ".png", file_bytes(picture(1))))
    assert answer.status_code == 201
    assert answer.json()["images"][0]["file_name"] == "y" * 1020 + ".png"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("..\\..\\x.png", "x.png"),
        ("train/0001.png", "train/0001.png"),
        ("train\\0001.png", "train/0001.png"),
        ("a\x00b\nc.png", "abc.png"),
        ("..", "unnamed"),
        ("", "unnamed"),
        (" ", "unnamed"),
    ],
)
def test_a_name_is_data_and_leads_nowhere(name: str, kept: str) -> None:
    assert clean_file_name(name) == kept


def test_path_tricks_write_nothing_outside_the_image_folders(client: TestClient, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    answer = post(client, ("../../../evil.png", file_bytes(picture(1))))
    assert answer.json()["images"][0]["file_name"] == "evil.png"
    digest = image_files.sha256_of(file_bytes(picture(1)))
    new = {path.relative_to(tmp_path / "workspace") for path in tmp_path.rglob("*") if path.is_file()}
    new -= {path.relative_to(tmp_path / "workspace") for path in before}
    assert {path for path in new if "maskloop.db" not in path.name} == {
        Path("images") / digest[:2] / digest,
        Path("thumbnails") / digest[:2] / f"{digest}.webp",
    }


def test_the_same_bytes_under_the_same_name_are_one_image(client: TestClient, upload: Upload) -> None:
    first = upload(1, "a.png")
    answer = post(client, ("a.png", file_bytes(picture(1))), ("new.png", file_bytes(picture(2))))
    assert answer.status_code == 201
    again, new = answer.json()["images"]
    assert again["image_id"] == first
    assert (again["duplicate"], new["duplicate"]) == (True, False)
    assert len(client.get("/api/images").json()["images"]) == 2


def test_the_same_bytes_under_two_names_are_two_images_of_one_file(
    client: TestClient, upload: Upload, tmp_path: Path
) -> None:
    first = upload(1, "a.png")
    (second,) = post(client, ("folder/a.png", file_bytes(picture(1)))).json()["images"]
    assert (second["image_id"] != first, second["duplicate"]) == (True, False)
    assert len([path for path in (tmp_path / "workspace" / "images").rglob("*") if path.is_file()]) == 1
    bytes_of = [client.get(f"/api/images/{number}/file").content for number in (first, second["image_id"])]
    assert bytes_of[0] == bytes_of[1]


def test_the_uploaded_bytes_are_kept_as_they_came(client: TestClient, store: Store) -> None:
    data = file_bytes(picture(4, mode="CMYK"), "JPEG")
    post(client, ("cmyk.jpg", data))
    assert image_files.original_path(store.workspace, image_files.sha256_of(data)).read_bytes() == data


def test_files_that_are_too_large_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.image_files.LARGEST_FILE", 2000)
    data = file_bytes(picture(5))
    assert len(data) > 2000
    answer = post(client, ("big.png", data), ("small.png", file_bytes(picture(1, 8, 8))))
    assert [image["file_name"] for image in answer.json()["images"]] == ["small.png"]
    assert "at most" in answer.json()["errors"][0]["error"]


def test_what_was_cleared_away_is_made_again(client: TestClient, store: Store) -> None:
    (image,) = post(client, ("cmyk.jpg", file_bytes(picture(4, mode="CMYK"), "JPEG"))).json()["images"]
    for folder in ("upright", "thumbnails"):
        for path in (store.workspace / folder).rglob("*.*"):
            path.unlink()
    assert shown(client, image["image_id"]).mode == "RGB"
    assert client.get(f"/api/images/{image['image_id']}/thumbnail").status_code == 200
    for path in (store.workspace / "images").rglob("*"):
        if path.is_file():
            path.unlink()
    for path in (store.workspace / "upright").rglob("*.*"):
        path.unlink()
    answer = client.get(f"/api/images/{image['image_id']}/file")
    assert answer.status_code == 404
    assert "cmyk.jpg" in answer.json()["error"]
    (again,) = post(client, ("cmyk.jpg", file_bytes(picture(4, mode="CMYK"), "JPEG"))).json()["images"]
    assert again["duplicate"]
    assert shown(client, image["image_id"]).mode == "RGB"


def test_images_are_asked_for_once(client: TestClient, upload: Upload) -> None:
    answer = client.get(f"/api/images/{upload(1)}/file")
    assert "immutable" in answer.headers["cache-control"]
    again = client.get("/api/images/1/file", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/api/images/99/file").status_code == 404


def test_real_photographs_come_through(client: TestClient, shared_data: Path) -> None:
    paths = sorted((shared_data / "fruits_nuts" / "images").iterdir())[:6]
    paths += sorted((shared_data / "nuclei" / "images").iterdir())[:2]  # RGBA
    answer = post(client, *((path.name, path.read_bytes()) for path in paths))
    assert answer.json()["errors"] == []
    for path, image in zip(paths, answer.json()["images"], strict=True):
        pixels = read_image(path)
        assert (image["height"], image["width"]) == pixels.shape[:2]
        np.testing.assert_array_equal(np.asarray(shown(client, image["image_id"]).convert("RGB")), pixels)


@pytest.mark.parametrize("kind", ["TIFF", "GIF"])
def test_pages_that_are_left_out_are_said(client: TestClient, kind: str) -> None:
    stack = file_bytes(picture(1), kind, save_all=True, append_images=[picture(2), picture(3)])
    answer = post(client, ("stack", stack), ("one.png", file_bytes(picture(4))))
    assert answer.status_code == 201
    first, second = answer.json()["images"]
    assert first["note"] == "the first of 3 pages or frames was taken, 2 left out"
    assert "note" not in second


def test_a_grey_picture_is_kept_grey_for_the_browser(client: TestClient) -> None:
    (image,) = post(client, ("fax.tif", file_bytes(picture(7, 900, 700, mode="1"), "TIFF"))).json()["images"]
    assert shown(client, image["image_id"]).mode == "L"


def test_names_are_ordered_as_people_count(client: TestClient, upload: Upload) -> None:
    names = ["photo 10.png", "photo 2.png", "Photo 1.png", "photo 002b.png", "b/1.png"]
    for seed, name in enumerate(names):
        upload(seed, name)
    seen: list[str] = []
    cursor = None
    while True:
        query = {"order": "file_name", "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/images", params=query).json()
        seen += [image["file_name"] for image in page["images"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["b/1.png", "Photo 1.png", "photo 2.png", "photo 002b.png", "photo 10.png"]


def test_parts_of_files_that_a_killed_server_left_are_cleared_at_the_start(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    left, being_written, kept = (workspace / "images" / "ab" / name for name in (".part-old", ".part-new", "abcdef"))
    left.parent.mkdir(parents=True)
    for path in (left, being_written, kept):
        path.write_bytes(b"half")
    for path in (left, kept):
        os.utime(path, (0, 0))
    Store(workspace).close()
    assert not left.exists()
    assert being_written.exists()  # by a server that is still there
    assert kept.exists()


def test_a_part_of_the_range_is_made_of_all_sixteen_bits(client: TestClient) -> None:
    ramp = np.linspace(6554, 6810, 64 * 64).astype(np.uint16).reshape(64, 64)
    ramp[0, 0] = 65535
    buffer = io.BytesIO()
    Image.fromarray(ramp).save(buffer, "PNG")
    answer = client.post("/api/images", files={"files": ("deep.png", buffer.getvalue())})
    url = f"/api/images/{answer.json()['images'][0]['image_id']}/file"
    plain = np.asarray(Image.open(io.BytesIO(client.get(url).content)).convert("L"))
    assert plain[1:].max() - plain[1:].min() <= 1
    window = {"low": 6554 / 65535, "high": 6810 / 65535}
    shown = client.get(url, params=window)
    assert shown.headers["content-type"] == "image/jpeg"
    pixels = np.asarray(Image.open(io.BytesIO(shown.content)).convert("L"))
    assert pixels[1:].min() < 10
    assert pixels[1:].max() > 245
    again = client.get(url, params=window, headers={"If-None-Match": shown.headers["etag"]})
    assert again.status_code == 304
    wrong = client.get(url, params={"low": 0.5, "high": 0.5})
    assert wrong.status_code == 422
    assert "above low" in wrong.text


def test_a_part_of_the_range_of_an_image_too_long_for_jpeg_is_a_png(client: TestClient) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.tile(np.arange(100, 200, dtype=np.uint8), (2, 700))).save(buffer, "PNG")
    answer = client.post("/api/images", files={"files": ("line.png", buffer.getvalue())})
    shown = client.get(f"/api/images/{answer.json()['images'][0]['image_id']}/file", params={"low": 0.4, "high": 0.6})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(shown.content)).size == (70_000, 2)


def test_the_photographs_that_come_with_the_program_are_taken_once(client: TestClient) -> None:
    first, again = (client.post("/api/images/samples") for _ in range(2))
    assert first.status_code == again.status_code == 201
    names = ["astronaut.jpg", "chelsea.jpg", "coffee.jpg"]
    assert [(image["file_name"], image["duplicate"]) for image in first.json()["images"]] == [(n, False) for n in names]
    assert all(image["duplicate"] for image in again.json()["images"])
    assert len(client.get("/api/images").json()["images"]) == 3
