"""The merge desk's keys as a person uses them; the table of all keys (`test_keys`) takes them from here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from cockpit.commands import Approve, Reject
from cockpit.state import Comment
from tests.fakes.link import FakeLink
from tests.nights import ready
from tests.session import User

Flow = Callable[[User, FakeLink], Awaitable[None]]

FILES = """\
diff --git a/parsers/cli.py b/parsers/cli.py
--- a/parsers/cli.py
+++ b/parsers/cli.py
@@ -3,3 +3,4 @@ def options(parser):
     parser.add_argument("file")
-    parser.add_argument("--lax")
+    parser.add_argument("--lax", action="store_true")
+    parser.add_argument("--strict", action="store_true")
     return parser
diff --git a/poetry.lock b/poetry.lock
--- a/poetry.lock
+++ b/poetry.lock
@@ -1,1 +1,1 @@
-hash = "aa11"
+hash = "bb22"
diff --git a/tests/test_cli.py b/tests/test_cli.py
--- a/tests/test_cli.py
+++ b/tests/test_cli.py
@@ -9,1 +9,2 @@
 import cli
+import pytest
"""
"""A change to code, to a lock file, and to its tests."""

STRICT = '    parser.add_argument("--strict", action="store_true")'


async def at_the_diff(user: User, link: FakeLink) -> None:
    """The person has gone into T3's diff."""
    link.patches["T3"] = FILES
    await user.resizes(120, 40)
    await user.presses("3", "enter")


async def approve_all(user: User, link: FakeLink) -> None:
    more = ready("T11", "Name the months")
    await link.becomes(replace(link.state, tasks={**link.state.tasks, "T11": more}))
    await user.presses("A")
    await user.confirms(question="Merge T3 and T11?", detail="T11 Name the months")
    assert link.commands == [Approve("T3"), Approve("T11")]


async def comment(user: User, link: FakeLink) -> None:
    await at_the_diff(user, link)
    await user.presses("right_square_bracket", "down", "down", "down", "down", "c")
    await user.writes("Call it --pedantic.", question="Comment on parsers/cli.py:5")
    user.sees("desk").contains("✎ Call it --pedantic.", "✎ 1 comment not sent")
    await user.presses("x")
    await user.writes("Nearly.", question="Send T3 back with 1 comment?")
    wanted = Comment("parsers/cli.py", "Call it --pedantic.", 5, quote=STRICT)
    assert link.commands == [Reject("T3", "Nearly.", (wanted,))]
    user.sees("desk").lacks("pedantic")


async def viewed(user: User, link: FakeLink) -> None:
    await at_the_diff(user, link)
    await user.presses("right_curly_bracket", "space")
    user.sees("desk").contains("parsers/cli.py changed +2 -1 ✓ viewed · ▸ folded", "1 of 3 viewed")
    await user.presses("space")
    user.sees("desk").contains("poetry.lock changed +1 -1 ✓ viewed · generated · ▸ folded", "2 of 3 viewed")
    await user.presses("left_curly_bracket", "space")
    user.sees("desk").contains("1 of 3 viewed", "generated · ▸ folded")


async def tree(user: User, link: FakeLink) -> None:
    await at_the_diff(user, link)
    await user.presses("f")
    user.sees("desk").contains("parsers/", "~ cli.py", "tests/", "~ test_cli.py", "~ poetry.lock")
    await user.presses("end", "enter")
    user.sees("desk").lacks("tests/ ")
    await user.presses("c")
    user.sees("dialog").contains("Comment on poetry.lock")


async def generated(user: User, link: FakeLink) -> None:
    await at_the_diff(user, link)
    user.sees("desk").contains("poetry.lock changed +1 -1 generated · ▸ folded", "1 generated")
    user.sees("desk").lacks("bb22")
    await user.presses("g")
    user.sees("desk").contains("bb22")
    await user.presses("g")
    user.sees("desk").lacks("bb22")


async def edit(user: User, link: FakeLink) -> None:
    await at_the_diff(user, link)
    await user.presses("right_square_bracket", "down", "down", "down", "e")
    assert link.desk.programs == [(["true", "+4", "/look/T3/parsers/cli.py"], "/look/T3")]
    assert link.desk.left == ["/look/T3"]
    user.sees("status").contains("✓ T3 as it would land")


async def shell(user: User, link: FakeLink) -> None:
    await at_the_diff(user, link)
    link.desk.says_when_left = "uncommitted in T3's worktree: cli.py"
    await user.presses("o")
    assert link.desk.programs == [(["/bin/sh"], "/work/T3")]
    user.sees("status").contains("✗ uncommitted in T3's worktree: cli.py")


DESK_FLOWS: Mapping[str, Flow] = {
    "approve-all": approve_all,
    "desk.comment": comment,
    "diff.viewed": viewed,
    "desk.tree": tree,
    "diff.generated": generated,
    "desk.edit": edit,
    "desk.shell": shell,
}
