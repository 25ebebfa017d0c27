"""What can be wrong with bytes from outside, as types that a caller can tell apart."""


class WireError(Exception):
    """Base of everything that this package raises about its input."""


class Malformed(WireError):
    """The bytes are not in the format, or not in its one accepted encoding."""


class Truncated(WireError):
    """The bytes end before the format does; all that came before the cut was genuine."""


class Corrupt(WireError):
    """The bytes were altered: an authentication tag, a hash or a size does not agree."""


class NotForUs(WireError):
    """No identity at hand opens the envelope."""


class BadSignature(WireError):
    """A signature is missing, wrong, or by a key that has no say here."""


class TooFewSignatures(BadSignature):
    """All signatures are good, and more are needed."""


class Refused(WireError):
    """Genuine, but out of order, out of date, or for another newsroom."""


class Overtaken(Refused):
    """Older than what was acted on since."""
