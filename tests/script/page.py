"""A page in a real Firefox that seals, under a policy as strict as that of the real pages."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from intake.script import integrity_of
from tests.browser.firefox import Firefox
from tests.browser.preferences import Preference
from tests.script.other import Failed

_POLICY = "default-src 'none'; script-src 'self'; worker-src blob:; connect-src 'self'"
_PAGE = """<!doctype html>
<title>A page</title>
<input type="file">
<script src="/script.js" integrity="{}" defer></script>
"""
#: Seconds between two looks at whether there is an answer.
_LOOK = 0.1
#: Seconds after which there will be no answer any more, however slow the browser is.
_PATIENCE = 300


class Page:
    """The page in a browser.

    Attributes:
        integrity: of its script, as the page has it.
    """

    def __init__(self, browser: Firefox, integrity: str) -> None:
        self.browser = browser
        self.integrity = integrity

    def choose(self, path: Path) -> None:
        """Choose the file that is to be sealed."""
        self.browser.one("input").choose([path])

    def ask(self, does: str, **asked: Any) -> Any:
        """Return what the page answers.

        Raises:
            Failed: as the page says.
        """
        said = {
            k: base64.b64encode(v).decode() if isinstance(v, bytes) else v for k, v in asked.items()
        }
        self.browser.run(
            """
            delete document.body.dataset.answer;
            document.body.dataset.asked = arguments[0];
            document.dispatchEvent(new Event("ask"));
            """,
            json.dumps({"does": does, **said}),
        )
        deadline = time.monotonic() + _PATIENCE
        while not (answer := self.browser.run("return document.body.dataset.answer ?? null")):
            assert time.monotonic() < deadline, f"no answer to {does}"
            time.sleep(_LOOK)
        read = json.loads(answer)
        if "answer" not in read:
            raise Failed(read["kind"], read["failed"])
        return read["answer"]

    def memory(self) -> int:
        """Return the bytes that the browser's processes have in memory, all together."""
        return sum(_resident(pid) for pid in _family(self.browser.pid))


@contextmanager
def page(
    script: bytes, folder: Path, preferences: Mapping[str, Preference] | None = None
) -> Iterator[Page]:
    """Serve the script, and open the page in a browser of its own.

    Args:
        script: as ``page.ts`` makes it.
        folder: an empty one.
    """
    integrity = integrity_of(script)
    firefox = Firefox(folder, scripts=True, more=dict(preferences or {}))
    with _served(script, integrity) as address, firefox as browser:
        browser.open(address)
        yield Page(browser, integrity)


@contextmanager
def _served(script: bytes, integrity: str) -> Iterator[str]:
    shown = _PAGE.format(integrity).encode()
    files = {"/": ("text/html", shown), "/script.js": ("text/javascript", script)}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, content = files.get(self.path, ("text/plain", b""))
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", _POLICY)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _family(pid: int) -> list[int]:
    """Return a process and all that came from it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may have spaces.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except FileNotFoundError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def _resident(pid: int) -> int:
    """Return the bytes of a process that are in memory and no other's."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) * 1024
