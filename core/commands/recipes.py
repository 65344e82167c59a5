"""`python -m core train --recipe list`."""

from __future__ import annotations

from core.recipes import read_recipe, recipe_names


def list_recipes() -> int:
    """Print what each recipe is and where it comes from."""
    for name in recipe_names():
        recipe = read_recipe(name)
        print(f"{name:26} {recipe.description}")
        print(f"{'':26} {recipe.source}")
    return 0
