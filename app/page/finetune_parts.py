"""What the Fine-tune tab is made of besides its layout: a list, a bar, pictures, tables, and what failures say."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import gradio as gr
from sqlalchemy.exc import SQLAlchemyError

from app.finetuning.reviewed_data import TooLittleDataError
from app.messages.wording import Wording, asked_language
from app.page.finetune_texts import plain
from app.roles import OWNER, SCOPE_KEY, Person
from app.store.errors import ConflictError, InvalidFieldError, NotFoundError, one_line

logger = logging.getLogger("maskloop")


def any_choice(**options: object) -> gr.Dropdown:
    """A list whose value is checked where it is used.

    Gradio compares it with the choices of this session: after a restart of the server a page that is still open has
    a new one, without choices, and each of its buttons would be refused without a word.
    """
    dropdown = gr.Dropdown(**options)
    # Of this one, not of a class derived from Dropdown: Gradio writes a file beside the module of each of these.
    dropdown.preprocess = lambda payload: payload
    return dropdown


def bar(progress: float) -> str:
    return (
        '<div style="height: 8px; border-radius: 4px; background: var(--border-color-primary)">'
        f'<div style="height: 8px; border-radius: 4px; background: var(--color-accent); width: {progress:.1%}">'
        "</div></div>"
    )


def sender(request: gr.Request) -> Person:
    """Who pressed a button, or has the page open."""
    person: Person = request.request.scope.get(SCOPE_KEY, OWNER)
    return person


def table(headers: list[str], rows: list[list[Any]], **options: Any) -> gr.Dataframe:
    """New rows of a table, below their names in a person's language."""
    return gr.Dataframe(value={"headers": headers, "data": rows}, headers=headers, **options)


def wording(request: gr.Request) -> Wording:
    """In which words somebody is answered."""
    return Wording(asked_language(request.request.headers))


def picture(job_id: int, number: int, words: Wording) -> str:
    address = f"api/jobs/{job_id}/comparison/{number}"
    return f'<a href="{address}" target="_blank"><img src="{address}" alt="{words("picture")}"></a>'


def by_itself(epochs: float | None, offered: float | None) -> bool:
    """Whether the slider stands where it was put, not where a person put it."""
    return epochs is None or offered is None or int(epochs) == int(offered)


def failure(act: Callable[[], object], words: Wording) -> str:
    """What a person is told where an action fails, beside the button that was pressed; empty where it does not."""
    try:
        act()
    except (TooLittleDataError, InvalidFieldError, NotFoundError, ConflictError) as error:
        line = one_line(words.of(error))
    except SQLAlchemyError:
        logger.exception("an action of the Fine-tune tab failed")
        line = words("tab_busy")
    except OSError as error:
        logger.exception("an action of the Fine-tune tab failed")
        line = words("tab_not_writable", reason=error.strerror or words("see_output"))
    except Exception:
        logger.exception("an action of the Fine-tune tab failed")
        line = words("tab_failed")
    else:
        return ""
    return f"**{plain(line)}**"
