"""What the Claude Code CLI asks a person, and how it is answered: `can_use_tool` by `--permission-prompt-tool stdio`.

Two things come that way: the tool AskUserQuestion, with up to four questions at once, and tools that a rule
says to ask about first. The CLI waits for as long as it takes. It gets its own input back with the answers in it,
so that is kept as it came: what is shown to a person is cut and cleaned.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cockpit.agents import Reply
from cockpit.agents.steps import detail_of, step_of
from cockpit.agents.stream import Asked
from cockpit.questions import MAX_CHOICES, PERMISSION, PERMISSION_CHOICES, Choice
from cockpit.text import cut

ASK_TOOL = "AskUserQuestion"

MAX_TEXT = 2_000
"""Characters of a question or a choice that are kept."""

DENIED = "The person in charge does not allow this. Go on without it, or say why you can't."

Data = Mapping[str, Any]


def asked(request: Data, name: str, worktree: str) -> list[Asked]:
    """What a `can_use_tool` request asks, a part for each question; `name` is the request's id."""
    tool, given = _text(request.get("tool_name")), _object(request.get("input"))
    questions = [q for q in given.get("questions") or () if isinstance(q, Mapping)] if tool == ASK_TOOL else []
    if questions:
        return [_question(q, name, n, len(questions)) for n, q in enumerate(questions, 1)]
    return [
        Asked(
            name,
            step_of(tool, given, worktree),
            PERMISSION_CHOICES,
            about=PERMISSION,
            header=cut(_text(request.get("decision_reason")), MAX_TEXT),
            tool=tool,
            detail=detail_of(tool, given, worktree),
        )
    ]


def _question(question: Data, name: str, part: int, parts: int) -> Asked:
    options = [o for o in question.get("options") or () if isinstance(o, Mapping) and _text(o.get("label"))]
    choices = tuple(Choice(_bounded(o, "label"), _bounded(o, "description")) for o in options[:MAX_CHOICES])
    many = question.get("multiSelect") is True
    header = _bounded(question, "header")
    return Asked(name, _bounded(question, "question"), choices, many, header=header, part=part, parts=parts)


def reply_line(request: Data, reply: Reply) -> str:
    """The line that answers a request."""
    given = _object(request.get("input"))
    if request.get("tool_name") == ASK_TOOL:
        texts = [_text(q.get("question")) for q in given.get("questions") or () if isinstance(q, Mapping)]
        given = {**given, "answers": dict(zip(texts, reply.answers, strict=False))}
    if reply.allow:
        said: Data = {"behavior": "allow", "updatedInput": given}
    else:
        said = {"behavior": "deny", "message": reply.note or DENIED}
    response = {"subtype": "success", "request_id": reply.id, "response": said}
    return f"{json.dumps({'type': 'control_response', 'response': response})}\n"


def _bounded(data: Data, key: str) -> str:
    return cut(_text(data.get(key)), MAX_TEXT)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _object(value: Any) -> Data:
    return value if isinstance(value, dict) else {}
