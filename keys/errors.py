"""What can go wrong at the desk, as types that a caller can tell apart."""


class KeysError(Exception):
    """Base of everything that this package raises.

    Attributes:
        message: what happened, for a person.
        hint: what to do about it, for the same person.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class PassphraseError(KeysError):
    """There is no passphrase, or none that can be used."""


class WrongPassphrase(KeysError):
    """The vault does not open with this passphrase."""


class VaultError(KeysError):
    """The vault is missing, taken, or not a vault."""


class DeskError(KeysError):
    """The desk is missing, taken, in use, or not as it was made."""


class DeskFull(DeskError):
    """The desk's disk takes no more. Nothing half-done was left."""


class StickError(KeysError):
    """The folder with the envelopes, or a file in it, cannot be read."""


class EnvelopeError(KeysError):
    """An envelope cannot be opened."""


class NotForThisDesk(EnvelopeError):
    """An envelope is sealed to keys that are not here."""


class NothingReadable(EnvelopeError):
    """An envelope was cut off before its first piece of content."""


class Stopped(KeysError):
    """Nothing more is to be opened; said by one thread to another, never to people."""


class GpgError(KeysError):
    """GnuPG is missing, or does not do what it should."""


class KeyringError(KeysError):
    """A keyring cannot be made or read."""


class ReplyError(KeysError):
    """A reply cannot be sealed as it is."""


class ThreadError(KeysError):
    """No thread, or more than one, is meant."""


class DispatchError(KeysError):
    """A dispatch cannot be made or signed."""
