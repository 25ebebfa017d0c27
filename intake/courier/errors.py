"""What can go wrong for a courier, as types that a caller can tell apart."""

from intake.errors import IntakeError


class CourierError(IntakeError):
    """Base of all that the courier's side raises."""


class TicketError(CourierError):
    """The ticket, the address or the token cannot be used."""


class TokenRefused(CourierError):
    """The server does not know the token, or no longer."""


class FolderFailed(CourierError):
    """The folder takes no more."""


class DispatchRefused(CourierError):
    """The server refuses the dispatch; the message is the server's own."""
