"""How a page that is made here speaks: by the language that was chosen in it, else by the browser's."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import cookie_parser

from app.messages.en import ENGLISH
from app.messages.message import LANGUAGES, in_language

COOKIE = "maskloop_language"  # the canvas writes it when a language is chosen

_CODES = {line: code for code, line in ENGLISH.items()}


class Wording:
    """The lines of one language by their codes; English for a language that there is no table of."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._table = LANGUAGES[self.language]

    def __call__(self, code: str, /, **values: object) -> str:
        """The line of a code with values in its places."""
        return self._table[code].format(**values)

    def counted(self, code: str, number: int) -> str:
        """A number and its noun: the line of `code`, or of `code`_one."""
        return self(f"{code}_one" if number == 1 else code, number=number)

    def decimal(self, value: float, digits: int) -> str:
        """A number within a sentence."""
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "de" else text

    def of(self, message: object) -> str:
        """A message, an error's, or a line that was stored in English; what is in no table stays as it is."""
        text = in_language(message, self.language)
        return self(_CODES[text]) if text in _CODES else text


def asked_language(headers: Mapping[str, str]) -> str:
    """The language for who sends these headers (names in lower case): the first of theirs that there is a table of."""
    chosen = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
    wanted = [chosen, *headers.get("accept-language", "").split(",")]
    tags = (tag.split(";")[0].strip().split("-")[0].lower() for tag in wanted)
    return next((tag for tag in tags if tag in LANGUAGES), "en")
