"""What can go wrong online, as types that a caller can tell apart."""


class IntakeError(Exception):
    """Base of everything that this package raises.

    Attributes:
        message: what happened, for a person.
        hint: what to do about it, for the same person.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class HomeError(IntakeError):
    """The server's folder is missing, taken, or not as ``intake init`` made it."""


class KeyringError(IntakeError):
    """A keyring is refused."""


class DispatchError(IntakeError):
    """A dispatch is refused, or could not be delivered whole."""


class CollectError(IntakeError):
    """Envelopes could not be copied out whole."""


class DiskFull(IntakeError):
    """Nothing more can be stored without touching the reserve."""


class Taken(IntakeError):
    """Another envelope has the same first page, and so the same id."""


class TooManyUploads(IntakeError):
    """As many uploads as are kept at once are unfinished."""


class SealingFailed(IntakeError):
    """The suite could not seal what arrived; nothing of it may be acknowledged."""


class CutOff(IntakeError):
    """The sender's connection ended before the request did."""


def reason(error: OSError | IntakeError) -> str:
    """Return what failed, and no file's name: once written down, it would tell a decoy from others,
    or when an envelope came.
    """
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return error.message
