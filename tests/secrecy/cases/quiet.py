"""What is near to saying a secret, and says none: the check is to find nothing here."""

from dataclasses import dataclass

from intake.errors import IntakeError
from intake.wire.codename import Thread, split
from intake.wire.envelope import Identity
from intake.wire.signing import fingerprint, verify_key_of


def says_what_may_be_said(thread: Thread, identity: Identity, seed: bytes) -> None:
    print(thread.id.hex(), identity.public(), fingerprint(verify_key_of(seed)))


def says_how_much(codename: str) -> None:
    print(f"{len(split(codename))} words, {'' in codename}")
    if not codename:
        raise IntakeError("The codename is missing.")
    assert codename, "the codename is missing"


def calls_the_same_with_something_else(thread: Thread, name: str) -> None:
    _use(thread.reply_key)
    print(_shown(name.encode()))
    _shown(thread.reply_key)


def _shown(data: bytes) -> str:
    return data.hex()


def _use(data: bytes) -> int:
    return len(data)


class Slip(IntakeError):
    """Keeps what was typed, and says nothing of it."""

    def __init__(self, typed: str) -> None:
        super().__init__("This is no codename.")
        self.typed = typed


def refuse(codename: str) -> None:
    raise Slip(codename)


@dataclass
class Hidden:
    """A dataclass that shows nothing."""

    passphrase: str

    def __repr__(self) -> str:
        return "<Hidden>"


@dataclass(repr=False)
class Bare:
    """One that has no repr but that of all objects."""

    passphrase: str
