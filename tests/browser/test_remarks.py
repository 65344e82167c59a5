"""A second pair of eyes: notes, tags, filters that govern next and previous, attributes, many images at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.conftest import DataPlane, Photographs

pytestmark = pytest.mark.browser

SQUARE = [[60.0, 60.0, 140.0, 60.0, 140.0, 140.0, 60.0, 140.0]]


def rows(data_plane: DataPlane, *images: int) -> list[dict[str, Any]]:
    listed = data_plane.get("/api/images?limit=1000").json()["images"]
    return [row for image in images for row in listed if row["image_id"] == image]


def test_a_reviewed_image_goes_back_with_a_note_and_says_when_it_was_changed(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.draw(image, data_plane.category("dog"), segmentation=SQUARE)
    data_plane.put(f"/api/images/{image}/status", json={"status": "reviewed"})
    editor = open_editor(image)
    status = editor.page.locator(".ml-bar .ml-status")
    editor.click(100, 100)
    editor.drag((100, 100), (120, 110))
    editor.wait_saved(1)
    editor.wait_for("document.querySelector('.ml-bar .ml-status').textContent.includes('Changed since')")
    assert status.get_attribute("title") == "Reviewed, changed since"
    editor.press("w")
    editor.page.keyboard.type("the left ear is missing")
    editor.page.get_by_role("button", name="Return with note").click()
    editor.wait_for("maskloop.document.image.status === 'in_progress'")
    assert "Returned" in status.inner_text()
    note = editor.page.locator(".ml-notes li", has_text="the left ear is missing")
    note.wait_for()
    assert rows(data_plane, image)[0]["returned"] is True
    note.get_by_role("button", name="Delete the note").click()
    editor.wait_for("!(maskloop.document.notes ?? []).length")
    editor.notice("Note deleted").get_by_role("button", name="Bring back").click()
    editor.wait_for("maskloop.document.notes.length === 1")


def test_a_note_on_the_selected_object_is_ticked_off(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    drawn = data_plane.draw(image, data_plane.category("dog"), segmentation=SQUARE)
    editor = open_editor(image)
    editor.click(100, 100)
    editor.press("w")
    editor.page.keyboard.type("too wide")
    editor.press("Control+Enter")
    editor.page.get_by_role("checkbox", name="Done: too wide").check()
    editor.wait_for("maskloop.document.notes.every(({ done }) => done)")
    (note,) = data_plane.document(image)["notes"]
    assert (note["instance"], note["text"], note["done"]) == (drawn["id"], "too wide", True)


def test_next_and_previous_follow_the_filter(open_editor: Any, data_plane: DataPlane, photographs: Photographs) -> None:
    images = [data_plane.upload(photographs.make(f"{number}.png")) for number in range(3)]
    data_plane.patch("/api/images", json={"image_ids": [images[0], images[2]], "add_tags": ["evening"]})
    editor = open_editor(images[0])
    editor.press("g")
    editor.page.get_by_label("Show only images with this tag").select_option("evening")
    editor.press("Escape")
    editor.press("d")
    editor.wait_for(f"maskloop.document.image.image_id === {images[2]} && maskloop.drawn")
    editor.press("a")
    editor.wait_for(f"maskloop.document.image.image_id === {images[0]} && maskloop.drawn")
    assert editor.page.locator(".ml-place").inner_text() == "1 / 2"
    editor.press("g")
    editor.page.get_by_role("button", name="Clear filter").click()
    editor.press("Escape", "d")
    editor.wait_for(f"maskloop.document.image.image_id === {images[1]}")


def test_images_chosen_in_the_gallery_are_tagged_excluded_and_removed_together(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    images = [data_plane.upload(photographs.make(f"many {number}.png")) for number in range(3)]
    editor = open_editor(images[0])
    editor.press("g")
    page = editor.page
    page.get_by_label("Show only images with this in their name or a tag").fill("many")
    page.locator(f".ml-grid [data-image='{images[0]}']").click(modifiers=["Control"])
    page.locator(f".ml-grid [data-image='{images[1]}']").click(modifiers=["Shift"])
    page.get_by_label("A tag for the chosen images").fill("fog")
    page.get_by_role("button", name="Add tag").click()
    page.get_by_role("button", name="Keep out of training").click()
    editor.wait_for("maskloop.bench.images.rows.filter(({ excluded }) => excluded).length >= 2")
    told = [(row["tags"], row["excluded"]) for row in rows(data_plane, *images)]
    assert told == [(["fog"], True), (["fog"], True), ([], False)]
    page.get_by_role("button", name="To the trash", exact=True).click()
    editor.notice("2 images are in the trash").get_by_role("button", name="Bring back").click()
    editor.wait_for(f"maskloop.bench.images.find({images[1]}) !== null")
    assert len(rows(data_plane, *images)) == 3
    page.get_by_label("Show only images with this in their name or a tag").fill("")


def test_attributes_that_a_class_asks_for_are_set_in_the_panel_and_exported(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    kind = data_plane.category("leaf")
    data_plane.draw(image, kind, segmentation=SQUARE)
    editor = open_editor(image)
    page = editor.page
    page.get_by_role("button", name="Change class leaf").click(force=True)
    page.get_by_label("Attributes, one on a line").fill("eaten: flag\ncolour: green | brown")
    page.get_by_role("button", name="Save", exact=True).click()
    editor.wait_for("maskloop.bench.editor.document.categories.some(({ attributes }) => attributes?.length === 2)")
    editor.click(100, 100)
    page.get_by_label("eaten").check()
    page.locator("[data-attribute=colour]").select_option("brown")
    editor.wait_saved(2)
    exported = data_plane.get(f"/api/export?image_id={image}").json()["annotations"]
    assert [one["attributes"] for one in exported] == [{"eaten": True, "colour": "brown"}]
    editor.press("Control+z")
    editor.wait_for("maskloop.document.instances[0].attributes?.colour === undefined")


def test_a_class_has_a_key_and_a_place_of_its_own_or_is_left_out_of_the_list(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    kind, unwanted = data_plane.category("newt"), data_plane.category("void")
    data_plane.put(f"/api/categories/{kind}", json={"key": "9", "position": 1})
    data_plane.put(f"/api/categories/{unwanted}", json={"hidden": True})
    editor = open_editor(image)
    names = editor.page.locator(".ml-classes .ml-class .ml-object-name").all_inner_texts()
    assert names[0] == "newt"
    assert "void" not in names
    editor.press("9")
    assert editor.page.evaluate("maskloop.bench.editor.currentCategory.name") == "newt"
    editor.press("0")
    editor.page.keyboard.type("voi")
    editor.press("Enter")
    assert editor.page.evaluate("maskloop.bench.editor.currentCategory.name") == "void"
    for number in (kind, unwanted):
        data_plane.put(f"/api/categories/{number}", json={"key": None, "position": None, "hidden": False})
    for row in data_plane.get("/api/categories").json()["categories"]:
        data_plane.put(f"/api/categories/{row['id']}", json={"position": None})


def test_what_is_typed_into_an_attribute_survives_the_answer_to_the_edit_before_it(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    kind = data_plane.category("fern")
    asked = [{"name": "spores", "type": "flag"}, {"name": "seen by", "type": "text"}]
    data_plane.put(f"/api/categories/{kind}", json={"attributes": asked})
    data_plane.draw(image, kind, segmentation=SQUARE)
    editor = open_editor(image)
    editor.click(100, 100)
    editor.page.get_by_label("seen by").click()
    editor.page.keyboard.type("Lin")
    editor.page.evaluate("maskloop.bench.editor.reload()")  # as the answer to an edit, or somebody else's
    editor.page.keyboard.type("da")
    editor.page.keyboard.press("Tab")
    editor.wait_saved(1)
    assert data_plane.document(image)["instances"][0]["attributes"] == {"seen by": "Linda"}


def test_an_annotator_is_offered_nothing_that_the_server_would_refuse(
    open_editor: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    image = data_plane.upload(photographs.make())
    data_plane.patch(f"/api/images/{image}", json={"tags": ["dusk"]})
    data_plane.put(f"/api/images/{image}/status", json={"status": "reviewed"})
    editor = open_editor(image)
    page = editor.page
    page.evaluate("maskloop.bench.signedIn.allowed = new Set(['POST /api/images/{image_id}/notes'])")
    page.evaluate("maskloop.bench.editor.emit('signedin')")
    editor.press("w")
    assert not page.get_by_label("Add a tag").is_visible()
    assert not page.get_by_role("button", name="Take the tag dusk away").is_visible()
    assert page.get_by_label("Keep out of training").is_disabled()
    assert page.get_by_role("button", name="Return with note").is_disabled()
    assert page.get_by_role("button", name="Add note").is_enabled()
    editor.press("Escape")
    editor.press("g")
    page.locator(f".ml-grid [data-image='{image}']").click(modifiers=["Control"])
    for name in ("Add tag", "Keep out of training", "To the trash"):
        assert not page.locator(".ml-many").get_by_role("button", name=name).is_visible()
    assert page.get_by_role("button", name="Choose none").is_visible()


def test_a_class_that_only_a_model_has_named_can_be_changed(
    open_editor: Any, server: Any, data_plane: DataPlane, photographs: Photographs
) -> None:
    from app.store.categories import category_for_model
    from app.store.database import Store
    from app.store.editing.predictions import replace_predictions

    image = data_plane.upload(photographs.make())
    with Store(server.workspace).writing() as session:
        kind = category_for_model(session, {"name": "lichen"}).id
        found = {"category_id": kind, "score": 0.9, "segmentation": SQUARE}
        replace_predictions(session, image, [found], "scenes")
    editor = open_editor(image)
    editor.click(100, 100)
    editor.page.get_by_role("button", name="Change the chosen class").click()
    editor.page.get_by_label("Name", exact=True).fill("moss")
    editor.page.get_by_role("button", name="Save", exact=True).click()
    editor.wait_for("maskloop.bench.editor.document.categories.some(({ name }) => name === 'moss')")
