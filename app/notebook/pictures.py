"""Images and annotations of a notebook into a workspace: each once, whenever it is asked for again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage
from sqlalchemy import select
from tqdm import tqdm

from app.exchange.brought_objects import ImportOptions
from app.exchange.coco_import import coco_parts, import_coco
from app.exchange.stored_images import StoredImages
from app.store.categories import category_named, create_category
from app.store.database import DATABASE_NAME, Store
from app.store.images import add_image, clean_file_name
from app.store.tables import Edit, Image, ImageStatus
from app.store.trash import kept_images
from core.coco.names import plain_name
from core.datasets.images import IMAGE_SUFFIXES, read_image

WORKSPACE_SUFFIX = "-maskloop"

PathLike = str | os.PathLike[str]
Pictures = PathLike | Sequence[Any] | Mapping[str, Any]


def workspace_beside(pictures: Pictures) -> Path:
    """The folder where work on these images is kept if none is named: `photos-maskloop` beside `photos`.

    Raises ValueError where they have no folder in common, as images in memory.
    """
    folder = None
    if isinstance(pictures, (str, os.PathLike)):
        path = Path(pictures).expanduser().absolute()
        folder = path.parent if path.is_file() else path
    elif not isinstance(pictures, Mapping) and all(isinstance(item, (str, os.PathLike)) for item in pictures):
        parents = {Path(item).expanduser().absolute().parent for item in pictures}
        folder = parents.pop() if len(parents) == 1 else None
    if folder is None:
        raise ValueError("these images have no folder in common to keep the work beside: say workspace='some/folder'")
    return folder.with_name(folder.name + WORKSPACE_SUFFIX) if folder.name else folder / f"images{WORKSPACE_SUFFIX}"


def named_pictures(pictures: Pictures) -> list[tuple[str, object]]:
    """The images with their names: of a folder every image file in it, by the path below it.

    Folders whose name begins with a dot are left out, and so are workspaces. Raises FileNotFoundError and
    ValueError, in one line, where there is no such file or no image.
    """
    if isinstance(pictures, Mapping):
        found = [(str(name), picture) for name, picture in pictures.items()]
    elif isinstance(pictures, (str, os.PathLike)):
        path = Path(pictures).expanduser()
        if not path.exists():
            raise FileNotFoundError(f"{path}: there is no such file or folder")
        found = [(path.name, path)]
        if path.is_dir():
            files = (Path(folder, name) for folder, names in _folders(path) for name in names)
            images = sorted(file for file in files if file.suffix.lower() in IMAGE_SUFFIXES and file.name[0] != ".")
            found = [(file.relative_to(path).as_posix(), file) for file in images]
    else:
        names = _names_of(pictures)
        found = list(zip(names, pictures, strict=True))
    if not found:
        where = pictures if isinstance(pictures, (str, os.PathLike)) else "the list"
        raise ValueError(f"{where}: no image in it ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return found


def take_pictures(store: Store, pictures: Sequence[tuple[str, object]]) -> tuple[list[int], list[str]]:
    """Put the images into the workspace that are not there yet; returns the ids of all, and a line for each failure.

    A file that has kept its name, its size and its date is known without being read. The files themselves are
    only ever read.
    """
    ids, problems = [], []
    with store.reading() as session:
        known = {(row.file_name, row.bytes): (row.id, row.created) for row in session.scalars(select(Image))}
    for name, picture in tqdm(pictures, desc="taking in images", unit="image", delay=2, leave=False):
        try:
            if isinstance(picture, (str, os.PathLike)):
                status = os.stat(Path(picture).expanduser())
                identifier, created = known.get((clean_file_name(name), status.st_size), (None, 0.0))
                if identifier is not None and max(status.st_mtime, status.st_ctime) < created:
                    ids.append(identifier)
                    continue
            image, _ = add_image(store, _bytes_of(picture, name), name)
            ids.append(image.id)
        except (ValueError, OSError) as error:
            line = str(error)
            problems.append(line if line.startswith(name) else f"{name}: {line}")
    return ids, problems


def read_annotations(annotations: PathLike | Mapping[str, object]) -> tuple[str, object]:
    """The content of COCO annotations, and what to call them in messages.

    Raises FileNotFoundError and ValueError, in one line, for what is no COCO data set.
    """
    name, content = "annotations", annotations
    try:
        if isinstance(annotations, (str, os.PathLike)):
            name = os.fspath(annotations)
            content = json.loads(Path(annotations).expanduser().read_text(encoding="utf-8"))
        coco_parts(content)
    except FileNotFoundError:
        raise FileNotFoundError(f"{name}: there is no such file") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise ValueError(f"{name}: not valid JSON") from None
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return name, content


def take_annotations(store: Store, content: object, images: Sequence[int], status: ImageStatus | None) -> list[str]:
    """Put COCO annotations on those of `images` that never took any from a file; returns a line for each problem.

    So what a person deleted or changed since does not come back when a notebook is run again.
    """
    data = coco_parts(content)
    entries, boxes, categories = data["images"], data["annotations"], data["categories"]
    with store.writing() as session:
        imported = set(session.scalars(select(Edit.image_id).where(Edit.kind == "import")))
        rows = session.scalars(kept_images()).all()
        by_name = StoredImages([row for row in rows if row.id in set(images)])
        listed = frozenset(plain_name(str(entry.get("file_name"))) for entry in entries if isinstance(entry, dict))
        absent, kept = [], []
        for entry in entries:
            try:
                image = by_name.find(str(entry["file_name"]), entry, listed).key
            except (LookupError, TypeError, AttributeError):
                absent.append(entry)
            else:
                kept += [entry] if image.id not in imported else []
        numbers = {entry.get("id") for entry in kept}
        boxes = [box for box in boxes if isinstance(box, dict) and box.get("image_id") in numbers]
        content = {"images": kept, "annotations": boxes, "categories": categories}
        options = ImportOptions(status=status, empty_images=True)
        report = import_coco(session, content, just_uploaded=images, options=options)
    problems = [str(problem["error"]) for problem in report.errors]
    if absent:
        problems.append(f"{len(absent)} of its {len(entries)} images are not among these")
    return problems


def take_categories(store: Store, categories: Sequence[str | Mapping[str, object]]) -> None:
    """Make the classes that are not there yet: names, or `{"name", "color", "keypoints", "skeleton"}`."""
    with store.writing() as session:
        for category in categories:
            fields = {"name": category} if isinstance(category, str) else dict(category)
            if category_named(session, str(fields.get("name")).strip()) is None:
                create_category(session, fields)


def _folders(folder: Path) -> Iterator[tuple[str, list[str]]]:
    for path, inside, names in os.walk(folder):
        inside[:] = [name for name in inside if name[0] != "." and not Path(path, name, DATABASE_NAME).exists()]
        yield path, names


def _names_of(pictures: Sequence[Any]) -> list[str]:
    """Files by their path below the folder that they have in common, images in memory by their number."""
    if pictures and all(isinstance(picture, (str, os.PathLike)) for picture in pictures):
        paths = [Path(picture).expanduser().absolute() for picture in pictures]
        common = os.path.commonpath([path.parent for path in paths])
        return [path.relative_to(common).as_posix() for path in paths]
    return [f"image-{number:04}.png" for number in range(1, len(pictures) + 1)]


def _bytes_of(picture: Any, name: str) -> bytes:
    if isinstance(picture, (str, os.PathLike)):
        return Path(picture).expanduser().read_bytes()
    if isinstance(picture, bytes):
        return picture
    buffer = BytesIO()
    PillowImage.fromarray(read_image(picture, name=name)).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()
