"""`cockpit serve`: the numbers for Prometheus, on the loopback interface."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

from cockpit.cli import Wrong, surroundings

if TYPE_CHECKING:
    import argparse


def serve(parsed: argparse.Namespace) -> int:
    """`serve [--port N]`, until ctrl+c or SIGTERM."""
    where = surroundings.places(parsed)
    try:
        from prometheus_client import CollectorRegistry, start_http_server

        from cockpit.exporter import Numbers
    except ImportError as error:
        raise Wrong("this needs one more package: pip install 'cockpit-agents[prometheus]'") from error
    registry = CollectorRegistry()
    registry.register(Numbers(lambda: surroundings.state(where)))
    try:
        server, thread = start_http_server(parsed.port, "127.0.0.1", registry)
    except (OSError, OverflowError) as error:
        raise Wrong(f"--port {parsed.port}: can't be listened on: {error}; choose another with --port") from error
    print(f"http://127.0.0.1:{server.server_port}/metrics", flush=True)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    try:
        over.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    return 0
