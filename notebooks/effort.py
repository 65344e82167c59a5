"""What people did to a model's proposals, read from the history in an annotation store."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from simulated_annotator import is_shown
from sqlalchemy import select

from app.store.database import Store
from app.store.tables import Edit, Image, Instance

OUTCOMES = ("accepted as it was", "edited", "deleted", "drawn anew")


def effort_by_image(workspace: str | Path) -> pd.DataFrame:
    """One row a reviewed image, in the order of review: proposals, and objects by what became of them.

    A proposal that was shown was accepted as it was, edited (its outline, class or keypoints changed) or deleted; an
    object that no proposal was for was drawn anew. `model` is the version that made the proposals;
    `reviewed` seconds since 1970.
    """
    store = Store(workspace)
    rows = []
    with store.reading() as session:
        for image in session.scalars(select(Image).where(Image.status == "reviewed")):
            edits = session.scalars(select(Edit).where(Edit.image_id == image.id).order_by(Edit.revision)).all()
            proposals: dict[str, str | None] = {}
            for edit in edits:
                if edit.kind != "predict":
                    continue
                for identifier, state in edit.after["instances"].items():
                    if state is None:  # a later prediction took its place
                        proposals.pop(identifier, None)
                    elif is_shown(state):
                        proposals[identifier] = state["model"]
            left = session.scalars(select(Instance).where(Instance.image_id == image.id)).all()
            sources = [row.source for row in left if row.status == "accepted"]
            here = {str(row.id) for row in left}
            rows.append(
                {
                    "image_id": image.id,
                    "file_name": image.file_name,
                    "model": next(iter(proposals.values()), None),
                    "proposals": len(proposals),
                    "accepted as it was": sources.count("predicted"),
                    "edited": sources.count("edited"),
                    "deleted": len(set(proposals) - here),
                    "drawn anew": sources.count("manual"),
                    "reviewed": max(edit.created for edit in edits),
                }
            )
    store.close()
    return pd.DataFrame(rows).sort_values("reviewed", ignore_index=True)
