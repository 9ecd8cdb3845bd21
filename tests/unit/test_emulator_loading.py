"""How the emulators are found and loaded, and what is remembered of a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cockpit.emulator import ghostty_abi
from cockpit.emulator.base import NoEmulator
from cockpit.emulator.blackbox import SIZE, BlackBox, crashed, entry
from cockpit.emulator.choose import open_emulator
from cockpit.emulator.ghostty import Ghostty

READS = """
import os, signal, sys
from pathlib import Path
from cockpit.emulator.blackbox import BlackBox, entry
box = BlackBox(Path(sys.argv[1]))
with box.reading(entry("parsers/T1-1")):
    pass
if sys.argv[2] == "between":
    os.kill(os.getpid(), signal.SIGSEGV)
with box.reading(entry("parsers/T5-1")):
    os.kill(os.getpid(), int(sys.argv[2]))
"""


@pytest.mark.parametrize("fault", [signal.SIGSEGV, signal.SIGABRT, signal.SIGILL, signal.SIGBUS])
def test_a_crash_is_laid_to_what_was_read(tmp_path: Path, fault: signal.Signals) -> None:
    done = subprocess.run([sys.executable, "-c", READS, str(tmp_path), str(int(fault))], check=False)
    assert done.returncode == -fault
    assert crashed(tmp_path) == {"parsers/T5-1"}
    assert crashed(tmp_path) == {"parsers/T5-1"}


@pytest.mark.parametrize("how", ["between", str(int(signal.SIGKILL)), str(int(signal.SIGHUP))])
def test_any_other_death_is_laid_to_nothing(tmp_path: Path, how: str) -> None:
    subprocess.run([sys.executable, "-c", READS, str(tmp_path), how], check=False)
    assert crashed(tmp_path) == set()
    assert list(tmp_path.iterdir()) == []


def test_who_lives_has_not_crashed(tmp_path: Path) -> None:
    box = BlackBox(tmp_path)
    with box.reading(entry("parsers/T5-1")):
        assert crashed(tmp_path) == set()
    box.close()
    assert list(tmp_path.iterdir()) == []


def test_an_old_crash_is_forgotten(tmp_path: Path) -> None:
    old = tmp_path / "reading-1"
    old.write_bytes(b"parsers/T5-1".ljust(SIZE, b"\0") + b"Fatal Python error: Segmentation fault")
    assert crashed(tmp_path) == {"parsers/T5-1"}
    os.utime(old, (0, 0))
    assert crashed(tmp_path) == set()
    assert not old.exists()


# ── loading ──────────────────────────────────────────────────────────────────────────────────────────


LOADS = """
import sys
from cockpit.emulator.ghostty import Ghostty
emulator = Ghostty(20, 5)
emulator.feed(b"hello")
emulator.changed()
print(emulator.row(0)[0].text, "pycparser" in sys.modules, "pyghostty" in sys.modules)
"""


def loads(cache: Path) -> str:
    environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
    return subprocess.run(
        [sys.executable, "-c", LOADS], env=environment, capture_output=True, text=True, check=True
    ).stdout


def test_the_declarations_are_parsed_once(tmp_path: Path) -> None:
    assert loads(tmp_path).split() == ["hello", "True", "False"]
    assert loads(tmp_path).split() == ["hello", "False", "False"]
    assert [path.suffix for path in (tmp_path / "cockpit").iterdir() if path.is_file()] == [".py"]


def test_a_broken_cache_is_not_fatal(tmp_path: Path) -> None:
    loads(tmp_path)
    (kept,) = (tmp_path / "cockpit").glob("*.py")
    kept.write_text("def broken(:")
    assert loads(tmp_path).split()[0] == "hello"


def test_a_cache_that_cannot_be_written_is_not_fatal(tmp_path: Path) -> None:
    (tmp_path / "cockpit").write_text("a file where the folder should be")
    assert loads(tmp_path).split()[0] == "hello"


def test_nobody_elses_cache_is_used(tmp_path: Path) -> None:
    (tmp_path / "cockpit").mkdir()
    (tmp_path / "cockpit").chmod(0o777)
    assert loads(tmp_path).split()[0] == "hello"
    assert list((tmp_path / "cockpit").iterdir()) == []


def test_without_the_first_there_is_the_second_and_without_both_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    assert open_emulator(20, 5).name == "libghostty"
    assert open_emulator(20, 5, second=True).name == "avt"
    monkeypatch.setitem(sys.modules, "pyghostty", None)
    ghostty_abi.abi.cache_clear()
    try:
        assert open_emulator(20, 5).name == "avt"
        monkeypatch.setitem(sys.modules, "avt", None)
        with pytest.raises(NoEmulator, match=r"can't be shown here: .*pyghostty is not installed; avt can't be loaded"):
            open_emulator(20, 5)
    finally:
        ghostty_abi.abi.cache_clear()


def test_a_cell_is_read_as_the_library_reads_it() -> None:
    ffi, lib = ghostty_abi.abi()
    emulator = Ghostty(12, 2)
    emulator.feed("\x1b[1ma漢e\u0301\x1b[44m\x1b[K\x1b[48;2;9;8;7m\r\n\x1b[K".encode())
    emulator.changed()
    seen = []
    emulator._from_state(lib.GHOSTTY_RENDER_STATE_DATA_ROW_ITERATOR, emulator._lines_out)
    while lib.ghostty_render_state_row_iterator_next(emulator._lines):
        lib.ghostty_render_state_row_get(emulator._lines, lib.GHOSTTY_RENDER_STATE_ROW_DATA_CELLS_RAW, emulator._view)
        seen += [emulator._view.ptr[x] for x in range(emulator._view.len)]
    for cell in seen:
        assert cell & 3 == told(cell, lib.GHOSTTY_CELL_DATA_CONTENT_TAG, "int*")
        assert cell >> 26 & 0xFFFF == told(cell, lib.GHOSTTY_CELL_DATA_STYLE_ID, "uint16_t*")
        assert cell >> 42 & 3 == told(cell, lib.GHOSTTY_CELL_DATA_WIDE, "int*")
        if cell & 3 < 2:
            assert cell >> 2 & 0x1FFFFF == told(cell, lib.GHOSTTY_CELL_DATA_CODEPOINT, "uint32_t*")
        elif cell & 3 == 2:
            assert cell >> 2 & 0xFF == told(cell, lib.GHOSTTY_CELL_DATA_COLOR_PALETTE, "uint8_t*")
    assert {cell & 3 for cell in seen} == {0, 1, 2, 3}
    assert {cell >> 42 & 3 for cell in seen} == {0, 1, 2}
    emulator.close()
    assert ffi is not None


def told(cell: int, data: int, ctype: str) -> int:
    ffi, lib = ghostty_abi.abi()
    out = ffi.new(ctype)
    assert lib.ghostty_cell_get(cell, data, out) == 0
    return int(out[0])
