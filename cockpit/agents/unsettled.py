"""What a CLI's answers may have cost beyond what it has counted.

The CLI tells its cost when it is asked and at the end of a turn; what it begins in between is not in it, and what
is killed then is never told by anybody. Each answer that began since it was last counted is taken at the most it
can cost, and so is one for every thread (the agent itself, each subagent) that may have a request on its way.
"""

from __future__ import annotations


class Unsettled:
    """Of one process."""

    def __init__(self, answer_usd: float) -> None:
        """`answer_usd` is what one answer costs at most; 0 where nobody needs to know."""
        self._answer_usd = answer_usd
        self._threads: dict[str, str] = {}
        """Who may have a request on its way, with the newest answer seen of it; the agent itself is ``."""
        self._begun = 0
        """Answers that began since the cost was told, beside the newest of each thread."""
        self._lost = 0
        """Answers that were broken off: the CLI counts them as nothing."""

    @property
    def usd(self) -> float:
        """The most that is not counted."""
        return self._answer_usd * (len(self._threads) + self._begun + self._lost)

    def turn_begins(self) -> bool:
        """A request is about to go out; whether that changes anything."""
        if "" in self._threads or not self._answer_usd:
            return False
        self._threads[""] = ""
        return True

    def answered(self, message: str, thread: str) -> bool:
        """A part of an answer came; whether that changes anything."""
        if not self._answer_usd or not message or self._threads.get(thread) == message:
            return False
        known = thread in self._threads
        self._begun += known and self._threads[thread] != ""
        self._threads[thread] = message
        return True

    def counted(self) -> None:
        """The cost was told: all but the newest answer of each thread is in it."""
        self._begun = 0

    def thread_ends(self, thread: str) -> None:
        """A subagent gave its result; its last answer is counted when the cost is told next."""
        if thread and self._threads.pop(thread, ""):
            self._begun += 1

    def turn_ends(self, reason: str) -> None:
        """The cost is told whole, but for answers that were broken off."""
        if reason == "aborted_streaming":
            self._lost += len(self._threads)
        elif reason.startswith("aborted"):  # in a tool: only subagents can have had a request on its way
            self._lost += len(self._threads.keys() - {""})
        self._threads.clear()
        self._begun = 0
