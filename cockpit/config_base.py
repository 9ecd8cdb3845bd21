"""What every table of the configuration is made of; a large subject keeps its tables in a file of its own."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Usd = Annotated[float, Field(gt=0)]
"""A cap, in US dollars."""


class ConfigError(Exception):
    """The configuration can't be used; the text names file, key, value and what was expected."""


class Section(BaseModel):
    """A table of the file; a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
