"""`cockpit` by itself: attach the screen to what goes on. It must open at once, so it imports little first."""

from __future__ import annotations

import gc
import os
import sys
import time
from typing import TYPE_CHECKING

from cockpit import last_frame
from cockpit.cli import Wrong, surroundings

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places


def attach(parsed: argparse.Namespace) -> int:
    """`cockpit`: open the screen; start the engine of a night that goes on. A pipe gets the status, as text."""
    where = surroundings.places(parsed)
    if parsed.plain or (sys.stdout.isatty() and os.environ.get("TERM", "dumb") == "dumb"):
        from cockpit.cli import plain

        return plain.attach(parsed)
    if not sys.stdout.isatty():
        from argparse import Namespace

        from cockpit.cli import status

        return status.status(Namespace(root=where.root, json=False, oneline=False, watch=False))
    if not sys.stdin.isatty():
        raise Wrong("the keys come from no terminal; `cockpit --plain` reads commands from a pipe")
    return open_screen(where)


def open_screen(where: Places) -> int:
    """The cockpit, until it is left."""
    last_frame.show(where.folder, sys.stdout.fileno(), os.environ)
    settings = surroundings.screen_settings(where)
    if settings.frames == "slow":
        os.environ.setdefault("TEXTUAL_FPS", "10")  # for all that Textual paints itself; it reads this once
    gc.disable()  # among a thousand fresh classes there is no garbage; the app enables it when it has begun
    from cockpit import presence
    from cockpit.app import CockpitApp
    from cockpit.keys import KeyConflict
    from cockpit.live import LiveLink
    from cockpit.presence import Seen

    try:
        app = CockpitApp(LiveLink(where), settings)
    except KeyConflict as error:
        raise Wrong(f"{where.root / 'cockpit.toml'}: keys: {error}") from error
    app.run()
    presence.write(where.seen_file, Seen(time.time(), app.presence.seen.since if app.presence.seen else None))
    state = surroundings.state(where)
    if state.night and not state.night.ended:
        print("the night goes on; `cockpit` attaches again, `cockpit status` tells, `cockpit stop` ends it")
    return 0
