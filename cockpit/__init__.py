"""Cockpit: a terminal in which one developer runs a small fleet of coding agents overnight."""

__version__ = "0.1.0"
