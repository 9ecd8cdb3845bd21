"""The configuration's table for the planner that breaks prose down into tasks."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from cockpit.config_base import Section

Tasks = Annotated[int, Field(ge=1, le=60)]


class Planner(Section):
    """How `cockpit plan --ai` asks for a plan; its model is `[models] planner`."""

    least: Tasks = 12
    """The fewest tasks that are asked for."""
    most: Tasks = 16
    """And the most."""
    max_usd: Annotated[float, Field(gt=0)] = 5.0
    """The most that one plan may cost, asking again included; it must fit under every cap as well."""
    timeout: Annotated[float, Field(gt=0, le=7200)] = 1200
    """Seconds it may take."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"least = {self.least} is more than most = {self.most}")
        return self
