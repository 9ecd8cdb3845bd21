"""GitHub: one client for each process (`client`), what it answers (`models`), and issues as tasks (`issues`).

Imported only where `[github] enabled = true`; everything else works without.
"""
