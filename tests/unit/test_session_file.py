"""The session file: what is written is read again; anything else is refused with a reason, never fatal."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from cockpit.hosts.session_file import MAX_BYTES, STATUSES, TYPES, BrokenSession, read, set_aside, write
from cockpit.state import Session
from cockpit.text import plain

SESSION = Session(
    agent="agent-1",
    role="builder",
    status="working",
    current_task="T3",
    current_phase="editing",
    current_step='edit "stats.py"',
    progress=0.25,
    branch_name="agent-1/task-T3",
    worktree="/srv/ä/agent-1",
    started=1_700_000_000.5,
    last_heartbeat=1_700_000_010.0,
    last_activity=1_700_000_009.0,
    pid=4711,
    pid_started=1_700_000_000.25,
    session_id="9a3f6c1e-0000-4000-8000-000000000001",
    errors=1,
    cost_usd_est=0.125,
    tokens=12_345,
)

CONTRACT = (
    "agent role status current_task current_phase current_step progress branch_name worktree started "
    "last_heartbeat last_activity pid pid_started session_id errors cost_usd_est tokens"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent-1.session"


def changed(path: Path, **values: object) -> None:
    """Write a session file of which some values are others; None leaves the key out."""
    data = {name: getattr(SESSION, name) for name in TYPES} | values
    path.write_text(tomli_w.dumps({k: v for k, v in data.items() if v is not None}), encoding="utf-8")


def test_it_has_the_keys_of_the_contract_in_their_order(path: Path) -> None:
    write(path, SESSION)
    keys = [line.partition(" = ")[0] for line in path.read_text("utf-8").splitlines()]
    assert keys == CONTRACT.split()


def test_what_is_written_is_read(path: Path) -> None:
    write(path, SESSION)
    assert read(path) == SESSION


def test_writing_replaces_the_file_in_one_go_and_leaves_nothing_else(path: Path) -> None:
    write(path, SESSION)
    with path.open("rb") as reader:
        write(path, replace(SESSION, current_step="another"))
        assert b"stats.py" in reader.read()
    assert read(path).current_step == "another"
    assert os.listdir(path.parent) == [path.name]


def test_a_folder_that_is_not_there_is_an_error_of_the_system(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write(path.parent / "none" / path.name, SESSION)


texts = st.text(max_size=80)
whole = st.integers(min_value=0, max_value=2**53)
amounts = st.floats(min_value=0, max_value=1e12)


@given(
    session=st.builds(
        Session,
        agent=st.integers(1, 99).map("agent-{}".format),
        role=texts,
        status=st.sampled_from(sorted(STATUSES)),
        current_task=texts,
        current_phase=texts,
        current_step=texts,
        progress=st.floats(0, 1),
        branch_name=texts,
        worktree=texts,
        started=amounts,
        last_heartbeat=amounts,
        last_activity=amounts,
        pid=whole,
        pid_started=amounts,
        session_id=texts,
        errors=whole,
        cost_usd_est=amounts,
        tokens=whole,
    )
)
def test_every_session_survives_the_disk_but_for_control_characters(
    tmp_path_factory: pytest.TempPathFactory, session: Session
) -> None:
    path = tmp_path_factory.mktemp("sessions") / "agent-1.session"
    write(path, session)
    shown: dict[str, Any] = {n: plain(getattr(session, n)) for n, kind in TYPES.items() if kind == "str"}
    assert read(path) == replace(session, **shown)


def test_keys_of_other_tools_are_let_be(path: Path) -> None:
    changed(path, mood="good")
    assert read(path) == SESSION


def test_whole_numbers_will_do_for_seconds_and_money(path: Path) -> None:
    changed(path, progress=1, cost_usd_est=2)
    session = read(path)
    assert (session.progress, session.cost_usd_est) == (1.0, 2.0)


@pytest.mark.parametrize("name", CONTRACT.split())
def test_every_key_is_needed(path: Path, name: str) -> None:
    changed(path, **{name: None})
    with pytest.raises(BrokenSession, match=f"^{name} is missing$"):
        read(path)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"status": "resting"}, "status must be one of ideating, idle"),
        ({"agent": " "}, "agent is empty"),
        ({"progress": 1.5}, "progress must lie between 0 and 1"),
        ({"progress": float("nan")}, "progress must lie between 0 and 1"),
        ({"cost_usd_est": float("inf")}, "cost_usd_est is out of range"),
        ({"cost_usd_est": -0.01}, "cost_usd_est is out of range"),
        ({"tokens": -1}, "tokens is out of range"),
        ({"pid": 2**70}, "pid is out of range"),
        ({"started": 10**400}, "started is out of range"),
        ({"pid": True}, "pid must be int, not bool"),
        ({"pid": 1.0}, "pid must be int, not float"),
        ({"pid": "1"}, "pid must be int, not str"),
        ({"progress": "half"}, "progress must be float, not str"),
        ({"current_step": 3}, "current_step must be str, not int"),
        ({"role": ["builder"]}, "role must be str, not list"),
    ],
)
def test_values_that_make_no_sense_are_refused(path: Path, values: dict[str, object], reason: str) -> None:
    changed(path, **values)
    with pytest.raises(BrokenSession, match=f"^{reason}"):
        read(path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "agent is missing"),
        (b"agent = \n", "not TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a = " + b"[" * 5000, "not TOML"),
        (b"pid = " + b"9" * 5000, "not TOML"),
        (b"#" * (MAX_BYTES + 1), "larger than"),
    ],
    ids=["empty", "torn", "binary", "nested", "digits", "huge"],
)
def test_what_is_no_session_file_is_refused(path: Path, content: bytes, reason: str) -> None:
    path.write_bytes(content)
    with pytest.raises(BrokenSession, match=reason):
        read(path)


def test_a_link_in_its_place_is_refused_and_what_it_leads_to_is_neither_read_nor_written(path: Path) -> None:
    mine = path.parent / "mine.txt"
    mine.write_text("my own")
    path.symlink_to(mine)
    with pytest.raises(BrokenSession, match="link"):
        read(path)
    (path.parent / f".{path.name}.{os.getpid()}").symlink_to(mine)
    write(path, SESSION)
    assert mine.read_text() == "my own"
    assert not path.is_symlink()
    assert read(path) == SESSION


def test_a_pipe_in_its_place_holds_nobody_up(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(BrokenSession, match="no ordinary file"):
        read(path)


def test_a_link_in_place_of_the_folder_for_broken_ones_is_moved_away(path: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (path.parent / "broken").symlink_to(elsewhere)
    path.write_text("nonsense")
    assert set_aside(path).read_text() == "nonsense"
    assert not list(elsewhere.iterdir())


def test_a_folder_in_its_place_is_refused(path: Path) -> None:
    path.mkdir()
    with pytest.raises(BrokenSession, match="no ordinary file"):
        read(path)


def test_where_there_is_none_nothing_is_broken(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(path)


def test_broken_ones_are_kept_one_after_another(path: Path) -> None:
    for n in (1, 2):
        path.write_text(f"broken {n}")
        assert set_aside(path) == path.parent / "broken" / f"agent-1-{n}.session"
    assert not path.exists()
    kept = sorted((path.parent / "broken").iterdir())
    assert [file.read_text() for file in kept] == ["broken 1", "broken 2"]
