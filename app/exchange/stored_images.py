"""The images of a store as an annotation file names them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from app.store.images import clean_file_name, short_name
from app.store.tables import Image
from core.coco.image_entries import FoundFile
from core.coco.json_values import whole
from core.coco.names import FileNames, base_name, plain_name


class StoredImages:
    """Finds the image that an entry of an annotation file means; what it cannot find it keeps in `errors`."""

    folder: Path | None = None

    def __init__(
        self,
        images: Sequence[Image],
        just_uploaded: Sequence[int] = (),
        near: Sequence[str] = (),
        not_taken: Collection[str] = (),
    ) -> None:
        """`near`: the folders where pictures lie whose names in the annotation file leave that out.

        `not_taken`: pictures that came along and could not be read. An older one of their name is another picture.
        """
        self._images, self._near, self._not_taken = images, near, not_taken
        self._names = FileNames([image.file_name for image in images])
        self._just_uploaded = set(just_uploaded)
        self._uploaded_as: dict[str, list[Image]] = {}
        for image in images:
            if image.id in self._just_uploaded:
                self._uploaded_as.setdefault(image.file_name, []).append(image)
        self.errors: list[dict[str, Any]] = []

    def find(self, name: str, entry: dict[str, object], listed: frozenset[str]) -> FoundFile:
        """The stored image of this name; LookupError, in one line, where there is none, or another size, or several.

        Where several have the very same name, those just uploaded come first, then the one of the size stated.
        """
        try:
            image = self._one(name, entry, listed)
        except LookupError as error:
            self.errors.append({"file_name": name, "error": str(error)})
            raise
        return FoundFile(name, (image.height, image.width), image, image.file_name)

    def _one(self, name: str, entry: dict[str, object], listed: frozenset[str]) -> Image:
        if name in self._not_taken:
            raise LookupError(
                f"{short_name(name)}: the picture that came along was not taken; its annotations are left out"
            )
        width, height = whole(entry.get("width")), whole(entry.get("height"))
        places = self._names.find(name, listed, self._near)
        wanted = clean_file_name(name)
        if not places and base_name(wanted) != base_name(name):  # stored without control characters, or cut short
            places = self._names.find(wanted, listed | {plain_name(wanted)})
        # What came along is stored under the name by which its entry was matched with it.
        found = self._uploaded_as.get(name) or [self._images[place] for place in places]
        if len(found) > 1:
            found = [image for image in found if image.id in self._just_uploaded] or found
        if len(found) > 1:
            found = [image for image in found if (image.width, image.height) == (width, height)] or found
        if not found:
            raise LookupError(f"{short_name(name)}: no image of this name has been uploaded")
        if len(found) > 1:
            raise LookupError(f"{short_name(name)}: {len(found)} images have this name; upload it with the annotations")
        image = found[0]
        if width and height and (width, height) != (image.width, image.height):
            raise LookupError(
                f"{short_name(name)}: the file says {width}×{height}, "
                f"the image is {image.width}×{image.height} upright; its annotations are left out"
            )
        return image
