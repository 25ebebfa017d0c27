"""The installed server on a real systemd: every sandbox option is in force, and it works in it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.conftest import install, start
from tests.deploy.machine import SOURCE, Booted, overlay
from tests.newsroom import Desk, Source
from tests.newsroom.http import File, request

HOME = "/var/lib/intake"
CHECK = "/opt/intake/current/deploy/check"
CONTENT = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def machine(installed, tmp_path_factory) -> Iterator[Booted]:
    """The installed machine, running."""
    folder = tmp_path_factory.mktemp("machine")
    with overlay(folder, [installed.written]) as root, root.boot() as booted:
        start(booted)
        yield booted


def socket_of(machine: Booted, name: str) -> str:
    return f"unix:{machine.at(f'/run/intake/{name}.sock')}"


def main_pid(machine: Booted, unit: str) -> str:
    return machine.run("systemctl", "show", "--property=MainPID", "--value", unit).strip()


def status(machine: Booted, unit: str) -> dict[str, str]:
    text = machine.at(f"/proc/{main_pid(machine, unit)}/status").read_text()
    return {name: value.strip() for name, _, value in (x.partition(":") for x in text.splitlines())}


def inside(machine: Booted, unit: str, *command: str) -> str:
    """Run a command where a service is, as root: what it sees, not what it may."""
    into = ("nsenter", f"--target={main_pid(machine, unit)}", "--mount", "--net")
    return machine.run(*into, *command)


def carried(machine: Booted, desk: Desk) -> list[bytes]:
    """Collect as the operator does, and return what the desk reads."""
    machine.run("install", "-d", "-o", "intake", "/tmp/stick")
    machine.run("/usr/local/sbin/intake", "collect", HOME, "/tmp/stick")
    return [one.content for one in desk.open_all(Path(machine.at("/tmp/stick")))]


def test_what_a_source_sends_reaches_the_desk(machine, newsroom):
    source = Source(socket_of(machine, "sources"))
    answer = source.send("a message", [File("archive.bin", CONTENT)])
    assert answer.status == 200
    assert CONTENT in carried(machine, newsroom)


def test_gnupg_seals_in_the_sandbox(installed, gnupg, tmp_path):
    desk = Desk(gnupg=gnupg)
    with overlay(tmp_path, [installed.written]) as root:
        root.run("sh", "-c", f"rm -rf {HOME}")
        root.at("/root/keyring").write_bytes(desk.signed_keyring())
        install(root, "--keyring", "/root/keyring", "--name", "The Gazette")
        with root.boot() as machine:
            start(machine)
            source = Source(socket_of(machine, "sources"))
            assert source.send("a message", [File("archive.bin", CONTENT)]).status == 200
            assert CONTENT in carried(machine, desk)


def test_a_courier_without_a_token_is_turned_away(machine):
    assert request(socket_of(machine, "couriers"), "GET", "/envelopes").status == 401


@pytest.mark.parametrize("unit", ["intake", "intake-onion"])
def test_the_process_has_no_rights_and_no_network(machine, unit):
    said = status(machine, unit)
    assert int(said["CapEff"], 16) == int(said["CapBnd"], 16) == int(said["CapPrm"], 16) == 0
    assert said["NoNewPrivs"] == "1"
    assert said["Seccomp"] == "2"
    links = inside(machine, unit, "ip", "-brief", "link").splitlines()
    assert [line.split()[0] for line in links] == ["lo"]
    limits = machine.at(f"/proc/{main_pid(machine, unit)}/limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_the_web_process_sees_neither_tor_nor_the_bus_nor_the_keys(machine):
    assert set(inside(machine, "intake", "ls", "/run").split()) <= {"intake", "systemd"}
    assert inside(machine, "intake", "ls", "/run/systemd").split() in ([], ["incoming"])
    assert inside(machine, "intake", "ls", "-A", f"{HOME}/onion") == ""
    assert inside(machine, "intake", "ls", "-A", "/var/tmp") == ""


def test_the_keeper_sees_the_keys_and_no_envelope(machine):
    assert inside(machine, "intake-onion", "ls", HOME).split() == ["onion"]
    assert "intake" not in inside(machine, "intake-onion", "ls", "/run").split()


def test_tor_may_connect_to_the_pages_and_nobody_else(machine):
    ask = ("python3", "/opt/intake/current/deploy/probe.py", "page", "/run/intake/sources.sock")
    assert machine.run("runuser", "-u", "debian-tor", "--", *ask) == "200\n"
    assert machine.begin("runuser", "-u", "nobody", "--", *ask).returncode == 1


def test_tor_is_told_to_serve_both_onions(machine):
    for name in ("sources", "couriers"):
        machine.until("test", "-s", f"{HOME}/onion/{name}/hostname")
    machine.until(
        "sh", "-c", f"/usr/local/sbin/intake onion {HOME} --check 2>&1 | grep 'not connected'"
    )


def test_tors_notes_are_in_memory(machine):
    assert machine.run("findmnt", "-no", "FSTYPE", "/var/lib/tor") == "tmpfs\n"
    assert machine.at("/var/lib/tor/state").exists()


def test_the_journal_is_in_memory(machine):
    assert machine.begin("find", "/var/log/journal", "-type", "f").stdout == ""
    assert machine.run("sh", "-c", "ls /run/log/journal") != ""


def test_only_tor_goes_out(machine):
    # A wire with nobody at its other end: who may send waits in vain, who may not is told at once.
    for command in (
        "ip link add out0 type veth peer name out1",
        "ip address add 10.9.0.1/24 dev out0",
        "ip link set out0 up",
        "ip link set out1 up",
        "ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev out0",
    ):
        machine.run(*command.split())
    knock = "import socket; socket.create_connection(('10.9.0.2', 443), 1)"
    outcomes = {}
    for user in ("root", "intake", "_apt", "debian-tor"):
        done = machine.begin("runuser", "-u", user, "--", "/usr/bin/python3", "-c", knock)
        outcomes[user] = done.stderr.splitlines()[-1]
    machine.run("ip", "link", "delete", "out0")
    assert "TimeoutError" in outcomes.pop("debian-tor")
    assert all("No route to host" in outcome for outcome in outcomes.values()), outcomes


def test_check_finds_all_of_ours_well(machine):
    lines = machine.begin(CHECK).stdout.splitlines()
    state = {line.split()[1]: line for line in lines if len(line.split()) > 1}
    for name in ("users", "home", "program", "services", "sockets", "keyring", "room", "logs",
                 "firewall", "updates"):  # fmt: skip
        assert state[name].startswith("ok "), state[name]


def test_a_killed_server_comes_back(machine):
    before = main_pid(machine, "intake")
    machine.run("kill", "-KILL", before)
    page = ("python3", "/opt/intake/current/deploy/probe.py", "page", "/run/intake/sources.sock")
    machine.until(*page)
    assert main_pid(machine, "intake") != before


def test_installing_again_cuts_nobody_off(machine):
    before = [main_pid(machine, unit) for unit in ("intake", "intake-onion", "tor@default")]
    machine.run(f"{SOURCE}/deploy/install", "--wheels", "/srv/wheels")
    after = [main_pid(machine, unit) for unit in ("intake", "intake-onion", "tor@default")]
    assert after == before


@pytest.mark.slow
def test_an_upgrade_starts_the_newer_version(machine):
    before = main_pid(machine, "intake")
    with machine.at(f"{SOURCE}/intake/__init__.py").open("a") as file:
        file.write("\n# Newer.\n")
    machine.run(f"{SOURCE}/deploy/install", "--wheels", "/srv/wheels")
    machine.until("test", "-S", "/run/intake/sources.sock")
    after = main_pid(machine, "intake")
    assert after != before
    runs = machine.run("readlink", "/opt/intake/current").strip()
    assert runs in machine.at(f"/proc/{after}/cmdline").read_text()


def test_a_file_system_that_cannot_be_made_to_forget_is_told(machine):
    done = machine.begin("systemctl", "start", "intake-forget.service")
    assert done.returncode != 0
    said = machine.run("journalctl", "--unit=intake-forget.service", "--output=cat")
    assert "Only ext4, under Linux 5.14 or later, can be made to forget." in said
