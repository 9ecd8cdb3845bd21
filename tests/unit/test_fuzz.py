"""Whatever a file or a stream holds, reading it ends in a value or in the clear error that its reader promises.

Never in a traceback, never in a hang. `scripts/fuzz N` tries as many examples as one likes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings

from cockpit import codec, commands, config, events, presence, reading_file, screen_file, status_cache, taskfile
from cockpit.agents import answers, neutral, stream
from cockpit.agents.api_transcript import Transcript
from cockpit.agents.claude_stream import ClaudeTranslator
from cockpit.demo import playfile
from cockpit.demo.script import BadPlay
from cockpit.fold import fold, fold_all
from cockpit.hosts import control, frames, session_file
from cockpit.hosts.journal import Journal
from cockpit.hosts.launch import Control, Launch
from cockpit.hosts.lines import LineReader
from cockpit.ledger import LedgerError, damage, quick, snapshot
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.reading import Draft, Write
from cockpit.sources import plan
from cockpit.state import Comment, Session, State, Task
from tests.unit.hostile import hostile
from tests.unit.test_snapshot import a_night

LONGEST_ERROR = 3_000
EXAMPLES = int(os.environ.get("COCKPIT_FUZZ", "60"))
HERE = Path(__file__).parent.parent
LOG = a_night(5, 80).log
HAPPENED: tuple[stream.StreamEvent, ...] = (
    stream.Said("hello"),
    stream.ToolCalled("1", "Bash", "run tests", "pytest"),
    stream.Spent(0.5, 100, "m", "cli"),
    stream.Ended(True, "done", denials=("Bash",)),
    stream.Exited(0),
)
LINES = b"".join(stream.dump_line(stream.Line(n, 1.0, event)).encode() for n, event in enumerate(HAPPENED, 1))
CLAUDE = [
    json.dumps(line).encode()
    for line in (
        {"type": "system", "subtype": "init", "session_id": "s", "model": "m", "tools": ["Bash"], "cwd": "/w"},
        {"type": "assistant", "message": {"id": "1", "model": "m", "usage": {"input_tokens": 3, "output_tokens": 4},
         "content": [{"type": "text", "text": "hi"}, {"type": "tool_use", "id": "t", "name": "Edit",
         "input": {"file_path": "/w/a.py", "old_string": "a", "new_string": "b"}}]}},
        {"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]}},
        {"type": "control_request", "request_id": "r", "request": {"subtype": "can_use_tool", "tool_name":
         "AskUserQuestion", "input": {"questions": [{"question": "which?", "header": "h", "multiSelect": False,
         "options": [{"label": "a", "description": "b"}]}]}}},
        {"type": "result", "subtype": "success", "is_error": False, "result": "done", "total_cost_usd": 0.5,
         "usage": {"input_tokens": 3}, "permission_denials": [{"tool_name": "Bash"}]},
    )
]  # fmt: skip
TRANSCRIPT = b"".join(
    json.dumps(line).encode() + b"\n"
    for line in (
        {"session": "s"},
        {"message": {"role": "user", "content": [{"type": "text", "text": "go"}]}, "ids": ["m1"]},
        {"message": {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {}}]},
         "ids": []},
    )
)  # fmt: skip


class Reader(NamedTuple):
    """Who reads something that others may have written."""

    samples: Sequence[bytes]
    read: Callable[[bytes, Path], object]
    errors: tuple[type[Exception], ...] = ()
    """What it may end in."""


def in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def written(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return read(folder / name)

    return written


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def claude(data: bytes, folder: Path) -> object:
    translator = ClaudeTranslator("/w")
    return [list(translator.read(line)) for line in text(data).split("\n")], list(translator.finish())


def neutral_stream(data: bytes, folder: Path) -> object:
    translator = neutral.NeutralTranslator()
    return [list(translator.read(line)) for line in text(data).split("\n")]


def journal(path: Path) -> None:
    opened = Journal(str(path))
    opened.append(stream.Said("more"))
    opened.close()
    assert stream.Tail(path).read()


def lines(path: Path) -> None:
    reader = LineReader(str(path))
    try:
        for line in reader.read()[0]:
            neutral.load_order(line)
    finally:
        reader.close()


def transcript(path: Path) -> None:
    opened = Transcript(path, "s", resume=True)
    opened.tell({"m2": "go on"})
    opened.answered([{"type": "text", "text": "well"}])
    assert json.dumps(opened.messages)
    opened.close()
    path.unlink()


def socket_frames(data: bytes, folder: Path) -> object:
    whole = frames.Frames()
    return [frames.read_size(body) for _, body in [*whole.take(data[:7]), *whole.take(data[7:])]]


def a_row(data: bytes, folder: Path) -> State:
    """The same, whichever way it is read."""
    for name in events.KINDS:
        slow = events.load(name, data)
        if isinstance(slow, events.Unknown) and slow.damage:
            continue  # broken perhaps where only the slow reader looks, in what both leave out
        try:
            quickly = quick.decoder(name)(data)
        except ValueError:
            continue
        assert name == type(quickly).__name__
        assert {f: getattr(quickly, f) for f in type(slow).__slots__} == {
            f: getattr(slow, f) for f in type(slow).__slots__
        }
    return fold([events.Recorded(1, "night", 1, 1.0, events.load(name, data)) for name in events.KINDS])


def a_ledger(data: bytes, folder: Path) -> None:
    """A file that may be a ledger."""
    home = folder / "ledger"
    home.mkdir(exist_ok=True)
    for left in home.iterdir():
        if left.is_file():
            left.unlink()
    (home / "ledger.db").write_bytes(data)
    try:
        with closing(SqliteLedger(home)) as ledger:
            assert fold_all(ledger.happened(), State()) == fold(ledger.read())
    finally:
        if damage.check(home):
            damage.mend(home, 0.0)


def a_snapshot(data: bytes, folder: Path) -> None:
    """One that can't be what it says counts for nothing."""
    with closing(SqliteLedger(folder / "of")) as ledger:
        if not ledger.last():
            for one in LOG:
                ledger.append(one.stream, ledger.version(one.stream), [one.event], one.at)
        (folder / "of" / snapshot.NAME).write_bytes(data)
        assert snapshot.replay(ledger, folder / "of") == fold(ledger.read())


