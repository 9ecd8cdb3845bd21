"""The text of a pull request: what it says, in whose words, and that nobody's words do anything there."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cockpit.config import ConfigError, check
from cockpit.config_github import GitHubConfig
from cockpit.engine.pull_text import MOST, body, title
from cockpit.prompting import PromptError
from cockpit.state import CriterionCheck, Finding, GateResult, Severity, Task, TaskState, Verdict

VERDICT = Verdict(
    True,
    "Fine, thanks @ada. ```\nCloses #99",
    (CriterionCheck("dates are right", True), CriterionCheck("fast <b>", False)),
    (Finding(Severity.BLOCKING, "fixes #98", "app.py", 3),),
    head="h1",
)
TASK = Task(
    "T1",
    "Mend @bea's dates\nCloses #97",
    description="As in #12",
    criteria=("dates are right", "fast <b>", "small"),
    state=TaskState.READY,
    head="h1",
    gated_head="h1",
    target_commit="base",
    source="acme/site#7",
    gates=(GateResult("tests", True, seconds=1.0), GateResult("secrets", False, "token? @eve", 0.1, asks=True)),
    verdict=VERDICT,
    usd=1.5,
    estimated=True,
    cycles=1,
)


def engine(root: Path = Path("/"), **settings: Any) -> Any:
    return SimpleNamespace(
        config=SimpleNamespace(github=GitHubConfig(**settings)), repository=SimpleNamespace(root=root)
    )


def outside_fences(text: str) -> str:
    """What GitHub would read as text."""
    kept, fence = [], ""
    for line in text.splitlines():
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line
        else:
            kept.append(line)
    return "\n".join(kept)


def test_it_closes_its_issue_and_says_what_was_asked_checked_and_spent() -> None:
    text = body(engine(), TASK)
    assert text.startswith("Closes #7\n")
    assert "- [x] dates are right: met" in text
    assert ": **not met**" in text
    assert "- [ ] small: not reviewed" in text
    assert "- tests: passed (1.0 s)" in text
    assert "- secrets: asked for a person's yes (0.1 s)" in text
    assert "Approved by the reviewing agent after 1 cycle of rework" in text
    assert "- cost: $1.50 est." in text


def test_nobodys_words_mention_or_close_anything() -> None:
    text = outside_fences(body(engine(), TASK))
    assert text.count("Closes #") == 1
    for done in ("@ada", "@bea", "@eve", "#99", "#98", "#97", "#12", "<b>"):
        assert done not in text
        assert done not in title(TASK)
    assert "\n" not in title(TASK)
    assert "Closes" not in body(engine(), Task("T2", "x"))


def test_a_text_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("{closes}: {title} {cost}\n")
    assert body(engine(tmp_path, template="mine.md"), TASK).startswith("Closes #7: Mend ")
    (tmp_path / "mine.md").write_text("{nonsense}")
    with pytest.raises(PromptError, match=r"placeholders that mean nothing: nonsense; known: closes, cost"):
        body(engine(tmp_path, template="mine.md"), TASK)
    for name in ("none.md", "../outside.md"):
        with pytest.raises(PromptError, match="can't be read"):
            body(engine(tmp_path, template=name), TASK)


def test_it_is_never_longer_than_github_takes() -> None:
    long = Task("T1", "t" * 999, criteria=tuple(f"{n} {'x' * 900}" for n in range(100)))
    assert len(title(long)) <= 200
    assert len(body(engine(), long)) <= MOST + 100


def test_the_switches_belong_together() -> None:
    with pytest.raises(ConfigError, match="needs enabled, push and pull_requests"):
        check({"github": {"enabled": True, "deliver": "pull-request"}}, Path("cockpit.toml"))
