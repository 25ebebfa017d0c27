"""Flask without a log, and without a temporary file: what is never written cannot be seized."""

import sys
from io import BytesIO
from typing import IO, Any

from flask import Flask, Request


class NothingOnDisk(Request):
    """A request whose body is never spooled to a temporary file."""

    def _get_file_stream(self, *_args: Any, **_kwargs: Any) -> IO[bytes]:
        return BytesIO()


class QuietFlask(Flask):
    """Flask without a log."""

    request_class = NothingOnDisk

    def log_exception(self, exc_info: Any) -> None:
        """Say where our own code failed, and nothing of what it was given."""
        kind, _error, trace = exc_info
        while trace.tb_next is not None:
            trace = trace.tb_next
        code = trace.tb_frame.f_code
        sys.stderr.write(f"{kind.__name__} in {code.co_filename}:{trace.tb_lineno}\n")
