"""A request's body, as it comes from the network: never spooled, never waited for whole."""

from typing import Any

from intake.errors import CutOff

#: Bytes asked for at once: few of a slow sender, for whom memory would be set aside in vain, and
#: of others twice what came. What has arrived is given, however little.
LEAST_PIECE = 8 * 1024
MOST_PIECE = 512 * 1024


class Body:
    """Pieces of the body of one request.

    Args:
        environ: the WSGI environment. Its input should have ``read1``, which gives what has
            arrived; where it has only ``read``, a piece is waited for whole.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        stream = environ["wsgi.input"]
        self._read = getattr(stream, "read1", stream.read)
        length = environ.get("CONTENT_LENGTH")
        #: Bytes that are declared and have not come yet; ``None`` where none were declared.
        self.left: int | None = int(length) if length else None
        self._ask = LEAST_PIECE
        if self.left is None and environ.get("HTTP_TRANSFER_ENCODING", "").lower() != "chunked":
            self.left = 0

    def receive(self) -> bytes:
        """Return the next piece, and nothing at the body's true end.

        Raises:
            CutOff: the connection ended first. Several servers report that as an ordinary end,
                so the bytes are counted.
        """
        size = self._ask if self.left is None else min(self._ask, self.left)
        if not size:
            return b""
        try:
            piece: bytes = self._read(size)
        except OSError as error:
            raise CutOff("The connection ended before the request did.") from error
        self._ask = min(max(2 * len(piece), LEAST_PIECE), MOST_PIECE)
        if self.left is not None:
            if not piece:
                raise CutOff("The connection ended before the request did.")
            self.left -= len(piece)
        return piece
