"""The GPG suite: what the server sealed, an editor opens with nothing but GnuPG."""

import hashlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.wire.record import Ending, Kind
from tests.intake.arrivals import arrived
from tests.newsroom import Desk, File, GnupgHome, Operator, Server, Source, Upload, request
from tests.newsroom.source import Page


@pytest.fixture(scope="module")
def operator(gnupg: GnupgHome, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(tmp_path_factory.mktemp("gpg"), Desk(gnupg=gnupg))


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Server]:
    with operator.serve() as running:
        yield running


@pytest.fixture
def source(server: Server) -> Source:
    return Source(server.address)


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
def test_gnupg_alone_opens_what_was_sent(source: Source, operator: Operator, size: int) -> None:
    file = File("ملف.bin", os.urandom(size))
    answer = source.send("Sealed by GnuPG.", [file])
    assert hashlib.sha256(file.content).hexdigest() in answer.text
    message, opened = arrived(operator, source)
    assert (message.header.kind, message.content) == (Kind.MESSAGE, b"Sealed by GnuPG.")
    assert (opened.header.name, opened.content) == (file.name, file.content)
    assert opened.trailer is not None
    assert (opened.trailer.ending, opened.truncated) == (Ending.COMPLETE, False)


def test_the_envelope_names_no_recipient_and_is_not_compressed(
    source: Source, operator: Operator, gnupg: GnupgHome
) -> None:
    source.send("Who is this for?")
    [record] = arrived(operator, source)
    listed = gnupg.run("--list-packets", "-v", record.path).decode()
    assert "keyid 0000000000000000" in listed
    assert listed.count(":pubkey enc packet:") == 1
    assert "compressed packet" not in listed
    assert "mdc_method: 2" in listed or "aead" in listed
    for line in gnupg.run("--list-keys", "--with-colons").decode().splitlines():
        if line.startswith(("fpr", "sub", "pub")):
            assert (
                line.split(":")[9 if line.startswith("fpr") else 4] not in listed.split("data")[0]
            )


def test_sealing_leaves_no_trace_in_gnupgs_home(source: Source, operator: Operator) -> None:
    source.send("The first.")
    home = operator.home / "gnupg"

    def state() -> dict[str, tuple[int, int, int, int]]:
        paths = [home, *home.rglob("*"), *(operator.folder / "user").rglob("*")]
        return {str(p): (s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns)
                for p in paths for s in [p.stat()]}  # fmt: skip

    before = state()
    time.sleep(0.05)
    source.send("The second.", [File("x", os.urandom(100_000))])
    with Upload(source.address, source.codename, "x", 10**9) as upload:
        upload.send(bytes(500_000))
    time.sleep(0.5)
    assert state() == before
    assert not any("random_seed" in path or "S.gpg-agent" in path for path in before)


def test_there_is_no_private_key_and_no_owner_on_the_server(operator: Operator) -> None:
    [ring] = operator.home.rglob("pubring.kbx")
    listed = subprocess.run(
        ["gpg", "--homedir", ring.parent, "--batch", "--no-autostart", "--list-secret-keys"],
        capture_output=True,
        check=False,
    )
    assert listed.stdout == b""


