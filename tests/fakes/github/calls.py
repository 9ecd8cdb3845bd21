"""What a handler of the stand-in gets and gives, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.fakes.github.cut import ISSUE, PULL, REPO
from tests.fakes.github.store import Repo

__all__ = ["HANDLERS", "ISSUE", "PULL", "REPO", "Call", "Handler", "Refused", "Reply", "handles", "invalid", "missing"]


@dataclass(frozen=True)
class Reply:
    """An answer, before it is written."""

    status: int
    data: Any = None
    """Nothing: no body."""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Refused(Exception):
    """GitHub says no."""

    status: int
    message: str
    errors: Sequence[dict[str, Any]] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def reply(self) -> Reply:
        """As GitHub sends it."""
        body: dict[str, Any] = {"message": self.message, "documentation_url": "https://docs.github.com/rest"}
        if self.errors:
            body["errors"] = list(self.errors)
        return Reply(self.status, body, self.headers)


def missing() -> Refused:
    """There is nothing there, or nothing that this token may see."""
    return Refused(404, "Not Found")


def invalid(resource: str, field_name: str, code: str = "invalid", message: str = "") -> Refused:
    """The body can't be taken."""
    said = {"resource": resource, "field": field_name, "code": code}
    return Refused(422, "Validation Failed", [said | ({"message": message} if message else {})])


@dataclass(frozen=True)
class Call:
    """One request, as a handler sees it."""

    base: str
    """The address of the API, for the addresses in answers."""
    login: str
    params: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    hub: Any
    """The stand-in itself, for what belongs to no repository."""
    path: str = ""

    @property
    def repo(self) -> Repo:
        """The repository that it is about."""
        found: Repo | None = self.hub.repos.get((self.params["owner"], self.params["repo"]))
        if found is None or not found.may(self.login, "read"):
            raise missing()
        return found

    def writable(self, right: str = "write") -> Repo:
        """The repository, where whoever asks may change it."""
        if not self.repo.may(self.login, right):
            raise Refused(403, "Resource not accessible by personal access token")
        return self.repo

    def number(self, name: str) -> int:
        """A number in the path."""
        if not self.params[name].isdigit():
            raise missing()
        return int(self.params[name])

    def listed(self, all_of_them: Sequence[Any], shape: Callable[[Any], Any]) -> Reply:
        """The page of a list that was asked for, and the header that leads to the others."""
        size = min(100, int(self.query.get("per_page", 30)))
        page, last = int(self.query.get("page", 1)), max(1, -(-len(all_of_them) // size))
        wanted = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
        if page <= 1:
            del wanted["first"], wanted["prev"]
        if page >= last:
            del wanted["last"], wanted["next"]
        links = [f'<{self._address(number)}>; rel="{name}"' for name, number in wanted.items()]
        shown = all_of_them[(page - 1) * size : page * size]
        return Reply(200, [shape(one) for one in shown], {"Link": ", ".join(links)} if links else {})

    def _address(self, page: int) -> str:
        return f"{self.base}{self.path}?{urlencode(self.query | {'page': str(page)})}"


Handler = Callable[[Call], Reply]
HANDLERS: dict[tuple[str, str], Handler] = {}
"""By method and path template."""


def handles(method: str, template: str) -> Callable[[Handler], Handler]:
    """Enter a handler into the table."""

    def enter(handler: Handler) -> Handler:
        HANDLERS[method, template] = handler
        return handler

    return enter
