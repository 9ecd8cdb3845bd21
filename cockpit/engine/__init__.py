"""The engine: decides and acts, without a terminal. One for each ledger, and it outlives every screen.

`engine.Engine` is the loop: fold what is new, answer commands, ask the policies, record what they say,
carry out what is left. One file for each kind of effect: `runs` (hosts and agents), `checks` (gates and
reviews), `merging`; `watch` turns what agents do into events; `desk` is how everybody else asks.
"""
