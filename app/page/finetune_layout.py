"""What the Fine-tune tab is made of, from top to bottom, and which of it a handler reads and fills."""

from __future__ import annotations

from typing import Any

import gradio as gr

from app.finetuning.comparison import PICTURES
from app.page import finetune_parts as parts

INTRODUCTION = (
    "Teach the model your classes. Training starts from the base model and learns from **every image you marked "
    "reviewed**; your annotations do not change. Afterwards you see both models on images held out from training, "
    "and decide whether to use the new one."
)
MOST_EPOCHS_OFFERED = 300


class FinetuneLayout:
    """The components of the tab; made inside the tab's context, where they are laid out."""

    def __init__(self) -> None:
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

    @property
    def inputs(self) -> list[object]:
        """What every handler is told of the page."""
        return [self.base, self.epochs, self.offered, self.shown]

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

    def _build_job(self) -> None:
        with gr.Column(visible=False, elem_id="finetune-job") as self.job_panel:
            with gr.Row(equal_height=True):
                self.status = gr.Markdown(elem_id="finetune-status")
                self.cancel = gr.Button("Cancel", variant="stop", scale=0, min_width=120, elem_id="finetune-cancel")
            self.job_message = gr.Markdown(elem_id="finetune-job-message")
            self.bar = gr.HTML(elem_id="finetune-progress")
            with gr.Row():
                self.loss = gr.HTML(elem_id="finetune-loss")
                self.precision = gr.HTML(elem_id="finetune-precision")
        with gr.Row(visible=False, equal_height=False, elem_id="finetune-result") as self.result_panel:
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
