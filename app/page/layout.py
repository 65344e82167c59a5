"""The Gradio page: two tabs, and the editor mounted in the first. Control plane only; data moves over `/api`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App as GradioApp
from starlette.routing import Mount

from app.page.gradio_routes import OnlyWhatThePageUses
from app.page.theme import CSS, THEME

TITLE = "MaskLoop"

# The editor fills what the tabs leave of the window; Gradio's own margins and footer would make it scroll.
PAGE_CSS = """
.gradio-container .main.fillable, #editor .html-container { padding: 0; }
.gradio-container .tabs { gap: 0; }
.gradio-container .tabs > .tab-wrapper { height: 36px; margin: 0; padding: 0 8px; }
.gradio-container .tabs > .tab-wrapper::before {
  content: "MaskLoop"; margin: 0 18px 0 6px; font-weight: 700; color: var(--body-text-color);
}
.gradio-container .tabs > .tab-wrapper .tab-container { height: 36px; }
.gradio-container .tabitem { padding: 0; border: 0; }
#finetune-tab { padding: 20px 24px 40px; max-width: 1120px; margin: 0 auto; }
.gradio-container .wrap > footer { display: none; }
"""

# Runs once in the browser when the component appears. The module finds the data plane beside itself, so the
# application works under another root path and inside an iframe. No user text may ever be put in here.
MOUNT_EDITOR = """
const here = location.pathname.endsWith("/") ? location.pathname : location.pathname + "/";
const host = element.querySelector(".maskloop-host");
const module = (name) => import(new URL(here + "canvas/" + name, location.origin).href);
Promise.all([module("main.js"), module("page_tabs.js")])
  .then(async ([editor, { followTabs }]) =>
    followTabs(await editor.mount(host), "annotate-tab-button", { "#fine-tune": "finetune-tab-button" }))
  .catch((error) => {
    host.textContent = "The editor could not be loaded (" + error.message + "). Reload the page.";
    throw error;
  });
"""


FinetuneTab = Callable[[gr.Blocks, gr.Tab, gr.Tab], Any]


def build_page(finetune_tab: FinetuneTab | None = None) -> gr.Blocks:
    """The page with its tabs; `finetune_tab(page, tab, annotate)` fills the second one, inside its context.

    It names both of them too, once it knows who reads them: this page is one for all languages.
    """
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page, gr.Tabs():
        with gr.Tab("Annotate", elem_id="annotate-tab") as annotate:
            gr.HTML(
                '<div class="maskloop-host"></div>',
                js_on_load=MOUNT_EDITOR,
                apply_default_css=False,
                elem_id="editor",
            )
        if finetune_tab is not None:
            with gr.Tab("Fine-tune", elem_id="finetune-tab") as tab:
                finetune_tab(page, tab, annotate)
    return page


def mount_page(app: FastAPI, finetune_tab: FinetuneTab | None = None, **options: object) -> FastAPI:
    """Put the page at the root of `app`; `options` go to `gradio.mount_gradio_app` (auth_dependency, root_path)."""
    page = build_page(finetune_tab)
    app = gr.mount_gradio_app(
        app,
        page,
        path="/",
        css=PAGE_CSS + CSS,
        theme=THEME,
        footer_links=[],
        run_history=False,
        max_file_size="1kb",  # uploads go to /api/images, which verifies them
        show_error=True,
        ssr_mode=False,
        **options,
    )
    page.has_launched = True  # from here on Gradio checks the paths that it is given
    for route in app.routes:
        if isinstance(route, Mount) and isinstance(route.app, GradioApp):
            route.app = OnlyWhatThePageUses(route.app)
    return app
