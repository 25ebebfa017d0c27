"""Clients who ask the same again and again, as fast as they are answered, in their own process.

``python -m tests.floods.flood ADDRESS KIND CLIENTS`` until its standard input ends; then it prints
how often each status was answered.
"""

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Final

from intake.form import MAX_MESSAGE
from tests.newsroom.http import File, form_parts, head, multipart, part_head, urlencoded
from tests.newsroom.server import ROOT
from tests.newsroom.source import new_codename


class Flood:
    """So many clients, from the beginning of a ``with`` to its end.

    Attributes:
        answers: how often each status was answered; there when the flood is over.
    """

    def __init__(self, address: str, kind: str, clients: int) -> None:
        self.answers: Counter[int] = Counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.floods.flood", address, kind, str(clients)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> "Flood":
        # Until it has begun there is nothing to be seen of it.
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "begun\n"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        output, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0
        for line in output.splitlines():
            status, number = line.split()
            self.answers[int(status)] = int(number)


def _page() -> bytes:
    return head("GET", "/submit", {"Connection": "close"})


def _login() -> bytes:
    headers, body = urlencoded({"codename": new_codename()})
    return _whole("/replies", headers, body)


def _message() -> bytes:
    headers, body = multipart(form_parts(new_codename(), "Nothing new.", []))
    return _whole("/submit", headers, body)


def _file() -> bytes:
    headers, body = multipart(form_parts(new_codename(), None, [File("large", bytes(1 << 26))]))
    return _whole("/submit", headers, body)


def _ignored() -> bytes:
    """A part that the form does not have: nothing of it is worth waiting for."""
    headers, body = multipart(form_parts(new_codename(), None, []))
    other = part_head("other") + bytes(1 << 26) + b"\r\n"
    return _whole("/submit", headers, other + body)


def _text() -> bytes:
    headers, body = multipart(form_parts(new_codename(), "word " * (MAX_MESSAGE // 5), []))
    return _whole("/submit", headers, body)


def _whole(path: str, headers: dict[str, str], body: bytes) -> bytes:
    given = {**headers, "Content-Length": str(len(body)), "Connection": "close"}
    return head("POST", path, given) + body


_KINDS: Final[dict[str, Callable[[], bytes]]] = {
    "page": _page,
    "login": _login,
    "message": _message,
    "file": _file,
    "ignored": _ignored,
    "text": _text,
}


async def _run(socket: str, requests: list[bytes], answers: Counter[int]) -> None:
    clients = [asyncio.create_task(_client(socket, one, answers)) for one in requests]
    print("begun", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for client in clients:
        client.cancel()
    for ended in await asyncio.gather(*clients, return_exceptions=True):
        if not isinstance(ended, asyncio.CancelledError):
            raise RuntimeError("a client ended by itself") from ended


async def _client(socket: str, request: bytes, answers: Counter[int]) -> None:
    while True:
        reader, writer = await asyncio.open_unix_connection(socket)
        try:
            writer.write(request)
            await writer.drain()
            line = (await reader.readline()).split()
            # The server may end a connection where it has too many.
            answers[int(line[1]) if line else 0] += 1
            await reader.read()
        except ConnectionError:
            answers[0] += 1
        finally:
            writer.close()


def main() -> None:
    address, kind, clients = sys.argv[1:]
    answers: Counter[int] = Counter()
    requests = [_KINDS[kind]() for _ in range(int(clients))]
    asyncio.run(_run(address.removeprefix("unix:"), requests, answers))
    for status, number in answers.items():
        print(status, number)


if __name__ == "__main__":
    main()
