"""Numbers in sentences."""


def count(number: int, noun: str, plural: str = "s") -> str:
    """Return a number of things: ``1 file``, ``1,000 files``."""
    return f"{number:,} {noun}{plural if number != 1 else ''}"
