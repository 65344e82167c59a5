"""The Fine-tune tab in the editor's colours, type and shapes, which `app/canvas/styles/base.css` decides."""

from __future__ import annotations

import gradio as gr

# (light, dark) of what the editor calls --surface, --sunken, and so on.
SURFACE = ("#ffffff", "#1a1e24")
SUNKEN = ("#f4f6f9", "#14181d")
RAISED = ("#ffffff", "#252a32")
LINE = ("#dde2ea", "#2e343d")
LINE_STRONG = ("#c3cad6", "#454d59")
TEXT = ("#1b2330", "#e7eaef")
MUTED = ("#5d6878", "#9aa5b4")
HOVER = ("#eef1f6", "#272d36")
ACCENT = ("#3d55d8", "#7f97ff")
ACCENT_HOVER = ("#3247bd", "#97abff")
ACCENT_INK = ("#ffffff", "#0f1430")
BAD = ("#b3261e", "#ff9c94")
BAD_SOFT = ("#fce4e2", "#45201e")
TYPE = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif"]

_COLOURS = {
    "body_background_fill": SURFACE,
    "body_text_color": TEXT,
    "body_text_color_subdued": MUTED,
    "background_fill_primary": SURFACE,
    "background_fill_secondary": SUNKEN,
    "border_color_primary": LINE,
    "border_color_accent": ACCENT,
    "color_accent_soft": HOVER,
    "link_text_color": ACCENT,
    "link_text_color_hover": ACCENT_HOVER,
    "block_background_fill": SURFACE,
    "block_border_color": LINE,
    "block_label_text_color": TEXT,
    "block_title_text_color": TEXT,
    "block_info_text_color": MUTED,
    "panel_background_fill": SUNKEN,
    "input_background_fill": SURFACE,
    "input_border_color": LINE_STRONG,
    "input_border_color_focus": ACCENT,
    "input_placeholder_color": MUTED,
    "slider_color": ACCENT,
    "table_border_color": LINE,
    "table_even_background_fill": SURFACE,
    "table_odd_background_fill": SURFACE,
    "table_text_color": TEXT,
    "code_background_fill": SUNKEN,
    "button_primary_background_fill": ACCENT,
    "button_primary_background_fill_hover": ACCENT_HOVER,
    "button_primary_border_color": ACCENT,
    "button_primary_text_color": ACCENT_INK,
    "button_primary_text_color_hover": ACCENT_INK,
    "button_secondary_background_fill": RAISED,
    "button_secondary_background_fill_hover": HOVER,
    "button_secondary_border_color": LINE_STRONG,
    "button_secondary_text_color": TEXT,
    "button_cancel_background_fill": BAD_SOFT,
    "button_cancel_background_fill_hover": BAD_SOFT,
    "button_cancel_border_color": BAD,
    "button_cancel_text_color": BAD,
    "button_cancel_text_color_hover": BAD,
}

THEME = gr.themes.Default(
    font=TYPE,
    font_mono=TYPE,  # tables; the editor has them in its one type too
    text_size=gr.themes.sizes.text_sm,
    spacing_size=gr.themes.sizes.spacing_sm,
    radius_size=gr.themes.sizes.radius_md,
).set(
    **{name: light for name, (light, _) in _COLOURS.items()},
    **{f"{name}_dark": dark for name, (_, dark) in _COLOURS.items()},
    color_accent=ACCENT[0],  # one for both themes; `CSS` has the dark one
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
""".replace("DARK", ACCENT[1])
