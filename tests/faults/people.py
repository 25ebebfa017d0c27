"""Sources at work, several at once, until they are told to stop. Each is a thread."""

import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPException
from random import Random
from threading import Event

from intake.wire.envelope import ID_BYTES, envelope_id
from tests.faults.judge import Judge
from tests.faults.ledger import Ledger, Upload
from tests.faults.machine import Machine
from tests.newsroom import Answer, Desk, File, Source, request
from tests.uploads.program import Program, seal

GONE = (OSError, HTTPException)
_SIZES = (0, 100, 5_000, 70_000, 300_000, 900_000, 2_000_000)
_PATCHES = (4_096, 5_000, 65_536, 300_000, 10**7)
_PAGES = ("/", "/submit", "/replies", "/keyring", "/protection", "/static/style.css")
#: Seconds for which somebody waits who found nobody.
_PAUSE = 0.1
#: Uploads that may be left unfinished; nobody begins another before one of them is gone on with.
_MOST_LEFT = 12


@dataclass
class People:
    """Everybody who is not of the newsroom.

    Attributes:
        codenames: of those who come back.
    """

    machine: Machine
    desk: Desk
    ledger: Ledger
    judge: Judge
    codenames: list[str]
    _stop: Event = field(default_factory=Event)
    _at_work: list["Future[None]"] = field(default_factory=list)

    def begin(self, chance: Random, desk_work: Callable[[], None]) -> None:
        """Have all of them work; ``desk_work`` is done again and again as well."""
        self._stop.clear()
        work: list[Callable[[Random], None]] = [
            self._send_form, self._send_form, self._send_upload, self._send_upload,
            self._look, self._delete, lambda _: desk_work(),
        ]  # fmt: skip
        pool = ThreadPoolExecutor(len(work))
        self._at_work = [pool.submit(self._on, one, Random(chance.random())) for one in work]
        pool.shutdown(wait=False)

    def leave(self) -> None:
        """Have nobody begin anything more."""
        self._stop.set()

    def stop(self) -> None:
        """Let everybody finish what they are at."""
        self.leave()
        for one in self._at_work:
            one.result()

    def _on(self, work: Callable[[Random], None], chance: Random) -> None:
        while not self._stop.is_set():
            try:
                work(chance)
            except GONE:
                self._stop.wait(_PAUSE)

    # --- What each of them does -------------------------------------------------------------------

    def _send_form(self, chance: Random) -> None:
        source = Source(self.machine.address, chance.choice(self.codenames))
        contents = [
            chance.randbytes(16) + bytes(chance.choice(_SIZES)) for _ in range(chance.randrange(3))
        ]
        message = f"Message {chance.randbytes(8).hex()}"
        answer = source.send(message, [File("same name", one) for one in contents])
        self.judge.page("submit", answer)
        if answer.status == 200:
            self.ledger.store([message.encode(), *_on_receipt(answer, contents, self.judge)])
        else:
            self._stop.wait(_PAUSE)

    def _send_upload(self, chance: Random) -> None:
        """Send a new upload, or go on with one that somebody had to leave."""
        with self.ledger.lock:
            left = [one for one in self.ledger.uploads if not one.is_complete]
            one = chance.choice(left) if len(left) > _MOST_LEFT * chance.random() else None
            if one is not None:
                self.ledger.uploads.remove(one)
        if one is None:
            one = Upload(seal(self.desk, chance.choice(_SIZES) + 16))
            self.ledger.uploaded.add(envelope_id(one.sealed.envelope[:ID_BYTES]).hex())
        try:
            self._go_on(Program(self.machine.address), one, chance)
        finally:
            with self.ledger.lock:
                self.ledger.uploads.append(one)

    def _go_on(self, program: Program, one: Upload, chance: Random) -> None:
        """Send piece by piece, from where the server says that it stands."""
        self.stands_at(program, one)
        while not one.is_complete and not self._stop.is_set():
            piece = one.sealed.envelope[one.offset :][: chance.choice(_PATCHES)]
            one.offset = self._named(program.patch(one.sealed.url, one.offset, piece))
        if one.is_complete:
            self.ledger.store([one.sealed.content])

    def stands_at(self, program: Program, one: Upload) -> None:
        """Ask where an upload stands; one that was given up is an envelope now, cut off."""
        offset = self._named(program.head(one.sealed.url))
        if offset < one.offset:
            with self.ledger.lock:
                self.ledger.given_up.append((one.sealed, one.offset))
            self.judge.note(f"an upload that stood at {one.offset} stands at {offset}")
        one.offset = offset

    def _named(self, answer: Answer) -> int:
        """Return the offset that an answer names."""
        self.judge.line("uploads", answer)
        if answer.status not in (200, 204):
            raise ConnectionError
        return int(answer.header("Upload-Offset") or "")

    def _look(self, chance: Random) -> None:
        path = chance.choice(_PAGES)
        self.judge.page("pages", request(self.machine.address, "GET", path))
        source = Source(self.machine.address, chance.choice(self.codenames))
        self.judge.page("replies", source.replies())
        time.sleep(_PAUSE * chance.random())

    def _delete(self, chance: Random) -> None:
        with self.ledger.lock:
            known = self.ledger.delivered.items() if chance.random() < 0.3 else ()
            found = [(text, codename) for text, codename in known]
        if not found:
            self._stop.wait(_PAUSE)
            return
        text, codename = chance.choice(found)
        source = Source(self.machine.address, codename)
        page = source.replies()
        which = reply_id(page, text)
        if page.status != 200 or which is None:
            return
        with self.ledger.lock:
            self.ledger.unsure.add(text)
            self.ledger.delivered.pop(text)
        answer = source.delete(which)
        self.judge.page("delete", answer)
        if answer.status == 200 and reply_id(answer, text) is None:
            with self.ledger.lock:
                self.ledger.unsure.discard(text)
                self.ledger.deleted.add(text)


def reply_id(page: Answer, text: str) -> str | None:
    """Return the id of the reply with this text, if it is on a page."""
    found = re.search(
        rf">{re.escape(text)}<.*?name=\"reply\" value=\"(\w+)\"", page.text, re.DOTALL
    )
    return found[1] if found else None


def _on_receipt(answer: Answer, contents: list[bytes], judge: Judge) -> list[bytes]:
    """Return what a receipt confirms: all, or it says so."""
    for content in contents:
        if sha256(content).hexdigest() not in re.sub(r"<[^>]*>|\s", "", answer.text):
            judge.accuse("a receipt leaves out a file")
    return contents
