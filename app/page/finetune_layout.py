"""What the Fine-tune tab is made of, from top to bottom, and which of it a handler reads and fills."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.finetuning.comparison import PICTURES
from app.messages.wording import Wording
from app.page import finetune_parts as parts

MOST_EPOCHS_OFFERED = 300


class FinetuneLayout:
    """The components of the tab; made inside the tab's context, where they are laid out."""

    def __init__(self) -> None:
        words = Wording("en")  # until the page is loaded, and says which language is read there
        self.introduction = gr.Markdown(words("introduction"))
        with gr.Row(equal_height=False):
            with gr.Column(scale=2, min_width=320):
                self.base = parts.any_choice(label=words("base_model"), choices=[], info=words("base_model_info"))
                self.epochs = gr.Slider(
                    1, MOST_EPOCHS_OFFERED, step=1, label=words("epochs"), elem_id="finetune-epochs"
                )
                self.estimate = gr.Markdown(elem_id="finetune-estimate")
                self.start = gr.Button(words("finetune"), variant="primary", elem_id="finetune-start")
                self.message = gr.Markdown(elem_id="finetune-message")
            with gr.Column(scale=3, min_width=320):
                self.data = gr.Markdown(elem_id="finetune-data")
                self.classes = gr.Dataframe(
                    headers=class_headers(words),
                    datatype=["str", "number", "number"],
                    interactive=False,
                    max_height=260,
                    buttons=[],
                    elem_id="finetune-classes",
                )
        self._build_job(words)
        self._build_versions(words)
        # The epochs last proposed, kept by the browser as the slider is: where these differ, a person has chosen.
        self.offered = gr.Number(visible="hidden", elem_id="finetune-offered")
        self.shown = gr.State(None)  # the job whose pictures are on the page
        self.timer = gr.Timer(1.0, active=False)

    @property
    def inputs(self) -> list[object]:
        """What every handler is told of the page."""
        return [self.base, self.epochs, self.offered, self.shown]

    @property
    def labelled(self) -> list[Any]:
        """What `labels` names."""
        return [
            self.introduction, self.base, self.epochs, self.start, self.cancel,
            self.all_versions, self.version, self.use_version, self.versions_note,
        ]  # fmt: skip

    @property
    def outputs(self) -> list[Any]:
        """What a handler may fill."""
        return [
            self.base, self.epochs, self.offered, self.estimate, self.start, self.message, self.data, self.classes,
            self.job_panel, self.status, self.cancel, self.job_message, self.bar, self.loss, self.precision,
            self.result_panel, self.outcome, self.use, self.repredicting,
            self.comparison_panel, self.rows, *self.pictures,
            self.versions, self.version, self.use_version, self.version_message, self.shown, self.timer,
        ]  # fmt: skip

    def _build_job(self, words: Wording) -> None:
        with gr.Column(visible=False, elem_id="finetune-job") as self.job_panel:
            with gr.Row(equal_height=True):
                self.status = gr.Markdown(elem_id="finetune-status")
                self.cancel = gr.Button(
                    words("cancel"), variant="stop", scale=0, min_width=120, elem_id="finetune-cancel"
                )
            self.job_message = gr.Markdown(elem_id="finetune-job-message")
            self.bar = gr.HTML(elem_id="finetune-progress")
            with gr.Row():
                self.loss = gr.HTML(elem_id="finetune-loss")
                self.precision = gr.HTML(elem_id="finetune-precision")
        with gr.Row(visible=False, equal_height=False, elem_id="finetune-result") as self.result_panel:
            self.outcome = gr.Markdown(elem_id="finetune-outcome")
            self.use = gr.Button(words("use_model"), variant="primary", scale=0, min_width=200, elem_id="finetune-use")
        self.repredicting = gr.Markdown(elem_id="finetune-repredicting")
        with gr.Column(visible=False) as self.comparison_panel:
            self.rows = gr.Dataframe(
                headers=outcome_headers(words),
                interactive=False,
                max_height=260,
                buttons=[],
                elem_id="finetune-rows",
            )
            self.pictures = [gr.HTML(visible=False, elem_classes="finetune-picture") for _ in range(PICTURES)]

    def _build_versions(self, words: Wording) -> None:
        with gr.Accordion(words("versions"), open=False, elem_id="finetune-versions") as self.all_versions:
            self.versions = gr.Dataframe(headers=version_headers(words), interactive=False, buttons=[])
            with gr.Row(equal_height=True):
                self.version = parts.any_choice(label=words("go_back"), choices=[])
                self.use_version = gr.Button(words("use_version"), scale=0, min_width=160)
            self.version_message = gr.Markdown(elem_id="finetune-version-message")
            self.versions_note = gr.Markdown(words("versions_note"))

    def labels(self, words: Wording) -> dict[Any, Any]:
        """What stands on the tab whatever happens, in a person's words."""
        return {
            self.introduction: words("introduction"),
            self.base: gr.Dropdown(label=words("base_model"), info=words("base_model_info")),
            self.epochs: gr.Slider(label=words("epochs")),
            self.start: gr.Button(words("finetune")),
            self.cancel: gr.Button(words("cancel")),
            self.all_versions: gr.Accordion(label=words("versions")),
            self.version: gr.Dropdown(label=words("go_back")),
            self.use_version: gr.Button(words("use_version")),
            self.versions_note: words("versions_note"),
        }


def class_headers(words: Wording) -> list[str]:
    """Columns of what there is to learn from."""
    return [words("class"), words("to_learn_from"), words("held_out")]


def outcome_headers(words: Wording) -> list[str]:
    """Columns of the comparison with the base model."""
    return [words("class"), words("held_out_instances"), words("ap_before"), words("ap_after")]


def version_headers(words: Wording) -> list[str]:
    """Columns of the model versions."""
    return [words("version"), "", words("origin"), words("classes"), words("ap50_held_out")]
