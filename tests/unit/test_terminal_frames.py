"""Frames between a host and its screens, and the socket they go over."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.hosts import frames
from cockpit.hosts.frames import BadFrame, Frames, frame, read_size, size_frame


@given(st.lists(st.tuples(st.sampled_from([b"o", b"k", b"r"]), st.binary(max_size=300))), st.integers(1, 50))
def test_frames_come_whole_out_of_whatever_pieces(told: list[tuple[bytes, bytes]], piece: int) -> None:
    stream = b"".join(frame(kind, body) for kind, body in told)
    parts = Frames()
    found = [one for at in range(0, len(stream), piece) for one in parts.take(stream[at : at + piece])]

    assert found == told


def test_a_frame_that_is_too_long_is_refused_before_it_comes() -> None:
    with pytest.raises(BadFrame, match="a frame of 1048577 bytes"):
        Frames().take(struct.pack("!cI", b"k", frames.MAX_FRAME + 1))


@pytest.mark.parametrize("body", [b"", b"\0\0\0\0", b"\0\1", struct.pack("!HH", 80, 0), struct.pack("!HH", 1001, 24)])
def test_a_size_that_no_terminal_has_is_refused(body: bytes) -> None:
    with pytest.raises(BadFrame):
        read_size(body)


def test_a_size_is_brought_within_bounds_before_it_is_sent() -> None:
    assert Frames().take(size_frame(frames.SIZE, (0, 99_999))) == [(b"s", struct.pack("!HH", 1, 1000))]


@pytest.mark.parametrize("depth", [0, 5])
def test_the_socket_is_private_and_found_however_deep_the_folder_is(tmp_path: Path, depth: int) -> None:
    folder = tmp_path.joinpath(*["a-folder-with-quite-a-long-name"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    before = set(os.listdir("/tmp"))
    with frames.listen(str(folder)) as server, frames.connect(str(folder)) as client:
        mode = (folder / frames.SOCKET).stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert stat.S_IMODE(mode) == 0o600
        client.sendall(b"hello")
        server.setblocking(True)
        line, _ = server.accept()
        with line:
            assert line.recv(10) == b"hello"
    assert not {name for name in set(os.listdir("/tmp")) - before if name.startswith("cockpit-")}


def test_a_socket_that_an_earlier_host_left_is_no_obstacle(tmp_path: Path) -> None:
    frames.listen(str(tmp_path)).close()
    with frames.listen(str(tmp_path)), frames.connect(str(tmp_path)):
        pass


def test_nobody_serves_where_no_host_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        frames.connect(str(tmp_path))
