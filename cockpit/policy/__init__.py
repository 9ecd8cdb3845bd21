"""Decisions: pure functions of State, rules and the time. No clock, no disk, no process inside.

`decide.decide` is the one the engine calls; it asks the others in turn. `requests.answer` says what a
person's command comes to.
"""
