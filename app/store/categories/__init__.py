"""Classes of objects: names, colours, keypoints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from app.messages.message import say
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError
from app.store.remarks.attributes import checked_definitions, definitions_of
from app.store.tables import Category, Instance

# Told apart by people who see colours differently (after Okabe and Ito, then Tol's "bright" and "muted").
PALETTE = (
    "#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#0072b2", "#d55e00", "#f0e442", "#aa3377", "#66ccee",
    "#228833", "#ee6677", "#4477aa", "#999933", "#88ccee", "#882255", "#44aa99", "#ddcc77", "#cc6677",
)  # fmt: skip
LONGEST_NAME = 200
LARGEST_ID = 2**31  # of the store's own ids: what PostgreSQL's integers and JavaScript's numbers can hold
MOST_KEYPOINTS = 200
KEYS = frozenset("123456789")


def all_categories(session: Session) -> Sequence[Category]:
    """Every category that was not removed, by id; those that a model suggests are among them."""
    return session.scalars(select(Category).where(Category.state != "removed").order_by(Category.id)).all()


def category_json(category: Category) -> dict[str, object]:
    """A category as the data plane shows it."""
    return {
        "id": category.id,
        "name": category.name,
        "supercategory": category.supercategory,
        "color": category.color,
        "keypoints": category.keypoints,
        "skeleton": category.skeleton,
        **{name: value for name, value in _chosen(category).items() if value},
    }


def _chosen(category: Category) -> dict[str, object]:
    """What most classes do not have, and is then not shown."""
    return {
        "attributes": definitions_of(category.extra),
        "position": category.position,
        "key": category.key,
        "hidden": category.hidden,
        "suggested": category.state == "suggested",
    }


def create_category(session: Session, fields: dict[str, Any]) -> Category:
    """Add a category; `id` may be asked for. Raises ConflictError where name or id is taken."""
    name = checked_name(fields.get("name"))
    known = category_named(session, name)
    if known is not None and known.state != "kept":
        return _adopted(session, known, fields)
    if known is not None:
        raise ConflictError(say("category_exists", name=name))
    wanted = fields.get("id")
    if wanted is not None and session.get(Category, wanted) is not None:
        raise ConflictError(say("category_id_taken", category=wanted))
    # The highest id plus one, so that ids given by a file and ids given here never meet.
    category = new_category(fields, wanted if wanted is not None else _free_id(session))
    session.add(category)
    session.flush()
    return category


def new_category(fields: dict[str, Any], identifier: int) -> Category:
    """The row of a class, in no session yet; InvalidFieldError for a field that is none."""
    keypoints, skeleton = checked_keypoint_names(fields.get("keypoints"), fields.get("skeleton"))
    return Category(
        id=identifier,
        name=checked_name(fields.get("name")),
        supercategory=fields.get("supercategory"),
        color=checked_color(fields["color"]) if fields.get("color") else PALETTE[(identifier - 1) % len(PALETTE)],
        keypoints=keypoints,
        skeleton=skeleton,
        extra={"attributes": checked_definitions(fields["attributes"])} if fields.get("attributes") else None,
    )


def _adopted(session: Session, category: Category, fields: dict[str, object]) -> Category:
    """A class that a model suggested, or that was removed, as a person's own."""
    keep_class(session, category)
    given = {name: value for name, value in fields.items() if value and name not in ("id", "name")}
    return update_category(session, category.id, given)


def keep_class(session: Session, category: Category) -> None:
    """A class is a person's from now on, at the end of the list: keys of other classes stay what they are."""
    if category.state == "kept":
        return
    category.state = "kept"
    others = _kept_besides(session, category)
    if category.position is None and any(row.position is None and row.id > category.id for row in others):
        _place(session, category, len(others) + 1)


def _free_id(session: Session) -> int:
    largest = (session.scalar(select(func.max(Category.id))) or 0) + 1
    if largest < LARGEST_ID:
        return largest
    taken = set(session.scalars(select(Category.id)))  # an id at the very end was asked for
    return next(number for number in range(1, LARGEST_ID) if number not in taken)


def update_category(session: Session, category_id: int, fields: dict[str, Any]) -> Category:
    """Change name, supercategory, colour, keypoints or skeleton.

    Raises ConflictError where the name is taken, or where the number of keypoints would change under
    instances that have them.
    """
    category = find_category(session, category_id)
    if "name" in fields:
        name = checked_name(fields["name"])
        other = category_named(session, name)
        if other is not None and other.id != category.id:
            raise ConflictError(say("category_exists", name=name))
        if name != category.name:
            add_model_names(category, [category.name])
        category.name = name
    if "color" in fields:
        category.color = checked_color(fields["color"])
    if "supercategory" in fields:
        category.supercategory = fields["supercategory"]
    if "keypoints" in fields or "skeleton" in fields:
        keypoints, skeleton = checked_keypoint_names(
            fields.get("keypoints", category.keypoints), fields.get("skeleton", category.skeleton)
        )
        if len(keypoints) != len(category.keypoints) and (number := _with_keypoints(session, category)):
            count = len(category.keypoints)
            raise ConflictError(say("keypoints_counted", number=number, name=category.name, count=count))
        category.keypoints, category.skeleton = keypoints, skeleton
    if "attributes" in fields:
        category.extra = (category.extra or {}) | {"attributes": checked_definitions(fields["attributes"])}
    if "key" in fields:
        _give_key(session, category, fields["key"])
    if "hidden" in fields:
        category.hidden = bool(fields["hidden"])
    keep_class(session, category)
    if "position" in fields:
        _place(session, category, fields["position"])
    session.flush()
    return category


