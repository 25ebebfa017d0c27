"""One large upload, sealed on arrival, beside the floor."""

import re
import subprocess
import sys

from tests.bench import sender
from tests.bench.servers import Server

_BOUNDARY = "----bench7f3a91c0d2e84b56"
FORM = f"multipart/form-data; boundary={_BOUNDARY}"


def codename(server: Server) -> str:
    """Return a codename from the newsroom's own page."""
    page = sender.ask(server.address, "GET", "/submit").decode()
    found = re.search(r'name="codename"[^>]*value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("no codename on the page")
    return found[1]


def upload(server: Server, size: int, name: str, *, keep: bool = False) -> float:
    """Send one file of so many bytes, and return the seconds until it was acknowledged.

    Args:
        name: the codename; without one the body is sent as it is, for the floor.
        keep: leave in the store what was sent.
    """
    start, end = around(name)
    done = subprocess.run(
        [
            sys.executable,
            sender.__file__,
            server.address,
            "/submit",
            FORM,
            start.hex(),
            str(size),
            end.hex(),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    if not keep:
        server.clear()
    return float(done.stdout)


def around(name: str) -> tuple[bytes, bytes]:
    """Return what stands before a file and after it; before it nothing where there is no name."""
    start = (_field("codename", name) + _part('files"; filename="bench.bin')) if name else ""
    return start.encode(), f"\r\n--{_BOUNDARY}--\r\n".encode()


def message(name: str, text: str) -> tuple[str, bytes]:
    """Return content type and body of a form with a message alone."""
    body = _field("codename", name) + _field("message", text) + f"--{_BOUNDARY}--\r\n"
    return FORM, body.encode()


def _field(name: str, value: str) -> str:
    return f"{_part(name)}{value}\r\n"


def _part(name: str) -> str:
    return f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
