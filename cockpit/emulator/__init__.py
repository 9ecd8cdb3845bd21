"""A terminal emulator: bytes of a program in, rows of styled text out. No screen and no process is in here.

`base` is the interface, `ghostty` the emulator that is used, `second` the one to fall back on; `choose` opens one
of them. A program's output goes through `filter` first.
"""
