"""What is small and comes often: messages, logins, and the price of a codename."""

import threading
import time
from collections.abc import Callable
from statistics import median
from urllib.parse import urlencode

from intake.wire.codename import derive_thread, split
from tests.bench import sender, uploads
from tests.bench.servers import Server

CLIENTS = 4


def messages(server: Server, name: str, seconds: float) -> float:
    """Return how many messages a second are acknowledged to four clients at once."""
    kind, body = uploads.message(name, "The minutes of the meeting are in the safe. " * 20)
    return _a_second(lambda: sender.ask(server.address, "POST", "/submit", kind, body), seconds)


def logins(server: Server, name: str, seconds: float) -> float:
    """Return how many times a second the replies are shown to four clients at once."""
    kind, body = "application/x-www-form-urlencoded", urlencode({"codename": name}).encode()
    return _a_second(lambda: sender.ask(server.address, "POST", "/replies", kind, body), seconds)


def argon2id(name: str, times: int) -> float:
    """Return the seconds that it takes to derive a thread from a codename."""
    words, taken = split(name), []
    for _ in range(times):
        begun = time.perf_counter()
        derive_thread(words, bytes(16))
        taken.append(time.perf_counter() - begun)
    return median(taken)


def _a_second(ask: Callable[[], object], seconds: float) -> float:
    """Ask from every client, each on a new connection, until so many seconds are over."""
    asked = [0] * CLIENTS
    begun = time.perf_counter()

    def client(number: int) -> None:
        while time.perf_counter() - begun < seconds:
            ask()
            asked[number] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(asked) / (time.perf_counter() - begun)
