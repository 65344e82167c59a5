"""The page around the editor: its layout, the Fine-tune tab and its sentences, and what of Gradio is reachable."""