def _give_key(session: Session, category: Category, key: str | None) -> None:
    """A key is one class's: whoever had it is by place again."""
    if key is not None and key not in KEYS:
        raise InvalidFieldError("key", f"key is {key!r}: choose a digit from 1 to 9, or null")
    for other in session.scalars(select(Category).where(Category.key == key)) if key else ():
        other.key = None
    category.key = key


def _place(session: Session, category: Category, position: int | None) -> None:
    """Put a class at a place, from 1, of the list of those that are kept; null is back to the order of ids."""
    if position is None:
        category.position = None
        return
    others = _kept_besides(session, category)
    others.sort(key=lambda row: (row.position is None, row.position or 0, row.id))
    others.insert(max(0, position - 1), category)
    for place, row in enumerate(others, 1):
        row.position = place


def _kept_besides(session: Session, category: Category) -> list[Category]:
    return [row for row in all_categories(session) if row.state == "kept" and row.id != category.id]


def find_category(session: Session, category_id: int) -> Category:
    """The category of an id; raises NotFoundError."""
    category = session.get(Category, category_id)
    if category is None or category.state == "removed":
        raise NotFoundError(say("no_category", category=category_id))
    return category


def class_for_object(session: Session, category_id: int) -> Category | None:
    """The class that an object is about to have: it is neither removed nor merged until the transaction ends."""
    if session.get_bind().dialect.name == "sqlite":  # whoever writes there does so alone
        return session.get(Category, category_id)
    return session.get(Category, category_id, with_for_update={"read": True, "key_share": True})


def category_named(session: Session, name: str) -> Category | None:
    """The category of a name, as it is written."""
    return session.scalar(select(Category).where(Category.name == name))


def category_for_model(session: Session, model_category: Any) -> Category:
    """The store's category of the same name as a model's, or that had it once; suggested where there is none."""
    name = model_category["name"]
    found = category_named(session, name) or _renamed_from(session, name)
    if found is None:
        found = create_category(session, {"name": name, "supercategory": model_category.get("supercategory")})
        found.state = "suggested"
    elif found.state == "removed":
        found.state = "suggested"
    if model_category.get("keypoints") and not found.keypoints:
        found.keypoints, found.skeleton = checked_keypoint_names(
            model_category["keypoints"], model_category.get("skeleton")
        )
    return found


def model_names(category: Category) -> list[str]:
    """The names by which models know a class that has another one now."""
    names = (category.extra or {}).get("model_names", [])
    return [name for name in names if isinstance(name, str)]


def add_model_names(category: Category, names: Sequence[str]) -> None:
    """Remember names that a class had, so that a model that knows them means it."""
    known = dict.fromkeys([*model_names(category), *names])
    category.extra = (category.extra or {}) | {"model_names": list(known)}


def _renamed_from(session: Session, name: str) -> Category | None:
    rows = session.scalars(select(Category).where(Category.extra.is_not(None), Category.merged_into.is_(None)))
    return next((row for row in rows if name in model_names(row)), None)


def checked_name(name: object) -> str:
    """A category's name without spaces around it; raises InvalidFieldError."""
    if not isinstance(name, str) or not name.strip():
        raise InvalidFieldError("name", say("category_without_name"))
    if len(name.strip()) > LONGEST_NAME:
        raise InvalidFieldError("name", say("category_name_long", most=LONGEST_NAME))
    if any(ord(character) < 32 or ord(character) == 127 for character in name.strip()):
        raise InvalidFieldError("name", say("category_name_control", name=name))
    return name.strip()


def checked_color(color: object) -> str:
    """A colour "#rrggbb" in lower case; raises InvalidFieldError."""
    if not is_color(color):
        raise InvalidFieldError("color", f"color is {color!r}: write #rrggbb")
    return str(color).lower()


def is_color(color: object) -> bool:
    """Whether a value is a colour "#rrggbb"."""
    return isinstance(color, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", color) is not None


def checked_keypoint_names(names: object, skeleton: object) -> tuple[list[str], list[list[int]]]:
    """Keypoint names and the skeleton's pairs of 1-based numbers; raises InvalidFieldError."""
    names, skeleton = names or [], skeleton or []
    if not isinstance(names, list) or not all(isinstance(name, str) and name.strip() for name in names):
        raise InvalidFieldError("keypoints", "a category's keypoints are a list of names")
    if len(names) > MOST_KEYPOINTS:
        raise InvalidFieldError("keypoints", say("too_many_keypoints", number=len(names), most=MOST_KEYPOINTS))
    if len(set(names)) < len(names):
        raise InvalidFieldError("keypoints", say("keypoint_names_alike"))
    numbers = range(1, len(names) + 1)
    if not isinstance(skeleton, list) or not all(
        isinstance(pair, list) and len(pair) == 2 and all(type(end) is int and end in numbers for end in pair)
        for pair in skeleton
    ):
        raise InvalidFieldError("skeleton", say("skeleton_pairs", most=len(names)))
    return [name.strip() for name in names], skeleton


def has_keypoints(session: Session, category: Category) -> bool:
    """Whether an object of a class has keypoints."""
    return _with_keypoints(session, category) > 0


def _with_keypoints(session: Session, category: Category) -> int:
    some = cast(Instance.keypoints, String) != "[]"
    return session.scalar(select(func.count()).where(Instance.category_id == category.id, some)) or 0
