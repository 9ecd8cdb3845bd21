"""`cockpit` by itself: attach the screen to what goes on. It must open at once, so it imports little first."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from cockpit import last_frame
from cockpit.cli import Wrong, surroundings

if TYPE_CHECKING:
    import argparse

    from cockpit.places import Places


def attach(parsed: argparse.Namespace) -> int:
    """`cockpit`: open the screen; start the engine of a night that goes on."""
    where = surroundings.places(parsed)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Wrong("there is no terminal here; `cockpit status`, `cockpit run` and `cockpit report` need none")
    return open_screen(where)


def open_screen(where: Places) -> int:
    """The cockpit, until it is left."""
    last_frame.show(where.folder, sys.stdout.fileno(), os.environ)
    gc.disable()  # among a thousand fresh classes there is no garbage; the app enables it when it has begun
    from cockpit.app import CockpitApp
    from cockpit.keys import KeyConflict
    from cockpit.live import LiveLink

    try:
        app = CockpitApp(LiveLink(where), keys=surroundings.own_keys(where))
    except KeyConflict as error:
        raise Wrong(f"{where.root / 'cockpit.toml'}: keys: {error}") from error
    app.run()
    state = surroundings.state(where)
    if state.night and not state.night.ended:
        print("the night goes on; `cockpit` attaches again, `cockpit status` tells, `cockpit stop` ends it")
    return 0
