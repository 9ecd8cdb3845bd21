"""What holds for every test.

Properties have no deadline, because a loaded machine would fail them by chance. And ctrl+c ends what a test starts also
where the tests run in the background of a script: there the shell has it ignored, by all that comes of them.
"""

from __future__ import annotations

import signal

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
