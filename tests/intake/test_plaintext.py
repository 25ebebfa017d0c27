"""No plaintext in any file, at any moment of an upload, nor when it is cut or the server killed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.newsroom import Desk, GnupgHome, Operator, Source, Upload
from tests.newsroom.watch import Watch

CONTENT = os.urandom(24)
MESSAGE = f"canary of a message {os.urandom(12).hex()}"
NAME = f"canary of a name {os.urandom(12).hex()}.pdf"
#: Larger than the 500 kB above which frameworks spool.
SIZE = 6_000_000
PIECES = 24


@pytest.fixture(params=["nacl", "gpg"])
def operator(request: pytest.FixtureRequest, tmp_path: Path) -> Operator:
    gnupg: GnupgHome | None = None
    if request.param == "gpg":
        gnupg = request.getfixturevalue("gnupg")
    return Operator(tmp_path, Desk(gnupg=gnupg))


def watch_for(operator: Operator, source: Source) -> Watch:
    words = source.codename.split()
    canaries = {
        "the content": CONTENT,
        "the message": MESSAGE.encode(),
        "the name": NAME.encode(),
        "the codename": " ".join(words[:3]).encode(),
        "the codename as it is sent": "+".join(words[:3]).encode(),
        "the capability": source.thread(operator.desk.salt).capability,
        "the reply key": source.thread(operator.desk.salt).reply_key,
    }
    return Watch([operator.folder], canaries)


def pieces() -> Iterator[bytes]:
    size = SIZE // PIECES
    content = CONTENT * (size // len(CONTENT) + 1)
    return (content[:size] for _ in range(PIECES))


@pytest.mark.parametrize("end", ["finished", "cut", "terminated", "killed"])
def test_no_file_ever_holds_what_is_sent(operator: Operator, end: str) -> None:
    with operator.serve() as server:
        source = Source(server.address)
        watch = watch_for(operator, source)
        found = []
        upload = Upload(server.address, source.codename, NAME, SIZE, message=MESSAGE)
        with upload:
            for number, piece in enumerate(pieces()):
                upload.send(piece)
                found += watch.found(server)
                if end != "finished" and number == PIECES // 2:
                    break
            if end == "finished":
                assert upload.finish().status == 200
            elif end == "terminated":
                server.process.terminate()
            elif end == "killed":
                server.kill()
        while end in ("finished", "cut") and watch.looks < PIECES + 10:
            found += watch.found(server)
            time.sleep(0.02)
        if end == "terminated":
            while server.process.poll() is None:
                with suppress(ProcessLookupError):
                    found += watch.found(server)
    found += watch.found()
    if end in ("terminated", "killed"):
        with operator.serve() as server:
            found += watch.found(server)
    operator.collect()
    found += watch.found()
    assert found == []
    assert watch.looks > PIECES // 2
    assert list(operator.shelf.iterdir()), "nothing was stored, so nothing was watched"


def test_no_file_ever_holds_what_is_asked(operator: Operator) -> None:
    """Forms without files, wrong ones too, and replies read and deleted."""
    with operator.serve() as server:
        source = Source(server.address)
        watch, found = watch_for(operator, source), []
        desk = operator.desk
        reply = desk.reply(source.thread(desk.salt), MESSAGE)
        assert operator.deliver(desk.dispatch(replies=[reply])).returncode == 0
        for ask in (
            lambda: source.post("/submit", {"codename": source.codename, "message": MESSAGE}),
            lambda: source.send(source.codename + MESSAGE),
            lambda: Source(server.address, source.codename + " more").send(MESSAGE),
            source.replies,
            lambda: source.post("/replies", {"codename": source.codename, "x": "y" * 15_000}),
            lambda: source.delete("all"),
        ):
            assert ask().status in (200, 400)
            found += watch.found(server)
    assert found + watch.found() == []


def test_the_watch_finds_what_it_looks_for(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    watch = Watch([tmp_path], {"content": CONTENT, "name": b"name.pdf"})
    assert watch.found() == []
    (tmp_path / "folder" / "a name.pdf").write_bytes(b"")
    (tmp_path / "folder" / "b").write_bytes(bytes(4_194_300) + CONTENT)
    assert len(watch.found()) == 2


def test_the_watch_finds_what_a_process_holds_open_and_deleted(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk())
    script = (
        "import os, tempfile, time\n"
        f"file = tempfile.TemporaryFile(); file.write({CONTENT!r}); file.flush(); time.sleep(60)\n"
    )
    with operator.serve() as server:
        holder = subprocess.Popen([sys.executable, "-c", script])
        try:
            server.process, real = holder, server.process
            deadline = time.monotonic() + 20
            watch = Watch([], {"content": CONTENT})
            while not watch.found(server):
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            server.process = real
            holder.kill()
            holder.wait()