def samples(folder: Path) -> dict[str, Reader]:
    """Every reader, with what it reads while all is well."""
    session_file.write(folder / "s", Session("agent-1", "builder", "working", "T1", "editing", "a step", 0.5))
    draft = Write("T1", Draft(Comment("a.py", "text", 3)))
    reading_file.note(folder, draft)
    screen_file.write(folder / "screen", "agents", {"layout": "one", "zoom": 2})
    status_cache.write(folder, 7, {"agents": []})
    with closing(SqliteLedger(folder / "new")) as ledger:
        for one in LOG:
            ledger.append(one.stream, ledger.version(one.stream), [one.event], one.at)
        snapshot.write(folder / "new", ledger.read(ledger.last() - 1)[0], fold(ledger.read()))
        ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    rows = [events.dump(one.event)[1].encode() for one in LOG]
    orders = [json.dumps(codec.encode(one)).encode() for one in (Control("say", "text", "m1"), Control("end"))]
    verdict = {"approve": True, "summary": "s", "criteria": [], "findings": []}
    return {
        "session file": Reader(
            [(folder / "s").read_bytes()], in_file("s", session_file.read), (session_file.BrokenSession,)
        ),
        "agent's stream": Reader([LINES], in_file("events.jsonl", lambda path: stream.Tail(path).read())),
        "host's journal": Reader([LINES], in_file("events.jsonl", journal)),
        "a turn's end": Reader([LINES], in_file("events.jsonl", stream.is_mid_turn)),
        "claude's stream": Reader([*CLAUDE, b"\n".join(CLAUDE)], claude),
        "a neutral agent's stream": Reader([LINES], neutral_stream),
        "the api agent's transcript": Reader([TRANSCRIPT], in_file("transcript.jsonl", transcript)),
        "frames of a terminal": Reader([frames.size_frame(b"s", (80, 24)) * 2], socket_frames, (frames.BadFrame,)),
        "control inbox": Reader(orders, in_file("control.jsonl", lines)),
        "a control": Reader(orders, lambda data, _: codec.decode(Control, codec.parse(data)), (codec.BadValue,)),
        "a launch": Reader(orders, lambda data, _: codec.decode(Launch, codec.parse(data)), (codec.BadValue,)),
        "host.json": Reader(
            [b'{"pid": 1, "pid_birth": 5}'], in_file("host.json", lambda p: control.read_pids(p.parent))
        ),
        "plan": Reader(
            [path.read_bytes() for path in (HERE / "plans").glob("*.md")], in_file("p.md", plan.read), (plan.PlanError,)
        ),
        "a task in the editor": Reader(
            [taskfile.write(fold(LOG), Task("T1", "a", "b", ("c",))).encode()],
            lambda data, _: taskfile.read(text(data)),
            (taskfile.BadDocument,),
        ),
        "configuration": Reader(
            [(HERE.parent / "config.example.toml").read_bytes(), b'[agents]\nkind = "claude"\ncount = 3\n'],
            in_file(config.FILE, lambda path: config.load(path.parent, {})),
            (config.ConfigError,),
        ),
        "a play": Reader(
            [b'[[scene]]\nname="a"\n[[scene.turn]]\n[[scene.turn.step]]\nsay="x"\nfail={status=429, times=2}\n'],
            in_file("play.toml", playfile.load),
            (BadPlay,),
        ),
        "screen.toml": Reader([(folder / "screen").read_bytes()], in_file("screen", screen_file.read)),
        "reading.json": Reader(
            [(folder / "reading.json").read_bytes()],
            in_file("reading.json", lambda path: reading_file.note(path.parent, draft)),
        ),
        "seen": Reader([b"1000.5 900.25\n"], in_file("seen", presence.read)),
        "status.json": Reader(
            [(folder / "status.json").read_bytes()], in_file("status.json", lambda p: status_cache.read(p.parent, 7))
        ),
        "snapshot": Reader([(folder / "new" / "state.json").read_bytes()], a_snapshot),
        "a ledger's row": Reader(rows, a_row),
        "ledger": Reader([(folder / "new" / "ledger.db").read_bytes()], a_ledger, (LedgerError,)),
        "a command": Reader(
            [json.dumps(commands.dump(commands.Approve("T1"))[1]).encode()],
            lambda data, _: [commands.load(name, events.load("X", data).data) for name in commands.KINDS],  # type: ignore[union-attr]
        ),
        "a verdict": Reader(
            [json.dumps(verdict).encode()],
            lambda data, _: answers.checked(answers.VerdictAnswer, codec.parse(data)),
            (answers.BadAnswer, codec.BadValue),
        ),
    }


