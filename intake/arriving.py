"""Forms that are arriving: how much of each has come, for whoever knows its one-time name.

In memory alone, and only while the form arrives: a name, two lengths, and what is wrong with it, if
something is. There are never more of them than connections. A name that is not in use leaves no
trace, and is told apart by nobody from one that never was.
"""

import re

from intake.body import Body

#: 16 random bytes. Others are of no page of ours, and would set what is kept here.
_NAME = re.compile("[0-9a-f]{32}")


class Arriving:
    """A form that is being received.

    Attributes:
        total: bytes of it, as they are counted on the line.
        refused: what is wrong with it and what to do, once that is known. The page that says so
            is shown only when the browser has sent everything.
    """

    def __init__(self, body: Body) -> None:
        self.total = body.left or 0
        self.refused: tuple[str, str] | None = None
        self._body: Body | None = body
        self._arrived = 0

    @property
    def arrived(self) -> int:
        """Bytes that have come."""
        return self._arrived if self._body is None else self.total - (self._body.left or 0)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._body is None

    def end(self) -> None:
        """Nothing more will come; the body is let go of."""
        self._arrived, self._body = self.arrived, None


class Arrivals:
    """All forms that are being received under a name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Arriving] = {}

    def begin(self, untrusted_name: str, body: Body) -> Arriving | None:
        """Keep a form under its name until ``end``.

        If the name is in use, its last form counts: the source has pressed Send again.

        Returns:
            ``None`` where there is nothing to tell: the form has no name, or does not say its
            length, which no browser does.
        """
        if not _NAME.fullmatch(untrusted_name) or not body.left:
            return None
        arriving = self._by_name[untrusted_name] = Arriving(body)
        return arriving

    def end(self, name: str, arriving: Arriving) -> None:
        """Forget a form, and have those know who watch it."""
        arriving.end()
        if self._by_name.get(name) is arriving:
            del self._by_name[name]

    def find(self, untrusted_name: str) -> Arriving | None:
        """Return the form that is arriving under a name now."""
        return self._by_name.get(untrusted_name)
