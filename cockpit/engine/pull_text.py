"""The text of a pull request: the issue it closes, criteria with the verdict, gates, cost.

What agents wrote stands in code fences, where it can mention nobody and close nothing; what people wrote in tasks has
its mentions and references taken out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit import paths
from cockpit.policy.review import review_text
from cockpit.prompting import PromptError, fenced, fill, fill_text, one_line
from cockpit.pulls import issue_of
from cockpit.state import CriterionCheck, GateResult, Task
from cockpit.text import cut, plain
from cockpit.words import cost

if TYPE_CHECKING:
    from cockpit.engine.engine import Engine

MOST = 60_000
"""Characters; GitHub takes 65,536."""
MOST_SAID = 6_000
"""Of a gate's output, or of what a reviewer said."""
TITLE = 200
_NOBODY = "\N{ZERO WIDTH SPACE}"


def title(task: Task) -> str:
    """One line."""
    line = quiet(one_line(task.title))
    return line if len(line) <= TITLE else f"{line[: TITLE - 1]}…"


def body(engine: Engine, task: Task) -> str:
    """The whole text. Raises PromptError where the user's own template can't be filled."""
    issue = issue_of(task.source)
    values = {
        "closes": f"Closes #{issue}" if issue else "",
        "title": title(task),
        "task": task.id,
        "description": quiet(cut(plain(task.description), MOST_SAID)) or title(task),
        "criteria": _criteria(task),
        "gates": "\n".join(_gate(gate) for gate in task.gates) or "None are configured.",
        "verdict": _verdict(task),
        "cost": _cost(task),
        "facts": _facts(task),
    }
    return cut(_filled(engine, values).strip(), MOST) + "\n"


def _filled(engine: Engine, values: dict[str, str]) -> str:
    name = engine.config.github.template
    if not name:
        return fill("pull_request", **{key: values[key] for key in _OURS})
    try:
        path = paths.inside(engine.repository.root, name)
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise PromptError(f"[github] template {name!r} can't be read: {error}") from error
    return fill_text(text, name, values)


_OURS = ("closes", "description", "criteria", "gates", "verdict", "facts")


def quiet(text: str) -> str:
    """`text` that mentions nobody, refers to no issue, and hides nothing."""
    for sign in "@#<":
        text = text.replace(sign, f"{sign}{_NOBODY}")
    return text


def _criteria(task: Task) -> str:
    checked = (
        {check.criterion: check for check in task.verdict.criteria} if task.current_verdict and task.verdict else {}
    )
    if not task.criteria:
        return "None were written down."
    return "\n".join(_criterion(text, checked.get(text)) for text in task.criteria)


def _criterion(text: str, check: CriterionCheck | None) -> str:
    said = "" if check is None else ": met" if check.met else ": **not met**"
    return f"- [{'x' if check and check.met else ' '}] {quiet(one_line(text))}{said or ': not reviewed'}"


def _gate(gate: GateResult) -> str:
    result = "asked for a person's yes" if gate.asks else "passed" if gate.passed else "let through by a person"
    flaky = ", at the second try" if gate.flaky else ""
    line = f"- {quiet(one_line(gate.name))}: {result}{flaky} ({gate.seconds:.1f} s)"
    return line if gate.passed or not gate.output else f"{line}\n\n{fenced(cut(plain(gate.output), MOST_SAID))}\n"


def _verdict(task: Task) -> str:
    verdict = task.current_verdict
    if verdict is None:
        return "Nobody has reviewed it."
    told = "Approved" if verdict.approve else "Not approved"
    after = f" after {task.cycles} cycle{'s' if task.cycles != 1 else ''} of rework" if task.cycles else ""
    return (
        f"{told} by the reviewing agent{after}, in its words:\n\n{fenced(cut(plain(review_text(verdict)), MOST_SAID))}"
    )


def _cost(task: Task) -> str:
    if not (task.usd or task.unpriced):
        return ""
    return cost(task.usd, task.unpriced, task.estimated)


def _facts(task: Task) -> str:
    cost_line = f"- cost: {_cost(task)}" if _cost(task) else ""
    lines = [f"- task: {task.id}", f"- change: {quiet(one_line(task.diffstat))}" if task.diffstat else "", cost_line]
    return "\n".join([*filter(None, lines), f"- checked: {task.head} merged with {task.target_commit}"])
