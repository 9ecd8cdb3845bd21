"""What is recorded of a time in which the disk took nothing, once it can be: what held the night up, and how long."""

from __future__ import annotations

from cockpit.value import Value, frozen


@frozen
class HeldUp(Value):
    """Nothing new was started for so many `seconds` from `since` on; what had begun went on."""

    reason: str
    since: float
    seconds: float
