"""Arguments that several commands take, and their values, checked before a command begins."""

import argparse
from typing import Final

from intake.wire.keyring import MAX_NAME
from keys import vault

_STRENGTHS: Final = {"normal": vault.NORMAL, "light": vault.LIGHT}


def readable_name(text: str) -> str:
    """A name that people can read."""
    if not text.strip() or not text.isprintable() or len(text.encode()) > MAX_NAME:
        raise argparse.ArgumentTypeError(f"a name has 1 to {MAX_NAME} bytes of readable text")
    return text


def fingerprint(text: str) -> str:
    """A fingerprint, in capital digits without spaces."""
    digits = text.replace(" ", "").removeprefix("0x").upper()
    if len(digits) not in (40, 64) or digits.strip("0123456789ABCDEF"):
        raise argparse.ArgumentTypeError("a fingerprint has 40 or 64 hexadecimal digits")
    return digits


class between:
    """A whole number from ``least`` to ``most``."""

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or not self._least <= int(text) <= self._most:
            raise argparse.ArgumentTypeError(
                f"a whole number from {self._least} to {self._most} is needed, not {text}"
            )
        return int(text)


def add_grace(command: argparse.ArgumentParser, default: int | None) -> None:
    """Let it be said how long a key is kept when its time is over."""
    command.add_argument(
        "--grace",
        type=between(1, 365),
        default=default,
        metavar="N",
        help="days after which a key is destroyed, from when `keys open` first says that its "
        "time is over: as long as a stick may be on its way "
        + (f"(default: {default})" if default else "(default: as before)"),
    )


def add_strength(command: argparse.ArgumentParser) -> None:
    """Let it be said what a guess at the passphrase costs."""
    command.add_argument(
        "--strength",
        choices=_STRENGTHS,
        default="normal",
        help="what a guess at the passphrase costs: normal is 256 MiB of memory and about a "
        "second; light is 19 MiB, for tests and for machines with very little memory "
        "(default: normal)",
    )
    command.set_defaults(cost_of=_STRENGTHS.__getitem__)
