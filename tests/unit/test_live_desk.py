"""Looking at a task's files with other programs, on real repositories: nothing of the night is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cockpit.live_desk import LiveDesk
from cockpit.opening import at_line, shell
from cockpit.places import Places
from cockpit.repo import PathTaken, Repository, copy_out, drop_copy
from cockpit.state import Task, TaskState
from tests.repos import commit, git, make_repo, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a task's branch."""
    root = make_repo(tmp_path)
    git(root, "switch", "-q", "-c", "agent-1/task-T1")
    commit(root, {"app.py": "VALUE = 2\n", ".gitignore": "*.pyc\n"}, "two")
    git(root, "switch", "-q", "main")
    return root


def task_of(root: Path) -> Task:
    """The task, ready."""
    head = git(root, "rev-parse", "agent-1/task-T1")
    return Task("T1", "two", state=TaskState.READY, branch="agent-1/task-T1", head=head)


async def test_a_copy_holds_the_reviewed_files_and_goes_when_nothing_was_changed(root: Path) -> None:
    desk, task = LiveDesk(Places(root)), task_of(root)
    place = await desk.copy(task)
    folder = Path(place.folder)

    assert (folder / "app.py").read_text() == "VALUE = 2\n"
    assert not os.stat(folder / "app.py").st_mode & 0o222
    assert place.says.startswith("T1 as it is on its branch")
    assert desk.run(["sh", "-c", "touch left.pyc; exit 3"], place.folder) == 3
    assert await desk.leave(task, place) == ""
    assert list(folder.parent.iterdir()) == []
    assert git(root, "worktree", "list").count("\n") == 0
    assert git(root, "status", "--porcelain") == ""


async def test_what_was_changed_in_a_copy_is_kept_also_when_the_next_one_is_made(root: Path) -> None:
    desk, task = LiveDesk(Places(root)), task_of(root)
    place = await desk.copy(task)
    folder = Path(place.folder)
    (folder / "app.py").chmod(0o644)
    write(folder, {"app.py": "VALUE = 22\n", "notes.txt": "mine\n"})

    assert await desk.leave(task, place) == f"the copy was changed (app.py, notes.txt): it is kept as {folder}"
    again = await desk.copy(task)
    assert (Path(again.folder) / "app.py").read_text() == "VALUE = 2\n"
    assert (folder.with_name("look-T1-1") / "app.py").read_text() == "VALUE = 22\n"
    assert (folder.with_name("look-T1-1") / "notes.txt").read_text() == "mine\n"


def test_a_folder_of_somebody_else_is_left_alone(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "mine", {"a.txt": "a\n"})
    with pytest.raises(PathTaken, match="is no copy of the cockpit's"):
        copy_out(Repository.open(root), "main", tmp_path / "mine")
    assert (tmp_path / "mine" / "a.txt").exists()


def test_links_and_odd_names_are_copied_as_they_are(root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to("/etc/hostname")
    head = commit(root, {"dir/ä b.txt": "x\n"})
    copy_out(Repository.open(root), head, tmp_path / "look")
    assert (tmp_path / "look" / "link").is_symlink()
    assert (tmp_path / "look" / "dir" / "ä b.txt").exists()
    assert drop_copy(Repository.open(root), tmp_path / "look") == []


async def test_a_shell_gets_the_agents_worktree_while_it_holds_what_was_reviewed(root: Path) -> None:
    desk, task = LiveDesk(Places(root)), task_of(root)
    tree = root.parent / "repo.worktrees" / "agent-1"
    git(root, "worktree", "add", "-q", str(tree), "agent-1/task-T1")

    place = await desk.workshop(task)
    assert (place.folder, place.is_copy) == (str(tree), False)
    assert await desk.leave(task, place) == ""
    write(tree, {"app.py": "VALUE = 3\n"})
    assert await desk.leave(task, place) == "uncommitted in T1's worktree: app.py; it lands only through its agent (x)"
    commit(tree, {"app.py": "VALUE = 4\n"})
    assert "a still merges what was checked" in await desk.leave(task, place)

    moved = await desk.workshop(task)
    assert moved.is_copy
    assert (Path(moved.folder) / "app.py").read_text() == "VALUE = 2\n"


async def test_what_is_generated_comes_from_the_configuration_and_from_gitattributes(root: Path) -> None:
    desk = LiveDesk(Places(root))
    rules = ("api/*.ts linguist-generated", "hand.lock -linguist-generated", "lib/** linguist-vendored=true")
    write(root, {".gitattributes": "\n".join(rules)})
    paths = ["poetry.lock", "hand.lock", "api/client.ts", "lib/a.js", "app.py", "docs/index.html"]

    assert await desk.generated(paths) == {"poetry.lock", "api/client.ts", "lib/a.js"}
    write(root, {"cockpit.toml": '[desk]\ngenerated = ["docs/"]\n'})
    assert await desk.generated(paths) == {"docs/index.html", "api/client.ts", "lib/a.js"}


@pytest.mark.parametrize(
    ("variable", "line", "wanted"),
    [
        ("true", 12, ["true", "+12", "a.py"]),
        ("true -n", 0, ["true", "-n", "a.py"]),
    ],
)
def test_the_editor_opens_at_the_line(variable: str, line: int, wanted: list[str]) -> None:
    environ = {"EDITOR": variable, "PATH": os.environ["PATH"]}
    assert at_line(Path("a.py"), line, environ) == wanted


def test_editors_that_take_the_line_in_another_way_get_it_so(tmp_path: Path) -> None:
    for name in ("code", "hx"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert at_line(Path("a.py"), 3, {"EDITOR": "code --wait", "PATH": str(tmp_path)}) == [
        *("code", "--wait", "--goto", "a.py:3")
    ]
    assert at_line(Path("a.py"), 3, {"VISUAL": "hx", "PATH": str(tmp_path)}) == ["hx", "a.py:3"]
    assert shell({"SHELL": "/bin/zsh"}) == ["/bin/zsh"]
