"""What is used of the disk: whose files are too large, and when they are measured."""

from __future__ import annotations

from pathlib import Path

from cockpit.engine.usage import Disk
from cockpit.state import Run

MOST = 2.0


class Room:
    """The free megabytes that a disk says it has."""

    def __init__(self) -> None:
        self.free = 100.0

    def __call__(self, _: Path) -> float:
        return self.free

    def takes(self, folder: Path, megabytes: int) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "big").write_bytes(b"x" * (megabytes << 20))
        self.free -= megabytes


def process(begun: float, worktree: Path) -> Run:
    return Run("T1-1", "T1", 1, "s", worktree=str(worktree), begun=begun)


async def test_what_an_agent_writes_outside_its_worktree_counts_as_well(tmp_path: Path) -> None:
    room, tree, tmp = Room(), tmp_path / "tree", tmp_path / "tmp"
    tree.mkdir()
    disk, run = Disk(room), process(1.0, tree)
    assert await disk.over(run, (tree, tmp), MOST) == ""

    room.takes(tmp, 3)

    assert "take 3 MB of disk, 2 are allowed" in await disk.over(run, (tree, tmp), MOST)


async def test_nothing_is_measured_while_the_disk_has_the_room_it_had(tmp_path: Path) -> None:
    room = Room()
    disk, run = Disk(room), process(1.0, tmp_path)
    room.takes(tmp_path / "old", 3)
    for _ in range(2):
        assert await disk.over(run, (tmp_path,), MOST) == ""
    assert await disk.over(run, (tmp_path,), 0) == ""


async def test_who_takes_the_work_up_again_may_make_room_and_is_held_to_the_bound_all_the_same(tmp_path: Path) -> None:
    room = Room()
    disk, again = Disk(room), process(2.0, tmp_path)
    await disk.over(process(1.0, tmp_path), (tmp_path,), MOST)
    room.takes(tmp_path / "big", 3)
    assert await disk.over(process(1.0, tmp_path), (tmp_path,), MOST)

    assert await disk.over(again, (tmp_path,), MOST) == ""
    room.takes(tmp_path / "more", 1)

    assert "take 4 MB" in await disk.over(again, (tmp_path,), MOST)
