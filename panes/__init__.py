"""The widgets of the cockpit, one a file: they know State and commands, never the engine."""
