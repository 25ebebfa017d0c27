"""Pushing: a dispatch carried to the server."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from intake.courier.errors import DispatchRefused
from intake.courier.link import Link, Refusal
from intake.reach.errors import NotReached
from intake.reach.patience import Patience
from intake.wire.dispatch import MAX_DISPATCH

_DELIVERED: Final = 409


def push(
    link: Link,
    dispatch: Path,
    *,
    patience: float,
    trouble: Callable[[NotReached], None],
    progress: Callable[[int, int], None],
) -> str:
    """Post a dispatch, and return what the server says.

    A dispatch that was cut on its way is posted again from its beginning: the server acts on a
    whole one, once.

    Args:
        patience: seconds without success after which it is given up.
        trouble: is told of each failure after which it is tried again.
        progress: called with bytes sent and bytes in all.

    Raises:
        DispatchRefused: the server refuses it, or it cannot be read here.
        IntakeError: the server could not be reached, or does not let this courier in.
    """
    try:
        with dispatch.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_DISPATCH:
                raise DispatchRefused(f"{dispatch} is larger than any dispatch.")
            trying = Patience(patience, threading.Event())
            tries, sent_whole = 0, False

            def sent(done: int) -> None:
                nonlocal sent_whole
                sent_whole = sent_whole or done == size
                progress(done, size)

            while True:
                file.seek(0)
                try:
                    return link.post(file, size, sent)
                except Refusal as refusal:
                    if refusal.status == _DELIVERED and sent_whole and tries:
                        return "It was delivered; the first answer was lost on its way here."
                    raise
                except NotReached as error:
                    tries += 1
                    trouble(error)
                    trying.pause(tries, error)
    except OSError as error:
        raise DispatchRefused(
            f"{dispatch} cannot be read: {error.strerror}.", "Check the path and the stick."
        ) from error
