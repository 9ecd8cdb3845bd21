"""What happens to ideas; part of the vocabulary of `events`."""

from __future__ import annotations

from cockpit.idea_facts import Draft
from cockpit.value import Value, frozen


@frozen
class IdeasConfigured(Value):
    """The configuration has ideas on or off, and of these categories."""

    enabled: bool
    categories: tuple[str, ...] = ()


@frozen
class IdeaWished(Value):
    """A person wants an idea now: of a category, or of `any`."""

    category: str
    by: str = ""


@frozen
class IdeaBegun(Value):
    """An idea is asked for; its money is set aside, and its category counts as used."""

    idea: str
    category: str
    by: str = "policy"
    agent: int = 0
    usd: float = 0.0
    """Set aside for the ideator."""
    review_usd: float = 0.0
    """Set aside for the reviewer who weighs it."""
    left_usd: float | None = None
    """What was left of the night's cap."""


@frozen
class IdeaCall(Value):
    """A model call about an idea begins: what was set aside for it is its own now."""

    idea: str
    role: str
    model: str


@frozen
class IdeaGiven(Value):
    """The model proposed something."""

    idea: str
    draft: Draft


@frozen
class IdeaAgain(Value):
    """The proposal is there already: the model is told so, and asked for another one."""

    idea: str
    reason: str


@frozen
class IdeaChecked(Value):
    """The proposal is nothing old: the reviewer weighs it now."""

    idea: str


@frozen
class IdeaWeighed(Value):
    """The reviewer said whether it is worth a night's work, and why."""

    idea: str
    worth: bool
    reason: str = ""


@frozen
class IdeaClosed(Value):
    """An idea is over, or a task now; `outcome` is one of `idea_facts`."""

    idea: str
    outcome: str
    reason: str = ""
    task: str = ""
    quota: str = ""
    """It could not be asked for because of a limit of this quota, which `reopens` then."""
    reopens: float = 0.0


@frozen
class CategorySwitched(Value):
    """Ideas of a category are proposed no more by themselves, or are again."""

    category: str
    on: bool
    reason: str = ""
    by: str = ""


@frozen
class IdeasRested(Value):
    """Nothing more is proposed in this night, and why; or with nothing: something may be again."""

    reason: str = ""
    wish: bool = False
    """It is the answer to a person's wish, which is over with it."""


IdeaEvent = (
    IdeasConfigured
    | IdeaWished
    | IdeaBegun
    | IdeaCall
    | IdeaGiven
    | IdeaAgain
    | IdeaChecked
    | IdeaWeighed
    | IdeaClosed
    | CategorySwitched
    | IdeasRested
)
