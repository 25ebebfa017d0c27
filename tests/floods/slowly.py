"""Many who send slowly at once: the form, or an upload that was sealed elsewhere."""

import asyncio
import hashlib
import os
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.newsroom import Desk, File
from tests.newsroom.http import form_parts, head, multipart
from tests.newsroom.source import new_codename
from tests.uploads.program import BODY, seal

#: Senders at once in a test run, or as many as the environment says.
SOURCES = int(os.environ.get("SOURCES", "150"))
#: Bytes of a file, and bytes a second at which a sender's line takes them.
_LEAST, _MOST = 64 * 1024, 200 * 1024
_RATE = 20_000
#: Seconds over which the senders come.
_COMING = 5.0
_PIECE = 4_096


@dataclass(frozen=True)
class Slow:
    """A request that is sent slowly.

    Attributes:
        data: the whole of it.
        status: of the answer, if all goes well.
        says: what is in that answer then, the SHA-256 of the file; or nothing.
        content: SHA-256 of the content that the desk will find.
    """

    data: bytes
    status: int
    says: str
    content: bytes


Maker = Callable[[Desk], Slow]


def form(_desk: Desk) -> Slow:
    """Return a form with a message and a file."""
    content = secrets.token_bytes(random.randint(_LEAST, _MOST))
    headers, body = multipart(form_parts(new_codename(), "A slow one.", [File("slow", content)]))
    headers |= {"Content-Length": str(len(body)), "Connection": "close"}
    digest = hashlib.sha256(content)
    return Slow(head("POST", "/submit", headers) + body, 200, digest.hexdigest(), digest.digest())


def upload(desk: Desk) -> Slow:
    """Return an upload of one envelope that was sealed elsewhere."""
    content = secrets.token_bytes(random.randint(_LEAST, _MOST))
    sealed = seal(desk, content)
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": BODY,
        "Content-Length": str(sealed.size),
        "Connection": "close",
    }
    data = head("PATCH", sealed.url, headers) + sealed.envelope
    return Slow(data, 204, "", hashlib.sha256(content).digest())


def prepared(make: Maker, desk: Desk, number: int) -> list[Slow]:
    """Return so many requests, made beforehand."""
    return [make(desk) for _ in range(number)]


def send_all(address: str, requests: Sequence[Slow]) -> list[str]:
    """Send all at once, each at the rate of a slow line; return what went wrong."""
    answers = asyncio.run(_all(address.removeprefix("unix:"), requests))
    return [
        answer[:300]
        for one, answer in zip(requests, answers, strict=True)
        if not answer.startswith(f"HTTP/1.1 {one.status} ") or one.says not in answer
    ]


async def _all(socket: str, requests: Sequence[Slow]) -> list[str]:
    return await asyncio.gather(*(_one(socket, one.data) for one in requests))


async def _one(socket: str, data: bytes) -> str:
    chance = random.Random(os.urandom(8))
    await asyncio.sleep(chance.random() * _COMING)
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        for at in range(0, len(data), _PIECE):
            writer.write(data[at : at + _PIECE])
            await writer.drain()
            await asyncio.sleep(chance.random() * 2 * _PIECE / _RATE)
        return (await reader.read()).decode()
    except OSError as error:
        return f"the connection ended: {error!r}"
    finally:
        writer.close()
