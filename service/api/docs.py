"""The API's documentation as one plain page: no script, no outside request."""

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { border-top: 1px solid #ccc; padding-top: 1rem; }
code, pre { background: #f4f4f4; padding: .1rem .3rem; border-radius: 3px; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: top; }
"""
_METHODS = ("get", "post", "put", "patch", "delete")


class DocsPage(OpenAPIRenderPlugin):
    """Renders the OpenAPI schema as HTML that any browser shows offline."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the page."""
        info = openapi_schema["info"]
        raw = self.get_openapi_json_route(request)
        operations = "".join(
            _operation(method, path, item[method])
            for path, item in openapi_schema["paths"].items()
            for method in _METHODS
            if method in item
        )
        schemas = "".join(
            _schema(name, schema) for name, schema in sorted(openapi_schema["components"]["schemas"].items())
        )
        return (
            f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])} API</title>"
            f"<style>{_STYLE}</style><h1>{escape(info['title'])} API</h1><p>{escape(info['description'])}</p>"
            "<p>Send <code>Authorization: Bearer rf_…</code> with every request under <code>/v1</code>. Errors are "
            f"<code>application/problem+json</code>. Machine-readable: <a href='{escape(raw)}'>{escape(raw)}</a>.</p>"
            f"{operations}<h2>Bodies</h2>{schemas}"
        ).encode()


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one['in'])}<td>{escape(_type(one.get('schema', {})))}"
        for one in operation.get("parameters", [])
    )
    bodies = "".join(
        f"<li>body <code>{escape(media_type)}</code>: {escape(_type(content.get('schema', {})))}"
        for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
    )
    responses = "".join(
        f"<li><code>{escape(status)}</code> {escape(response.get('description', ''))}"
        for status, response in operation.get("responses", {}).items()
    )
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p><b>{escape(operation.get('summary', ''))}.</b> "
        f"{escape(operation.get('description', ''))}</p><table>{parameters}</table><ul>{bodies}{responses}</ul>"
    )


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code><td>{escape(_type(one))}<td>{escape(str(one.get('description', '')))}"
        for field, one in schema.get("properties", {}).items()
    )
    return f"<h3>{escape(name)}</h3><p>{escape(schema.get('description', ''))}</p><table>{rows}</table>"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "properties" in schema:
        return "fields " + ", ".join(schema["properties"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if "oneOf" in schema:
        return " or ".join(_type(one) for one in schema["oneOf"])
    kind = schema.get("type", "any")
    return " | ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
