"""How much longer the keyring is in force, and what operators and sources are told of that."""

from typing import Final

from intake.days import date_of
from intake.wire.errors import Refused
from intake.wire.keyring import Keyring

#: Days before its end from which on an operator is told to see to the next; and sources, for whom
#: it matters when they have a lot to send.
SOON: Final = 30
SOON_FOR_SOURCES: Final = 14

#: What an operator is to do.
NEXT: Final = (
    "Have the editors make the next one (keys renew, keys keyring), and deliver it in a dispatch."
)


def warning(keyring: Keyring, day: int) -> str:
    """Return what an operator has to know on a day; nothing while all is well."""
    try:
        keyring.check_day(day)
    except Refused as error:
        return f"The intake is closed: {error}. {NEXT}"
    left = keyring.last_day - day
    if left >= SOON:
        return ""
    return f"The keyring ends on {date_of(keyring.last_day)}; then the intake closes. {NEXT}"


def is_soon_for_sources(keyring: Keyring, day: int) -> bool:
    """Return whether the end is so near that sources have to know."""
    return day <= keyring.last_day < day + SOON_FOR_SOURCES


def epoch_end(keyring: Keyring, day: int) -> int:
    """Return the last day on which all is sealed to the keys of a day."""
    begins = [
        epoch.first_day
        for editor in keyring.editors
        for epoch in editor.epochs
        if epoch.first_day > day
    ]
    return min([keyring.last_day, *(begin - 1 for begin in begins)])
