"""Floods: what anybody may do to a newsroom's door, and how those fare meanwhile who mean well.

Each runs against a real server. ``SOURCES=1000`` in the environment for more than the 150 at once
that a test run has time for; ``python -m tests.floods`` for the whole table.
"""
