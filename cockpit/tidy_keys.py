"""The keys about what lies around: cleaning up, and what all agents may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cockpit.app_base import AppBase
from cockpit.later import later

if TYPE_CHECKING:
    from cockpit import app_tidy
else:
    app_tidy = later("cockpit.app_tidy")


class TidyKeys(AppBase):
    """Actions of the app."""

    def action_clean(self) -> None:
        """Remove what is finished, after saying what would go."""
        app_tidy.clean(self)

    def action_context(self) -> None:
        """Show what all agents may read."""
        app_tidy.context(self)
