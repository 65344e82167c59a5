"""The Fine-tune tab in the editor's colours, type and shapes, which `app/canvas/styles/base.css` decides."""

from __future__ import annotations

import re
from pathlib import Path

import gradio as gr

_SHEET = (Path(__file__).parents[1] / "canvas" / "styles" / "base.css").read_text(encoding="utf-8")


def _colours_of(selector: str) -> dict[str, str]:
    """The colours that a rule of the editor's sheet names, without their dashes."""
    rule = _SHEET.split(f"\n{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", rule))


LIGHT, DARK = _colours_of(".maskloop"), _colours_of('.maskloop[data-theme="dark"]')
TYPE = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]

# What Gradio calls a colour, and what the editor does.
_COLOURS = {
    "body_background_fill": "surface",
    "body_text_color": "text",
    "body_text_color_subdued": "muted",
    "background_fill_primary": "surface",
    "background_fill_secondary": "sunken",
    "border_color_primary": "line",
    "border_color_accent": "accent",
    "color_accent_soft": "hover",
    "link_text_color": "accent",
    "link_text_color_hover": "accent-hover",
    "block_background_fill": "surface",
    "block_border_color": "line",
    "block_label_text_color": "text",
    "block_title_text_color": "text",
    "block_info_text_color": "muted",
    "panel_background_fill": "sunken",
    "input_background_fill": "surface",
    "input_border_color": "line-strong",
    "input_border_color_focus": "accent",
    "input_placeholder_color": "muted",
    "slider_color": "accent",
    "table_border_color": "line",
    "table_even_background_fill": "surface",
    "table_odd_background_fill": "surface",
    "table_text_color": "text",
    "code_background_fill": "sunken",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent-hover",
    "button_primary_border_color": "accent",
    "button_primary_text_color": "accent-ink",
    "button_primary_text_color_hover": "accent-ink",
    "button_secondary_background_fill": "raised",
    "button_secondary_background_fill_hover": "hover",
    "button_secondary_border_color": "line-strong",
    "button_secondary_text_color": "text",
    "button_cancel_background_fill": "bad-soft",
    "button_cancel_background_fill_hover": "bad-soft",
    "button_cancel_border_color": "bad",
    "button_cancel_text_color": "bad",
    "button_cancel_text_color_hover": "bad",
}

THEME = gr.themes.Default(
    font=TYPE,
    font_mono=TYPE,  # tables; the editor has them in its one type too
    text_size=gr.themes.sizes.text_sm,
    spacing_size=gr.themes.sizes.spacing_sm,
    radius_size=gr.themes.sizes.radius_md,
).set(
    **{name: LIGHT[colour] for name, colour in _COLOURS.items()},
    **{f"{name}_dark": DARK[colour] for name, colour in _COLOURS.items()},
    color_accent=LIGHT["accent"],  # one for both themes; `CSS` has the dark one
    block_shadow="none",
    block_border_width="1px",
    button_large_padding="8px 16px",
    button_large_text_size="13px",
    button_large_text_weight="600",
)

CSS = """
.dark { --color-accent: DARK; }
#finetune-tab { font-size: 13px; }
#finetune-tab .table-wrap, #finetune-tab table { font-size: 13px; }
#finetune-tab td, #finetune-tab th { font-variant-numeric: tabular-nums; }
#finetune-tab input[type=range] { --neutral-200: var(--border-color-primary); }
#finetune-tab #finetune-cancel { align-self: flex-start; }
#finetune-tab :is(#finetune-loss, #finetune-precision) { min-width: min(100%, 320px); }
#finetune-tab .curve { margin: 0; }
#finetune-tab .curve figcaption { margin-bottom: 6px; color: var(--body-text-color-subdued); font-size: 12px; }
#finetune-tab .curve figcaption b { color: var(--body-text-color); font-size: 14px; }
#finetune-tab .curve > svg:not(.key) { display: block; width: 100%; height: auto; margin-top: 4px; }
#finetune-tab .curve svg text { fill: var(--body-text-color-subdued); font-size: 11px; }
#finetune-tab .curve path { fill: none; stroke: var(--color-accent); stroke-width: 2; }
#finetune-tab .curve .grid { stroke: var(--border-color-primary); stroke-width: 1; }
#finetune-tab .curve .raw { stroke-width: 1; opacity: 0.45; }
#finetune-tab .curve .smooth { stroke-width: 2.5; }
#finetune-tab .curve path.ap { stroke: var(--body-text-color-subdued); stroke-dasharray: 5 3; }
#finetune-tab .curve circle { fill: var(--color-accent); }
#finetune-tab .curve circle.ap { fill: var(--body-text-color-subdued); }
#finetune-tab .curve .key {
  display: inline-block; width: 22px; height: 8px; margin: 0 2px 0 10px; vertical-align: middle;
}
#finetune-tab .curve .key:first-of-type { margin-left: 0; }
#finetune-tab .finetune-picture img { width: auto; min-width: min(100%, 480px); max-width: 100%; border-radius: 7px; }
""".replace("DARK", DARK["accent"])
