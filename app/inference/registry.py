"""Model versions: what the assistant can predict with, where each came from, and which one is in use."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.database import Store
from app.store.errors import NotFoundError
from app.store.tables import ModelVersion

STARTER = "starter"  # ships, and predicts where the version in use cannot be loaded
ALWAYS_KNOWN = "coco"  # torchvision's, downloaded or not
SMALL_BACKBONES = ("mobilenet", "resnet18")
LONGEST_NOTE = 300  # characters


class ModelRegistry:
    """The versions that one workspace knows. Exactly one is current: it predicts where none is named.

    The models that ship or lie in the cache are there from the start, and each finished fine-tuning adds
    one. None is ever removed, so going back is to promote an older one.
    """

    def __init__(self, store: Store, first: str | None = None) -> None:
        """`first`, a name or a path, becomes current in a workspace where no version is yet."""
        self.store = store
        self._first = first
        self._lock = threading.Lock()
        self._opened = False

    def open(self) -> None:
        """Look for the models that ship or lie in the cache; whoever asks for a version has it done first.

        Not done on construction, because it needs torch, which takes seconds to import: the server is up by then.
        """
        with self._lock:
            if self._opened:
                return
            from core.model.weights import available_models

            with self.store.writing() as session:
                for model in available_models():
                    self.add(session, model["name"], path=model["name"], categories=_names(model["categories"]))
                if self._first is not None:
                    self._use_first(session, self._first)
            self._opened = True

    def _use_first(self, session: Session, model: str) -> None:
        if session.scalar(select(ModelVersion.id).where(ModelVersion.current)) is not None:
            return
        version = session.scalar(select(ModelVersion).where(ModelVersion.name == model))
        if version is None:
            path = Path(model).expanduser()
            is_file = path.exists()
            version = self.add(
                session,
                path.stem if is_file else model,
                path=str(path.absolute()) if is_file else model,
                categories=_names(_categories_of(path)) if is_file else [],
            )
        _make_current(session, version)

    def usable(self) -> list[str]:
        """The names of the versions whose weights are on this machine, the oldest first."""
        from core.model.weights import available_models

        self.open()
        here = {model["name"] for model in available_models() if model["origin"] in ("ships", "downloaded")}
        with self.store.reading() as session:
            rows = session.scalars(select(ModelVersion).order_by(ModelVersion.id)).all()
        return [
            row.name
            for row in rows
            if row.path in here or (self.store.workspace / row.path / "model.json").exists() or Path(row.path).is_file()
        ]

    def original(self) -> str:
        """The version that the one in use was fine-tuned from in the first place: what to start from again.

        Training on from a fine-tuned version would weigh the images that it saw more than the new ones. Where
        its weights are not on this machine it is the starter model, which predicts then.
        """
        usable = self.usable()
        lineage = next(version["lineage"] for version in self.versions() if version["current"])
        return lineage[0] if lineage[0] in usable or STARTER not in usable else STARTER

    def versions(self) -> list[dict[str, Any]]:
        """Every version as the data plane shows it, the oldest first."""
        self.open()
        with self.store.reading() as session:
            rows = list(session.scalars(select(ModelVersion).order_by(ModelVersion.id)))
            parents = {row.name: row.parent for row in rows}
            return [
                {**_version_json(row, _lineage(row.name, parents)), "note": model_note(row.name, self._path_of(row))}
                for row in rows
            ]

    def current(self) -> str:
        """The name of the version in use."""
        self.open()
        with self.store.reading() as session:
            return session.scalars(select(ModelVersion.name).where(ModelVersion.current)).one()

    def location(self, name: str) -> str:
        """What `core.load_model` takes for a version; raises NotFoundError where there is none of this name.

        Runs lie in the workspace and are remembered relative to it, so that a workspace can be moved.
        """
        self.open()
        with self.store.reading() as session:
            return self._path_of(_find(session, name))

    def learned_classes(self, name: str) -> list[str]:
        """The names of the classes that a version knows; none where its file does not say."""
        return _names(_categories_of(Path(self.location(name))))

    def _path_of(self, version: ModelVersion) -> str:
        inside = self.store.workspace / version.path
        return str(inside) if inside.is_dir() else version.path

    def add(self, session: Session, name: str, **values: Any) -> ModelVersion:
        """Add a version, or change the one of this name, in the caller's transaction; `values` are its columns."""
        version = session.scalar(select(ModelVersion).where(ModelVersion.name == name))
        if version is None:
            version = ModelVersion(name=name)
            session.add(version)
        for field, value in values.items():
            setattr(version, field, value)
        session.flush()
        return version

    def add_run(
        self,
        session: Session,
        name: str,
        directory: Path,
        parent: str,
        metrics: dict[str, object],
        categories: list[object],
        prompts: Path | None = None,
    ) -> ModelVersion:
        """Add the version that a finished fine-tuning made, in the caller's transaction; not yet current.

        `prompts` is the directory of the prompt model that was tuned with it; without it the one that ships is used.
        """
        path, *tuned = (
            str(folder.relative_to(self.store.workspace)) for folder in (directory, prompts) if folder is not None
        )
        values = {"parent": parent, "metrics": metrics, "categories": _names(categories)}
        return self.add(session, name, path=path, prompts=tuned[0] if tuned else None, **values)

    def prompts_in_use(self) -> str | None:
        """The directory of the prompt model that belongs to the version in use; None is the one that ships."""
        with self.store.reading() as session:
            tuned = session.scalar(select(ModelVersion.prompts).where(ModelVersion.current))
        directory = self.store.workspace / tuned if tuned is not None else None
        return str(directory) if directory is not None and directory.is_dir() else None

    def promote(self, name_or_id: str | int) -> str:
        """Make a version current, its name or id given; returns its name. Raises NotFoundError."""
        self.open()
        with self.store.writing() as session:
            version = _find(session, name_or_id)
            _make_current(session, version)
            return version.name


