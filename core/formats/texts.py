"""Text as XML can hold it."""

from __future__ import annotations

import re

# Control characters and half pairs, which no XML may contain, however they are written.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def xml_text(text: str) -> str:
    """A text without the characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", text)
