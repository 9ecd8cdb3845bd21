"""A simulated world whose agents also hang, go silent, run into limits, die at once and take too much."""

from __future__ import annotations

from dataclasses import dataclass, field

from cockpit import events
from cockpit.commands import Command
from cockpit.policy.actions import Cut, Decision, Effect, SendTurn, StartRun
from cockpit.policy.decide import decide
from cockpit.policy.night import lingers_until
from cockpit.policy.sight import Machine, Sight, Sights
from cockpit.state import Answer, Run, TaskState
from tests.sim.world import Luck, World, check_invariants


@dataclass
class Ills:
    """How likely each new turn goes wrong in a way that nothing tells of, 0 to 1."""

    hangs: float = 0.0
    """It never does anything again."""
    host_hangs: float = 0.0
    fills: float = 0.0
    """It fills the disk."""
    limit: float = 0.0
    """The turn ends with a limit of the service."""
    dies_at_once: float = 0.0
    heals: float = 0.5
    """A nudge helps."""


@dataclass
class WatchedWorld(World):
    """One simulated night in which the engine's eyes are simulated too."""

    ills: Ills = field(default_factory=Ills)
    machine: Machine = field(default_factory=Machine)
    sights: dict[str, Sight] = field(default_factory=dict)
    ill: dict[str, str] = field(default_factory=dict)
    """Runs that hang now, or take too much: `agent`, `host` or `disk`."""
    cuts: list[tuple[float, str, str, bool]] = field(default_factory=list)
    """When, which run, what kind, and whether it really was ill."""

    def passes(self, seconds: float) -> None:
        """Time goes by and is watched."""
        self.now += seconds
        for run in self.state.runs.values():
            if not run.live:
                self.sights.pop(run.id, None)
                continue
            old = self.sights.get(run.id, Sight())
            ill = self.ill.get(run.id, "")
            quiet = old.quiet + seconds if ill in ("agent", "host") and self.can_be_stuck(run) else 0.0
            unheard = old.unheard + seconds if ill == "host" else 0.0
            disk = "its files take 30 MB of disk, 20 are allowed" if ill == "disk" else ""
            self.sights[run.id] = Sight(unheard, quiet, bool(ill), disk, run.begun)

    def can_be_stuck(self, run: Run) -> bool:
        """As the engine's eyes see it."""
        return self._is_working(run.id) and not run.suspended and not self.state.is_asking(run.id)

    def decided(self) -> Decision:
        return decide(self.state, self.rules, self.now, Sights(dict(self.sights), self.machine))

    def step(self) -> bool:
        decision = self.decided()
        if decision.records:
            for event in decision.records:
                if isinstance(event, events.RunCut):
                    self.cuts.append((self.now, event.run, event.kind, event.run in self.ill))
                if isinstance(event, events.Nudged) and self.chance(self.ills.heals):
                    self.ill.pop(event.run, None)
            self.record(*decision.records)
            return True
        healthy = [r for r in self.state.runs.values() if r.live and r.id not in self.ill and self.can_be_stuck(r)]
        choices: list[Effect | Run] = [*decision.effects, *healthy]
        if not choices:
            return self.wait(decision)
        self.passes(self.random.uniform(0.1, 60))
        chosen = self.random.choice(choices)
        if isinstance(chosen, Run):
            if chosen.live and self.can_be_stuck(self.state.runs[chosen.id]):
                self.turn(chosen.id)
        elif chosen in self.decided().effects:
            self.perform(chosen)
        return True

    def wait(self, decision: Decision) -> bool:
        """Until the next thing is due; an agent that hangs is watched meanwhile."""
        watched = [r for r in self.state.runs.values() if r.id in self.ill and r.live and not r.suspended]
        rests = decision.wake is None or decision.wake == lingers_until(self.state, self.rules, self.now)
        if rests and not watched:
            return False  # a person may still come
        due = decision.wake if decision.wake is not None else self.now + 60
        self.passes(min(60.0, due - self.now) if watched and due > self.now else max(0.0, due - self.now))
        return not (self.state.night is not None and due == self.state.night.until and not watched)

    def turn(self, name: str) -> None:
        if self.chance(self.ills.limit):
            seq = self.state.runs[name].seq + 1
            self.record(
                events.TurnEnded(
                    name, seq, ok=False, error="429", quota="api", reopens=self.now + self.random.uniform(1, 9000)
                )
            )
        else:
            super().turn(name)

    def perform(self, effect: Effect) -> None:
        if isinstance(effect, Cut):
            run = self.state.runs[effect.run]
            self.ill.pop(run.id, None)
            self.record(events.RunExited(run.id, run.seq, None, "cut"))
            return
        super().perform(effect)
        if isinstance(effect, StartRun | SendTurn) and self.state.runs[effect.run].live:
            self.falls_ill(effect.run)

    def falls_ill(self, name: str) -> None:
        run = self.state.runs[name]
        self.ill.pop(name, None)
        if self.chance(self.ills.dies_at_once):
            self.record(events.RunExited(name, run.seq + 1, 1, "it died"))
        elif self.chance(self.ills.hangs):
            self.ill[name] = "agent"
        elif self.chance(self.ills.host_hangs):
            self.ill[name] = "host"
        elif self.chance(self.ills.fills):
            self.ill[name] = "disk"

    def crash(self) -> None:
        super().crash()
        self.sights.clear()  # the new engine has seen nothing yet

    def gives(self, command: Command) -> Answer:
        said = self.give(command)
        check_invariants(self)
        return said


def check_counts(world: WatchedWorld) -> None:
    """What bounds mending."""
    for task in world.state.tasks.values():
        if task.state in (TaskState.CLAIMED, TaskState.WORKING):  # while it merges, blocked merges are counted
            assert task.restarts <= world.rules.restarts
        assert task.handed_on <= world.rules.hand_ons


__all__ = ["Ills", "Luck", "WatchedWorld", "check_counts"]
