"""Epoch keys over the years (V6): drawn ahead, and destroyed when their time is over.

What is sealed to a key of which no copy is left stays closed for good, whoever comes by the vault
and its passphrase later. So nobody should have to remember to destroy one: ``keys open`` does it.
Not by the calendar alone, though. A desk that was left for weeks comes back to sticks that nobody
has opened yet, and a clock may be wrong. So the desk first tells its editor that a key's time is
over; the days of grace count from there; and what is on the stick in hand is tried before.

That something on a stick could not be opened holds up nothing. Whoever can send could otherwise
keep every key alive with one damaged envelope.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from intake.wire.errors import WireError
from intake.wire.keyring import Editor
from keys.desk import PUBLIC, Desk, public_half
from keys.desk_keys import DeskKeys, EpochKey
from keys.edge import Edge, day_text
from keys.errors import VaultError
from keys.files import write_durably
from keys.vaultfile import VaultFile

#: Days before the last key's end from which on an editor is told to renew. Some more than a
#: keyring's end is told before on the server: by then the next should be on its way.
SOON: Final = 60


@dataclass(frozen=True)
class Wanted:
    """What a renewal is to bring.

    Attributes:
        days: after today, for which there are to be keys.
        grace_days: as of ``DeskKeys``; ``None`` leaves them as they are.
    """

    days: int
    grace_days: int | None = None


def renew(desk: Desk, vault: VaultFile, wanted: Wanted, edge: Edge) -> DeskKeys:
    """Draw keys for the days to come, and write the public half anew.

    Raises:
        VaultError: the vault or the public half cannot be read or written.
    """
    openpgp = _openpgp(desk)

    def renewed(content: bytes) -> bytes:
        keys = DeskKeys.parse(content)
        if wanted.grace_days is not None:
            keys = replace(keys, grace_days=wanted.grace_days)
        return keys.reaching(edge.day + wanted.days, edge.day, edge.random).serialise()

    vault.change(renewed, edge.random)
    keys = DeskKeys.parse(vault.content)
    # After the vault: nothing may be sealed to a key that a crash could take away.
    public = keys.public(openpgp, since=edge.day)
    write_durably(desk.path / PUBLIC, public.encode(), replace=True)
    return keys


def retire(desk: Desk, vault: VaultFile, edge: Edge) -> None:
    """Tell of keys whose time is over, and destroy those that it was told of long enough ago.

    Nothing while all are over: that is for ``remind`` to say.

    Raises:
        VaultError: the vault cannot be written.
        DeskFull: the ledger cannot be.
    """
    keys, told = DeskKeys.parse(vault.content), desk.ledger.ended
    if keys.last_day < edge.day:
        # Only a desk that was left for a year has no key of today; or the clock is wrong.
        return
    over = keys.over(edge.day)
    # What a wrong clock noted for days to come, or before the end, counts for nothing.
    fresh = [
        one for one in over if not _ended(keys, one) <= told.get(one.first_day, -1) <= edge.day
    ]
    desk.ledger.end([one.first_day for one in fresh], edge.day)
    due = [one for one in over if told[one.first_day] + keys.grace_days <= edge.day]
    if due:
        _destroy(keys, vault, due, edge)
    _tell_waiting(desk, keys, [one for one in over if one not in due], edge)


def remind(desk: Desk, keys: DeskKeys, edge: Edge) -> None:
    """Say when the keys end, if that is soon, or that they ended."""
    if keys.last_day < edge.day:
        edge.say(
            f"By this machine's clock it is {day_text(edge.day)}, and the desk's keys ended on "
            f"{day_text(keys.last_day)}. If that is so: keys renew {desk.path}. Nothing is "
            "destroyed before."
        )
    elif keys.last_day < edge.day + SOON:
        edge.say(
            f"The desk's keys end on {day_text(keys.last_day)}. Renew them in time: "
            f"keys renew {desk.path}"
        )


def _ended(keys: DeskKeys, epoch: EpochKey) -> int:
    """Return the first day on which an epoch is over."""
    return keys.last_day_of(epoch) + 1


def _destroy(keys: DeskKeys, vault: VaultFile, due: Sequence[EpochKey], edge: Edge) -> None:
    gone: Collection[int] = {one.first_day for one in due}
    vault.change(lambda content: DeskKeys.parse(content).without(gone).serialise(), edge.random)
    edge.say(
        f"The keys of the days until {day_text(keys.last_day_of(due[-1]))} are destroyed: what was "
        "sealed to them and is not opened yet stays closed for good. Copies of the vault that were "
        "made before still have them: make a new backup, then destroy the older ones."
    )


def _tell_waiting(desk: Desk, keys: DeskKeys, waiting: Sequence[EpochKey], edge: Edge) -> None:
    until = {
        desk.ledger.ended[one.first_day] + keys.grace_days: keys.last_day_of(one) for one in waiting
    }
    for gone, last in sorted(until.items()):
        edge.say(
            f"The keys of the days until {day_text(last)} have had their time. From "
            f"{day_text(gone)} on the next `keys open` or `keys renew` destroys them when it is "
            "through: until then, open every stick that there is. By this machine's clock today "
            f"is {day_text(edge.day)}."
        )


def _openpgp(desk: Desk) -> bytes:
    """Return the desk's public OpenPGP key, or nothing: only the public half has it."""
    try:
        return Editor.parse(public_half(desk.path)).openpgp
    except WireError as error:
        raise VaultError(
            f"{desk.path / PUBLIC} cannot be read: {error}.",
            "Put back a copy; the keyring holds the same.",
        ) from error
