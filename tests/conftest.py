"""What holds for every test: properties have no deadline, because a loaded machine would fail them by chance."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
