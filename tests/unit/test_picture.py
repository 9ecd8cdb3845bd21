"""The README's picture is made of the real screen."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from cockpit.demo import picture


async def test_the_picture_shows_the_night() -> None:
    text = "".join(ElementTree.fromstring(await picture.draw()).itertext()).replace("\xa0", " ")
    for wanted in ("◆ parsers", "2 wait for you", "$3.80 of $10.00", "agent-3", "Waiting for you", "q", "detach"):
        assert wanted in text


def test_it_wants_one_file_name(tmp_path: Path) -> None:
    assert picture.main([]) == 2
    out = tmp_path / "cockpit.svg"
    assert picture.main([str(out)]) == 0
    assert out.read_text(encoding="utf-8").startswith("<svg")
