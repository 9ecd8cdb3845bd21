"""Ten built-in agents on a local API that charges at random, killed at random: not a cent over the cap.

The agents are the real conversations over real HTTP, their journals are the hosts' own, what they may spend comes
from the real policies; the server keeps the true bill, of answers that broke off too.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cockpit import events
from cockpit.agents import Spec
from cockpit.agents.api_calls import Patience
from cockpit.agents.stream import Ended, Line, Spent, StreamEvent
from cockpit.commands import AddTasks, StartNight
from cockpit.hosts.journal import Journal
from cockpit.policy.actions import StartRun
from cockpit.policy.decide import decide
from cockpit.policy.rules import Rules
from cockpit.prices import estimate, price
from cockpit.reserves import run_key
from cockpit.state import MergePolicy, Run, TaskDraft, TaskState
from tests.fakes.wire import Reply, call, text, wire
from tests.sim.world import Luck, World, check_invariants, night_of

MODEL = "claude-sonnet-5-5"
AGENTS, TASKS = 10, 14


class Killed(BaseException):
    """The agent's process is gone, with whatever it was about to say."""


@dataclass
class Server:
    """Charges what it likes, within what was asked for, and keeps the bill."""

    random: random.Random
    bill: float = 0.0
    kills: bool = False
    """An agent dies with its answer on the way."""

    def __call__(self, request: dict[str, Any]) -> Reply:
        dice = self.random
        fate = dice.random()
        if fate < 0.1:
            return Reply(status=dice.choice([429, 529]), error="overloaded_error", headers={"retry-after": "0"})
        whole = [request["messages"], request["system"], request["tools"]]
        used = dice.randint(0, estimate(len(json.dumps(whole))))
        usage = {
            "cache_creation_input_tokens": dice.randint(0, used),
            "output_tokens": dice.randint(1, request["max_tokens"]),
        }
        usage["input_tokens"] = used - usage["cache_creation_input_tokens"]
        self.bill += price(MODEL, usage).usd or 0.0
        self.kills = dice.random() < 0.3
        if fate < 0.25:
            return Reply([text("I think")], usage=usage, cut=True)
        blocks = [call("read", file_path="nowhere.py")] if dice.random() < 0.6 else [text("Done.")]
        return Reply(blocks, usage=usage)


@dataclass
class Fleet(World):
    """The simulated world, with real agents in it."""

    folder: Path = Path()
    url: str = ""
    server: Server = field(default_factory=lambda: Server(random.Random()))
    dead: int = 0

    async def night(self) -> None:
        going: dict[str, asyncio.Task[None]] = {}
        for _ in range(20_000):
            decision = decide(self.state, self.rules, self.now)
            self.now += 0.5
            if decision.records:
                self.record(*decision.records)
                continue
            mine = [e for e in decision.effects if getattr(e, "run", "") not in going]
            for effect in mine:
                self.perform(effect)
            for run in [r for r in self.state.runs.values() if r.live and r.id not in going and self._is_working(r.id)]:
                going[run.id] = asyncio.create_task(self.process(run))
            if going:
                done, _ = await asyncio.wait(
                    going.values(), timeout=0 if mine else 5, return_when=asyncio.FIRST_COMPLETED
                )
                going = {name: task for name, task in going.items() if task not in done}
                for task in done:
                    task.result()
            elif not mine:
                if decision.wake is None:
                    return
                self.now = max(self.now, decision.wake)
        raise AssertionError("the night never came to rest")

    async def process(self, run: Run) -> None:
        """One process of an agent: a turn, unless it is killed in it."""
        from cockpit.agents.api_transcript import Transcript
        from cockpit.agents.api_turn import Conversation

        folder = self.folder / run.id
        resumed = folder.exists()
        folder.mkdir(exist_ok=True)
        budget = self.state.reserves[run_key(run.id)].usd
        spec = Spec(run.id, run.session, resumed, MODEL, str(folder), str(folder), budget_usd=budget)
        journal = Journal(str(folder / "events.jsonl"))
        transcript = Transcript(folder / "transcript.jsonl", run.session, resume=resumed)
        hear = self.hears(run.id, journal)
        conversation = Conversation(spec, client(self.url), transcript, hear, patience=Patience(0, 0, 3), own_prices={})
        conversation.waiting["m"] = "Go on."
        try:
            await conversation.turn()
        except Killed:
            self.dead += 1
        finally:
            journal.close()
        self.record(events.RunExited(run.id, journal.seq, -9))

    def hears(self, run: str, journal: Journal) -> Callable[[StreamEvent], None]:
        """What the host does with what its agent says; now and then the agent is killed instead."""

        def hear(event: StreamEvent) -> None:
            if self.server.kills or self.chance(0.02):
                self.server.kills = False
                raise Killed
            shown = journal.append(event)
            line = Line(journal.seq, self.now, shown or event)
            if isinstance(shown, Spent):
                self.record(
                    events.CostSeen(
                        run, line.seq, shown.usd, shown.tokens, MODEL, "genai-prices", open_usd=shown.open_usd
                    )
                )
            elif isinstance(shown, Ended):
                self.record(
                    events.TurnEnded(run, line.seq, shown.ok, error=shown.error, fatal=shown.fatal, broke=shown.broke)
                )
            check_invariants(self)
            assert self.server.bill <= self.cap + 1e-9

        return hear

    @property
    def cap(self) -> float:
        night = self.state.night
        assert night is not None
        assert night.cap_usd is not None
        return night.cap_usd


def client(url: str) -> Any:
    from anthropic import AsyncAnthropic

    return AsyncAnthropic(base_url=url, api_key="none", max_retries=0)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_ten_agents_are_killed_at_random_and_never_pass_the_cap(tmp_path: Path, seed: int) -> None:
    server = Server(random.Random(seed))
    rules = Rules(models={"builder": MODEL}, hold_back={MODEL: 0.0}, restart_seconds=0.0, extensions=1)
    with wire(*[server] * 5000, model=MODEL) as service:
        fleet = Fleet(random.Random(seed), Luck(), rules, folder=tmp_path, url=service.url, server=server)
        drafts = AddTasks(tuple(TaskDraft(f"k{n}", f"task {n}", source="P.md:1") for n in range(TASKS)))
        night_of(fleet, drafts, StartNight(AGENTS, "main", MergePolicy.AUTO, False, 5.0))
        await fleet.night()

    assert fleet.dead >= 3, "agents were killed"
    assert 1.0 < server.bill <= 5.0
    assert server.bill <= fleet.state.spent_usd + 1e-9, "all that was charged is on the book"
    assert fleet.state.spent_usd <= 5.0 + 1e-6
    assert any(task.state is TaskState.LANDED for task in fleet.state.tasks.values())
    assert not any(isinstance(effect, StartRun) for effect in decide(fleet.state, rules, fleet.now).effects)
