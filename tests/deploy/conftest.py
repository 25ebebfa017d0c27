"""What the tests of this folder share: a Debian on which the tree is installed."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.machine import SOURCE, TREE, Booted, Root, copy_tree, overlay, refusal
from tests.newsroom import Desk

NAME = "The Gazette"
#: What a machine starts by itself.
STARTED = ("nftables", "var-lib-tor.mount", "tor@default", "intake", "intake-onion")


@pytest.fixture(scope="session")
def wheels(tmp_path_factory) -> Path:
    """The folder that ``deploy/wheels`` fills: gathered once, then nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheels")
    subprocess.run([TREE / "deploy" / "wheels", folder], check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture(scope="session")
def newsroom() -> Desk:
    """The desk whose keyring the installed server has."""
    return Desk()


@pytest.fixture(scope="session")
def installed(wheels, newsroom, tmp_path_factory) -> Iterator[Root]:
    """A machine after ``deploy/install``. It is what others stand on: write to ``root`` instead."""
    if reason := refusal():
        pytest.skip(reason)
    with overlay(tmp_path_factory.mktemp("installed")) as root:
        copy_tree(root.at(SOURCE))
        subprocess.run(["cp", "-r", wheels, root.at("/srv/wheels")], check=True)
        root.at("/root/keyring").write_bytes(newsroom.signed_keyring())
        root.at("/root/keyring").chmod(0o600)
        install(root, "--keyring", "/root/keyring", "--name", NAME)
        yield root


@pytest.fixture
def root(installed, tmp_path_factory) -> Iterator[Root]:
    """A copy of the installed machine, for one test."""
    assert installed.written is not None
    with overlay(tmp_path_factory.mktemp("root"), [installed.written]) as copy:
        yield copy


def install(root: Root, *options: str) -> str:
    """Run the tree's ``deploy/install``, and return what it said."""
    return root.run(f"{SOURCE}/deploy/install", "--wheels", "/srv/wheels", *options)


def start(machine: Booted) -> None:
    """Start what a machine starts, and return when the pages are served."""
    timers = ("intake-guards.timer", "intake-forget.timer")
    machine.run("systemctl", "start", *STARTED, *timers)
    for name in ("sources", "couriers"):
        machine.until("test", "-S", f"/run/intake/{name}.sock")