NAMES = (
    *(
        "session file",
        "agent's stream",
        "host's journal",
        "a turn's end",
        "claude's stream",
        "a neutral agent's stream",
    ),
    *("the api agent's transcript", "frames of a terminal", "control inbox", "a control", "a launch", "host.json"),
    *("plan", "a task in the editor", "configuration", "a play", "screen.toml", "reading.json", "seen", "status.json"),
    *("snapshot", "a ledger's row", "ledger", "a command", "a verdict"),
)
FEW = {"snapshot": 3, "ledger": 3, "a ledger's row": 2}
"""Readers that are slow, and of how many examples they get one."""


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    found = samples(tmp_path_factory.mktemp("samples"))
    assert tuple(found) == NAMES
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_ends_in_a_value_or_in_its_own_error(name: str, readers: dict[str, Reader], tmp_path: Path) -> None:
    reader = readers[name]

    @settings(
        max_examples=max(1, EXAMPLES // FEW.get(name, 1)),
        deadline=5000,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(hostile(reader.samples))
    def holds(data: bytes) -> None:
        try:
            reader.read(data, tmp_path)
        except reader.errors as error:
            said = str(error)
        else:
            return
        assert 0 < len(said) < LONGEST_ERROR

    holds()


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_reads_what_is_well(name: str, readers: dict[str, Reader], tmp_path: Path) -> None:
    reader = readers[name]
    for sample in reader.samples:
        if name not in ("plan", "a launch"):  # some of these samples have a fault on purpose
            reader.read(sample, tmp_path)
