"""Flask without a log, and without a temporary file: what is never written cannot be seized."""

import sys
from io import BytesIO
from typing import IO, Any
from urllib.parse import quote

from flask import Flask, Request

from intake.errors import reason

#: What is left as it is in a query: every byte that may be in a URL, sensible or not.
_ASCII = bytes(range(0x21, 0x7F)).decode()


class QuietRequest(Request):
    """A request whose body is never spooled to a temporary file, and whose query can be read."""

    def __init__(self, environ: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(environ, *args, **kwargs)
        # Werkzeug fails on a query of raw bytes that are no UTF-8; escaped, it takes any.
        self.query_string = quote(self.query_string, safe=_ASCII).encode()

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        return BytesIO()


class QuietFlask(Flask):
    """Flask without a log."""

    request_class = QuietRequest

    def log_exception(self, exc_info: Any) -> None:
        """Tell the operator, and nobody else."""
        sys.stderr.write(told(exc_info[1]))


def told(error: BaseException) -> str:
    """Return what an operator is told of a failure, and nothing of what the code was given.

    Of the system's failures what it says, for the operator to mend; of our own where they were.
    """
    if isinstance(error, OSError):
        return (
            f"intake: The system failed a request: {reason(error)}.\n"
            "hint: Nothing that was confirmed is lost. Check HOME, its owner and its disk.\n"
        )
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}\n"
