"""Sending: all of it arrives as it was, once, under its own names; and what does not is told."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from intake.wire.codename import derive_source, split
from intake.wire.record import Kind
from intake.wire.signing import fingerprint
from tests.newsroom import Desk, GnupgHome, Operator, Server
from tests.newsroom.desk import today
from tests.newsroom.operator import is_root
from tests.newsroom.server import ROOT, environment
from tests.sender.arrived import arrived, sizes_below
from tests.sender.conftest import write
from tests.sender.proxy import Proxy
from tests.sender.source import Source

SAFE = "all of it is safe with the newsroom"


def test_a_folder_arrives_whole_under_its_own_names(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path
) -> None:
    done = source.send(server.address, leak)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"46 files, 40.1 MB: {SAFE}.")
    found = arrived(desk, operator, leak.parent)
    assert found.wrong == []
    assert found.files == sizes_below(leak)
    folders = {str(path.relative_to(leak.parent)) for path in leak.rglob("*") if path.is_dir()}
    assert found.folders == folders | {"leak"}
    [manifest] = found.manifests
    assert (manifest.files, manifest.size) == (46, sum(sizes_below(leak).values()))
    assert sorted(manifest.packs) == sorted(found.packs)


def test_all_records_are_of_one_submission_and_one_thread(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path
) -> None:
    assert source.send(server.address, leak, "--message", message="Hello.\n").returncode == 0
    known = derive_source(split(source.codename), desk.salt)
    headers = arrived(desk, operator).headers
    assert {header.kind for header in headers} == {Kind.PACK, Kind.MESSAGE, Kind.MANIFEST}
    assert {(header.submission, header.capability, header.reply_key) for header in headers} == {
        (known.submission, known.thread.capability, known.thread.reply_key)
    }


def test_the_same_again_sends_nothing_but_questions(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path
) -> None:
    assert source.send(server.address, leak).returncode == 0
    with Proxy(server.address) as proxy:
        done = source.send(proxy.address, leak)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"46 files, 40.1 MB: {SAFE}.")
    assert proxy.sent == 0
    assert {request.split()[0] for request in proxy.requests} == {"GET", "HEAD"}
    assert len(arrived(desk, operator).manifests) == 1


def test_a_file_more_sends_itself_and_what_is_near(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path
) -> None:
    assert source.send(server.address, leak).returncode == 0
    write(leak / "late.txt", 1_000)
    with Proxy(server.address) as proxy:
        assert source.send(proxy.address, leak).returncode == 0
    assert 0 < proxy.sent < 4_000_000
    found = arrived(desk, operator, leak.parent)
    assert (found.wrong, found.files) == ([], sizes_below(leak))


def test_another_codename_sends_all_anew(server: Server, tmp_path: Path, leak: Path) -> None:
    with Proxy(server.address) as proxy:
        for _ in range(2):
            before = proxy.sent
            assert Source(tmp_path).send(proxy.address, leak).returncode == 0
            assert proxy.sent - before > 40_000_000


def test_single_files_and_several_roots_arrive(
    desk: Desk, operator: Operator, server: Server, source: Source, leak: Path, tmp_path: Path
) -> None:
    write(tmp_path / "alone.pdf", 10_000_000)
    done = source.send(server.address, tmp_path / "alone.pdf", leak / "deep")
    assert done.returncode == 0
    files = arrived(desk, operator).files
    assert files == {
        "alone.pdf": 10_000_000,
        "deep/er/two packs.bin": 8_400_000,
        "deep/er/and/deeper/x": 100,
    }


def test_a_message_arrives_as_it_was_typed_each_time(
    desk: Desk, operator: Operator, server: Server, source: Source
) -> None:
    for _ in range(2):
        done = source.send(server.address, "--message", message="One.\n\nÄöü — “two”.\n")
        assert (done.returncode, done.stdout.splitlines()[0]) == (
            0,
            "Your message is safe with the newsroom.",
        )
    assert arrived(desk, operator).messages == ["One.\n\nÄöü — “two”."] * 2


def test_a_message_with_the_codename_in_it_is_not_sent(server: Server, source: Source) -> None:
    with Proxy(server.address) as proxy:
        done = source.send(proxy.address, "--message", message=f"I am {source.codename}.")
    assert done.returncode == 1
    assert "contains your codename" in done.stderr
    assert proxy.sent == 0


def test_what_is_left_out_is_named_and_the_exit_code_says_so(
    desk: Desk, operator: Operator, server: Server, source: Source, tmp_path: Path
) -> None:
    write(tmp_path / "t" / "a", 100)
    (tmp_path / "t" / "link\x1b[2J").symlink_to("a")
    os.mkfifo(tmp_path / "t" / "pipe")
    done = source.send(server.address, tmp_path / "t")
    assert done.returncode == 1
    assert done.stdout.startswith("1 file, 100 bytes: ")
    assert "t/link\\x1b[2J is a link; links are not followed.\n" in done.stderr
    assert "t/pipe is neither a file nor a folder.\n" in done.stderr
    assert "2 things, named above" in done.stderr
    assert arrived(desk, operator).files == {"t/a": 100}


def test_what_may_not_be_read_is_named(source: Source, tmp_path: Path) -> None:
    tree = tmp_path / "t"
    for name in ("closed/x", "hers", "ours"):
        write(tree / name, 1)
    (tree / "hers").chmod(0)
    (tree / "closed").chmod(0)
    # Root may read everything, unless it gives that up.
    weaker = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] if is_root() else []
    done = subprocess.run(
        [*weaker, sys.executable, "-m", "intake", "send", "unix:/x", str(tree), "--dry-run"],
        cwd=ROOT,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    (tree / "closed").chmod(0o700)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("1 file and 1 folder, 1 byte, in 1 pack ")
    assert "t/closed cannot be read: Permission denied.\n" in done.stderr
    assert "t/hers cannot be read: Permission denied.\n" in done.stderr


def test_where_nothing_can_be_sent_it_is_said_why(source: Source, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = source.send("unix:/no/such/server", tmp_path / "pipe")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("pipe is neither a file nor a folder.\nintake: There is nothing")


def test_a_rehearsal_says_what_would_be_sent_and_uses_no_network(
    source: Source, leak: Path
) -> None:
    (leak / "link").symlink_to("large.bin")
    done = source.send("unix:/no/such/server", leak, "--dry-run", "--rate", "10K")
    assert done.returncode == 1
    assert done.stdout == (
        "46 files and 8 folders, 40.1 MB, in 10 packs of 8.4 MB at most.\n"
        "That takes about 1 h 23 min, if Tor gives 1.0 MB/s, as it often does.\n"
    )
    assert "leak/link is a link" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["unix:/x", "/etc/hostname", "--circuits", "0"],
        ["unix:/x", "/etc/hostname", "--circuits", "17"],
        ["unix:/x", "/etc/hostname", "--rate", "fast"],
        ["unix:/x", "/etc/hostname", "--rate", "0"],
        ["unix:/x", "/etc/hostname", "--hours", "22"],
        ["unix:/x", "/etc/hostname", "--hours", "6-6"],
        ["unix:/x", "/etc/hostname", "--hours", "25-1"],
        ["unix:/x", "/etc/hostname", "--give-up-after", "soon"],
        ["unix:/x", "/etc/hostname", "--socks", "9050"],
        ["unix:/x", "/etc/hostname", "--codename", "one two three"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_and_ends_with_2(source: Source, arguments: list[str]) -> None:
    assert source.run("send", *arguments).returncode == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no ADDRESS"),
        (["unix:/x"], "nothing to send"),
        (["unix:/x", "/no/such/file"], "cannot be read"),
        (["http://example.com", "/etc/hostname"], "neither an onion nor on this machine"),
        (["a" * 56 + ".onion", "/etc/hostname"], "not an onion's address"),
        (["unix:/x", "/etc/hostname", "--root", "12345"], "25 of the digits"),
    ],
)
def test_what_cannot_be_sent_is_told_with_a_hint(
    source: Source, arguments: list[str], said: str
) -> None:
    done = source.run("send", *arguments)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(f"^intake: .*{said}.*\nhint: .+\n$", done.stderr, re.MULTILINE)


def test_a_slip_in_the_codename_is_told_before_anything_is_sent(
    server: Server, source: Source, leak: Path
) -> None:
    source.codename = source.codename.rpartition(" ")[0]
    with Proxy(server.address) as proxy:
        done = source.send(proxy.address, leak)
    assert done.returncode == 1
    assert "A codename has 7 words; what you entered has 6." in done.stderr
    assert proxy.requests == ["GET /keyring?raw"]


def test_the_root_key_is_shown_or_compared(
    desk: Desk, server: Server, source: Source, tmp_path: Path
) -> None:
    right = fingerprint(desk.keyring.root_key)
    write(tmp_path / "x", 10)
    shown = source.send(server.address, tmp_path / "x")
    assert shown.returncode == 0
    assert right in shown.stderr
    compared = source.send(server.address, tmp_path / "x", "--root", right.upper())
    assert compared.returncode == 0
    assert right not in compared.stderr
    with Proxy(server.address) as proxy:
        wrong = source.send(proxy.address, tmp_path / "x", "--root", "0" * 25)
    assert wrong.returncode == 1
    assert "another newsroom" in wrong.stderr
    assert proxy.requests == ["GET /keyring?raw"]


def test_a_keyring_that_is_not_in_force_is_told(source: Source, tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(first_day=today() - 9, last_day=today() - 1))
    write(tmp_path / "x", 10)
    with operator.serve() as server:
        done = source.send(server.address, tmp_path / "x")
    assert done.returncode == 1
    assert "Nobody could open what is sent now: the keyring has run out." in done.stderr


def test_a_newsroom_with_openpgp_keys_is_told_apart(
    gnupg: GnupgHome, source: Source, tmp_path: Path
) -> None:
    operator = Operator(tmp_path, Desk(gnupg=gnupg))
    write(tmp_path / "x", 10)
    with operator.serve() as server:
        done = source.send(server.address, tmp_path / "x")
    assert done.returncode == 1
    assert "OpenPGP" in done.stderr
    assert "Use the form on its page" in done.stderr


def test_what_is_no_newsroom_is_told(source: Source, tmp_path: Path) -> None:
    write(tmp_path / "x", 10)
    (tmp_path / "www").mkdir()
    (tmp_path / "www" / "keyring").write_bytes(os.urandom(300))
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"],
        cwd=tmp_path / "www",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        port = re.search(r"port (\d+)", process.stdout.readline())
        assert port is not None
        done = source.send(f"127.0.0.1:{port[1]}", tmp_path / "x")
        process.terminate()
    assert done.returncode == 1
    assert "keyring cannot be used" in done.stderr


def test_new_keys_with_another_editor_are_taken_up_on_the_way(
    tmp_path: Path, source: Source
) -> None:
    both = Desk(editors=2)
    one = both.keyring
    two = both.successor()
    both.keyring = both.successor(sequence=1, editors=one.editors[:1])
    operator = Operator(tmp_path, both)
    write(tmp_path / "large", 60_000_000)
    renewed: list[int] = []
    with operator.serve() as server:

        def renew(sent: int) -> bool:
            if sent > 20_000_000 and not renewed:
                renewed.append(sent)
                done = operator.deliver(both.dispatch(keyring=both.signed_keyring(two)))
                assert done.returncode == 0, done.stderr
            return False

        with Proxy(server.address, renew) as proxy:
            done = source.send(proxy.address, tmp_path / "large")
        assert done.returncode == 0, done.stderr
        assert renewed
        assert arrived(both, operator, tmp_path).files == {"large": 60_000_000}


def test_no_room_is_told_and_waited_for(desk: Desk, tmp_path: Path, source: Source) -> None:
    # More is reserved than there is, so that nothing but messages is taken.
    operator = Operator(tmp_path, desk, "--reserve", str(2 * shutil.disk_usage(tmp_path).free))
    write(tmp_path / "x", 100_000)
    with operator.serve() as server:
        done = source.send(server.address, tmp_path / "x", "--give-up-after", "1")
        assert done.returncode == 1
        assert "no room" in done.stderr.lower()
        assert "give the same command and the same codename" in done.stderr
        assert source.send(server.address, "--message", message="Hello.").returncode == 0


def test_an_operators_limit_is_told(desk: Desk, tmp_path: Path, source: Source) -> None:
    operator = Operator(tmp_path, desk, "--max-upload", "1M")
    write(tmp_path / "x", 3_000_000)
    with operator.serve() as server:
        done = source.send(server.address, tmp_path / "x")
    assert done.returncode == 1
    assert "takes up to 1000000 bytes" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_end_by_hand_is_quick_and_says_how_to_go_on(
    server: Server, source: Source, leak: Path, tmp_path: Path, number: signal.Signals
) -> None:
    said = tmp_path / "said"
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "intake", "send", server.address, str(leak), "--rate", "1M"],
            cwd=ROOT,
            env=environment(tmp_path),
            stdin=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(f"{source.codename}\n")
        process.stdin.close()
        while "circuit" not in said.read_text():
            assert process.poll() is None, said.read_text()
            time.sleep(0.02)
        process.send_signal(number)
        assert process.wait(30) == 1
    assert said.read_text().endswith(
        "What has arrived stays. To go on, give the same command and the same codename.\n"
    )
    assert "Traceback" not in said.read_text()
    assert source.send(server.address, leak).returncode == 0
