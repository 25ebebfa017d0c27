"""What can go wrong for a source, as types that a caller can tell apart."""

from intake.errors import IntakeError


class SenderError(IntakeError):
    """Base of all that the source's side raises."""


class NothingToSend(SenderError):
    """A path that cannot be sent, or none at all."""


class CodenameError(SenderError):
    """There is no codename, or it is none."""


class NewsroomError(SenderError):
    """The newsroom's keyring is missing, wrong, another one's, or not in force."""


class NotTaken(SenderError):
    """The server takes nothing like this."""


class LeftOut(SenderError):
    """Not all that was named was sent."""
