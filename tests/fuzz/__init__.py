"""Chance against every parser that meets the outside: see ``targets``, and ``make fuzz``."""
