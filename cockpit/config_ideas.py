"""The configuration's table of ideas."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from cockpit.config_base import Section
from cockpit.ideas import CATEGORIES, find, known, unknown
from cockpit.policy.rules import IdeaRules


class Ideas(Section):
    """What the cockpit proposes by itself when the queue is empty."""

    enabled: bool = False
    """Whether it does; `cockpit ideas now` asks for one in any case."""
    categories: list[str] = list(CATEGORIES)
    """Of which of the 21 categories; `cockpit ideas` lists them."""
    disable: list[str] = []
    """Of which not."""
    per_night: Annotated[int, Field(ge=0, le=50)] = 3
    """Ideas that are asked for in a night; what comes of them does not matter."""
    per_category: Annotated[int, Field(ge=1, le=10)] = 1
    """The same of one category."""
    waiting: Annotated[int, Field(ge=1)] = 10
    """Nothing more is proposed while so many suggestions wait for you."""
    promote: Literal["ask", "auto"] = "ask"
    """`ask`: an idea is a suggestion that you promote; `auto`: it is worked on in the same night."""
    validate_: Annotated[bool, Field(alias="validate")] = True
    """Whether the reviewer weighs an idea before it becomes a task."""
    min_left_usd: Annotated[float, Field(ge=0)] = 0.0
    """What must be left of the night's cap after an idea."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Of what is left of the night's cap when the first is asked for, all of them together cost at most this share."""
    room_minutes: Annotated[float, Field(ge=0, le=720)] = 30.0
    """None is asked for this shortly before the deadline."""
    refused_switch_off: tuple[int, int] = (3, 4)
    """So many refused of so many of a category's newest, and it is switched off; [0, 0]: never."""

    @field_validator("categories", "disable")
    @classmethod
    def _are_known(cls, names: list[str]) -> list[str]:
        for name in names:
            if find(name) is None:
                raise ValueError(unknown(name))
        return names

    @field_validator("refused_switch_off")
    @classmethod
    def _make_sense(cls, pair: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= pair[0] <= pair[1] <= 100:
            raise ValueError("expected [refused, of], such as [3, 4]: the first is at most the second")
        return pair

    def chosen(self) -> tuple[str, ...]:
        """The categories that are on as far as the configuration goes."""
        off = known(self.disable)
        return tuple(name for name in known(self.categories) if name not in off)

    def rules(self) -> IdeaRules:
        """The same for the policy."""
        return IdeaRules(
            enabled=self.enabled,
            categories=self.chosen(),
            per_night=self.per_night,
            per_category=self.per_category,
            waiting=self.waiting,
            auto=self.promote == "auto",
            validate=self.validate_,
            min_left_usd=self.min_left_usd,
            share=self.share,
            room_seconds=self.room_minutes * 60,
            refused=self.refused_switch_off[0],
            refused_of=self.refused_switch_off[1],
        )
