"""What a model may answer where it answers once: strict pydantic models, and the JSON schemas made of them.

Every field is required, because a model that may leave something out does. The schemas keep to what
structured output takes: no bounds, no patterns, no defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cockpit.state import CriterionCheck, Finding, Severity, Verdict
from cockpit.text import cut, plain

LONGEST = 8_000
"""Characters of one text in an answer that are kept."""


LONGEST_NAME = 80
"""Characters of a field's name in an answer that are said of it: a model can call one what it likes."""


class BadAnswer(ValueError):
    """An answer does not have the shape that was asked for; the text says where, for the model to read."""


class Strict(BaseModel):
    """A model that takes nothing unasked and converts nothing."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """The schema without the titles, which say nothing that the names don't."""
        schema: dict[str, Any] = _untitled(super().model_json_schema(*args, **options))
        return schema


class CriterionAnswer(Strict):
    """One acceptance criterion."""

    criterion: str
    met: bool
    note: str = Field(description="What shows it; empty where it is plain")


class FindingAnswer(Strict):
    """One thing that the reviewer saw."""

    # Written out, for strict mode takes no text for an enum.
    severity: Severity = Field(strict=False)
    text: str
    file: str = Field(description="Path, or empty")
    line: int = Field(description="Line in the new file, or 0")


class VerdictAnswer(Strict):
    """A review."""

    approve: bool
    summary: str
    criteria: list[CriterionAnswer]
    findings: list[FindingAnswer]

    def to_verdict(self, head: str) -> Verdict:
        """The verdict on `head`. A yes that its own findings or criteria contradict is none, and says so."""
        criteria = tuple(CriterionCheck(_kept(c.criterion), c.met, _kept(c.note)) for c in self.criteria)
        findings = tuple(Finding(f.severity, _kept(f.text), _kept(f.file), max(0, f.line)) for f in self.findings)
        summary = _kept(self.summary)
        against = self._against() if self.approve else ""
        if against:
            summary = f"{summary}\n(Counted as rework: it approves, but {against}.)".lstrip()
        return Verdict(self.approve and not against, summary, criteria, findings, head)

    def _against(self) -> str:
        unmet = sum(not c.met for c in self.criteria)
        blocking = sum(f.severity is Severity.BLOCKING for f in self.findings)
        reasons = [
            f"{blocking} finding{'s' * (blocking > 1)} block{'s' * (blocking == 1)}" if blocking else "",
            f"{unmet} criteri{'a are' if unmet > 1 else 'on is'} not met" if unmet else "",
        ]
        return " and ".join(filter(None, reasons))


A = TypeVar("A", bound=BaseModel)


def checked(kind: type[A], data: Any) -> A:
    """`data` as `kind`. Raises BadAnswer that names each field that is wrong."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        raise BadAnswer("; ".join(_problem(e) for e in error.errors()[:10])) from error


def _problem(error: Mapping[str, Any]) -> str:
    where = ".".join(cut(str(part), LONGEST_NAME) for part in error["loc"]) or "the answer"
    return f"{where}: {error['msg']}"


def _kept(text: str) -> str:
    return cut(plain(text), LONGEST)


def _untitled(schema: Any) -> Any:
    """Drop the titles that pydantic adds; a property that is called title stays."""
    if isinstance(schema, list):
        return [_untitled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: {name: _untitled(inner) for name, inner in value.items()} if key == "properties" else _untitled(value)
        for key, value in schema.items()
        if key != "title"
    }
