"""The Fine-tune tab: what would be learnt, a button, curves while it runs, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from app.finetuning import job_directory
from app.finetuning.comparison import PICTURES
from app.finetuning.jobs import ACTIVE, FineTuning
from app.inference.registry import ModelRegistry
from app.inference.repredict import Repredictor
from app.page import finetune_parts as parts
from app.page import finetune_texts as texts
from app.roles import PAGE_FUNCTIONS, refusal
from app.store.errors import ConflictError

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
                self.base = parts.any_choice(
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
                    buttons=[],
                    elem_id="finetune-classes",
                )
        self._build_job()
        self._build_versions()
        # The epochs last proposed, kept by the browser as the slider is: where these differ, a person has chosen.
        self.offered = gr.Number(visible="hidden", elem_id="finetune-offered")
        self.shown = gr.State(None)  # the job whose pictures are on the page
        self.timer = gr.Timer(1.0, active=False)
        self._wire(page, tab)

    def _build_job(self) -> None:
        with gr.Column(visible=False, elem_id="finetune-job") as self.job_panel:
            with gr.Row(equal_height=True):
                self.status = gr.Markdown(elem_id="finetune-status")
                self.cancel = gr.Button("Cancel", variant="stop", scale=0, min_width=120, elem_id="finetune-cancel")
            self.job_message = gr.Markdown(elem_id="finetune-job-message")
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
        with gr.Row(visible=False, equal_height=True, elem_id="finetune-result") as self.result_panel:
            self.outcome = gr.Markdown(elem_id="finetune-outcome")
            self.use = gr.Button("Use this model", variant="primary", scale=0, min_width=200, elem_id="finetune-use")
        self.repredicting = gr.Markdown(elem_id="finetune-repredicting")
        with gr.Column(visible=False) as self.comparison_panel:
            self.rows = gr.Dataframe(
                headers=["Class", "Held-out instances", "AP before", "AP after"],
                interactive=False,
                max_height=260,
                buttons=[],
                elem_id="finetune-rows",
            )
            self.pictures = [gr.HTML(visible=False, elem_classes="finetune-picture") for _ in range(PICTURES)]

    def _build_versions(self) -> None:
        with gr.Accordion("Model versions", open=False, elem_id="finetune-versions"):
            self.versions = gr.Dataframe(
                headers=["Version", "", "Origin", "Classes", "AP50 on held-out images"], interactive=False, buttons=[]
            )
            with gr.Row(equal_height=True):
                self.version = parts.any_choice(label="Go back to, or forward to", choices=[])
                self.use_version = gr.Button("Use this version", scale=0, min_width=160)
            self.version_message = gr.Markdown(elem_id="finetune-version-message")
            gr.Markdown(
                "A version that comes into use predicts the images that nobody has worked on anew. "
                "Nothing you drew, corrected or accepted changes."
            )

    def _wire(self, page: gr.Blocks, tab: gr.Tab) -> None:
        inputs: Any = [self.base, self.epochs, self.offered, self.shown]
        outputs: Any = [
            self.base, self.epochs, self.offered, self.estimate, self.start, self.message, self.data, self.classes,
            self.job_panel, self.status, self.cancel, self.job_message, self.bar, self.loss, self.precision,
            self.result_panel, self.outcome, self.use, self.repredicting,
            self.comparison_panel, self.rows, *self.pictures,
            self.versions, self.version, self.use_version, self.version_message, self.shown, self.timer,
        ]  # fmt: skip
        page.load(self.view, inputs, outputs, **QUIET)
        self.timer.tick(self.view, inputs, outputs, **QUIET)
        tab.select(self.on_open, inputs, outputs, **QUIET)
        self.epochs.change(self.on_epochs, [self.base, self.epochs], self.estimate, **QUIET)
        self.base.input(self.forget_offer, None, self.offered, **QUIET).then(self.on_open, inputs, outputs, **QUIET)
        self.start.click(self.on_start, inputs, outputs, **QUIET)
        self.cancel.click(self.on_cancel, inputs, outputs, **QUIET)
        self.use.click(self.on_use, inputs, outputs, **QUIET)
        self.use_version.click(self.on_use_version, [self.version, *inputs], outputs, **QUIET)

    # -- what a person does ---------------------------------------------------------------------

    def on_open(
        self, base: str | None, epochs: int | None, offered: int | None, shown: Any, request: gr.Request
    ) -> dict[Any, Any]:
        """Begin to measure how fast the base model trains, where that is not known, for the estimate."""
        may_start = parts.sender(request).has(PAGE_FUNCTIONS["on_start"])
        line = parts.failure(lambda: self.fine_tuning.measure(self._chosen_base(base))) if may_start else ""
        return self.view(base, epochs, offered, shown, request) | ({self.message: line} if line else {})

    def forget_offer(self) -> None:
        """The epochs that were proposed for another base model are proposed no more."""

    def on_epochs(self, base: str | None, epochs: int | None) -> str:
        """How long the number of epochs that stands there would take."""
        if epochs is None or self._is_active(self._latest_job()):
            return ""
        plan = self.fine_tuning.plan(self._chosen_base(base))
        return texts.estimate_sentence(plan, int(epochs), self.fine_tuning.speed.measuring)

    def on_start(self, base: str, epochs: int, offered: int | None, shown: Any, request: gr.Request) -> dict[Any, Any]:
        """Start a job, or say what is missing for it. A second click while one is under way starts no other."""

        def start() -> None:
            if not self._is_active(self._latest_job()):
                chosen = None if parts.by_itself(epochs, offered) else int(epochs)
                self.fine_tuning.start(self._chosen_base(base), epochs=chosen, author=parts.sender(request).name)

        line = parts.failure(start)
        return self.view(base, epochs, offered, shown, request) | ({self.message: line} if line else {})

    def on_cancel(self, base: str, epochs: int, offered: int | None, shown: Any, request: gr.Request) -> dict[Any, Any]:
        """Stop the job that is on the page."""

        def cancel() -> None:
            if (job := self._latest_job()) is not None:
                with contextlib.suppress(ConflictError):  # it ended by itself in the meantime
                    self.fine_tuning.cancel(job["id"])

        line = parts.failure(cancel)
        return self.view(base, epochs, offered, shown, request) | {self.job_message: line}

    def on_use(self, base: str, epochs: int, offered: int | None, shown: Any, request: gr.Request) -> dict[Any, Any]:
        """Promote the model of the job that is on the page."""
        job = self._latest_job()
        line = parts.failure(lambda: self._promote(job["model"] if job is not None else None))
        return self.view(base, epochs, offered, shown, request) | {self.job_message: line}

    def on_use_version(
        self,
        version: str | None,
        base: str,
        epochs: int,
        offered: int | None,
        shown: Any,
        request: gr.Request,
    ) -> dict[Any, Any]:
        """Promote any version."""
        line = parts.failure(lambda: self._promote(version)) if version else "Choose a version first."
        return self.view(base, epochs, offered, shown, request) | {self.version_message: line}

    def _promote(self, version: str | None) -> None:
        if version is not None:
            self.repredictor.start(self.registry.promote(version))

    # -- what a person sees ---------------------------------------------------------------------

    def view(
        self, base: str | None, epochs: int | None, offered: int | None, shown: Any, request: gr.Request
    ) -> dict[Any, Any]:
        """Everything on the tab as it is now; the same for a new page, a tick of the timer and after a click."""
        job = self._latest_job()
        active = self._is_active(job)
        repredicting = self.repredictor.status()
        person = parts.sender(request)
        may = person.has(PAGE_FUNCTIONS["on_start"])
        measuring = self.fine_tuning.speed.measuring
        view = {
            self.start: gr.Button(interactive=may and not active),
            self.use_version: gr.Button(interactive=may),
            self.timer: gr.Timer(active=active or repredicting["running"] or measuring),
            self.repredicting: texts.repredicting_sentence(repredicting),
            **self._job_view(job, shown, may),
        }
        # While a job runs a tick shows only how it goes: counting thousands of instances each second would slow it.
        if not active or _key(job) != shown:
            view |= self._plan_view(self._chosen_base(base), epochs, offered, measuring) | self._versions_view()
        if active:
            view[self.estimate] = ""
        if not may:
            view[self.message] = texts.plain(refusal(person, PAGE_FUNCTIONS["on_start"]))
        return view

    def _chosen_base(self, base: str | None) -> str:
        return base if base in self.registry.usable() else self.registry.original()

    def _plan_view(self, base: str, epochs: int | None, offered: int | None, measuring: bool) -> dict[Any, Any]:
        plan = self.fine_tuning.plan(base)
        by_itself = parts.by_itself(epochs, offered)
        chosen = plan["epochs"] if by_itself or epochs is None else int(epochs)
        rows = [[row["name"], row["train"], row["held_out"]] for row in plan["classes"]]
        usable = self.registry.usable()
        return {
            # A model yet to be downloaded is offered where none is here: a value has to be among the choices.
            self.base: gr.Dropdown(choices=usable if base in usable else [*usable, base], value=base),
            # Only where it is another number: a tick must not write over what is being typed.
            self.epochs: gr.Slider(value=chosen) if by_itself and chosen != epochs else gr.skip(),
            self.offered: chosen if by_itself else gr.skip(),
            self.estimate: texts.estimate_sentence(plan, chosen, measuring),
            self.message: texts.plain(plan["missing"] or ""),
            self.data: texts.data_sentence(plan),
            self.classes: gr.Dataframe(value=rows, visible=bool(rows)),
        }

    def _versions_view(self) -> dict[Any, Any]:
        versions, usable = self.registry.versions(), self.registry.usable()
        others = [row["name"] for row in reversed(versions) if row["name"] in usable and not row["current"]]
        return {
            self.versions: texts.version_rows(versions, usable),
            self.version: gr.Dropdown(choices=others, interactive=bool(others)),
        }

    def _job_view(self, job: Mapping[str, Any] | None, shown: Any, may: bool) -> dict[Any, Any]:
        if job is None:
            return {}  # the panels are hidden from the start
        active, finished = self._is_active(job), job["state"] == "finished"
        view: dict[Any, Any] = {
            self.job_panel: gr.Column(visible=True),
            self.result_panel: gr.Row(visible=finished),
            self.status: texts.job_sentence(job, ahead=self._ahead_of(job)),
            self.cancel: gr.Button(visible=active, interactive=may and not job["cancelling"]),
            self.bar: gr.HTML(value=parts.bar(job["progress"]), visible=active),
            self.shown: _key(job),
        }
        if active or _key(job) != shown:
            view |= dict(zip((self.loss, self.precision), parts.curves(job), strict=True))
        if finished:
            in_use = self.registry.current() == job["model"]
            text = "This model is in use" if in_use else "Use this model"
            view[self.use] = gr.Button(value=text, interactive=may and not in_use)
        if _key(job) != shown:
            rows = texts.outcome_rows(job) if finished else []
            view |= {
                self.comparison_panel: gr.Column(visible=bool(rows)),
                self.outcome: texts.outcome_sentence(job) if finished else "",
                self.rows: rows,
            }
            for number, component in enumerate(self.pictures):
                path = self.fine_tuning.runs / str(job["id"]) / job_directory.COMPARISON / f"{number}.jpg"
                is_there = finished and path.exists()
                # From a route of ours: Gradio's own, which serve files, are closed.
                view[component] = gr.HTML(value=parts.picture(job["id"], number) if is_there else "", visible=is_there)
        return view

    @staticmethod
    def _is_active(job: Mapping[str, Any] | None) -> bool:
        return job is not None and job["state"] in ACTIVE

    def _latest_job(self) -> dict[str, Any] | None:
        jobs = self.fine_tuning.jobs()
        running = next((job for job in jobs if job["state"] == "running"), None)
        latest = running or (jobs[0] if jobs else None)
        return None if latest is None else self.fine_tuning.job(latest["id"])

    def _ahead_of(self, job: Mapping[str, Any]) -> int:
        return sum(other["state"] in ACTIVE and other["id"] < job["id"] for other in self.fine_tuning.jobs())


def _key(job: Mapping[str, Any] | None) -> list[Any] | None:
    """What tells whether the page shows this job in this state already."""
    return None if job is None else [job["id"], job["state"]]
