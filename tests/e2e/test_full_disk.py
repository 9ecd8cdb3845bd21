"""A disk that fills up in the middle of the night, and has room again later: nothing is lost, and that is said."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cockpit.cli import status as status_command
from cockpit.lock import engine_pid, engine_words
from cockpit.places import Places
from cockpit.report import build, markdown
from cockpit.state import TaskState
from cockpit.status import WAITS_FOR_YOU, exit_code, plain_text
from tests.crashes import Night, wrong
from tests.fakes.driven import eventually

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]

Switch = Callable[[bool], None]


@contextmanager
def by_order(folder: Path) -> Iterator[tuple[Night, Switch]]:
    """Every write of ours fails while a file is there."""
    flag = folder / "full"

    def switch(is_full: bool) -> None:
        flag.touch() if is_full else flag.unlink()

    yield Night(folder, {"COCKPIT_FULL": str(flag)}), switch


@contextmanager
def for_real(folder: Path) -> Iterator[tuple[Night, Switch]]:
    """A small disk of its own, filled to the last byte."""
    place = folder / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", place], capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")

    def switch(is_full: bool) -> None:
        filler = place / "filler"
        if not is_full:
            filler.unlink()
            return
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(bytes(65_536)):
                continue

    try:
        yield Night(place), switch
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.parametrize("disk", [by_order, for_real])
def test_a_full_disk_holds_the_night_up_and_it_goes_on_by_itself(tmp_path: Path, disk: Callable[..., object]) -> None:
    with disk(tmp_path) as (night, switch):  # type: ignore[attr-defined]
        try:
            night.begins()
            eventually(lambda: night.state().in_state(TaskState.WORKING, TaskState.TESTING, TaskState.LANDED), "work")
            engine = engine_pid(night.places.folder)
            switch(True)
            eventually(lambda: engine_words(night.places.folder), "word of the full disk")

            found = status_command.now(night.places)
            assert found["engine"]["holds"]
            assert exit_code(found) == WAITS_FOR_YOU
            assert "nothing new begins" in plain_text(found)
            position = night.state().position
            assert engine_pid(night.places.folder) == engine, "the engine left because of a full disk"

            switch(False)
            state = night.goes_on()
            assert state.position > position
            assert not list(wrong(night, state)), night.story()
            assert state.held_up
            assert "## Held up" in markdown(build(state, state.engine.stopped))
            assert state.engine.pid == engine, "another engine was needed"
            assert engine_words(night.places.folder) == ""
        finally:
            night.leaves()


def test_the_status_reads_on_a_disk_that_is_read_only(tmp_path: Path) -> None:
    """What the system makes of a disk with errors: the same files, and nobody can write."""
    view, place = tmp_path / "view", tmp_path / "disk"
    view.mkdir()
    place.mkdir()
    night = Night(place)
    try:
        night.begins()
        night.goes_on()
    finally:
        night.leaves()
    if subprocess.run(["mount", "--bind", tmp_path / "disk", view], capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", view], check=True)
        found = status_command.now(Places(view / "repo"))
        assert "read-only" in found["engine"]["holds"]
        assert found["tasks"]["by_state"] == {"landed": 3}
        assert exit_code(found) == WAITS_FOR_YOU
    finally:
        subprocess.run(["umount", "--lazy", view], check=True)
