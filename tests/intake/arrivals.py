"""What a source sent, found again at the desk."""

from tests.newsroom import Opened, Operator, Source


def arrived(operator: Operator, source: Source) -> list[Opened]:
    """Collect, and return the source's records in the order of their positions."""
    capability = source.thread(operator.desk.salt).capability
    opened = operator.desk.open_all(operator.collect())
    mine = [one for one in opened if one.header.capability == capability]
    return sorted(mine, key=lambda one: (one.header.submission, one.header.position))


def files_of(records: list[Opened]) -> list[tuple[str, bytes]]:
    """Return names and contents of the files among records."""
    return [(one.header.name, one.content) for one in records if one.header.position]
