"""The cages that this machine can hold up, for tests to run in each of them."""

from __future__ import annotations

import functools
import os
import sys

import pytest

from cockpit.cage import BUBBLEWRAP, LANDLOCK, Kind
from cockpit.cage.choice import tried

KINDS: tuple[Kind, ...] = (BUBBLEWRAP, LANDLOCK)


@functools.cache
def _problem(kind: Kind) -> str:
    return tried(kind) if sys.platform == "linux" else "it is for Linux"


def need(kind: Kind) -> None:
    """Skip, with the reason, where this machine can't hold up such a cage; fail where it must."""
    if problem := _problem(kind):
        if kind in os.environ.get("COCKPIT_REQUIRE_CAGES", "").split():
            pytest.fail(f"{kind} is required here: {problem}")
        pytest.skip(f"{kind}: {problem}")