def test_a_cut_upload_is_said_to_be_cut(source: Source, operator: Operator) -> None:
    content = os.urandom(2_000_000)
    with Upload(source.address, source.codename, "x", 10**9) as upload:
        upload.send(content)
        time.sleep(0.3)
    deadline = time.monotonic() + 20
    while list((operator.home / "store" / "arriving").iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    [record] = arrived(operator, source)
    assert record.trailer is not None
    assert record.trailer.ending is Ending.CUT
    assert content.startswith(record.content)
    assert len(content) - len(record.content) < 100


def test_a_killed_servers_upload_opens_up_to_the_cut(gnupg: GnupgHome, tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk(gnupg=gnupg))
    content = os.urandom(6_000_000)
    with operator.serve() as server:
        source = Source(server.address)
        with Upload(server.address, source.codename, "x", 10**9) as upload:
            upload.send(content)
            time.sleep(1)
            server.kill()
    with operator.serve():
        [record] = arrived(operator, source)
    assert (record.truncated, record.trailer) == (True, None)
    assert content.startswith(record.content)
    assert len(record.content) > 1_000_000


def test_uploads_side_by_side_do_not_mix(source: Source, operator: Operator) -> None:
    contents = [os.urandom(600_000) for _ in range(5)]
    uploads = [Upload(source.address, source.codename, f"{i}", 600_000) for i in range(5)]
    for at in range(0, 600_000, 50_000):
        for upload, content in zip(uploads, contents, strict=True):
            upload.send(content[at : at + 50_000])
    for upload in uploads:
        assert upload.finish().status == 200
        upload.cut()
    found = {one.header.name: one.content for one in arrived(operator, source)}
    assert found == {f"{i}": content for i, content in enumerate(contents)}


def test_the_page_of_keys_gives_a_key_that_gnupg_takes(
    server: Server, gnupg: GnupgHome, tmp_path: Path
) -> None:
    page = request(server.address, "GET", "/keyring")
    text = Page(page.text).text
    key = text[text.index("-----BEGIN PGP") : text.index("END PGP PUBLIC KEY BLOCK-----") + 29]
    (tmp_path / "editor.asc").write_text(key + "\n")
    shown = gnupg.run("--show-keys", "--with-colons", tmp_path / "editor.asc")
    assert b"Editor <editor@localhost>" in shown


def test_a_gnupg_that_dies_is_told_and_nothing_is_acknowledged(
    source: Source, operator: Operator, server: Server
) -> None:
    """The process that seals is killed in the middle of an upload."""
    with Upload(source.address, source.codename, "x", 50_000_000) as upload:
        upload.send(bytes(1_000_000))
        deadline = time.monotonic() + 20
        while not (children := server.family()[1:]):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        for child in children:
            os.kill(child, 9)
        upload.send(bytes(49_000_000))
        answer = upload.finish()
    assert (answer.status, "could not store it" in answer.text) == (500, True)
    assert Source(source.address).send("The next one works.").status == 200


def test_a_keyring_with_a_key_that_gnupg_refuses_changes_nothing(
    gnupg: GnupgHome, tmp_path: Path
) -> None:
    desk = Desk(gnupg=gnupg)
    operator = Operator(tmp_path, desk)
    before = (operator.home / "keyring").read_bytes()
    broken = replace(desk.keyring.editors[0], openpgp=b"no key")
    successor = desk.signed_keyring(desk.successor(editors=(broken,)))
    reply = desk.reply(Source("").thread(desk.salt), "Not delivered.")
    done = operator.deliver(desk.dispatch(replies=[reply], keyring=successor))
    assert (done.returncode, "GnuPG does not take" in done.stderr) == (1, True)
    assert (operator.home / "keyring").read_bytes() == before
    assert list((operator.home / "store" / "replies").iterdir()) == []
    with operator.serve() as server:
        assert Source(server.address).send("Still sealed.").status == 200


def test_the_keys_of_the_next_keyring_are_used_once_it_is_in_force(
    gnupg: GnupgHome, tmp_path: Path
) -> None:
    other = GnupgHome()
    try:
        desk = Desk(gnupg=gnupg)
        operator = Operator(tmp_path, desk)
        newer = replace(desk.keyring.editors[0], openpgp=other.public)
        successor = desk.signed_keyring(desk.successor(editors=(newer,)))
        with operator.serve() as server:
            source = Source(server.address)
            assert source.send("To the old key.").status == 200
            done = operator.deliver(desk.dispatch(keyring=successor))
            assert (done.returncode, done.stderr) == (0, "")
            assert source.send("To the new key.").status == 200
        stick = operator.collect()
        for home in (gnupg, other):
            opened = [home.decrypt(path).read() for path in stick.iterdir()]
            assert sum(bool(content) for content in opened) == 1
    finally:
        other.close()


def test_keys_made_ready_by_a_delivery_that_crashed_are_not_used(
    gnupg: GnupgHome, tmp_path: Path
) -> None:
    desk = Desk(gnupg=gnupg)
    operator = Operator(tmp_path, desk)
    path = operator.folder / "dispatch"
    path.write_bytes(desk.dispatch(keyring=desk.signed_keyring(desk.successor())))
    with operator.serve() as server:
        source = Source(server.address)
        for _ in range(6):
            process = operator.begin("deliver", operator.home, path)
            while process.poll() is None:
                # At any moment of the delivery there are keys to seal with.
                assert source.send("Sealed.").status == 200
            assert process.returncode in (0, 1)
