"""One night run from beginning to end, and what came of it."""

from __future__ import annotations

import re
import traceback
from collections import Counter
from dataclasses import dataclass, field

from tests.sim.audit import Violation
from tests.sim.night import Night
from tests.sim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a night."""

    seed: int
    violation: str = ""
    """The promise that was broken, or the error that ended the night."""
    events: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    """How many tasks ended in which state."""
    troubles: Counter[str] = field(default_factory=Counter)
    """How often what went wrong or was asked for."""

    @property
    def kind(self) -> str:
        """The violation without its numbers: two nights of one kind have most likely one cause."""
        return re.sub(r"c?\d+(\.\d+)?", "#", self.violation)[:160]


def play(scenario: Scenario) -> tuple[Night, Result]:
    """Run a night."""
    night = Night(scenario)
    violation = ""
    try:
        night.run()
    except Violation as error:
        violation = str(error)
    except Exception as error:  # an error of the policies is a broken promise as well
        frame = traceback.extract_tb(error.__traceback__)[-1]
        violation = f"{type(error).__name__} in {frame.name}: {error}"
    known = night.engine.state if night.engine is not None else night.known
    ended = Counter(str(task.state) for task in known.tasks.values())
    return night, Result(scenario.seed, violation, len(night.log), ended, Counter(night.faults))
