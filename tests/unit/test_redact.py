"""Secrets are taken out of everything that is stored, in whatever pieces it comes, and JSON stays JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit import events, redact
from cockpit.agents.stream import Said, Tail
from cockpit.gates.output import Output
from cockpit.hosts.journal import Journal
from cockpit.hosts.raw import Kept, RawErrors, RawStream
from tests.secrets_made import clean_lines, planted

MINE = "correct-horse-" + "battery"


@pytest.fixture(autouse=True)
def _known_by_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redact, "_values", redact.Values())
    redact.learn({"MY_API_TOKEN": MINE, "SSH_AUTH_SOCK": "/tmp/ssh-agent.1", "EDITOR": "some-editor-here"})


def kinds() -> list[tuple[str, str]]:
    return [*planted(7).values(), (f"it is {MINE}.", MINE)]


@pytest.mark.parametrize(("line", "secret"), kinds())
def test_a_secret_is_gone_and_the_rest_stays(line: str, secret: str) -> None:
    said = redact.text(f"before\n{line}\nafter")
    assert secret not in said
    assert said.startswith("before\n")
    assert said.endswith("\nafter")
    assert "[redacted: " in said
    assert redact.text(said) == said


def test_clean_text_is_left_as_it_is() -> None:
    text = "\n".join(clean_lines(5))
    assert redact.text(text) == text
    assert redact.text("see /tmp/ssh-agent.1 in some-editor-here") == "see /tmp/ssh-agent.1 in some-editor-here"


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(range(11)), st.lists(st.integers(0, 600), max_size=12), st.booleans())
def test_pieces_give_away_nothing_that_the_whole_does_not(which: int, cuts: list[int], pauses: bool) -> None:
    line, secret = kinds()[which]
    text = f"{clean_lines(which, 3)[0]}\nok\n{line}\n{clean_lines(which, 2)[1]}\n"
    places = sorted({min(cut, len(text)) for cut in cuts})
    flow, out, data = redact.ByteFlow(), [], text.encode()
    for begin, end in zip([0, *places], [*places, len(text)], strict=True):
        out.append(flow.feed(data[begin:end]))
    out.append(flow.flush())
    said = b"".join(out).decode()
    assert secret not in said
    assert said.startswith(text[: text.index("\nok\n")])
    assert said.endswith(text[text.rindex("\n", 0, -1) :])


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_clean_pieces_come_through_whole(text: str, cuts: list[int]) -> None:
    data = text.encode()
    flow, places = redact.ByteFlow(), sorted({min(cut, len(data)) for cut in cuts})
    out = [flow.feed(data[a:b]) for a, b in zip([0, *places], [*places, len(data)], strict=True)]
    assert b"".join([*out, flow.flush()]) == redact.data(data)


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.text(max_size=20) | st.integers(),
        lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=8), c, max_size=3),
    ),
    st.sampled_from(range(11)),
    st.booleans(),
)
def test_json_stays_json(content: object, which: int, ascii_only: bool) -> None:
    line, secret = kinds()[which]
    text = json.dumps({"content": content, "said": line, "list": [line]}, ensure_ascii=ascii_only)
    said = json.loads(redact.json_line(text))
    assert secret not in json.dumps(said)
    assert set(said) == {"content", "said", "list"}


def test_a_secret_written_with_escapes_is_seen() -> None:
    _, secret = planted()["github"]
    hidden = "".join(f"\\u{ord(c):04x}" for c in secret)
    assert secret not in str(json.loads(redact.json_line('{"x": "' + hidden + '"}')))
    url = planted()["url"]
    assert url[1] not in str(json.loads(redact.json_line(json.dumps({"x": url[0]}).replace("/", "\\/"))))


def test_a_value_is_known_by_its_key() -> None:
    secret = planted()["password"][1]
    assert redact.value({"password": secret, "tokens": 5}) == {"password": "[redacted: assigned secret]", "tokens": 5}


def test_the_ledger_stores_none() -> None:
    line, secret = planted()["stripe"]
    event = events.CommandGiven("c1", "Message", {"agent": 1, "text": f"use {line}"}, who="ada")
    name, text = events.dump(event)
    assert secret not in text
    back = events.load(name, text)
    assert isinstance(back, events.CommandGiven)
    assert "[redacted: Stripe key]" in back.data["text"]


def test_the_journal_and_the_raw_stream_store_none(tmp_path: Path) -> None:
    line, secret = planted()["anthropic"]
    journal = Journal(str(tmp_path / "events.jsonl"))
    journal.append(Said(line))
    journal.close()
    assert secret not in (tmp_path / "events.jsonl").read_text()
    assert len(Tail(tmp_path / "events.jsonl").read()) == 1

    stream = RawStream(str(tmp_path / "stream.jsonl"), 10_000)
    raw = json.dumps({"type": "assistant", "text": line})
    os.write(stream.child, raw[:40].encode())
    assert stream.read() == ([], [])
    os.write(stream.child, f"{raw[40:]}\nnext".encode())
    assert stream.read() == ([raw], [])  # whole for who translates it
    os.write(stream.child, b" one\n")
    assert stream.read()[0] == ["next one"]
    kept = (tmp_path / "stream.jsonl").read_text().splitlines()
    assert secret not in kept[0]
    assert json.loads(kept[0])["type"] == "assistant"
    assert (tmp_path / "stream.jsonl").stat().st_mode & 0o777 == 0o600
    stream.release_child()

    errors = RawErrors(str(tmp_path / "stderr.log"), 10_000)
    os.write(errors.child, f"oh: {line[:60]}".encode())
    errors.pump()
    os.write(errors.child, f"{line[60:]}\nend".encode())
    assert errors.last().endswith(b"\nend")
    assert secret not in (tmp_path / "stderr.log").read_text()
    errors.release_child()


def test_what_is_kept_of_a_stream_has_a_bound(tmp_path: Path) -> None:
    kept = Kept(str(tmp_path / "log"), 10_000)
    for number in range(1000):
        kept.append(f"line {number:>40}\n".encode())
    both = (tmp_path / "log.1").read_bytes() + (tmp_path / "log").read_bytes()
    assert len(both) <= 10_000
    assert both.endswith(f"{999:>40}\n".encode())


def test_a_gates_output_has_none_in_memory_or_on_disk(tmp_path: Path) -> None:
    line, secret = planted()["github"]
    with Output(tmp_path / "log") as output:
        for at in range(0, len(line), 7):
            output.add(line[at : at + 7].encode())
        assert secret not in output.text()
    assert secret not in (tmp_path / "log").read_text()


def test_what_a_process_prints_to_its_log_has_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys, "stderr", sys.stderr)
    redact.clean_stderr()
    print(f"it failed with {MINE}", file=sys.stderr, flush=True)
    assert capsys.readouterr().err == "it failed with [redacted: secret of the environment]\n"
