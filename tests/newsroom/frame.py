"""The frame that tells how much of a form has arrived, as a browser reads it: while it grows."""

import html
import http.client
import re

from tests.newsroom.http import connect, head

_STATE = re.compile(rb'<div class="told".*?</div>', re.DOTALL)


class Frame:
    """A frame that is open, until the end of a ``with``.

    Attributes:
        content: what came of it so far.
    """

    def __init__(self, address: str, name: str, *, lang: str = "") -> None:
        self.content = b""
        self._read_to = 0
        self._socket = connect(address)
        self._socket.sendall(head("GET", f"/progress/{name}{f'?lang={lang}' if lang else ''}", {}))
        self._response = http.client.HTTPResponse(self._socket, method="GET")
        self._response.begin()

    def __enter__(self) -> "Frame":
        return self

    def __exit__(self, *_: object) -> None:
        self._response.close()
        self._socket.close()

    def next(self) -> str | None:
        """Return what is told next, as a person reads it; ``None`` when nothing more will be."""
        while not (state := _STATE.search(self.content, self._read_to)):
            piece = self._response.read1(1 << 16)
            if not piece:
                return None
            self.content += piece
        self._read_to = state.end()
        # What a browser shows only when nothing follows is left out.
        shown = re.sub(r'<p class="stale">.*?</p>', "", state[0].decode())
        return " ".join(html.unescape(re.sub("<[^>]+>", " ", shown)).split())

    def until(self, beginning: str) -> str:
        """Return the next state that begins so."""
        while (state := self.next()) is not None:
            if state.startswith(beginning):
                return state
        raise AssertionError(f"it ended without {beginning}")

    def rest(self) -> list[str]:
        """Return all that is still told, to the end."""
        return list(iter(self.next, None))
