"""The packages that the locks pin: name, version, hashes, what each needs, and its licence."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.supply.licences import READ_IN_THE_FILE, of_distribution

ROOT = Path(__file__).resolve().parents[2]
#: Locks of what runs somewhere, and of what only builds, tests and checks.
RUNS = (
    "requirements/intake.txt",
    "requirements/keys.txt",
    "requirements/send.txt",
    "intake/browser/package-lock.json",
)
TOOLS = (
    "requirements/build.txt",
    "requirements/test.txt",
    "tests/browser/package-lock.json",
)

#: Packages of the script's lock that make it, and are not in it.
_MAKES_THE_SCRIPT = re.compile(r"esbuild|@esbuild/.*")

_PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NEEDED_BY = re.compile(r"^    #(?: via)?\s+(?P<name>[A-Za-z0-9._-]+)$")


@dataclass(frozen=True)
class Package:
    """A package in one version.

    Attributes:
        kind: ``pypi`` or ``npm``.
        hashes: algorithm and hexadecimal digest of each file that may be installed.
        needs: purls of other packages.
        licence: an SPDX expression.
        locks: that pin it, relative to the repository.
    """

    kind: str
    name: str
    version: str
    hashes: tuple[tuple[str, str], ...]
    licence: str
    needs: frozenset[str] = frozenset()
    locks: frozenset[str] = frozenset()

    @property
    def purl(self) -> str:
        """Its name for all tools: pkg:npm/%40noble/hashes@2.4.0."""
        return f"pkg:{self.kind}/{quote(self.name)}@{self.version}"

    @property
    def runs(self) -> bool:
        """Whether it is part of what runs, and no tool."""
        return any(lock in RUNS for lock in self.locks)


def pinned() -> list[Package]:
    """Return every package of every lock, once each, by name."""
    found: dict[str, Package] = {}
    for lock in (*RUNS, *TOOLS):
        read = _python if lock.endswith(".txt") else _npm
        for one in read(ROOT / lock, lock):
            before = found.get(one.purl, one)
            found[one.purl] = replace(
                before,
                hashes=tuple(sorted({*before.hashes, *one.hashes})),
                needs=before.needs | one.needs,
                locks=before.locks | one.locks,
            )
    return sorted(found.values(), key=lambda one: (one.kind, one.name.lower(), one.version))


def _python(path: Path, lock: str) -> Iterator[Package]:
    """Yield the packages of a lock that pip-compile wrote, with who needs them turned around."""
    entries = list(_entries(path))
    needs: dict[str, set[str]] = {name: set() for name, _, _, _ in entries}
    for name, version, _, needed_by in entries:
        for other in needed_by:
            needs.get(other, set()).add(f"pkg:pypi/{name}@{version}")
    for name, version, hashes, _ in entries:
        listed = tuple(("SHA-256", digest) for digest in hashes)
        licence = of_distribution(name, version)
        yield Package(
            "pypi", name, version, listed, licence, frozenset(needs[name]), frozenset({lock})
        )


def _entries(path: Path) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """Yield name, version, hashes, and who needs it, of each entry."""
    for block in re.split(r"\n(?=[A-Za-z0-9])", path.read_text("ascii")):
        match = _PINNED.match(block)
        if match is not None:
            needed_by = [line["name"] for line in map(_NEEDED_BY.match, block.splitlines()) if line]
            yield match["name"], match["version"], _HASH.findall(block), needed_by


def _npm(path: Path, lock: str) -> Iterator[Package]:
    """Yield the packages of a package-lock.json."""
    entries: dict[str, Any] = json.loads(path.read_text("utf-8"))["packages"]
    made = {place: _npm_package(place, entry) for place, entry in entries.items() if place}
    for place, one in made.items():
        named = {**entries[place].get("dependencies", {}), **_optional(entries[place])}
        needs = {made[at].purl for name in named if (at := _resolved(place, name, made))}
        # What only builds and checks the script is no part of it.
        tool = entries[place].get("dev", False) or _MAKES_THE_SCRIPT.fullmatch(one.name)
        locks = frozenset({f"{lock} (tools)" if tool else lock})
        yield replace(one, needs=frozenset(needs), locks=locks)


def _npm_package(place: str, entry: dict[str, Any]) -> Package:
    algorithm, _, digest = entry["integrity"].partition("-")
    hashes = ((algorithm.upper().replace("SHA", "SHA-"), base64.b64decode(digest).hex()),)
    name = entry.get("name") or place.rpartition("node_modules/")[2]
    licence = entry.get("license") or READ_IN_THE_FILE.get(name, "")
    return Package("npm", name, entry["version"], hashes, licence)


def _optional(entry: dict[str, Any]) -> dict[str, str]:
    optional: dict[str, str] = entry.get("optionalDependencies", {})
    return optional


def _resolved(place: str, name: str, made: dict[str, Package]) -> str | None:
    """Return where node finds a package: beside the one that asks, or in a folder above."""
    while True:
        at = f"{place}/node_modules/{name}" if place else f"node_modules/{name}"
        if at in made or not place:
            return at if at in made else None
        place = place.rpartition("node_modules/")[0].rstrip("/")
