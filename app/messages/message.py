"""A line for a person that knows what it was made of, so that it can be said in another language later."""

from __future__ import annotations

from collections.abc import Mapping

from app.messages.de import GERMAN
from app.messages.en import ENGLISH
from app.messages.zh import CHINESE

# The page names its language in this header; whoever does not send it, as scripts, is answered in English.
LANGUAGE_HEADER = "MaskLoop-Language"
LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN, "zh": CHINESE}


class Message(str):
    """The English line, as any other text; `code` and `values` say it again in another language."""

    code: str
    values: dict[str, object]


def say(code: str, /, **values: object) -> Message:
    """The line of the English table that is called `code`, with values in its places."""
    message = Message(ENGLISH[code].format(**values))
    message.code, message.values = code, values
    return message


def in_language(message: object, language: str) -> str:
    """A message, or the message of an error, in a language of the table; what is in no table stays as it is."""
    line, table = _line_of(message), LANGUAGES.get(language)
    return table[line.code].format(**line.values) if line is not None and table is not None else str(message)


def code_of(message: object) -> str | None:
    """What a message, or that of an error, is called in the tables; None for one that is in none."""
    line = _line_of(message)
    return line.code if line is not None else None


def _line_of(message: object) -> Message | None:
    line = message.args[0] if isinstance(message, BaseException) and message.args else message
    return line if isinstance(line, Message) else None
