"""Decoy replies: for nobody, so that what lies on the server says nothing of who was answered."""

from collections.abc import Callable

from intake.wire.reply import NAME, SEALED, SealedReply


def decoys(least: int, most: int, random: Callable[[int], bytes]) -> list[SealedReply]:
    """Return ``least`` decoys, and as many again on average, but no more than ``most``.

    A reply is random bytes to whoever lacks the capability, and a box of random bytes to whoever
    lacks the reply key; so random bytes are a reply to whoever has neither.

    Args:
        random: ``random(n)`` gives n bytes of the system's generator.
    """
    number = least
    # Geometric: each one more is ``least`` / (``least`` + 1) times as likely.
    while least and int.from_bytes(random(8), "big") % (least + 1):
        number += 1
    return [SealedReply(random(NAME), random(SEALED)) for _ in range(min(number, most))]
