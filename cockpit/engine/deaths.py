"""Hosts' deaths, told by the kernel: an agent whose host was killed goes on at once, and not at the next patrol."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cockpit.hosts import control, process

if TYPE_CHECKING:
    from collections.abc import Callable

    from cockpit.engine.engine import Engine


@dataclass
class Deaths:
    """The hosts of live runs, each by a descriptor that becomes readable when its process ends (Linux only)."""

    engine: Engine
    tell: Callable[[str], None]
    """Called with the run whose host is gone."""
    _open: dict[str, tuple[float, int]] = field(default_factory=dict)
    """The descriptor of a run's host, and which of its processes it is about, by its start."""

    def follow(self) -> None:
        """Watch the hosts that live now, and no others."""
        live = {run.id: run.begun for run in self.engine.state.runs.values() if run.live}
        for name, (begun, _) in list(self._open.items()):
            if live.get(name) != begun:
                self._close(name)
        for name, begun in live.items():
            if name not in self._open and (fd := self._descriptor(name)) >= 0:
                self._open[name] = (begun, fd)
                asyncio.get_running_loop().add_reader(fd, self._gone, name)

    def close(self) -> None:
        """Watch nobody any more."""
        for name in list(self._open):
            self._close(name)

    def _descriptor(self, name: str) -> int:
        """-1 where there is none: the system has no such thing, or the host is gone already, as the patrol will see."""
        host = control.read_pids(self.engine.places.run_dir(name))
        pid = int(host.get("pid", 0))
        if not hasattr(os, "pidfd_open") or not pid:
            return -1
        with suppress(OSError):
            fd = os.pidfd_open(pid)
            if process.birth(pid) == host.get("pid_birth"):
                return fd
            os.close(fd)
        return -1

    def _gone(self, name: str) -> None:
        begun, _ = self._open[name]
        self._close(name)
        run = self.engine.state.runs.get(name)
        if run is not None and run.live and run.begun == begun and not self.engine.hold.waiting:
            self.tell(name)

    def _close(self, name: str) -> None:
        _, fd = self._open.pop(name)
        asyncio.get_running_loop().remove_reader(fd)
        os.close(fd)
