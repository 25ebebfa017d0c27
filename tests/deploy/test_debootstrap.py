"""Installing on a Debian of which nothing is there but its base, and starting it: both releases."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import start
from tests.deploy.machine import SOURCE, Root, copy_tree, refusal
from tests.newsroom import Source

pytestmark = pytest.mark.slow

#: What this machine says to the programs that fetch packages.
SETTINGS = (
    "/etc/apt/apt.conf.d",
    "/etc/hosts",
    "/etc/pip.conf",
    "/etc/resolv.conf",
    "/etc/ssl/certs/ca-certificates.crt",
    "/root/.config/pip",
)


def mirror() -> str:
    """Return where this machine's own packages come from."""
    said = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for line in said.stdout.splitlines():
        suite, address = line.split()
        if "-" not in suite:
            return address
    pytest.skip("this machine has no source of Debian's packages")


def npm_settings() -> str:
    """Return where this machine's npm asks, whichever of its files says so."""
    asked = subprocess.run(
        ["npm", "config", "get", "registry"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return f"registry={asked}\ncafile=/etc/ssl/certs/ca-certificates.crt\n"


@pytest.fixture(params=["bookworm", "trixie"])
def fresh(request, newsroom, tmp_path) -> Iterator[Root]:
    if reason := refusal():
        pytest.skip(reason)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "intake-test", tmp_path], check=True)
    try:
        subprocess.run(
            ["debootstrap", "--include=ca-certificates", request.param, tmp_path, mirror()],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        there = [setting for setting in SETTINGS if Path(setting).exists()]
        subprocess.run(["cp", "--recursive", "--parents", *there, tmp_path], check=True)
        root = Root(tmp_path)
        root.at("/root/.npmrc").write_text(npm_settings())
        copy_tree(root.at(SOURCE))
        root.at("/root/keyring").write_bytes(newsroom.signed_keyring())
        yield root
    finally:
        subprocess.run(["umount", "--lazy", tmp_path], check=True)


def test_a_bare_debian_becomes_a_server_with_one_command(fresh):
    install = f"{SOURCE}/deploy/install"
    assert "Installed: " in fresh.run(install, "--keyring", "/root/keyring", "--name", "A Paper")
    before = fresh.run("readlink", "/opt/intake/current")
    fresh.run(install)
    assert fresh.run("readlink", "/opt/intake/current") == before
    with fresh.boot() as machine:
        start(machine)
        source = Source(f"unix:{machine.at('/run/intake/sources.sock')}")
        assert source.send("a message").status == 200
        said = machine.begin("/opt/intake/current/deploy/check").stdout
        well = {line.split()[1] for line in said.splitlines() if line.startswith("ok ")}
        ours = {"users", "home", "program", "services", "sockets", "keyring", "logs", "firewall"}
        assert ours <= well, said
        for unit in ("intake", "intake-onion", "intake-guards", "intake-forget"):
            exposure = machine.run("systemd-analyze", "security", "--no-pager", unit)
            figure = exposure.partition("Overall exposure level")[2].partition(": ")[2].split()[0]
            assert float(figure) <= 1.0, exposure
