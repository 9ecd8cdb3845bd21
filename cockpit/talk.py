"""The words of whoever talks to the cockpit by a tool rather than by a key: a session of the user's own, or an agent.

They may ask a person something, take that back, and say how far they are; commands and events of that, no more. What
merges or spends is in no word here, so no text that such a caller reads can bring it about.
"""

from __future__ import annotations

from cockpit.questions import Choice
from cockpit.value import Value, frozen


@frozen
class AskPerson(Value):
    """Put a question before the person; whoever asks waits for the answer."""

    text: str
    choices: tuple[Choice, ...] = ()
    many: bool = False
    seconds: float = 600.0
    """How long it waits."""
    caller: str = ""
    """Who asks, as it calls itself."""
    run: str = ""
    """The run whose agent asks, where it is one of ours and has shown that it is."""


@frozen
class StopAsking(Value):
    """Nobody waits for an answer any more."""

    question: str
    """Its name, such as `Q3`."""


@frozen
class TellProgress(Value):
    """An agent says how far it is; it has shown that it is the run's own."""

    run: str
    text: str
    done: float | None = None
    """0 to 1, as the agent thinks."""


@frozen
class ProgressTold(Value):
    """An agent said how far it is. Its word: facts are what gates and git say."""

    run: str
    text: str
    done: float | None = None


TalkCommand = AskPerson | StopAsking | TellProgress