def model_note(name: str, location: str) -> str:
    """One sentence that a person should know of a model: its sidecar's `note`, or that it is small; else nothing."""
    from core.model.weights import read_sidecar

    try:
        sidecar = read_sidecar(location)
    except (OSError, ValueError):
        return ""
    note = sidecar.get("note")
    if isinstance(note, str):
        return " ".join(note.split())[:LONGEST_NOTE]
    if not str(sidecar["config"].get("backbone", "")).startswith(SMALL_BACKBONES):
        return ""
    return say("small_model", model=name)


def check_first(model: str) -> None:
    """Raise ValueError, in one line, for what is to predict in a new workspace and is no name and no place of weights.

    Said at the start, because a workspace keeps what it began with.
    """
    if model in (ALWAYS_KNOWN, STARTER) or Path(model).expanduser().is_file():
        return
    from core.model.weights import SIDECAR_FILE, available_models

    names = [known["name"] for known in available_models()]
    if model not in names and not (Path(model).expanduser() / SIDECAR_FILE).is_file():
        raise ValueError(f"model {model!r}: give a name ({', '.join(names)}), a run directory or a weights file")


def version_in_use(store: Store) -> str | None:
    """The name of the version that predicts in a workspace; None in a new one. Looks for no models, so it is quick."""
    with store.reading() as session:
        return session.scalar(select(ModelVersion.name).where(ModelVersion.current))


def _names(categories: Sequence[Any]) -> list[str]:
    """The names of categories, in the order of a model's labels, without rows that stand for nothing."""
    named = [category for category in categories if isinstance(category, str) or not category.get("unused")]
    return [category if isinstance(category, str) else category["name"] for category in named]


def _categories_of(path: Path) -> list[Any]:
    """The categories in the sidecar of a model; none where it has no sidecar (torchvision's files do not)."""
    from core.model.weights import read_sidecar

    try:
        return list(read_sidecar(path)["categories"])
    except (FileNotFoundError, ValueError):
        return []


def _find(session: Session, name_or_id: str | int) -> ModelVersion:
    by_id = isinstance(name_or_id, int)
    column = ModelVersion.id if by_id else ModelVersion.name
    version = session.scalar(select(ModelVersion).where(column == name_or_id))
    if version is None:
        known = ", ".join(session.scalars(select(ModelVersion.name).order_by(ModelVersion.id)))
        raise NotFoundError(say("no_model", model=name_or_id, known=known))
    return version


def _make_current(session: Session, version: ModelVersion) -> None:
    session.execute(update(ModelVersion).where(ModelVersion.id != version.id).values(current=False))
    version.current = True


def _lineage(name: str, parents: dict[str, str | None]) -> list[str]:
    """The versions that led to this one, the first ancestor first, itself last."""
    chain = [name]
    while (parent := parents.get(chain[0])) is not None and parent not in chain:
        chain.insert(0, parent)
    return chain


def _version_json(row: ModelVersion, lineage: list[str]) -> dict[str, object]:
    return {
        "id": row.id,
        "name": row.name,
        "current": row.current,
        "parent": row.parent,
        "lineage": lineage,
        "metrics": row.metrics,
        "categories": row.categories,
        "created": row.created,
    }
