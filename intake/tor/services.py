"""What Tor is told to serve: one description, written out for the control port and for a torrc."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: An option of Tor and its value.
Option = tuple[str, str]

_DIR: Final = "HiddenServiceDir"
_PORT: Final = 80


@dataclass(frozen=True)
class Limits:
    """What an onion bears, and what it asks of those who come when they are many.

    Attributes:
        pow_rate: rendezvous a second that are served from the queue; when more ask, the effort of
            the proof of work rises until no more do. None is asked for while nobody floods.
        pow_burst: rendezvous at once before that.
        intro_rate, intro_burst: introductions that each introduction point lets through a second,
            and at once.
        streams: at once on one circuit; one more closes the circuit. A browser opens up to six.
        intro_points: how many.
    """

    pow_rate: int = 25
    pow_burst: int = 250
    intro_rate: int = 25
    intro_burst: int = 200
    streams: int = 32
    intro_points: int = 5

    def options(self) -> list[Option]:
        """Return them as Tor's options."""
        return [
            ("HiddenServiceNumIntroductionPoints", str(self.intro_points)),
            ("HiddenServicePoWDefensesEnabled", "1"),
            ("HiddenServicePoWQueueRate", str(self.pow_rate)),
            ("HiddenServicePoWQueueBurst", str(self.pow_burst)),
            ("HiddenServiceEnableIntroDoSDefense", "1"),
            ("HiddenServiceEnableIntroDoSRatePerSec", str(self.intro_rate)),
            ("HiddenServiceEnableIntroDoSBurstPerSec", str(self.intro_burst)),
            ("HiddenServiceMaxStreams", str(self.streams)),
            ("HiddenServiceMaxStreamsCloseCircuit", "1"),
        ]


@dataclass(frozen=True)
class Service:
    """One onion.

    Attributes:
        name: what it is for, in a word.
        folder: its keys, and who may visit it.
        socket: the unix socket that its port 80 leads to.
        address: its host name.
    """

    name: str
    folder: Path
    socket: Path
    address: str
    limits: Limits = Limits()

    def options(self) -> list[Option]:
        """Return it as Tor's options, its folder first."""
        return [
            (_DIR, str(self.folder)),
            ("HiddenServicePort", f"{_PORT} unix:{_quoted(str(self.socket))}"),
            *self.limits.options(),
        ]


def torrc(services: Iterable[Service]) -> str:
    """Return the lines of a torrc that serve these onions."""
    lines = []
    for service in services:
        lines.append(f"# For {service.name}: {service.address}")
        for name, value in service.options():
            lines.append(f"{name} {_quoted(value) if name == _DIR else value}")
        lines.append("")
    return "\n".join(lines)


def setconf(services: Sequence[Service], present: Sequence[Option]) -> str:
    """Return the one command that serves these onions beside those that Tor serves already.

    Args:
        present: all that GETCONF HiddenServiceOptions says. SETCONF replaces the whole, so what is
            not ours is said again.
    """
    ours = {str(service.folder) for service in services}
    options = [option for group in _groups(present) if group[0][1] not in ours for option in group]
    for service in services:
        options += service.options()
    return "SETCONF " + " ".join(f"{name}={_quoted(value)}" for name, value in options)


def withdrawing(services: Sequence[Service], present: Sequence[Option]) -> str:
    """Return the one command that takes these onions away and leaves the others."""
    ours = {str(service.folder) for service in services}
    left = [option for group in _groups(present) if group[0][1] not in ours for option in group]
    if not left:
        return f"RESETCONF {_DIR}"
    return "SETCONF " + " ".join(f"{name}={_quoted(value)}" for name, value in left)


def served(services: Iterable[Service], present: Sequence[Option]) -> bool:
    """Return whether Tor is told to serve each of these just so."""
    groups = [sorted(group) for group in _groups(present)]
    return all(sorted(service.options()) in groups for service in services)


def _groups(present: Sequence[Option]) -> list[list[Option]]:
    """Return the options of each onion; a folder begins the next one."""
    groups: list[list[Option]] = []
    for option in present:
        if option[0].lower() == _DIR.lower():
            groups.append([])
        if groups:
            groups[-1].append(option)
    return groups


def _quoted(value: str) -> str:
    """Return a value as Tor's QuotedString."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
