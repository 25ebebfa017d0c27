"""The command: what it prints, what it refuses, and how it ends."""

import os
import re
import secrets
import signal
import time
from pathlib import Path

import pytest

from intake.script import script
from tests.newsroom import Desk, File, Operator, Source, request
from tests.newsroom.desk import today
from tests.newsroom.disks import small_disk
from tests.newsroom.http import connect, free_port
from tests.newsroom.operator import Done, intake, python_m_intake

GOLDEN = Path(__file__).with_name("golden")
COMMANDS = ["", "init", "serve", "collect", "deliver", "status"]


@pytest.fixture
def operator(tmp_path: Path) -> Operator:
    return Operator(tmp_path, Desk())


def refused(done: Done, *words: str) -> None:
    """See that a command failed as expected: a message and a hint, and nothing else."""
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert re.fullmatch(r"intake: .+\n(hint: .+\n)?", done.stderr), done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_it_did_when_it_was_last_looked_at(command: str, tmp_path: Path) -> None:
    """After a change that is meant: ``UPDATE_GOLDEN=1``."""
    done = python_m_intake(*command.split(), "--help", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    golden = GOLDEN / f"help-{command or 'intake'}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(done.stdout, "utf-8")
    assert done.stdout == golden.read_text("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["brew"],
        ["init"],
        ["init", "HOME"],
        ["init", "HOME", "--keyring", "x"],
        ["serve"],
        ["collect", "HOME"],
        ["deliver", "HOME"],
        ["status"],
        ["status", "HOME", "more"],
        ["init", "HOME", "--keyring", "x", "--name", "x", "--tick", "soon"],
        ["init", "HOME", "--keyring", "x", "--name", "x", "--reserve", "much"],
        ["init", "HOME", "--keyring", "x", "--name", "x", "--max-upload", "-1"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_and_ends_with_2(arguments: list[str], tmp_path: Path) -> None:
    done = intake(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: intake")
    assert not (tmp_path / "HOME").exists()


def serve(operator: Operator, address: str) -> Done:
    """Try to serve, in a process that ends by itself."""
    return python_m_intake("serve", operator.home, "--listen", address, folder=operator.folder)


def init(operator: Operator, home: Path, *more: str | Path) -> Done:
    keyring = operator.folder / "keyring-from-the-root"
    return operator.run("init", home, "--keyring", keyring, "--name", "The Gazette", *more)


def test_init_refuses_a_folder_with_something_in_it(operator: Operator) -> None:
    taken = operator.folder / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("years of work")
    refused(init(operator, taken), "not empty")
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]
    refused(init(operator, operator.home), "not empty")


def test_init_takes_an_empty_folder_and_makes_missing_ones(operator: Operator) -> None:
    empty = operator.folder / "empty"
    empty.mkdir(mode=0o755)
    for home in (empty, operator.folder / "some" / "where" / "new"):
        done = init(operator, home)
        assert done.returncode == 0
        assert home.stat().st_mode & 0o777 == 0o700


def test_init_refuses_a_place_where_no_folder_can_be(operator: Operator) -> None:
    file = operator.folder / "a file"
    file.write_text("x")
    refused(init(operator, file))
    refused(init(operator, file / "below"))
    assert file.read_text() == "x"


def test_init_refuses_what_is_no_keyring(operator: Operator) -> None:
    home, signed = operator.folder / "new", operator.desk.signed_keyring()
    bad = operator.folder / "bad"
    for content in (b"", b"x" * 500, signed[:-1], signed[:-1] + bytes([signed[-1] ^ 1])):
        bad.write_bytes(content)
        refused(operator.run("init", home, "--keyring", bad, "--name", "x"), "keyring")
        assert not home.exists() or not list(home.iterdir())
    missing = operator.folder / "missing"
    refused(operator.run("init", home, "--keyring", missing, "--name", "x"), "missing")
    refused(operator.run("init", home, "--keyring", operator.folder, "--name", "x"))


@pytest.mark.parametrize(
    "more", [["--name", " "], ["--tick", "0"], ["--tick", "86401"], ["--tick", "-5"]], ids=" ".join
)
def test_init_refuses_settings_without_sense(operator: Operator, more: list[str]) -> None:
    home = operator.folder / "new"
    refused(init(operator, home, *more))
    assert not home.exists()


NAMES = ["The \"Daily\" \\ 'Planet'", "الجريدة", "🗞", "a\tb", "x\x7fy", "# x"]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_newsroom_is_kept(operator: Operator, name: str) -> None:
    home = operator.folder / "named"
    done = init(operator, home, "--name", name)
    assert done.returncode == 0, done
    assert f"newsroom    {name}\n" in operator.run("status", home).stdout


def test_a_server_starts_and_says_what_it_cannot_read(operator: Operator) -> None:
    (operator.home / "store" / "arriving" / secrets.token_hex(16)).mkdir()
    with operator.serve() as server:
        assert Source(server.address).send("Still here.").status == 200
        assert operator.run("collect", operator.home, operator.folder / "stick").returncode == 0
        said = server.stderr()
    assert said.startswith("intake: Not all that was arriving can be kept: Is a directory.\nhint: ")


def test_status_says_whether_a_server_is_running(operator: Operator) -> None:
    with operator.serve():
        assert "server      running\n" in operator.run("status", operator.home).stdout
    assert "server      not running\n" in operator.run("status", operator.home).stdout


def test_init_says_whose_root_key_it_trusts(operator: Operator) -> None:
    done = init(operator, operator.folder / "new", "--name", "The Gazette")
    assert "is ready for The Gazette." in done.stdout
    assert re.search(r"^Root key: ([0-9a-f]{5} ){4}[0-9a-f]{5}$", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", ["serve", "collect", "deliver", "status"])
@pytest.mark.parametrize("place", ["missing", "empty", "a file"])
def test_a_folder_that_is_no_home_is_refused(tmp_path: Path, command: str, place: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("x")
    more = {"collect": [tmp_path / "stick"], "deliver": [tmp_path / "a file"]}
    done = intake(command, tmp_path / place, *more.get(command, []))
    refused(done)
    assert not (tmp_path / "missing").exists()
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize(
    "settings",
    ["", "name = ", 'name = "x"\ntick = "soon"', 'name = "x"\nother = 1', "\xff", "x"],
)
def test_settings_that_cannot_be_read_are_refused(operator: Operator, settings: str) -> None:
    (operator.home / "config.toml").write_bytes(settings.encode("latin-1"))
    refused(operator.run("status", operator.home))


def test_two_servers_on_one_home_are_refused(operator: Operator) -> None:
    with operator.serve() as server:
        refused(
            serve(operator, f"127.0.0.1:{free_port()}"),
            "Another server is running",
        )
        assert request(server.address, "GET", "/").status == 200


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0:8080", "[::]:8080", ":8080", "8080", "192.168.1.1:80", "localhost:80", "127.0.0.1:",
     "127.0.0.1:65536", "127.0.0.1:x", "unix:/no/such/folder/socket", "unix:" + "x" * 200],
)  # fmt: skip
def test_an_address_that_is_not_this_machines_own_is_refused(
    operator: Operator, address: str
) -> None:
    refused(serve(operator, address), "Cannot listen on")


def test_a_port_that_is_taken_is_refused(operator: Operator) -> None:
    address = f"127.0.0.1:{free_port()}"
    elsewhere = operator.folder / "elsewhere"
    elsewhere.mkdir()
    other = Operator(elsewhere, Desk())
    with other.serve(listen=address):
        refused(serve(operator, address), "in use")


@pytest.mark.parametrize("family", ["127.0.0.1", "[::1]"])
def test_the_server_listens_where_it_is_told_and_says_so(operator: Operator, family: str) -> None:
    address = f"{family}:{free_port()}"
    with operator.serve(listen=address) as server:
        assert request(address, "GET", "/").status == 200
        assert server.stop() == 0
    assert (operator.folder / "stdout").read_text() == f"Serving The Gazette on {address}\n"
    assert server.stderr() == ""


def test_the_servers_socket_is_not_for_everybody(operator: Operator) -> None:
    with operator.serve() as server:
        path = Path(server.address.removeprefix("unix:"))
        assert path.stat().st_mode & 0o007 == 0


def test_a_socket_left_by_a_killed_server_is_taken_over(operator: Operator) -> None:
    with operator.serve() as server:
        server.kill()
    assert (operator.folder / "socket").exists()
    with operator.serve() as server:
        connect(server.address).close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_end_ends_with_0(
    operator: Operator, number: signal.Signals
) -> None:
    with operator.serve() as server:
        server.process.send_signal(number)
        assert server.process.wait(20) == 0
        assert server.stderr() == ""


def test_the_tick_goes_on_after_one_that_failed(operator: Operator) -> None:
    with operator.serve() as server:
        source = Source(server.address)
        shelf, aside = operator.shelf, operator.home / "aside"
        source.send("Hello.")
        time.sleep(1.2)
        shelf.rename(aside)
        time.sleep(1.5)
        aside.rename(shelf)
        source.send("Hello again.")
        deadline = time.monotonic() + 10
        while len(list(shelf.iterdir())) < 2:
            assert time.monotonic() < deadline, "no tick any more"
            time.sleep(0.05)
        assert "Traceback" not in server.stderr()


def test_collect_copies_each_envelope_once(operator: Operator) -> None:
    with operator.serve() as server:
        Source(server.address).send("One.", [File("x", b"x")])
        stick = operator.folder / "stick"
        first = operator.run("collect", operator.home, stick)
        Source(server.address).send("Two.")
        second = operator.run("collect", operator.home, stick)
    assert first.stdout == "2 envelopes copied, 0 there already.\n"
    assert second.stdout == "1 envelope copied, 2 there already.\n"
    assert (first.returncode, first.stderr) == (0, "")
    assert all(re.fullmatch("[0-9a-f]{32}", path.name) for path in stick.iterdir())
    for path in stick.iterdir():
        assert path.read_bytes() == (operator.shelf / path.name).read_bytes()


def test_a_stick_that_is_full_is_told_with_what_the_next_takes(operator: Operator) -> None:
    with operator.serve() as server:
        Source(server.address).send(files=[File("x", os.urandom(9_000_000))])
    with small_disk(operator.folder, 8) as stick:
        done = operator.run("collect", operator.home, stick)
        refused(done, "takes no more: No space left on device")
        assert re.search(r"hint: 0 of 1 are copied, and the next has 9,\d{3},\d{3} ", done.stderr)
        assert [path.name for path in stick.iterdir() if path.is_file()] == []
    second = operator.folder / "another"
    assert operator.run("collect", operator.home, second).returncode == 0


def test_collect_copies_again_what_is_not_whole_on_the_stick(operator: Operator) -> None:
    with operator.serve() as server:
        Source(server.address).send("One.")
    stick = operator.collect()
    [path] = stick.iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:1_000])
    (stick / f".{path.name}.part").write_bytes(b"left by a stick that was pulled")
    operator.collect(stick)
    assert {one.name: one.read_bytes() for one in stick.iterdir()} == {path.name: whole}


def test_collect_refuses_a_stick_that_is_none(operator: Operator) -> None:
    with operator.serve() as server:
        Source(server.address).send("One.")
    file = operator.folder / "a file"
    file.write_text("x")
    refused(operator.run("collect", operator.home, file), "is no folder")
    assert file.read_text() == "x"


def test_deliver_refuses_a_file_that_is_none(operator: Operator) -> None:
    for path in (operator.folder / "missing", operator.folder):
        refused(operator.run("deliver", operator.home, path), "cannot be read")


def test_status_says_what_an_operator_may_know_and_no_more(operator: Operator) -> None:
    with operator.serve() as server:
        source = Source(server.address)
        source.send("A secret.", [File("secret.txt", b"x" * 100_000)])
        done = operator.run("status", operator.home)
    assert (done.returncode, done.stderr) == (0, "")
    printed = done.stdout.replace("root key", "root-key")
    lines = dict(line.split(maxsplit=1) for line in printed.splitlines())
    names = "newsroom intake server keyring epoch root-key suite script held room reserve decoys"
    assert list(lines) == names.split()
    assert lines["intake"] == "open"
    assert re.fullmatch(r"1, until \d{4}-\d\d-\d\d \(30 days\)", lines["keyring"])
    assert lines["suite"] == "nacl"
    assert lines["script"] in (script().integrity, "none, so browsers do not seal")
    assert re.fullmatch(r"\d+\.\d kB of ciphertext", lines["held"])
    assert not any(word in done.stdout for word in (*source.codename.split(), "secret"))


def test_status_bears_a_keyring_without_an_end(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(last_day=today() + 365 * 500))
    assert operator.run("status", operator.home).returncode == 0


def test_python_dash_m_is_the_command(tmp_path: Path) -> None:
    done = python_m_intake("status", tmp_path, folder=tmp_path)
    refused(done, "is not a server's folder")
    assert python_m_intake("brew", folder=tmp_path).returncode == 2
