"""The Fine-tune tab: what would be learnt, a button, curves while it runs, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.blocks import Block

from app.finetuning import job_directory
from app.finetuning.job_processes import ACTIVE
from app.finetuning.job_view import FullJob, JobSummary
from app.finetuning.jobs import FineTuning
from app.inference.registry import ModelRegistry
from app.inference.repredict import Repredictor
from app.messages.wording import Wording
from app.page import curves
from app.page import finetune_parts as parts
from app.page import finetune_texts as texts
from app.page.finetune_layout import FinetuneLayout, class_headers, outcome_headers, version_headers
from app.roles import PAGE_FUNCTIONS, refusal
from app.store.errors import ConflictError

View = dict[Block, object]  # components, and what they become
Shown = list[object] | None  # `_key` of the job that the page shows

# Nothing on the page is greyed out while a handler runs, and no handler waits for another.
QUIET: dict[str, Any] = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}


def build_finetune_tab(
    fine_tuning: FineTuning, registry: ModelRegistry, repredictor: Repredictor
) -> Callable[[gr.Blocks, gr.Tab, gr.Tab], None]:
    """What lays out the tab inside the context of its page and tab; see `app.page.layout`."""
    return FinetuneTab(fine_tuning, registry, repredictor).build


class FinetuneTab:
    """The components of the tab and what fills them; `build` is called inside the tab's context."""

    def __init__(self, fine_tuning: FineTuning, registry: ModelRegistry, repredictor: Repredictor) -> None:
        self.fine_tuning = fine_tuning
        self.registry = registry
        self.repredictor = repredictor

    def build(self, page: gr.Blocks, tab: gr.Tab, annotate: gr.Tab) -> None:
        """Lay the tab out and wire it; `annotate` is the other one of the page."""
        self.layout = FinetuneLayout()
        self.tabs = {tab: "finetune", annotate: "annotate"}
        self._wire(page, tab)

    def _wire(self, page: gr.Blocks, tab: gr.Tab) -> None:
        layout, inputs, outputs = self.layout, self.layout.inputs, self.layout.outputs
        page.load(self.view, inputs, outputs, **QUIET)
        page.load(self.labels, None, [*layout.labelled, *self.tabs], **QUIET)
        layout.timer.tick(self.on_tick, inputs, outputs, **QUIET)
        tab.select(self.on_open, inputs, outputs, **QUIET)
        layout.epochs.change(self.on_epochs, [layout.base, layout.epochs], layout.estimate, **QUIET)
        layout.base.input(self.forget_offer, None, layout.offered, **QUIET).then(self.on_open, inputs, outputs, **QUIET)
        layout.start.click(self.on_start, inputs, outputs, **QUIET)
        layout.cancel.click(self.on_cancel, inputs, outputs, **QUIET)
        layout.use.click(self.on_use, inputs, outputs, **QUIET)
        layout.use_version.click(self.on_use_version, [layout.version, *inputs], outputs, **QUIET)

    # -- what a person does ---------------------------------------------------------------------

    def labels(self, request: gr.Request) -> View:
        """What stands on the page whatever happens, in the words of whoever reads it: the page is made once for all."""
        words = parts.wording(request)
        return self.layout.labels(words) | {tab: gr.Tab(label=words(code)) for tab, code in self.tabs.items()}

    def on_open(
        self, base: str | None, epochs: int | None, offered: int | None, shown: Shown, request: gr.Request
    ) -> View:
        """Begin to measure how fast the base model trains, where that is not known, for the estimate."""
        may_start = parts.sender(request).has(PAGE_FUNCTIONS["on_start"])
        line = ""
        if may_start:
            line = parts.failure(lambda: self.fine_tuning.measure(self._chosen_base(base)), parts.wording(request))
        return self.view(base, epochs, offered, shown, request) | ({self.layout.message: line} if line else {})

    def forget_offer(self) -> None:
        """The epochs that were proposed for another base model are proposed no more."""

    def on_epochs(self, base: str | None, epochs: int | None, request: gr.Request) -> str:
        """How long the number of epochs that stands there would take."""
        if epochs is None or self._is_active(self._latest_job()):
            return ""
        plan = self.fine_tuning.plan(self._chosen_base(base))
        return texts.estimate_sentence(plan, int(epochs), self.fine_tuning.speed.measuring, parts.wording(request))

    def on_start(self, base: str, epochs: int, offered: int | None, shown: Shown, request: gr.Request) -> View:
        """Start a job, or say what is missing for it. A second click while one is under way starts no other."""

        def start() -> None:
            if not self._is_active(self._latest_job()):
                chosen = None if parts.by_itself(epochs, offered) else int(epochs)
                self.fine_tuning.start(self._chosen_base(base), epochs=chosen, author=parts.sender(request).name)

        line = parts.failure(start, parts.wording(request))
        return self.view(base, epochs, offered, shown, request) | ({self.layout.message: line} if line else {})

    def on_cancel(self, base: str, epochs: int, offered: int | None, shown: Shown, request: gr.Request) -> View:
        """Stop the job that is on the page."""

        def cancel() -> None:
            if (job := self._latest_job()) is not None:
                with contextlib.suppress(ConflictError):  # it ended by itself in the meantime
                    self.fine_tuning.cancel(job["id"])

        line = parts.failure(cancel, parts.wording(request))
        return self.view(base, epochs, offered, shown, request) | {self.layout.job_message: line}

    def on_use(self, base: str, epochs: int, offered: int | None, shown: Shown, request: gr.Request) -> View:
        """Promote the model of the job that is on the page."""
        job = self._latest_job()
        line = parts.failure(lambda: self._promote(job["model"] if job is not None else None), parts.wording(request))
        return self.view(base, epochs, offered, shown, request) | {self.layout.job_message: line}

    def on_use_version(
        self,
        version: str | None,
        base: str,
        epochs: int,
        offered: int | None,
        shown: Shown,
        request: gr.Request,
    ) -> View:
        """Promote any version."""
        words = parts.wording(request)
        line = parts.failure(lambda: self._promote(version), words) if version else words("version_wanted")
        return self.view(base, epochs, offered, shown, request) | {self.layout.version_message: line}

    def _promote(self, version: str | None) -> None:
        if version is not None:
            self.repredictor.start(self.registry.promote(version))

    # -- what a person sees ---------------------------------------------------------------------

    def view(
        self, base: str | None, epochs: int | None, offered: int | None, shown: Shown, request: gr.Request
    ) -> View:
        """Everything on the tab as it is now; the same for a new page and after a click."""
        job = self._latest_job()
        active = self._is_active(job)
        repredicting = self.repredictor.status()
        person, words = parts.sender(request), parts.wording(request)
        may = person.has(PAGE_FUNCTIONS["on_start"])
        measuring = self.fine_tuning.speed.measuring
        view = {
            self.layout.start: gr.Button(interactive=may and not active),
            self.layout.use_version: gr.Button(interactive=may),
            self.layout.timer: gr.Timer(active=active or repredicting["running"] or measuring),
            self.layout.repredicting: texts.repredicting_sentence(repredicting, words),
            **self._job_view(job, shown, may, words),
        }
        # While a job runs a tick shows only how it goes: counting thousands of instances each second would slow it.
        if not active or _key(job) != shown:
            view |= self._plan_view(self._chosen_base(base), epochs, offered, measuring, words)
            view |= self._versions_view(words)
        if active:
            view[self.layout.estimate] = ""
        if not may:
            view[self.layout.message] = texts.plain(words.of(refusal(person, PAGE_FUNCTIONS["on_start"])))
        return view

    def on_tick(
        self, base: str | None, epochs: int | None, offered: int | None, shown: Shown, request: gr.Request
    ) -> View:
        """The tab as it is now, but for what a click was answered: a tick that began before it may end after it."""
        view = self.view(base, epochs, offered, shown, request)
        view.pop(self.layout.message, None)
        return view

    def _chosen_base(self, base: str | None) -> str:
        return base if base in self.registry.usable() else self.registry.original()

    def _plan_view(self, base: str, epochs: int | None, offered: int | None, measuring: bool, words: Wording) -> View:
        plan = self.fine_tuning.plan(base)
        by_itself = parts.by_itself(epochs, offered)
        chosen = plan["epochs"] if by_itself or epochs is None else int(epochs)
        rows = [[row["name"], row["train"], row["held_out"]] for row in plan["classes"]]
        usable = self.registry.usable()
        return {
            # A model yet to be downloaded is offered where none is here: a value has to be among the choices.
            self.layout.base: gr.Dropdown(choices=usable if base in usable else [*usable, base], value=base),
            # Only where it is another number: a tick must not write over what is being typed.
            self.layout.epochs: gr.Slider(value=chosen) if by_itself and chosen != epochs else gr.skip(),
            self.layout.offered: chosen if by_itself else gr.skip(),
            self.layout.estimate: texts.estimate_sentence(plan, chosen, measuring, words),
            self.layout.message: texts.plain(words.of(plan["missing"] or "")),
            self.layout.data: texts.data_sentence(plan, words),
            self.layout.classes: parts.table(class_headers(words), rows, visible=bool(rows)),
        }

    def _versions_view(self, words: Wording) -> View:
        versions, usable = self.registry.versions(), self.registry.usable()
        others = [row["name"] for row in reversed(versions) if row["name"] in usable and not row["current"]]
        return {
            self.layout.versions: parts.table(version_headers(words), texts.version_rows(versions, usable, words)),
            self.layout.version: gr.Dropdown(choices=others, interactive=bool(others)),
        }

    def _job_view(self, job: FullJob | None, shown: Shown, may: bool, words: Wording) -> View:
        if job is None:
            return {}  # the panels are hidden from the start
        active, finished = self._is_active(job), job["state"] == "finished"
        view: View = {
            self.layout.job_panel: gr.Column(visible=True),
            self.layout.result_panel: gr.Row(visible=finished),
            self.layout.status: texts.job_sentence(job, self._ahead_of(job), words),
            self.layout.cancel: gr.Button(visible=active, interactive=may and not job["cancelling"]),
            self.layout.bar: gr.HTML(value=parts.bar(job["progress"]), visible=active),
            self.layout.shown: _key(job),
        }
        if active or _key(job) != shown:
            view |= {
                self.layout.loss: curves.loss_html(job, words),
                self.layout.precision: curves.precision_html(job, words),
            }
        if finished:
            in_use = self.registry.current() == job["model"]
            view[self.layout.use] = gr.Button(
                value=words("model_in_use" if in_use else "use_model"), interactive=may and not in_use
            )
        if _key(job) != shown:
            rows = texts.outcome_rows(job) if finished else []
            view |= {
                self.layout.comparison_panel: gr.Column(visible=bool(rows)),
                self.layout.outcome: texts.outcome_sentence(job, words) if finished else "",
                self.layout.rows: parts.table(outcome_headers(words), rows),
            }
            for number, component in enumerate(self.layout.pictures):
                path = self.fine_tuning.runs / str(job["id"]) / job_directory.COMPARISON / f"{number}.jpg"
                is_there = finished and path.exists()
                # From a route of ours: Gradio's own, which serve files, are closed.
                view[component] = gr.HTML(
                    value=parts.picture(job["id"], number, words) if is_there else "", visible=is_there
                )
        return view

    @staticmethod
    def _is_active(job: JobSummary | None) -> bool:
        return job is not None and job["state"] in ACTIVE

    def _latest_job(self) -> FullJob | None:
        jobs = self.fine_tuning.jobs()
        running = next((job for job in jobs if job["state"] == "running"), None)
        latest = running or (jobs[0] if jobs else None)
        return None if latest is None else self.fine_tuning.job(latest["id"])

    def _ahead_of(self, job: JobSummary) -> int:
        return sum(other["state"] in ACTIVE and other["id"] < job["id"] for other in self.fine_tuning.jobs())


def _key(job: JobSummary | None) -> Shown:
    """What tells whether the page shows this job in this state already."""
    return None if job is None else [job["id"], job["state"]]
