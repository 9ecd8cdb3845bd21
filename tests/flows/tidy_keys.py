"""What a person does with the keys about what lies around; `test_keys` runs them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from cockpit.commands import Clean
from cockpit.git_facts import Removal
from cockpit.shared import Shared
from tests.fakes.link import FakeLink
from tests.session import NOON, User


async def clean(user: User, link: FakeLink) -> None:
    """The question says what goes and what stays, in the words of `cockpit clean --dry-run`."""
    await user.presses("C")
    user.sees("status").contains("✓ nothing to remove")
    tree = Removal("worktree", "/x/app.worktrees/agent-2", "T1 landed", 3_400_000, "refs/cockpit/rescue/T1-1/1")
    link.would_clean = (
        (tree, Removal("branch", "agent-2/task-T1", "it is on main")),
        (Removal("worktree", "/x/app.worktrees/agent-1", "agent-1 works there"),),
    )
    await user.presses("C")
    user.sees("dialog").contains(
        "would remove worktree agent-2: T1 landed; what only it held is kept as refs/cockpit/rescue/T1-1/1",
        "would remove branch agent-2/task-T1: it is on main",
        "stays worktree agent-1: agent-1 works there",
    )
    await user.confirms(question="Remove 2 things, 3.4 MB?", detail="stays worktree agent-1", yes=False)
    assert link.commands == []
    await user.presses("C")
    await user.confirms(question="Remove 2 things", detail="would remove branch")
    assert link.commands == [Clean(24 * 3600.0)]


async def context(user: User, link: FakeLink) -> None:
    await user.presses("F")
    user.sees("status").contains("nothing is shared; explorations share their answers")
    name = "T1-where-is-time-lost.md"
    link.files = {name: "Two thirds go into importing pandas.\n", "glossary.md": "A term.\n"}
    known = Shared(name, "Where is time lost?", task="T1", by="the engine", at=NOON)
    await link.becomes(replace(link.state, context={name: known}))
    await user.presses("F")
    user.sees("dialog").contains("What all agents may read", name, "T1 Where is time lost?", "2 glossary.md")
    await user.picks(name)
    user.sees("dialog").contains("Where is time lost?", "Two thirds go into importing pandas.")
    await user.presses("escape")
    await user.picks("glossary.md")
    user.sees("dialog").contains("A term.")
    await user.presses("escape", "escape")
    assert not user.is_asked


FLOWS: dict[str, Callable[[User, FakeLink], Awaitable[None]]] = {"clean": clean, "context": context}
