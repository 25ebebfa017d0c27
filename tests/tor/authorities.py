"""What directory authorities need before they can start: keys, and lines that name them."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

#: Seconds between votes: the first is triggered, and the next is not to fall into a test.
INTERVAL = 1_800


@dataclass(frozen=True)
class Ports:
    """Where a relay listens."""

    onion: int
    directory: int


@dataclass(frozen=True)
class Known:
    """A relay as the others know it: 40 hex digits, and those of an authority's vote or nothing."""

    name: str
    ports: Ports
    fingerprint: str
    voting: str = ""

    @property
    def authority_line(self) -> str:
        """The line of the torrc by which everybody trusts this authority."""
        return (
            f"DirAuthority {self.name} orport={self.ports.onion} no-v2 v3ident={self.voting} "
            f"127.0.0.1:{self.ports.directory} {self.fingerprint}"
        )


def relay_lines(name: str, ports: Ports) -> list[str]:
    """Return the torrc of a relay that nobody leaves the network through."""
    return [
        f"Nickname {name}",
        "SocksPort 0",
        "Address 127.0.0.1",
        f"ORPort 127.0.0.1:{ports.onion} IPv4Only",
        "AssumeReachable 1",
        "ExitRelay 0",
        "ContactInfo none",
    ]


def authority_lines(name: str, ports: Ports) -> list[str]:
    """Return the torrc of a relay that votes."""
    return [
        *relay_lines(name, ports),
        f"DirPort 127.0.0.1:{ports.directory} IPv4Only",
        "AuthoritativeDirectory 1",
        "V3AuthoritativeDirectory 1",
        "AuthDirTestReachability 0",
        "TestingDirAuthVoteGuard *",
        "TestingDirAuthVoteHSDir *",
        f"TestingV3AuthInitialVotingInterval {INTERVAL}",
        "TestingV3AuthInitialVoteDelay 2",
        "TestingV3AuthInitialDistDelay 2",
        f"V3AuthVotingInterval {INTERVAL}",
        "V3AuthVoteDelay 2",
        "V3AuthDistDelay 2",
    ]


def make_keys(root: Path, voters: dict[str, Ports], relays: dict[str, Ports]) -> list[Known]:
    """Make the keys of all in ``root``/name, and return how they are known, the voters first.

    Raises:
        subprocess.CalledProcessError: tor's own tools failed.
    """
    everybody = {**voters, **relays}
    with ThreadPoolExecutor() as pool:
        # The voting keys take the longest.
        voting = {
            name: pool.submit(_voting_key, root / name, ports) for name, ports in voters.items()
        }
        prints = {name: pool.submit(_fingerprint, root / name) for name in everybody}
    return [
        Known(name, ports, prints[name].result(), voting[name].result() if name in voting else "")
        for name, ports in everybody.items()
    ]


def _voting_key(folder: Path, ports: Ports) -> str:
    keys = folder / "keys"
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    certificate = keys / "authority_certificate"
    _run(
        *("tor-gencert", "--create-identity-key", "--passphrase-fd", "0", "-m", "12"),
        *("-a", f"127.0.0.1:{ports.directory}", "-c", str(certificate)),
        *("-i", str(keys / "authority_identity_key"), "-s", str(keys / "authority_signing_key")),
        given=b"private network\n",
    )
    lines = certificate.read_text().splitlines()
    return next(line.split()[1] for line in lines if line.startswith("fingerprint "))


def _fingerprint(folder: Path) -> str:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / "empty").touch()
    said = _run(
        *("tor", "--list-fingerprint", "--quiet", "--DataDirectory", str(folder)),
        *("-f", str(folder / "empty"), "--defaults-torrc", str(folder / "empty")),
        *("--Nickname", folder.name, "--Address", "127.0.0.1", "--ORPort", "9"),
    )
    return said.split(maxsplit=1)[1].replace(" ", "").strip()


def _run(*command: str, given: bytes = b"") -> str:
    done = subprocess.run(command, input=given, capture_output=True, check=True, timeout=60)
    return done.stdout.decode()
