"""Tally counts and summarises what is in text files."""

__version__ = "0.3.0"
