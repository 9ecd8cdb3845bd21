"""Bytes that no honest program would write: random ones, and valid files cut off, mixed up and filled with nonsense."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

NASTY: tuple[bytes, ...] = (
    *(b"", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b]0;x\x07", b"\x1b[2J", b"\r", b"\x85", b"\xe2\x80\xae"),
    *(b"NaN", b"-Infinity", b"nan", b"inf", b"1e999", b"-1", b"1.0", b"0.1e-400", b"9" * 400, b"9" * 5000, b"0x7f"),
    *(b"null", b"true", b"[]", b"{}", b'""', b'"\\ud800"', b'"\\u0000"', b"'", b'"', b'"""', b"1979-05-27T07:32:00Z"),
    *(b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"[" * 100_000, b"]", b"}", b"\n", b"\n\n", b"=", b":", b","),
    *(
        b"[[",
        b"- [ ] ",
        b"# ",
        b"```",
        b"| a |",
        b"> " * 500,
        b"  " * 2000 + b"- x",
        b"../../etc/passwd",
        b"x" * 70_000,
    ),
)


@st.composite
def mixed_up(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A valid file with some of its stretches cut out, doubled, exchanged or replaced."""
    data = draw(st.sampled_from(list(samples)))
    for _ in range(draw(st.integers(1, 4))):
        here = draw(st.integers(0, len(data)))
        there = draw(st.integers(here, min(len(data), here + 40)))
        match draw(st.integers(0, 5)):
            case 0:
                data = data[:here]
            case 1:
                data = data[:here] + data[there:]
            case 2:
                data = data[:there] + data[here:]
            case 3:
                data = data[:here] + draw(st.binary(max_size=8)) + data[there:]
            case _:
                data = data[:here] + draw(st.sampled_from(NASTY)) + data[there:]
    return data


@st.composite
def other_values(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A valid file in which one value after a colon or an equals sign is another."""
    data = draw(st.sampled_from(list(samples)))
    places = [n for n, byte in enumerate(data) if byte in b":="]
    if not places:
        return data
    here = draw(st.sampled_from(places)) + 1
    ends = [n for n in (data.find(mark, here) for mark in (b",", b"\n", b"}")) if n > 0]
    return data[:here] + draw(st.sampled_from(NASTY)) + data[min(ends, default=len(data)) :]


def hostile(samples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Any of it."""
    return st.one_of(st.binary(max_size=300), st.sampled_from(NASTY), mixed_up(samples), other_values(samples))
