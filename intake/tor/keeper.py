"""The keeper: publishes the onions, watches over them, and publishes them anew.

It is a process of its own beside the web server, which therefore needs no network, has no access
to the onions' keys, and goes on with what it is receiving whatever happens here.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from intake.onion import Tor, connect
from intake.tor.errors import NotPublished, OnionError
from intake.tor.folder import OnionFolder
from intake.tor.own import OwnTor
from intake.tor.services import Service

#: Seconds between two looks at Tor, and the longest between two tries to reach it.
_PAUSE = 1.0
_LONGEST_PAUSE = 15.0


@dataclass(frozen=True)
class Control:
    """How to reach Tor.

    Attributes:
        address: the path of its control socket, or ``127.0.0.1:PORT``.
        password: instead of the cookie.
    """

    address: str
    password: str | None = None

    def __repr__(self) -> str:
        return f"<Control of {self.address}>"


class Keeper:
    """Keeps a HOME's onions published.

    Args:
        own: the tor to be run for it, or ``None`` where ``control`` is somebody else's.
        say: is told each new state, in words, and with a hint or nothing.
        published: is told the services each time that they have come to be reachable.
    """

    def __init__(
        self,
        folder: OnionFolder,
        control: Control,
        *,
        own: OwnTor | None,
        say: Callable[[str, str], None],
        published: Callable[[tuple[Service, ...]], None],
    ) -> None:
        self._folder = folder
        self._control = control
        self._own = own
        self._say = say
        self._published = published
        self._services = folder.services()
        self._said = ""
        self._reached = False
        self._pause = _PAUSE

    def keep(self) -> None:
        """Work until an exception ends it, such as the one that a signal raises.

        Raises:
            OnionError: Tor cannot be used, and that does not pass by itself. Only before it was
                reached once: later everything is tried again, since the server is in use.
        """
        try:
            while True:
                try:
                    self._visit()
                except OnionError as error:
                    if not error.passes and not self._reached:
                        raise
                    self._tell(error.message, error.hint)
                time.sleep(self._pause)
                self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        finally:
            if self._own is not None:
                self._own.stop()

    def check(self) -> None:
        """Return if Tor serves the onions now.

        Raises:
            OnionError: it does not, or cannot be asked.
        """
        with connect(self._control.address, self._control.password) as tor:
            if not tor.serves(self._services):
                raise NotPublished(
                    "Tor does not serve the onions.", "Start the keeper: intake onion HOME"
                )
            done = tor.progress()
            if done < 100:
                raise NotPublished(
                    f"Tor is not connected to its network yet ({done} %).",
                    "Wait a minute; then look at the machine's network and firewall.",
                )

    def withdraw(self) -> None:
        """Have Tor serve the onions no longer, if it can be reached."""
        if self._own is not None:
            return
        try:
            with connect(self._control.address, self._control.password) as tor:
                tor.withdraw(self._services)
        except OnionError as error:
            self._tell(error.message, error.hint)

    def _visit(self) -> None:
        if self._own is not None:
            self._own.start()
        with connect(self._control.address, self._control.password) as tor:
            if self._own is not None:
                tor.own()
            self._hand_over(tor)
            tor.watch()
            self._tend(tor)

    def _hand_over(self, tor: Tor) -> None:
        """See that Tor can use the keys."""
        user = tor.user()
        if user is not None:
            self._folder.hand_to(user)

    def _tend(self, tor: Tor) -> None:
        """Publish, and look after it until the connection ends."""
        visitors = self._folder.visitors()
        if tor.serves(self._services):
            # Left by a keeper before this one, or in the torrc: nothing has to be uploaded.
            tor.uploaded.update(service.address for service in self._services)
        tor.publish(self._services)
        self._reached, self._pause = True, _PAUSE
        announced = False
        while True:
            announced = announced or self._announce(tor)
            time.sleep(_PAUSE)
            if not tor.serves(self._services):
                tor.publish(self._services)
            if (now := self._folder.visitors()) != visitors:
                self._hand_over(tor)
                tor.publish(self._services)
                visitors = now

    def _announce(self, tor: Tor) -> bool:
        done = tor.progress()
        if done < 100:
            self._tell(f"Tor is connecting to its network ({done // 10 * 10} %).")
        elif not {service.address for service in self._services} <= tor.uploaded:
            self._tell("The onions are being published; that takes up to a minute.")
        else:
            self._said = ""
            self._published(self._services)
            return True
        return False

    def _tell(self, message: str, hint: str = "") -> None:
        """Say something once, until something else is said."""
        if message != self._said:
            self._said = message
            self._say(message, hint)


def say(message: str, hint: str) -> None:
    """Write a state, and a hint if there is one, to stderr."""
    sys.stderr.write(f"onion: {message}\n")
    if hint:
        sys.stderr.write(f"hint: {hint}\n")
    sys.stderr.flush()
