"""The tests, run by `python3 -m unittest`."""
