"""The engine's process: `python -m cockpit.engine REPOSITORY`; started by the cockpit, detached."""

from __future__ import annotations

import asyncio
import os
import platform
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from cockpit import __version__, config, durable, events, faults, private, redact, report
from cockpit.engine import retention
from cockpit.engine.engine import Engine
from cockpit.hosts.orphans import ENGINE_MARK, engine_mark
from cockpit.hosts.process import HOUSE_MARK
from cockpit.ledger import LedgerError
from cockpit.ledger.sqlite import SqliteLedger
from cockpit.lock import EngineLock, EngineRuns
from cockpit.places import Places
from cockpit.repo import RepoError, Repository


def main(arguments: list[str]) -> int:
    """Run the engine of one repository until it may leave; 0, or 2 with the reason on stderr."""
    faults.process("engine")
    redact.clean_stderr()
    places = Places(Path(arguments[0]))
    try:
        with EngineLock(places.folder) as lock:
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an agent's memory holds keys; all we start inherits it
            os.environ[HOUSE_MARK] = str(places.folder)  # what we start inherits it, so that one sweep finds it all
            os.environ[ENGINE_MARK] = engine_mark(os.getpid())
            settings = config.load(places.root)
            repository = Repository.open(places.root)
            engine = Engine(SqliteLedger(places.folder), repository, settings, os.environ)
            engine.hold.tell = lock.say
            asyncio.run(serve(engine))
    except (EngineRuns, config.ConfigError, RepoError, LedgerError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


async def serve(engine: Engine) -> None:
    """Say that we are here, work, write the report, say that we leave."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    engine.catch_up()
    engine.record(events.EngineStarted(os.getpid(), __version__, platform.node()))
    if said := private.told(private.tighten(engine.places.folder), engine.places.root):
        engine.record(events.Noticed(said))
    reason = "asked to leave by a signal"
    try:
        reason = await engine.serve()
    finally:
        text = report.markdown(report.build(engine.state, time.time()))
        with suppress(OSError):  # `cockpit report` makes it anew from the ledger
            durable.replace(engine.places.report, text.encode(), sync=True)
        engine.record(events.EngineStopped(reason))
        private.tighten(engine.places.folder)
        logs, now = engine.config.logs, time.time()
        retention.retire(engine.state, engine.places, logs.keep_days, int(logs.total_mb * 1e6), now)
        retention.forget_asks(engine.places, logs.keep_days, now)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
