"""Which emulator to use: the first, unless it can't be had or has failed here before."""

from __future__ import annotations

from cockpit.emulator.base import Emulator, NoEmulator


def open_emulator(columns: int, rows: int, *, second: bool = False) -> Emulator:
    """A fresh emulator, the first one unless `second`. Raises NoEmulator where there is none."""
    from cockpit.emulator.avt import Avt
    from cockpit.emulator.ghostty import Ghostty

    reasons = []
    for kind in (Avt, Ghostty) if second else (Ghostty, Avt):
        try:
            return kind(columns, rows)
        except NoEmulator as error:
            reasons.append(str(error))
    raise NoEmulator(f"terminals can't be shown here: {'; '.join(reasons)}")
