"""`/docs`: every route with what it takes and gives, as one page without a script, so that it needs no network."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

STYLE = """:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;
padding:0 1rem}summary{cursor:pointer;padding:.3rem 0}code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{overflow:auto;padding:.6rem;border:1px solid #8885;border-radius:4px}td,th{text-align:left;vertical-align:top;
padding:.1rem .8rem .1rem 0}.method{display:inline-block;min-width:4.5rem;font-weight:600}details{margin-left:.5rem}
section{border-bottom:1px solid #8883}"""


def add_reference(app: FastAPI) -> None:
    """Serve the page; the same as JSON is at /openapi.json."""
    app.get("/docs", include_in_schema=False)(docs)


def docs(request: Request) -> HTMLResponse:
    """The page of the application that is asked.

    A function of the module: FastAPI remembers the functions of routes for as long as the process lives, and with a
    function made for one application all of that application and its store.
    """
    return HTMLResponse(reference_page(request.app.openapi()))


def reference_page(openapi: dict[str, Any]) -> str:
    """The page of an OpenAPI description."""
    info = openapi["info"]
    operations = "".join(
        _operation(method, path, described)
        for path, methods in openapi["paths"].items()
        for method, described in methods.items()
    )
    schemas = "".join(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> {escape(schema.get("description", ""))}'
        f"</summary>{_json(schema)}</details>"
        for name, schema in openapi.get("components", {}).get("schemas", {}).items()
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}: routes</title><style>{STYLE}</style><h1>{escape(info['title'])} "
        f"{escape(info['version'])}</h1><p>{escape(info.get('description', ''))} The same for programs: "
        f'<a href="openapi.json">openapi.json</a>.</p>{operations}<h2>Schemas</h2>{schemas}</html>'
    )


def _operation(method: str, path: str, described: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(entry['name'])}</code></td><td>{escape(entry['in'])}"
        f"{', needed' if entry.get('required') else ''}</td><td><code>{_kind(entry['schema'])}</code></td>"
        f"<td>{escape(entry.get('description', ''))}</td></tr>"
        for entry in described.get("parameters", ())
    )
    parameters = f"<h4>Parameters</h4><table>{rows}</table>" if rows else ""
    body = "".join(
        f"<h4>Body: {escape(kind)}</h4>{_json(content.get('schema', {}))}"
        for kind, content in described.get("requestBody", {}).get("content", {}).items()
    )
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(answer.get('description', ''))}</td>"
        f"<td>{_schemas_of(answer)}</td></tr>"
        for status, answer in described.get("responses", {}).items()
    )
    text = escape(described.get("description", "")).replace("\n\n", "<p>")
    return (
        f'<section><details><summary><span class="method">{escape(method.upper())}</span> <code>{escape(path)}</code> '
        f"{escape(described.get('summary', ''))}</summary><p>{text}</p>{parameters}{body}"
        f"<h4>Answers</h4><table>{answers}</table></details></section>"
    )


def _kind(schema: dict[str, Any]) -> str:
    """A schema in a few words."""
    if "anyOf" in schema:
        return " or ".join(_kind(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    if "$ref" in schema:
        return _link(schema["$ref"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    return escape(str(schema.get("const", schema.get("type", "anything"))))


def _schemas_of(answer: dict[str, Any]) -> str:
    schemas = (content.get("schema", {}) for content in answer.get("content", {}).values())
    return ", ".join(_kind(schema) for schema in schemas if schema)


def _link(reference: str) -> str:
    name = escape(reference.rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>'


def _json(schema: dict[str, object]) -> str:
    return f"<pre>{escape(json.dumps(schema, indent=1, ensure_ascii=False))}</pre>"
