"""A newsroom with things in it that nobody who asks may see, and the routes that there are."""

import os
import time
from pathlib import Path

from werkzeug.routing import Map

from intake.app import create_app
from intake.chance import Chance
from intake.couriers.app import create_couriers_app
from intake.home import Home
from intake.newsroom import Newsroom
from intake.wire.codename import Thread, split
from intake.wire.envelope import CHUNK, Recipient
from intake.wire.record import Header, Kind
from intake.wire.resumable import Resumable
from tests.courier.service import CourierService
from tests.newsroom import File, Operator, Source, request
from tests.newsroom.http import free_port

#: What the victim wrote, was written, and called a file.
MESSAGE = "the canary sings at four in the morning"
REPLY = "no canary has ever answered so fast"
OWN_REPLY = "a goose has answered, and slowly"
FILE = "list-of-canaries.ods"


class Loopback(CourierService):
    """Both services of an operator on ports of this machine's own."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator
        self.address = f"127.0.0.1:{free_port()}"
        self.sources = f"127.0.0.1:{free_port()}"
        self.errors = operator.folder / "service-stderr"
        self.start()


class Scene:
    """What there is when somebody asks.

    Attributes:
        secrets: of somebody else than the one who asks, as they could be in an answer.
        asker: a source with a codename and a reply of their own.
        own: what is the asker's, and is for whoever shows codename or capability.
        token: of the asker, who is also a courier.
        upload: an envelope of the asker's that is not sent.
        envelopes: names of what is on the shelf.
    """

    def __init__(self, service: Loopback) -> None:
        operator, salt = service.operator, service.operator.desk.salt
        victim, self.asker = Source(service.sources), Source(service.sources)
        assert victim.send(MESSAGE, [File(FILE, os.urandom(70_000))]).status == 200
        theirs, self.thread = victim.thread(salt), self.asker.thread(salt)
        begun, self.upload = Upload(theirs, service), Upload(self.thread, service)
        begun.begin(service.sources)
        replies = [operator.desk.reply(theirs, REPLY), operator.desk.reply(self.thread, OWN_REPLY)]
        self.dispatch = operator.desk.dispatch(replies=replies)
        assert operator.deliver(self.dispatch).returncode == 0
        self.own = [OWN_REPLY.encode(), *_forms(replies[1].name), *_forms(self.thread.reply_key)]
        ticket, _ = service.add("victim")
        self.token = service.add("asker")[0].token
        self.envelopes = sorted(path.name for path in operator.collect().iterdir())
        words = split(victim.codename)
        self.secrets = [
            *(separator.join(words).encode() for separator in (" ", "-", "+", "%20", ", ")),
            *(_forms(theirs.capability) + _forms(theirs.reply_key) + _forms(replies[0].name)),
            *(MESSAGE.encode(), REPLY.encode(), FILE.encode()),
            *_forms(begun.resumable.address),
            *(ticket.token.encode(), ticket.key.encoded.encode()),
            str(operator.folder).encode(),
        ]

    def hidden_from(self, request: bytes) -> list[bytes]:
        """Return what no answer to a request may have in it."""
        words = [word.encode() for word in split(self.asker.codename)]
        shown = all(word in request for word in words) or self.thread.capability in request
        return self.secrets if shown else self.secrets + self.own


class Upload:
    """An envelope as a source's program uploads it.

    Attributes:
        data: all of it.
        name: the last segment of its URL.
    """

    def __init__(self, thread: Thread, service: Loopback) -> None:
        head = Header(Kind.FILE, bytes(16), thread.capability, thread.reply_key, 1)
        self.resumable = Resumable(head, b"content", bytes(32), os.urandom(32))
        editors = service.operator.desk.keyring.editors
        chunks = memoryview(bytearray(self.resumable.chunks * CHUNK))
        self.resumable.seal_into(0, chunks)
        recipients = [Recipient(one.epochs[0].public) for one in editors]
        self.data = self.resumable.begin(recipients) + bytes(chunks)
        self.name = f"{self.resumable.address.hex()}.{len(self.data)}"

    def begin(self, address: str) -> None:
        """Send the first half."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }
        half = self.data[: len(self.data) // 2]
        assert request(address, "PATCH", f"/uploads/{self.name}", half, headers).status == 204


def _forms(secret: bytes) -> list[bytes]:
    return [secret, secret.hex().encode(), secret.hex().upper().encode()]


def rules(folder: Path, service: Loopback) -> tuple[Map, Map]:
    """Return the routes of both applications, made anew over a folder of their own."""
    operator = Operator(folder, service.operator.desk)
    chance = Chance(os.urandom, lambda _: 0, lambda _: None)
    newsroom = Newsroom(Home(operator.home), chance, time.time)
    return create_app(newsroom).url_map, create_couriers_app(newsroom).url_map
