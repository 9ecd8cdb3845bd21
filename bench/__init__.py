"""Performance, measured against a baseline in the same run: `scripts/bench` prints one table."""
