"""What breaks in a simulated night at a moment: processes, the disk, the clock, and the ground under the feet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.sim.scenario import Fault

if TYPE_CHECKING:
    from tests.sim.night import Night


def strike(night: Night, fault: Fault) -> None:
    """Let it happen."""
    night.tell(f"trouble: {fault.kind}")
    night.count(fault.kind)
    number = fault.number
    match fault.kind:
        case "engine killed":
            night.engine_dies("kill -9")
        case "engine killed at a record":
            if night.engine is not None:
                night.ledger.bomb = (1 + number // 2 % 6, number % 2 == 0)
        case "host killed":
            _kill_a_host(night, number)
        case "agent killed":
            if hosts := night.hosts():
                hosts[number % len(hosts)].exit(-9)
        case "everything killed":
            night.engine_dies("the machine went down")
            for host in night.hosts():
                host.kill()
        case "disk full":
            night.ledger.is_full = True
            night.later(60.0 + number % 3600, lambda: _disk_has_room(night))
        case "clock jumps":
            night.set_clock((number - 5000) * 1.5)  # up to two hours, back or forth
        case "laptop suspended":
            night.set_clock(600.0 + number)
        case "target moved":
            night.git.user_commits(is_broken=False)
        case "target broken":
            night.git.user_commits(is_broken=True)
        case "target rewritten":
            night.git.user_rewrites(1 + number % 3)
        case "checkout dirty":
            night.git.is_dirty = True
            night.later(30.0 + number % 3600, lambda: _checkout_is_clean(night))
        case _:
            raise NotImplementedError(fault.kind)


def _kill_a_host(night: Night, number: int) -> None:
    if hosts := night.hosts():
        hosts[number % len(hosts)].kill()


def _disk_has_room(night: Night) -> None:
    night.ledger.is_full = False
    night.somebody_looks()


def _checkout_is_clean(night: Night) -> None:
    night.git.is_dirty = False
