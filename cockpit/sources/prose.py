"""What a planner is shown: whole texts, or the part of one under a heading. Prose needs no form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cockpit.sources.markdown import outline
from cockpit.sources.plan import PlanError, load, section_named
from cockpit.text import plain

MOST_CHARACTERS = 200_000
"""Of all texts together: more than this no planner reads with care, and it would cost accordingly."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text for the planner."""

    name: str
    text: str
    is_background: bool = False
    """It helps to understand, and is not to be planned itself."""


def read(paths: Iterable[Path], section: str = "") -> tuple[Text, ...]:
    """The texts in files. With a section, the part under its heading is to be planned, in whatever files have it;
    the other files are background. Raises PlanError."""
    found = [(path, load(path)) for path in paths]
    whole = [Text(path.name, text) for path, text in found if text.strip()]
    texts = _parts(found, section) if section else whole
    if not texts:
        raise PlanError(f"{', '.join(path.name for path, _ in found)}: there is nothing in it to plan from")
    size = sum(len(one.text) for one in texts)
    if size > MOST_CHARACTERS:
        raise PlanError(
            f"{', '.join(one.name for one in texts)}: {size} characters are more than the {MOST_CHARACTERS} "
            "that can be planned at once; name fewer files, or one part of them with --section HEADING"
        )
    return tuple(texts)


def _parts(found: list[tuple[Path, str]], section: str) -> list[Text]:
    texts: list[Text] = []
    errors: list[PlanError] = []
    for path, text in found:
        try:
            texts.append(Text(f"{path.name}, {section}", under(text, section, path.name)))
        except PlanError as error:
            errors.append(error)
            texts.append(Text(path.name, text, is_background=True))
    if all(one.is_background for one in texts):
        raise errors[0]
    return [one for one in texts if one.text.strip()]


def under(text: str, section: str, source: str) -> str:
    """The lines under a heading, itself included, up to the next one that is as high. Raises PlanError."""
    text = plain(text)
    root = outline(text).root
    chosen = section_named(root, section, source)
    lines = text.split("\n")
    after = [s.line for s in root.walk() if s.line > chosen.line and s.level <= chosen.level]
    return "\n".join(lines[chosen.line - 1 : min(after, default=len(lines) + 1) - 1]).strip("\n")
