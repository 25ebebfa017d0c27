"""The files that are laid on a machine, each judged by the program that reads it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.machine import TREE

DEPLOY = TREE / "deploy"
SERVICES = sorted((DEPLOY / "systemd").glob("*.service"))
UNITS = sorted(path for path in (DEPLOY / "systemd").iterdir() if path.is_file())
SCRIPTS = sorted(
    path
    for path in DEPLOY.iterdir()
    if path.is_file() and path.read_bytes().startswith((b"#!/bin/bash", b"# shellcheck shell=bash"))
)
#: What systemd calls exposure, of 10. The issue's figure.
MOST = 1.0


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def output(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=DEPLOY)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("unit", SERVICES, ids=names(SERVICES))
def test_a_service_is_hardly_exposed(unit):
    said = output("systemd-analyze", "security", "--offline=true", "--no-pager", unit)
    line = next(line for line in said.splitlines() if "Overall exposure level" in line)
    assert float(line.partition(": ")[2].split()[0]) <= MOST, said


def test_every_unit_is_one_that_systemd_understands(root):
    units = [f"/etc/systemd/system/{unit.name}" for unit in UNITS]
    done = root.begin("systemd-analyze", "verify", "--man=no", *units)
    complaints = [line for line in done.stderr.splitlines() if "intake" in line or "tor" in line]
    assert complaints == []


@pytest.mark.parametrize("script", SCRIPTS, ids=names(SCRIPTS))
def test_a_script_is_clean_to_shellcheck(script):
    output("shellcheck", "--external-sources", f"--source-path={TREE}", script)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace")
def test_nft_takes_the_firewall():
    output("unshare", "--net", "nft", "--check", "--file", DEPLOY / "etc" / "nftables.conf")


def test_tor_takes_its_settings(root):
    defaults = "/usr/share/tor/tor-service-defaults-torrc"
    root.run("tor", "--defaults-torrc", defaults, "-f", "/etc/tor/torrc", "--verify-config")


def test_apt_goes_through_tor():
    said = output("apt-config", "--config-file", DEPLOY / "etc" / "apt.conf", "dump")
    for scheme in ("http", "https"):
        assert f'Acquire::{scheme}::Proxy "socks5h://127.0.0.1:9050";' in said


def test_no_file_names_a_place_to_fetch_from():
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            assert "https://" not in path.read_text(), path
