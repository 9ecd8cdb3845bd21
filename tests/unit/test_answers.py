"""Answers: strict where a model writes, truthful where it contradicts itself."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from cockpit.agents.answers import BadAnswer, VerdictAnswer, checked
from cockpit.state import CriterionCheck, Finding, Severity, Verdict


def review(**changes: Any) -> dict[str, Any]:
    """A review that approves."""
    criterion = {"criterion": "mean() is there", "met": True, "note": "stats.py:1"}
    return {"approve": True, "summary": "Good.", "criteria": [criterion], "findings": []} | changes


def finding(severity: str) -> dict[str, Any]:
    """A finding."""
    return {"severity": severity, "text": "Divides by zero.", "file": "stats.py", "line": 2}


def test_a_good_review_becomes_a_verdict() -> None:
    answer = checked(VerdictAnswer, review(findings=[finding("minor")]))
    assert answer.to_verdict("abc") == Verdict(
        approve=True,
        summary="Good.",
        criteria=(CriterionCheck("mean() is there", True, "stats.py:1"),),
        findings=(Finding(Severity.MINOR, "Divides by zero.", "stats.py", 2),),
        head="abc",
    )


def test_a_yes_with_a_blocking_finding_is_a_no_that_says_so() -> None:
    verdict = checked(VerdictAnswer, review(findings=[finding("blocking")])).to_verdict("abc")
    assert not verdict.approve
    assert verdict.summary == "Good.\n(Counted as rework: it approves, but 1 finding blocks.)"


def test_a_yes_with_an_unmet_criterion_is_a_no_that_says_so() -> None:
    unmet = {"criterion": "tests", "met": False, "note": ""}
    verdict = checked(VerdictAnswer, review(criteria=[unmet, unmet])).to_verdict("abc")
    assert not verdict.approve
    assert "but 2 criteria are not met" in verdict.summary


def test_a_no_stays_a_no_in_its_own_words() -> None:
    verdict = checked(VerdictAnswer, review(approve=False, findings=[finding("blocking")])).to_verdict("abc")
    assert (verdict.approve, verdict.summary) == (False, "Good.")
    assert len(verdict.blocking) == 1


def test_escape_sequences_do_not_get_in() -> None:
    assert checked(VerdictAnswer, review(summary="\x1b[2JGood.")).to_verdict("a").summary == "Good."


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"approve": "yes"}, "approve: Input should be a valid boolean"),
        ({"findings": [finding("fatal")]}, "findings.0.severity: Input should be 'blocking', 'minor' or 'note'"),
        ({"mood": "good"}, "mood: Extra inputs are not permitted"),
        ({"criteria": [{"criterion": "x"}]}, "criteria.0.met: Field required"),
    ],
)
def test_a_bad_answer_is_told_where(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(BadAnswer) as caught:
        checked(VerdictAnswer, review(**changes))
    assert problem in str(caught.value)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(review(**changes), VerdictAnswer.model_json_schema())


def test_a_field_of_an_endless_name_is_told_in_short() -> None:
    with pytest.raises(BadAnswer) as caught:
        checked(VerdictAnswer, {"x" * 5_000: True})
    assert "Extra inputs are not permitted" in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_no_answer_at_all_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="the answer: Input should be"):
        checked(VerdictAnswer, None)


def test_the_schema_keeps_to_what_structured_output_takes() -> None:
    schema = VerdictAnswer.model_json_schema()
    jsonschema.validate(review(findings=[finding("note")]), schema)

    def look(part: Any) -> None:
        if isinstance(part, dict):
            assert not {"title", "default", "minimum", "maxLength", "pattern"} & part.keys()
            if part.get("type") == "object":
                assert part["additionalProperties"] is False
                assert sorted(part["required"]) == sorted(part["properties"])
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(schema)
