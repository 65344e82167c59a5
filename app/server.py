"""One FastAPI application: the data plane, the editor's files, and the Gradio page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles

from app.access import TokenGate
from app.api import (
    assistance,
    batch,
    categories,
    documents,
    exchange,
    history,
    images,
    jobs,
    models,
    people,
    pictures,
    statistics,
    trash,
)
from app.api.http.errors import add_error_handlers, answer_other_methods
from app.api.http.limits import RequestSize
from app.api.http.reference import add_reference
from app.api.remarks import bulk, notes
from app.api.uploads import images as uploaded_images
from app.exchange.progress import GoingImports
from app.finetuning.jobs import FineTuning
from app.inference.model_service import ModelService
from app.inference.registry import ModelRegistry
from app.inference.repredict import Repredictor
from app.page.gradio_routes import keep_files_in
from app.page.quick_import import import_gradio
from app.same_origin import SameOrigin
from app.store.database import Store
from app.store.people import find_person
from core import __version__

logger = logging.getLogger("maskloop")

CANVAS = Path(__file__).parent / "canvas"
DESCRIPTION = 'Everything that the editor does, for scripts too. Errors are `{"error": "one line"}`.'
ROUTERS = (
    uploaded_images, images, pictures, bulk, notes, trash, documents, history, batch, categories, assistance, exchange,
    jobs, models, people, statistics,
)  # fmt: skip


def create_app(
    store: Store,
    *,
    model: str = "coco",
    device: str = "auto",
    hosts: Collection[str] = (),
    token: str | None = None,
    with_page: bool = True,
    load_at_once: bool = True,
) -> FastAPI:
    """The application on a workspace. `hosts` are names, besides this machine's own, that it may be called by.

    Nothing is answered without `token` (see `app.access`); with None whoever reaches it may do everything.

    `model` is what predicts in a workspace where no version is in use yet. Without the page there is only
    the data plane, which starts in a fraction of the time. The model is loaded in the background at once,
    or with the first request that needs it.
    """
    registry = ModelRegistry(store, first=model)
    model_service = ModelService(store, registry, device)
    fine_tuning = FineTuning(store, registry, device=device)
    repredictor = Repredictor(
        store, lambda image_id, name: model_service.predict(image_id, name, only_untouched=True).result()
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if load_at_once:
            model_service.load_in_background()
        fine_tuning.open()
        repredictor.open()
        yield
        repredictor.close()
        fine_tuning.close()
        model_service.close()
        store.close()

    app = FastAPI(
        title="MaskLoop", description=DESCRIPTION, version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.store = store
    app.state.model_service = model_service
    app.state.registry = registry
    app.state.fine_tuning = fine_tuning
    app.state.repredictor = repredictor
    app.state.imports = GoingImports()
    add_error_handlers(app)
    for module in ROUTERS:
        # The routes themselves: `include_router` works them all out a second time, with each application's first
        # request, a sixth of a second each time.
        app.router.routes.extend(module.router.routes)
    add_reference(app)
    answer_other_methods(app)
    app.mount("/canvas", EditorFiles(directory=CANVAS), name="canvas")
    if with_page:
        keep_files_in(store.workspace)  # before the first import of Gradio, which looks then
        import_gradio()
        from app.page.finetune_tab import build_finetune_tab
        from app.page.layout import mount_page

        app = mount_page(app, build_finetune_tab(fine_tuning, registry, repredictor))
    app.add_middleware(RequestSize)
    if token is not None:
        app.add_middleware(TokenGate, token=token, find=partial(find_person, store))
    app.add_middleware(SameOrigin, hosts=hosts)
    return app


class EditorFiles(StaticFiles):
    """The editor's modules: asked for again on each load, so that a new version is never mixed with an old one."""

    def file_response(self, *args: object, **options: object) -> Response:
        """The file, to be checked for changes before it is used again."""
        response = super().file_response(*args, **options)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response
