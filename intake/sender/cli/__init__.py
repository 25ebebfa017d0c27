"""The commands ``intake send`` and ``intake replies``: where time, chance and people come in."""

from intake.sender.cli.arguments import add_commands

__all__ = ["add_commands"]
