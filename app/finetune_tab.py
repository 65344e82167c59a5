"""The Fine-tune tab: what would be learnt, a button, curves while it runs, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr
import pandas as pd
from PIL import Image

from app import finetune_texts as texts
from app import job_directory
from app.finetune_data import TooLittleDataError
from app.jobs import ACTIVE, FineTuning
from app.registry import ModelRegistry
from app.repredict import Repredictor
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError

INTRODUCTION = (
    "Teach the model your classes. Training starts from the base model and learns from **every image you marked "
    "reviewed**; your annotations do not change. Afterwards you see both models on images held out from training, "
    "and decide whether to use the new one."
)
MOST_EPOCHS_OFFERED = 300

# Nothing on the page is greyed out while a handler runs, and no handler waits for another.
QUIET: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}


def build_finetune_tab(
    fine_tuning: FineTuning, registry: ModelRegistry, repredictor: Repredictor
) -> Callable[[gr.Blocks, gr.Tab], None]:
    """What lays out the tab inside the context of its page and tab."""
    return FinetuneTab(fine_tuning, registry, repredictor).build


class FinetuneTab:
    """The components of the tab and what fills them; `build` is called inside the tab's context."""

    def __init__(self, fine_tuning: FineTuning, registry: ModelRegistry, repredictor: Repredictor) -> None:
        self.fine_tuning = fine_tuning
        self.registry = registry
        self.repredictor = repredictor

    def build(self, page: gr.Blocks, tab: gr.Tab) -> None:
        """Lay the tab out and wire it."""
        gr.Markdown(INTRODUCTION)
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                self.base = gr.Dropdown(
                    label="Base model", choices=[], info="To learn without bias, start from the original model again."
                )
                self.epochs = gr.Slider(
                    1, MOST_EPOCHS_OFFERED, step=1, label="Passes over the images (epochs)", elem_id="finetune-epochs"
                )
                self.estimate = gr.Markdown(elem_id="finetune-estimate")
                self.start = gr.Button("Fine-tune", variant="primary", elem_id="finetune-start")
                self.message = gr.Markdown(elem_id="finetune-message")
            with gr.Column(scale=3, min_width=320):
                self.data = gr.Markdown(elem_id="finetune-data")
                self.classes = gr.Dataframe(
                    headers=["Class", "Instances to learn from", "Held out"],
                    datatype=["str", "number", "number"],
                    interactive=False,
                    max_height=260,
                    elem_id="finetune-classes",
                )
        self._build_job()
        self._build_versions()
        self.by_itself = gr.State(True)  # the epochs are the default, not what a person moved the slider to
        self.shown = gr.State(None)  # the job whose pictures are on the page
        self.timer = gr.Timer(1.0, active=False)
        self._wire(page, tab)

    def _build_job(self) -> None:
        with gr.Column(visible=False, elem_id="finetune-job") as self.job_panel:
            with gr.Row(equal_height=True):
                self.status = gr.Markdown(elem_id="finetune-status")
                self.cancel = gr.Button("Cancel", variant="stop", scale=0, min_width=120, elem_id="finetune-cancel")
            self.bar = gr.HTML(elem_id="finetune-progress")
            with gr.Row():
                self.loss = gr.LinePlot(
                    x="step", y="loss", title="Loss", x_title="Step", y_title="Loss", height=220, tooltip="axis"
                )
                self.precision = gr.LinePlot(
                    x="epoch",
                    y="AP",
                    color="figure",
                    title="On held-out images",
                    x_title="Epoch",
                    y_title="Average precision",
                    color_title="",
                    y_lim=[0, 1],
                    height=220,
                )
        with gr.Column(visible=False, elem_id="finetune-result") as self.result_panel:
            self.outcome = gr.Markdown(elem_id="finetune-outcome")
            self.use = gr.Button("Use this model", variant="primary", elem_id="finetune-use")
            self.rows = gr.Dataframe(
                headers=["Class", "Held-out instances", "AP before", "AP after"], interactive=False, max_height=260
            )
            self.pictures = gr.Gallery(
                label="Held-out images: before on the left, after on the right",
                columns=2,
                object_fit="contain",
                interactive=False,
                elem_id="finetune-pictures",
            )

    def _build_versions(self) -> None:
        with gr.Accordion("Model versions", open=False, elem_id="finetune-versions"):
            self.versions = gr.Dataframe(
                headers=["Version", "", "Origin", "Classes", "AP50 on held-out images"], interactive=False
            )
            with gr.Row(equal_height=True):
                self.version = gr.Dropdown(label="Go back to, or forward to", choices=[])
                self.use_version = gr.Button("Use this version", scale=0, min_width=160)
            gr.Markdown(
                "A version that comes into use predicts the images that nobody has worked on anew. "
                "Nothing you drew, corrected or accepted changes."
            )
        self.repredicting = gr.Markdown(elem_id="finetune-repredicting")

    def _wire(self, page: gr.Blocks, tab: gr.Tab) -> None:
        inputs: Any = [self.base, self.epochs, self.by_itself, self.shown]
        outputs: Any = [
            self.base, self.epochs, self.estimate, self.message, self.data, self.classes, self.job_panel, self.status,
            self.cancel, self.bar, self.loss, self.precision, self.result_panel, self.outcome, self.use, self.rows,
            self.pictures, self.versions, self.version, self.repredicting, self.shown, self.timer,
        ]  # fmt: skip
        page.load(self.view, inputs, outputs, **QUIET)
        self.timer.tick(self.view, inputs, outputs, **QUIET)
        tab.select(self.view, inputs, outputs, **QUIET)
        self.epochs.release(lambda: False, None, self.by_itself, **QUIET).then(self.view, inputs, outputs, **QUIET)
        self.base.input(lambda: True, None, self.by_itself, **QUIET).then(self.view, inputs, outputs, **QUIET)
        self.start.click(self.on_start, inputs, outputs, **QUIET)
        self.cancel.click(self.on_cancel, inputs, outputs, **QUIET)
        self.use.click(self.on_use, inputs, outputs, **QUIET)
        self.use_version.click(self.on_use_version, [self.version, *inputs], outputs, **QUIET)

    # -- what a person does ---------------------------------------------------------------------

    def on_start(self, base: str, epochs: int, by_itself: bool, shown: list[Any] | None) -> dict[Any, Any]:
        """Start a job, or say what is missing for it."""
        message = ""
        try:
            self.fine_tuning.start(base, epochs=None if by_itself else int(epochs))
        except (TooLittleDataError, InvalidFieldError, NotFoundError) as error:
            message = f"**{texts.plain(str(error))}**"
        return self.view(base, epochs, by_itself, shown) | ({self.message: message} if message else {})

    def on_cancel(self, base: str, epochs: int, by_itself: bool, shown: list[Any] | None) -> dict[Any, Any]:
        """Stop the job that is on the page."""
        if (job := self._latest_job()) is not None:
            with contextlib.suppress(ConflictError):  # it ended by itself in the meantime
                self.fine_tuning.cancel(job["id"])
        return self.view(base, epochs, by_itself, shown)

    def on_use(self, base: str, epochs: int, by_itself: bool, shown: list[Any] | None) -> dict[Any, Any]:
        """Promote the model of the job that is on the page."""
        if (job := self._latest_job()) is not None and job["model"] is not None:
            self._promote(job["model"])
        return self.view(base, epochs, by_itself, shown)

    def on_use_version(
        self, version: str | None, base: str, epochs: int, by_itself: bool, shown: list[Any] | None
    ) -> dict[Any, Any]:
        """Promote any version."""
        if version:
            self._promote(version)
        return self.view(base, epochs, by_itself, shown)

    def _promote(self, version: str) -> None:
        self.repredictor.start(self.registry.promote(version))

    # -- what a person sees ---------------------------------------------------------------------

    def view(self, base: str | None, epochs: int | None, by_itself: bool, shown: list[Any] | None) -> dict[Any, Any]:
        """Everything on the tab as it is now; the same for a new page, a tick of the timer and after a click."""
        bases = self.registry.usable()
        if base not in bases:
            base = self.registry.original()
        measuring = self.fine_tuning.speed.measuring  # asked first: it may end, and then the plan knows the speed
        plan = self.fine_tuning.plan(base)
        job = self._latest_job()
        active = job is not None and job["state"] in ACTIVE
        if plan["seconds_per_epoch"] is None and not active:
            self.fine_tuning.measure(base)
        repredicting = self.repredictor.status()
        measuring = measuring or self.fine_tuning.speed.measuring
        return {
            self.base: gr.Dropdown(choices=bases, value=base),
            self.timer: gr.Timer(active=active or repredicting["running"] or measuring),
            self.repredicting: texts.repredicting_sentence(repredicting),
            **self._plan_view(plan, epochs, by_itself, measuring),
            **self._versions_view(),
            **self._job_view(job, shown),
        }

    def _plan_view(
        self, plan: Mapping[str, Any], epochs: int | None, by_itself: bool, measuring: bool
    ) -> dict[Any, Any]:
        chosen = plan["epochs"] if by_itself or epochs is None else int(epochs)
        rows = [[row["name"], row["train"], row["held_out"]] for row in plan["classes"]]
        return {
            self.epochs: gr.Slider(value=chosen) if by_itself else gr.skip(),
            self.estimate: texts.estimate_sentence(plan, chosen, measuring),
            self.message: texts.plain(plan["missing"] or ""),
            self.data: texts.data_sentence(plan),
            self.classes: gr.Dataframe(value=rows, visible=bool(rows)),
        }

    def _versions_view(self) -> dict[Any, Any]:
        versions = self.registry.versions()
        others = [version["name"] for version in reversed(versions) if not version["current"]]
        return {
            self.versions: texts.version_rows(versions),
            self.version: gr.Dropdown(choices=others, interactive=bool(others)),
        }

    def _job_view(self, job: Mapping[str, Any] | None, shown: list[Any] | None) -> dict[Any, Any]:
        if job is None:
            return {self.job_panel: gr.Column(visible=False), self.result_panel: gr.Column(visible=False)}
        active = job["state"] in ACTIVE
        finished = job["state"] == "finished"
        key = [job["id"], job["state"]]
        view: dict[Any, Any] = {
            self.job_panel: gr.Column(visible=True),
            self.result_panel: gr.Column(visible=finished),
            self.status: texts.job_sentence(job, ahead=self._ahead_of(job)),
            self.cancel: gr.Button(visible=active, interactive=not job["cancelling"]),
            self.bar: f'<progress value="{job["progress"]:.4f}" style="width: 100%"></progress>' if active else "",
            self.shown: key,
        }
        if active or key != shown:
            view |= self._curves(job)
        if finished:
            in_use = self.registry.current() == job["model"]
            view[self.use] = gr.Button(
                value="This model is in use" if in_use else "Use this model", interactive=not in_use
            )
        if finished and key != shown:
            rows = texts.outcome_rows(job)
            view |= {
                self.outcome: texts.outcome_sentence(job),
                self.rows: gr.Dataframe(value=rows, visible=bool(rows)),
                self.pictures: gr.Gallery(value=self._pictures(job["id"]), visible=bool(rows)),
            }
        return view

    def _curves(self, job: Mapping[str, Any]) -> dict[Any, Any]:
        curves = job["curves"]
        precision = [
            {"epoch": point["epoch"], "AP": max(0.0, point[kind][name]), "figure": f"{noun} {name}"}
            for point in curves["precision"]
            for kind, noun in (("segm", "mask"), ("bbox", "box"))
            if kind in point
            for name in ("AP", "AP50")
        ]
        return {
            self.loss: gr.LinePlot(value=pd.DataFrame(curves["loss"], columns=["step", "loss"])),
            self.precision: gr.LinePlot(
                value=pd.DataFrame(precision, columns=["epoch", "AP", "figure"]),
                visible=bool(job["images"]["held_out"]),
            ),
        }

    def _pictures(self, job_id: int) -> list[Any]:
        folder = self.fine_tuning.runs / str(job_id) / job_directory.COMPARISON
        pictures = []
        for before in sorted(folder.glob("*_before.jpg")):
            after = before.with_name(before.name.replace("_before", "_after"))
            if after.exists():  # as images, not as paths: the workspace is not open to the page
                pictures += [(_loaded(before), "before"), (_loaded(after), "after")]
        return pictures

    def _latest_job(self) -> dict[str, Any] | None:
        jobs = self.fine_tuning.jobs()
        running = next((job for job in jobs if job["state"] == "running"), None)
        latest = running or (jobs[0] if jobs else None)
        return None if latest is None else self.fine_tuning.job(latest["id"])

    def _ahead_of(self, job: Mapping[str, Any]) -> int:
        return sum(other["state"] in ACTIVE and other["id"] < job["id"] for other in self.fine_tuning.jobs())


def _loaded(path: Path) -> Image.Image:
    with Image.open(path) as picture:
        picture.load()
        return picture.copy()
