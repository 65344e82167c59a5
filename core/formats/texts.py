"""The text of files in any Unicode encoding, and what it says as JSON or as XML; each fault is one line."""

from __future__ import annotations

import codecs
import json
import re
from contextlib import suppress
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

# Control characters and half pairs, which no XML may contain, however they are written.
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DEEPEST_XML = 100  # elements inside each other; the formats have six
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes, name: str) -> str:
    """Text in UTF-8, or in UTF-16 or UTF-32 with a byte order mark; ValueError in one line for anything else."""
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data[:4]:  # as Windows' tools write without a mark
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise ValueError(f"{name}: not UTF-8 or UTF-16 text; save it as UTF-8") from None


def decoded_head(data: bytes) -> str:
    """As much of a text's beginning as can be decoded; "" for what is no text."""
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\0" in data[:4]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except UnicodeDecodeError:
        # Which of the legacy encodings it is does not matter to the first characters.
        return "" if b"\0" in data else data.decode("latin-1")


def parsed_json(text: str, name: str) -> object:
    """What a JSON text says; ValueError in one line where it is broken."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{name}: broken JSON at line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise ValueError(f"{name}: its JSON is nested too deeply") from None
    except ValueError:
        raise ValueError(f"{name}: a number in its JSON has thousands of digits") from None


def parsed_json_or_lines(text: str, name: str) -> object:
    """What a JSON text says, or a list of what its lines say (JSON Lines); ValueError in one line where broken."""
    try:
        return parsed_json(text, name)
    except ValueError:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if len(lines) < 2 or not _is_json(lines[0][1]):
            raise
    found = []
    for number, line in lines:
        try:
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            raise ValueError(f"{name}: broken JSON in line {number}, of which each is one of its own") from None
    return found


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError):
        return False


def parsed_xml(data: bytes, name: str) -> Element:
    """The outermost element of an XML text.

    ValueError, in one line, where it is broken, and where it has a document type: entities can blow a small file up
    to gigabytes or read other files, and none of the formats has any.
    """
    data, encoding = _known_to_expat(data, name)
    parser = expat.ParserCreate(encoding)
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST_XML:
            raise ValueError(f"{name}: its XML is nested too deeply")
        builder.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise ValueError(f"{name}: its XML has a document type (<!DOCTYPE …>), which is not read; take that line out")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ValueError(f"{name}: broken XML at line {error.lineno}, column {error.offset}: {reason}") from None
    except (LookupError, UnicodeError):
        raise ValueError(f"{name}: its XML is in an encoding that is not known; save it as UTF-8") from None
    return builder.close()


def _known_to_expat(data: bytes, name: str) -> tuple[bytes, str | None]:
    """An XML text, in UTF-8 where it says that it is in an encoding of several bytes a letter, which expat cannot read.

    The other value is the encoding to take instead of what the text says, if any: UTF-8 too where the text is in that,
    as editors save it that leave the first line as it was. ValueError where it is in no encoding that is known.
    """
    said = re.match(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""", data)
    if said is None or said[1].lower() in (b"utf-8", b"utf-16", b"us-ascii", b"iso-8859-1"):
        return data, None
    with suppress(LookupError):
        for encoding in (said[1].decode("ascii"), "utf-8"):
            with suppress(UnicodeError):
                return data.decode(encoding).encode("utf-8"), "utf-8"
    raise ValueError(f"{name}: its XML is in an encoding that is not known; save it as UTF-8")


def xml_text(text: str) -> str:
    """A text without the characters that XML does not allow."""
    return _NOT_XML.sub("\ufffd", text)
