"""A newsroom's application in this process, with a clock that tests set."""

import os
import secrets
import time
from pathlib import Path
from random import SystemRandom

from intake.app import create_app
from intake.chance import Chance
from intake.home import Home
from intake.newsroom import Newsroom
from tests.newsroom import Desk, Operator
from tests.uploads.program import BODY, Sealed

CHANCE = Chance(os.urandom, secrets.randbelow, SystemRandom().shuffle)


class Inside:
    """The application, and who asks it.

    Attributes:
        now: what time it is, Unix seconds; to be set.
    """

    def __init__(self, folder: Path, desk: Desk | None = None) -> None:
        self.desk = desk or Desk()
        self.now = time.time()
        operator = Operator(folder, self.desk, "--reserve", "1M", tick=3_600)
        self.newsroom = Newsroom(Home(operator.home), CHANCE, lambda: self.now)
        self.app = create_app(self.newsroom)
        self.shelf = operator.shelf
        self._client = self.app.test_client()

    def tick(self) -> None:
        """Do what a tick does."""
        self.newsroom.shelve()

    def offset(self, sealed: Sealed) -> int:
        """Ask where an upload stands."""
        answer = self._client.head(sealed.url, headers={"Tus-Resumable": "1.0.0"})
        return int(answer.headers["Upload-Offset"])

    def patch(self, sealed: Sealed, offset: int = 0, *, upto: int | None = None) -> int:
        """Send some of an upload, and return the status of the answer."""
        answer = self._client.patch(
            sealed.url,
            data=sealed.envelope[offset:upto],
            headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), "Content-Type": BODY},
        )
        return answer.status_code
