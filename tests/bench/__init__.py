"""How fast, beside the floor of the same run: ``make bench``, or ``python -m tests.bench --help``.

Machines are noisy and differ, so what counts is a ratio: what is compared takes turns, and the
median of the rounds is told.
"""
