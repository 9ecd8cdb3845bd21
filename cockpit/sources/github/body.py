"""What an issue's text says beside prose: checklists are criteria, "blocked by #3" is a dependency.

The text was written by somebody else, perhaps to be misread: what a reader of the page can't see (comments, invisible
characters) is taken out, everything is bounded, and nothing in it is more than data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cockpit import redact
from cockpit.sources.body import is_crossed_out, is_done, labelled
from cockpit.sources.fields import paths_of_entry
from cockpit.sources.markdown import Block, Item, Listing, Prose, Section, outline
from cockpit.sources.words import Label, label_of, plain_title
from cockpit.text import cut, plain

MOST_CRITERIA = 40
MOST_NEEDS = 50
MOST_FILES = 40
CRITERION_CHARACTERS = 500
TITLE_CHARACTERS = 300

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r"^[ >]*(`{3,}|~{3,})")
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e0fff]"
)
"""Characters that nobody sees, in which words can be hidden."""

_ONE = r"(?:(?:[\w.-]+/[\w.-]+)?#\d{1,9}|https?://[^\s,;)\]]+/issues/\d{1,9})"
_NEEDS = re.compile(
    rf"(?i)\b(?:blocked by|depends (?:up)?on|waits for|must come after|requires)\b\s*:?\s*"
    rf"({_ONE}(?:\s*(?:,|;|&|\band\b|,\s*and\b)\s*{_ONE})*)"
)
_NAMED = re.compile(r"(?P<repo>[\w.-]+/[\w.-]+)?#(?P<number>\d{1,9})|(?P<url>https?://\S+?)/issues/(?P<of>\d{1,9})")


@dataclass(frozen=True, slots=True)
class Body:
    """What was read out of an issue's text."""

    text: str
    criteria: tuple[str, ...] = ()
    needs: tuple[int, ...] = ()
    files: tuple[str, ...] = ()


def title(said: str) -> str:
    """An issue's title, as it may be shown and told."""
    return " ".join(_seen(said).split())[:TITLE_CHARACTERS]


def read(said: str | None, repo: str, web: str) -> Body:
    """An issue's text; `repo` and `web` say which references mean issues of the same repository. Never raises."""
    text = cut(_without_comments(_seen(said or "")).strip())
    root = outline(text).root
    needs = dict.fromkeys(number for line in _lines(root) for number in _needs(line, repo, web))
    criteria, files = list[str](), list[str]()
    for item, label in _items(root, None):
        words = plain_title(" ".join(item.lines))
        if number := _tracked(words, repo, web):
            needs |= {} if is_done(item) else {number: None}
        elif label is Label.FILES and item.box is None:
            files += paths_of_entry(words)
        elif words and not is_done(item) and not is_crossed_out(item):
            criteria.append(words[:CRITERION_CHARACTERS])
    return Body(
        text,
        tuple(dict.fromkeys(criteria))[:MOST_CRITERIA],
        tuple(needs)[:MOST_NEEDS],
        tuple(dict.fromkeys(files))[:MOST_FILES],
    )


def _seen(said: str) -> str:
    """Only what a person sees, without secrets that somebody put there."""
    return redact.text(_UNSEEN.sub("", plain(said)))


def _without_comments(text: str) -> str:
    """The text without HTML comments, which the page does not show; in code they are shown, and stay."""
    parts, plain_lines, fence = list[str](), list[str](), ""
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        if fence:
            parts.append(line)
            if opened and opened[1].startswith(fence) and not line.strip(" >").strip(fence[0]):
                fence = ""
        elif opened and not _is_commented("\n".join(plain_lines)):
            parts.append(_COMMENT.sub("", "\n".join(plain_lines)))
            plain_lines, fence = [], opened[1]
            parts.append(line)
        else:
            plain_lines.append(line)
    return "\n".join([*parts, _COMMENT.sub("", "\n".join(plain_lines))])


def _is_commented(text: str) -> bool:
    """Whether a comment is open at the end."""
    return text.rfind("<!--") > text.rfind("-->")


def _items(section: Section, label: Label | None) -> Iterator[tuple[Item, Label | None]]:
    """What is ticked off or to be, and the items of lists that are called criteria or files."""
    for block, own in labelled(section.blocks):
        if isinstance(block, Listing):
            yield from _wanted(block, own or label)
    for inner in section.sections:
        yield from _items(inner, label_of(inner.text) or (label if label is not None else None))


def _wanted(listing: Listing, label: Label | None) -> Iterator[tuple[Item, Label | None]]:
    for item in listing.items:
        if item.box is not None or label in (Label.CRITERIA, Label.FILES):
            yield item, label
        for block in item.blocks:
            if isinstance(block, Listing):
                yield from _wanted(block, label if item.box is None else None)


def _lines(section: Section) -> Iterator[str]:
    """Every line that is no code."""
    for block in section.blocks:
        yield from _words(block)
    for inner in section.sections:
        yield inner.text
        yield from _lines(inner)


def _words(block: Block) -> Iterator[str]:
    if isinstance(block, Prose):
        # A quote is what somebody else said, and what is indented by four is code.
        yield " ".join(line for line in block.lines if not line.lstrip().startswith(">") and line[:4].strip())
    elif isinstance(block, Listing):
        for item in block.items:
            if not is_crossed_out(item):
                yield " ".join(item.lines)
            for inner in item.blocks:
                yield from _words(inner)


def _needs(line: str, repo: str, web: str) -> Iterator[int]:
    for match in _NEEDS.finditer(re.sub(r"`[^`]*`", " ", line)):
        for one in _NAMED.finditer(match[1]):
            if number := _number(one, repo, web):
                yield number


def _tracked(words: str, repo: str, web: str) -> int:
    """The issue that an item of a checklist is and nothing else; 0 for any other item."""
    one = _NAMED.fullmatch(words.strip())
    return _number(one, repo, web) if one else 0


def _number(one: re.Match[str], repo: str, web: str) -> int:
    """The number of an issue of our repository; 0 for one of another."""
    if one["url"]:
        return int(one["of"]) if one["url"].lower() == web.lower() else 0
    return int(one["number"]) if not one["repo"] or one["repo"].lower() == repo.lower() else 0
