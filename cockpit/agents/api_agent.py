"""The built-in agent's process: orders in on stdin, events out on stdout, as in `neutral`.

    python -P -m cockpit.agents.api_agent SPEC.json

Orders are read from the first moment on, by a thread, because importing the SDK takes a second. Stdin is
a FIFO that its host holds open, so it has no end; where it has one, that is an order to leave.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cockpit.agents.api import load_spec
from cockpit.agents.neutral import Order, emit, load_order
from cockpit.agents.stream import Started
from cockpit.prices import from_environment

if TYPE_CHECKING:
    from cockpit.agents import Spec
    from cockpit.agents.api_turn import Conversation

TRANSCRIPT = "transcript.jsonl"
PATIENCE = "COCKPIT_API_PATIENCE"
"""Seconds before the first further try of a request that failed; half a second unless set."""

Orders = asyncio.Queue[Order]


class Process:
    """Hands orders to the conversation; at most one turn runs at a time."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._turn: asyncio.Task[None] | None = None

    async def obey(self, orders: Orders) -> None:
        """Carry out orders until one says to leave, or a turn fails in a way nobody foresaw."""
        while True:
            order = asyncio.ensure_future(orders.get())
            running = {order} | ({self._turn} if self._turn else set())
            await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            if self._turn and self._turn.done():
                self._turn_is_over()
            if not order.done():
                order.cancel()
            elif not await self._carry_out(order.result()):
                return

    async def _carry_out(self, order: Order) -> bool:
        match order.op:
            case "say":
                self._conversation.waiting[order.id] = order.text
                self._go_on()
            case "answer":
                self._conversation.answer(order)
            case "interrupt":
                await self._interrupt()
                self._go_on()
            case "end":
                await self._interrupt()
                return False
        return True

    def _go_on(self) -> None:
        """Begin a turn where something waits to be said and none runs."""
        if self._turn is None and self._conversation.waiting:
            self._turn = asyncio.create_task(self._conversation.turn())

    async def _interrupt(self) -> None:
        if self._turn is None:
            return
        self._turn.cancel()
        with suppress(asyncio.CancelledError):
            await self._turn
        self._turn = None

    def _turn_is_over(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None and not turn.cancelled():
            turn.result()  # raises what the turn raised
        self._go_on()


def read_orders(loop: asyncio.AbstractEventLoop, put: Callable[[Order], None]) -> None:
    """Read stdin to its end, a line at a time; for a thread of its own.

    Reads the descriptor itself: a thread that waits in `sys.stdin` would hold a lock that Python needs to exit.
    """
    held = b""
    while data := os.read(0, 65536):
        *lines, held = (held + data).split(b"\n")
        for line in lines:
            if order := load_order(line.decode(errors="replace")):
                loop.call_soon_threadsafe(put, order)
            elif line.strip():
                print(f"not an order: {line[:200]!r}", file=sys.stderr, flush=True)
    loop.call_soon_threadsafe(put, Order("end"))


def converse(spec: Spec) -> Conversation:
    """The conversation, taken up where an earlier process left it. Imports the SDK."""
    gc.disable()  # three thousand modules are about to be made and none thrown away: a tenth quicker
    from cockpit.agents.api_calls import Patience, connect
    from cockpit.agents.api_transcript import Transcript
    from cockpit.agents.api_turn import Conversation

    gc.freeze()
    gc.enable()
    return Conversation(
        spec,
        connect(),
        Transcript(Path(spec.run_dir) / TRANSCRIPT, spec.session, resume=spec.resume),
        emit,
        patience=Patience(first=float(os.environ.get(PATIENCE) or 0.5)),
        own_prices=from_environment(os.environ),
    )


async def serve(spec: Spec) -> None:
    """Be the agent until told to leave."""
    loop = asyncio.get_running_loop()
    orders: Orders = asyncio.Queue()
    threading.Thread(target=read_orders, args=(loop, orders.put_nowait), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, orders.put_nowait, Order("end"))
    process = Process(converse(spec))
    emit(Started(spec.session, spec.model))
    await process.obey(orders)


def main() -> int:
    """Entry."""
    asyncio.run(serve(load_spec(Path(sys.argv[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
