"""Visits of every sort to a newsroom, with canaries in all that is entrusted to it."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from hashlib import sha256
from threading import Lock

from intake.front import LEAST_FRONT
from intake.wire.codename import derive_source, split
from intake.wire.envelope import ID_BYTES, SLOT
from intake.wire.labels import PAYLOAD_KEY, derive
from tests.newsroom import File, Operator, Source, Upload
from tests.newsroom.http import connect, form_parts, head, multipart, read_answer, urlencoded
from tests.seizure.canaries import Canaries, tile, tiled

_SIZES = (100, 10_000, 300_000, 2_000_000)
_LANGUAGES = ("en", "de", "ru", "ar")
_AT_ONCE = 4
_TEXTS = ("a message", "a file's name", "a file's type", "a file's content", "a reply", "a slip")


class Visits:
    """Sources, each with a codename of their own, and a desk that answers some of them.

    To be closed at the end: some keep their connections open.

    Attributes:
        canaries: all that was entrusted so far, and what the server made of it.
    """

    def __init__(self, operator: Operator, address: str, codename: Callable[[], str]) -> None:
        self.canaries = Canaries()
        self._operator = operator
        self._address = address
        self._codename = codename
        self._tiles = {what: tile() for what in _TEXTS}
        for what, text in self._tiles.items():
            # As long as it takes until base64 begins anew as well.
            self.canaries.add(what, tiled(text, 40))
        self._desk = Lock()
        self._open = ExitStack()

    def __enter__(self) -> "Visits":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def come(self, number: int) -> None:
        """Have so many submissions made, several at once; and slips, cuts, logins beside them."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(self._visit, range(number)):
                pass
        self._learn()

    def _visit(self, number: int) -> None:
        source = Source(self._address, self._codename())
        self._know(source)
        self._send(source)
        beside = (
            self._write_back,
            self._break_off,
            self._slip,
            self._give_away,
            self._send_no_files,
            self._stay,
        )
        beside[number % len(beside)](source)

    def _know(self, source: Source) -> None:
        known = derive_source(split(source.codename), self._operator.desk.salt)
        self.canaries.add_codename(source.codename)
        self.canaries.add("a mailbox", known.thread.capability)
        self.canaries.add("a reply key", known.thread.reply_key)
        self.canaries.add("an upload key", known.upload_key)

    def _send(self, source: Source) -> None:
        content = self._text("a file's content", secrets.choice(_SIZES)).encode()
        for digest in (sha256(content).digest(), sha256(content).hexdigest()):
            self.canaries.add("a file's hash", digest)
        name = self._text("a file's name", secrets.choice((16, 50, 200)))
        file = File(name, content, self._text("a file's type", 20))
        message = self._text("a message", secrets.choice((30, 300, 30_000)))
        assert source.send(message, [file], lang=secrets.choice(_LANGUAGES)).status == 200

    def _write_back(self, source: Source) -> None:
        """A reply is delivered, read and deleted."""
        text = self._text("a reply", secrets.choice((50, 3_000)))
        with self._desk:
            desk = self._operator.desk
            reply = desk.reply(source.thread(desk.salt), text)
            assert self._operator.deliver(desk.dispatch(replies=[reply])).returncode == 0
        assert text in source.replies(lang=secrets.choice(_LANGUAGES)).text
        assert source.delete("all").status == 200

    def _break_off(self, source: Source) -> None:
        name, message = self._text("a file's name", 30), self._text("a message", 300)
        with Upload(self._address, source.codename, name, 9_000_000, message) as upload:
            upload.send(self._text("a file's content", 1_234_567).encode())

    def _slip(self, source: Source) -> None:
        """A word is wrong where a message is sent, and where replies are read."""
        wrong = self._text("a slip", 9)
        typed = " ".join([*source.codename.split()[1:], wrong])
        slipped = Source(self._address, typed)
        assert slipped.send(self._text("a message", 300)).status == 400
        assert slipped.replies().status == 400

    def _give_away(self, source: Source) -> None:
        text = self._text("a message", 100)
        assert source.send(f"{text} {source.codename} {text}").status == 400

    def _send_no_files(self, source: Source) -> None:
        fields = {"codename": source.codename, "message": self._text("a message", 500)}
        assert source.post("/submit", fields).status == 200

    def _stay(self, source: Source) -> None:
        """A browser keeps its connection open after what it asked."""
        sock = self._open.enter_context(connect(self._address))
        file = File(self._text("a file's name", 30), self._text("a file's content", 999).encode())
        parts = form_parts(source.codename, self._text("a message", 300), [file])
        for path, (headers, body) in (
            ("/replies", urlencoded({"codename": source.codename})),
            ("/submit", multipart(parts)),
            ("/replies", urlencoded({"codename": source.codename})),
        ):
            headers["Content-Length"] = str(len(body))
            sock.sendall(head("POST", path, headers) + body)
            assert read_answer(sock, "POST").status == 200

    def _text(self, what: str, size: int) -> str:
        return tiled(self._tiles[what], size)

    def _learn(self) -> None:
        """Learn at the desk what the server must have forgotten of each envelope."""
        for path in self._operator.collect().iterdir():
            with path.open("rb") as file:
                slot = file.read(ID_BYTES)[LEAST_FRONT : LEAST_FRONT + SLOT]
            file_key = self._operator.desk.identities[0].unwrap(slot)
            # None where the suite is GnuPG's.
            if file_key is not None:
                self.canaries.add("a file key", file_key)
                self.canaries.add("a payload key", derive(file_key, PAYLOAD_KEY))
            header = self._operator.desk.open(path).header
            self.canaries.add("a submission's id", header.submission)
