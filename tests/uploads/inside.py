"""A newsroom's application in this process, with a clock that tests set, and soon started again."""

import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from random import SystemRandom

from werkzeug.test import TestResponse

from intake.app import create_app
from intake.chance import Chance
from intake.home import Home
from intake.newsroom import Newsroom
from tests.newsroom import Desk, Operator
from tests.uploads.program import BODY, VERSION, Sealed

CHANCE = Chance(os.urandom, secrets.randbelow, SystemRandom().shuffle)
DAY = 86_400


class Inside:
    """The application, and who asks it.

    Attributes:
        now: what time it is, Unix seconds; to be set.
        store: the folder of the store.
    """

    def __init__(self, folder: Path, desk: Desk | None = None) -> None:
        self.desk = desk or Desk()
        self.now = time.time()
        self.operator = Operator(folder, self.desk, "--reserve", "1M", tick=3_600)
        self.store = self.operator.home / "store"
        self.restart()

    def restart(self) -> None:
        """Start as after a crash: nothing is known but what is on the disk."""
        self.newsroom = Newsroom(Home(self.operator.home), CHANCE, lambda: self.now)
        self.newsroom.store.recover()
        self.newsroom.shelve()
        self._client = create_app(self.newsroom).test_client()

    def tick(self) -> None:
        """Do what a tick does."""
        self.newsroom.shelve()

    def ask(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """Send one request."""
        said = {**VERSION, **(headers or {})}
        return self._client.open(url, method=method, data=body, headers=said)

    def offset(self, sealed: Sealed) -> int:
        """Ask where an upload stands."""
        return int(self.ask("HEAD", sealed.url).headers["Upload-Offset"])

    def patch(self, sealed: Sealed, offset: int = 0, *, upto: int | None = None) -> int:
        """Send some of an upload, and return the status of the answer."""
        headers = {"Upload-Offset": str(offset), "Content-Type": BODY}
        return self.ask("PATCH", sealed.url, sealed.envelope[offset:upto], headers).status_code

    def parts(self, envelope: bytes, cut: int) -> list[str]:
        """Send an envelope in two parts, and return their URLs."""
        headers = {"Upload-Concat": "partial", "Content-Type": BODY}
        return [
            self.ask(
                "POST", "/uploads", piece, {**headers, "Upload-Length": str(len(piece))}
            ).location
            or ""
            for piece in (envelope[:cut], envelope[cut:])
        ]

    def join(self, parts: list[str]) -> TestResponse:
        """Have parts joined."""
        return self.ask("POST", "/uploads", headers={"Upload-Concat": f"final;{' '.join(parts)}"})

    def unfinished(self) -> list[Path]:
        """Return the files of uploads that are not finished."""
        return sorted((self.store / "uploads").iterdir())

    def contents(self) -> list[bytes]:
        """Return what is in all envelopes that are on the shelf with the next tick."""
        self.tick()
        opened = self.desk.open_all(self.store / "shelf")
        assert not any(one.truncated for one in opened)
        return [one.content for one in opened]
