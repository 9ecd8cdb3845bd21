"""The numbers for Prometheus: read from the ledger at each scrape, so that nothing runs between two.

Counters only grow: they are sums over all that the ledger keeps, two months at most, and begin anew as old days go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from cockpit import tallies as t
from cockpit.policy import budget
from cockpit.state import State
from cockpit.views import waits_for_you

_COUNTERS: tuple[tuple[str, str, str], ...] = (
    ("cockpit_landed_tasks", t.LANDED, "Tasks that moved the target branch."),
    ("cockpit_regressions", t.REGRESSIONS, "Landed work that was rolled back or opened again."),
    ("cockpit_reviews", t.REVIEWS, "Verdicts of reviewers."),
    ("cockpit_reviews_rework", t.REVIEWS_REWORK, "Verdicts that asked for rework."),
    ("cockpit_restarts", t.RESTARTS, "Agents that were started again in their conversation."),
    ("cockpit_overruns", t.OVERRUNS, "Nights that spent more than their cap."),
    ("cockpit_rate_limit_violations", t.LIMIT_VIOLATIONS, "Agents started while a limit was known to be reached."),
    ("cockpit_emergency_stops", t.EMERGENCY_STOPS, "Emergency stops."),
    ("cockpit_person_seconds", t.PERSON_SECONDS, "Seconds in which work waited for a person's decision."),
    ("cockpit_lead_seconds", t.LEAD_SECONDS, "Seconds from the queue to main, of all landed tasks."),
)


class Numbers(Collector):
    """What is scraped."""

    def __init__(self, state: Callable[[], State]) -> None:
        """`state` reads the newest State."""
        self._state = state

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Every figure, now."""
        state = self._state()
        sums: dict[str, float] = {}
        for quarter in state.tallies.values():
            for name, value in quarter.items():
                sums[name] = sums.get(name, 0.0) + value
        for name, key, text in _COUNTERS:
            yield CounterMetricFamily(name, text, value=sums.get(key, 0.0))
        gates = {"green": sums.get(t.GATES_GREEN, 0.0), "red": sums.get(t.GATES_RED, 0.0)}
        yield _labelled(CounterMetricFamily("cockpit_gate_runs", "Runs of all gates.", labels=["result"]), gates)
        rework = CounterMetricFamily("cockpit_rework", "Work that went back, by who asked.", labels=["cause"])
        yield _labelled(rework, t.rework(sums))
        busy = CounterMetricFamily("cockpit_busy_seconds", "Seconds that an agent's slot was taken.", labels=["agent"])
        yield _labelled(busy, t.busy(sums))
        yield CounterMetricFamily("cockpit_spent_usd", "Money spent, ever.", value=state.spent_total_usd)
        yield from self._now(state)

    def _now(self, state: State) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        tasks: dict[str, float] = {}
        for task in state.tasks.values():
            name = str(state.seen_state(task))
            tasks[name] = tasks.get(name, 0.0) + 1
        yield _labelled(GaugeMetricFamily("cockpit_tasks", "Tasks by state.", labels=["state"]), tasks)
        agents = sum(agent.run is not None for agent in state.agents.values())
        yield GaugeMetricFamily("cockpit_agents_busy", "Agents that hold a task.", value=agents)
        yield GaugeMetricFamily(
            "cockpit_waiting_for_you", "What only a person can decide.", value=len(waits_for_you(state))
        )
        night = state.night
        yield GaugeMetricFamily("cockpit_night_spent_usd", "Money of this night.", value=state.spent_usd)
        yield GaugeMetricFamily("cockpit_night_reserved_usd", "Money set aside.", value=budget.reserved(state))
        if night is not None and night.cap_usd is not None:
            yield GaugeMetricFamily("cockpit_night_cap_usd", "The night's cap.", value=night.cap_usd)


def _labelled(
    family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[str, float]
) -> CounterMetricFamily | GaugeMetricFamily:
    for label, value in sorted(values.items()):
        family.add_metric([label], value)
    return family
