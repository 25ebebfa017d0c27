"""Two hundred slow uploads at once, and pages for whoever comes meanwhile."""

import asyncio
import hashlib
import os
import random
import re
import time
from pathlib import Path

import pytest

from tests.newsroom import Desk, File, Operator
from tests.newsroom.http import form_parts, head, multipart
from tests.newsroom.source import new_codename
from tests.newsroom.visitor import Visitor

UPLOADS = 200
SIZE = 1_000_000
SECONDS = 10.0
PIECES = 25


def prepared() -> tuple[str, bytes]:
    """Return the SHA-256 of a file, and the request that sends it."""
    content = os.urandom(SIZE)
    headers, body = multipart(form_parts(new_codename(), "A slow one.", [File("slow", content)]))
    headers |= {"Content-Length": str(len(body)), "Connection": "close"}
    return hashlib.sha256(content).hexdigest(), head("POST", "/submit", headers) + body


async def slow_upload(socket: str, sent: bytes, chance: random.Random) -> str:
    """Send a request piece by piece, and return the answer."""
    await asyncio.sleep(chance.random() * 2)
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        step = len(sent) // PIECES + 1
        for at in range(0, len(sent), step):
            writer.write(sent[at : at + step])
            await writer.drain()
            await asyncio.sleep(chance.random() * 2 * SECONDS / PIECES)
        return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()


async def all_at_once(socket: str, requests: list[bytes]) -> list[str]:
    chance = random.Random(200)
    return await asyncio.gather(*(slow_upload(socket, sent, chance) for sent in requests))


@pytest.mark.slow
def test_200_slow_uploads_all_complete_and_pages_answer_within_a_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operator = Operator(tmp_path, Desk(), "--reserve", "1M")
    digests, requests = zip(*(prepared() for _ in range(UPLOADS)), strict=True)
    with operator.serve() as server:
        begun = time.perf_counter()
        with Visitor(server.address) as visitor:
            answers = asyncio.run(all_at_once(server.address.removeprefix("unix:"), list(requests)))
        took, peak = time.perf_counter() - begun, server.memory("VmHWM")
        assert server.stderr() == ""
    for digest, answer in zip(digests, answers, strict=True):
        assert re.match("HTTP/1.1 200 ", answer), answer[:500]
        assert digest in answer
    opened = operator.desk.open_all(operator.collect())
    files = [hashlib.sha256(one.content).hexdigest() for one in opened if one.header.position]
    assert sorted(files) == sorted(digests)
    assert sum(not one.header.position for one in opened) == UPLOADS
    times = visitor.times
    with capsys.disabled():
        print(
            f"\n{UPLOADS} uploads at once in {took:.1f} s; {len(times)} pages, median "
            f"{times[len(times) // 2] * 1e3:.0f} ms, 99th of 100 "
            f"{times[len(times) * 99 // 100] * 1e3:.0f} ms, slowest {times[-1] * 1e3:.0f} ms; "
            f"the server's peak memory {peak / 2**20:.0f} MiB"
        )
    assert times[-1] < 1, "the slowest page"
