"""The referee: every request and response of a test, held against GitHub's own OpenAPI description.

The description is loaded when the first request needs it, and once for each process, since that takes a second or two.
Beside what openapi-core checks, a query parameter or a field of the body that the description does not know is a
violation as well: GitHub takes no notice of those, and so a misspelt one would never be found.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote

from tests.fakes.github.cut import PACKED

HOST = "https://api.github.com"
ANYWHERE = frozenset({304, 401, 403, 404, 429})
"""Answers that any operation may give, whether or not the description lists them; and all from 500 on."""


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    template: str
    """The path of the description that it is of, e.g. `/repos/{owner}/{repo}/issues`."""
    params: dict[str, str]
    query: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, with what its places hold quoted, slashes too."""
        return self.template.format(**{name: quote(value, safe="") for name, value in self.params.items()})


@cache
def description() -> dict[str, Any]:
    """GitHub's description, cut down."""
    found: dict[str, Any] = json.loads(gzip.decompress(PACKED.read_bytes()))
    return found


@cache
def _api() -> Any:
    from openapi_core import Config, OpenAPI

    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]  # what it says of it
    return OpenAPI.from_dict(description(), config=config)


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = description()
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


def _operation(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = description()["paths"][asked.template][asked.method.lower()]
    return found


@dataclass
class Referee:
    """Takes down what was against the description."""

    violations: list[str] = field(default_factory=list)
    _seen: set[tuple[str, str, int, bytes]] = field(default_factory=set)

    def request(self, asked: Asked) -> None:
        """Check a request."""
        if trouble := _unknown(asked) or _refused(lambda: _api().validate_request(_request(asked))):
            self.violations.append(f"request {asked.method} {asked.path}: {trouble}")

    def response(self, asked: Asked, status: int, body: bytes) -> None:
        """Check a response; one and the same only once."""
        mark = (asked.method, asked.template, status, body)
        if mark in self._seen:
            return
        self._seen.add(mark)
        if str(status) not in _operation(asked)["responses"]:
            if status not in ANYWHERE and status < 500:
                self.violations.append(f"response {asked.method} {asked.path}: {status} is none that GitHub gives")
            return
        from openapi_core.testing import MockResponse

        given = MockResponse(body, status, content_type="application/json")
        if trouble := _refused(lambda: _api().validate_response(_request(asked), given)):
            self.violations.append(f"response {asked.method} {asked.path} {status}: {trouble}")


def _request(asked: Asked) -> Any:
    from openapi_core.testing import MockRequest

    return MockRequest(HOST, asked.method.lower(), asked.path, args=asked.query, data=asked.body or None)


def _refused(check: Any) -> str:
    from openapi_core.exceptions import OpenAPIError

    try:
        check()
    except OpenAPIError as error:
        wrong: list[Any] = list(getattr(error.__cause__, "schema_errors", ()))
        reasons = [f"{'/'.join(map(str, one.absolute_path))}: {one.message[:300]}" for one in wrong]
        return "; ".join(reasons or [f"{error}: {error.__cause__}"[:600]])
    return ""


def _unknown(asked: Asked) -> str:
    """What the description knows nothing of."""
    operation = _operation(asked)
    item = description()["paths"][asked.template]
    parameters = [_resolve(one) for one in [*item.get("parameters", ()), *operation.get("parameters", ())]]
    known = {one["name"] for one in parameters if one["in"] == "query"}
    if strange := set(asked.query) - known:
        return f"no such parameter: {', '.join(sorted(strange))}"
    if not asked.body:
        return ""
    if "requestBody" not in operation:
        return "it takes no body"
    try:
        body = json.loads(asked.body)
    except ValueError:
        return "the body is no JSON"
    content = _resolve(operation["requestBody"])["content"]["application/json"]["schema"]
    properties = _properties(content)
    if isinstance(body, dict) and properties and (strange := set(body) - properties):
        return f"no such field: {', '.join(sorted(strange))}"
    return ""


def _properties(schema: dict[str, Any]) -> set[str]:
    schema = _resolve(schema)
    names = set(schema.get("properties", ()))
    for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        names |= _properties(part)
    return names
