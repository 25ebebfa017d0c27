"""The GPG suite, and what was encrypted a second time: real gpg on both sides."""

import base64
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.wire.record import Ending, Kind
from keys import openpgp
from keys.edge import Edge
from tests.keys.newsroom import (
    QUIET,
    Newsroom,
    by_passphrase,
    gpg_encrypted,
    light,
    one,
    put,
    sealed,
)


def _no_secret_keys(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"PRIVATE KEY" not in data, path
            assert path.suffix != ".key", path


def to_the_desk(newsroom: Newsroom) -> list[bytes]:
    return [*newsroom.colleagues, newsroom.editor.openpgp]


def listed(public: bytes, home: Path) -> str:
    """What gpg says of a public key."""
    home.chmod(0o700)
    command = ["gpg", "--homedir", str(home), "--batch", "--show-keys", "--with-colons"]
    ran = subprocess.run(command, input=public, capture_output=True, check=True)
    return ran.stdout.decode()


def test_a_new_desk_has_an_openpgp_key_without_anything_but_its_name(
    gpg_newsroom: Newsroom, tmp_path: Path
) -> None:
    public = gpg_newsroom.editor.openpgp
    shown = listed(public, tmp_path)
    uids = [line.split(":")[9] for line in shown.splitlines() if line.startswith("uid")]
    assert uids == ["Edda"]
    kinds = [line.split(":") for line in shown.splitlines() if line[:3] in ("pub", "sub")]
    assert [(row[16], row[6]) for row in kinds] == [("ed25519", ""), ("cv25519", "")]
    _no_secret_keys(gpg_newsroom.folder)


@pytest.mark.parametrize("name", ["Ed", "Öl & Gas: #1", "%commit", "1 <x@y.example>", "編集部"])
def test_any_name_makes_a_key(name: str, tmp_path: Path) -> None:
    said: list[str] = []
    key, public = openpgp.generate(name, Edge(20_000, secrets.token_bytes, said.append))
    shown = listed(public, tmp_path)
    assert f":{name}:".replace(":", "\\x3a").strip("\\x3a") in shown.replace(":", "\\x3a")
    assert key.secret.hex() not in repr(key)
    assert said == []


def test_both_suites_lie_side_by_side_and_open(gpg_newsroom: Newsroom) -> None:
    source, content = gpg_newsroom.source(), os.urandom(200_000)
    source.send(b"sealed by us")
    source.send_by_gpg(b"sealed by gpg")
    source.send_by_gpg(content, "photo.jpg")
    source.send_by_gpg(b"nothing", kind=Kind.DECOY)
    ran = gpg_newsroom.open()
    assert ran.code == 0, ran.err
    assert sorted(str(row["kind"]) for row in ran.objects) == [
        "decoy", "file", "message", "message",
    ]  # fmt: skip
    assert all(row["complete"] for row in ran.objects)
    assert content in gpg_newsroom.opened_files().values()
    assert gpg_newsroom.open().out == ""


def test_what_the_source_could_not_finish_is_kept_by_this_suite_too(gpg_newsroom: Newsroom) -> None:
    gpg_newsroom.source().send_by_gpg(b"half", "report.pdf", ending=Ending.CUT)
    row = one(gpg_newsroom.open().objects)
    assert row["complete"] is False
    assert Path(str(row["path"])).name == "report (incomplete).pdf"


@pytest.mark.parametrize("kept", [400_000, 100_000])
def test_a_truncated_gpg_envelope_gives_what_came_before_the_cut(
    gpg_newsroom: Newsroom, kept: int
) -> None:
    content = os.urandom(500_000)
    path = gpg_newsroom.source().send_by_gpg(content, "video.mp4")
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    ran = gpg_newsroom.open()
    assert ran.code == 0, ran.err
    row = one(ran.objects)
    delivered = Path(str(row["path"])).read_bytes()
    assert delivered == content[: len(delivered)]
    assert len(delivered) > kept - 150_000
    assert row["complete"] is False
    assert "which GnuPG does not vouch for" in ran.err
    path.write_bytes(whole)
    assert one(gpg_newsroom.open().objects)["complete"] is True


def test_a_gpg_envelope_without_its_last_bytes_is_not_called_complete(
    gpg_newsroom: Newsroom,
) -> None:
    path = gpg_newsroom.source().send_by_gpg(b"x" * 100_000, "a.bin")
    path.write_bytes(path.read_bytes()[:-10])
    assert one(gpg_newsroom.open().objects)["complete"] is False


@pytest.mark.parametrize("place", [0.3, 0.6, 0.999])
def test_an_altered_gpg_envelope_is_refused(gpg_newsroom: Newsroom, place: float) -> None:
    path = gpg_newsroom.source().send_by_gpg(os.urandom(300_000), "a.bin")
    data = bytearray(path.read_bytes())
    data[int(len(data) * place)] ^= 1
    path.write_bytes(data)
    ran = gpg_newsroom.open()
    assert ran.code == 1
    assert "It is damaged" in ran.err
    assert gpg_newsroom.opened_files() == {}


def test_a_gpg_envelope_that_is_compressed_is_refused(gpg_newsroom: Newsroom) -> None:
    gpg_newsroom.source().send_by_gpg(
        b"\0" * 3_000_000, "bomb.bin", options=("--throw-keyids", "--compress-algo", "zlib")
    )
    ran = gpg_newsroom.open()
    assert ran.code == 1
    assert "compressed, which no envelope is" in ran.err


def test_a_gpg_envelope_for_others_is_said_to_be(gpg_newsroom: Newsroom) -> None:
    _, other = openpgp.generate("Other", QUIET)
    gpg_newsroom.source().send_by_gpg(b"x", openpgp=other)
    ran = gpg_newsroom.open()
    assert ran.code == 1
    assert "not for this desk" in ran.err


def test_without_an_openpgp_key_only_its_envelopes_fail(
    newsroom: Newsroom, gpg_newsroom_public: bytes
) -> None:
    newsroom.source().send_by_gpg(b"x", openpgp=gpg_newsroom_public)
    newsroom.source().send(b"ours")
    ran = newsroom.open()
    assert ran.code == 1
    assert "has no OpenPGP key" in ran.err
    assert len(ran.objects) == 1


@pytest.fixture
def gpg_newsroom_public() -> bytes:
    return openpgp.generate("Elsewhere", QUIET)[1]


def test_a_machine_without_gpg_does_everything_else(
    tmp_path: Path, gpg_newsroom_public: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom = Newsroom(tmp_path / "newsroom")
    newsroom.source().send_by_gpg(b"x", openpgp=gpg_newsroom_public)
    monkeypatch.setenv("PATH", str(tmp_path))
    made = newsroom.keys("new", tmp_path / "max", "--editor", "Max", *light(openpgp=True))
    assert made.code == 0
    assert "GnuPG is not on this machine" in made.err
    newsroom.source().send(b"hello")
    ran = newsroom.open()
    assert len(ran.objects) == 1


def test_a_desk_whose_key_needs_gpg_says_that_it_is_missing(
    gpg_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpg_newsroom.source().send_by_gpg(b"x")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(gpg_newsroom.folder))
        ran = gpg_newsroom.open()
    assert ran.code == 1
    assert "GnuPG is not on this machine" in ran.err
    assert len(gpg_newsroom.open().objects) == 1


@pytest.fixture
def own_gnupg() -> Iterator[Path]:
    """An editor's own GnuPG, with a key that has no passphrase."""
    home = Path("/dev/shm") / f"test-{secrets.token_hex(4)}"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback"]
    create = [*gpg, "--passphrase", "", "--quick-generate-key", "Own", "future-default", "default"]
    subprocess.run([*create, "never"], check=True, capture_output=True)
    yield home
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False)
    shutil.rmtree(home, ignore_errors=True)


def own_desk(newsroom: Newsroom, own_gnupg: Path) -> None:
    """Make the desk anew, with the editor's own key."""
    command = ["gpg", "--homedir", str(own_gnupg), "--list-keys", "--with-colons"]
    rows = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    fingerprint = next(row.split(":")[9] for row in rows if row.startswith("fpr"))
    shutil.rmtree(newsroom.desk)
    own = ("--openpgp", fingerprint, "--gnupg-home", own_gnupg)
    made = newsroom.keys("new", newsroom.desk, "--editor", "Edda", "--strength", "light", *own)
    assert made.code == 0, made.err


def test_the_editors_own_key_opens_through_their_own_gpg(
    newsroom: Newsroom, own_gnupg: Path
) -> None:
    own_desk(newsroom, own_gnupg)
    newsroom.source().send_by_gpg(b"to the card")
    assert newsroom.open().code == 0
    assert list(newsroom.opened_files().values()) == [b"to the card"]
    newsroom.source().send(gpg_encrypted(newsroom.editor.openpgp, b"%PDF", "-v"), "x.pdf.gpg")
    assert Path(str(one(newsroom.open().objects)["unwrapped"])).read_bytes() == b"%PDF"
    assert own_gnupg.is_dir()


def test_a_fingerprint_that_gpg_does_not_know_is_told(newsroom: Newsroom, own_gnupg: Path) -> None:
    ran = newsroom.keys(
        "new", newsroom.folder / "max", "--editor", "Max", "--strength", "light",
        "--openpgp", "A" * 40, "--gnupg-home", own_gnupg,
    )  # fmt: skip
    assert ran.code == 1
    assert "GnuPG knows 0 keys" in ran.err
    assert not (newsroom.folder / "max").exists()


@pytest.mark.parametrize("armor", [True, False])
def test_a_file_encrypted_twice_is_unwrapped_beside_it(gpg_newsroom: Newsroom, armor: bool) -> None:
    inner = gpg_encrypted(to_the_desk(gpg_newsroom), b"%PDF", *(["--armor"] if armor else ["-v"]))
    gpg_newsroom.source().send(inner, "x.pdf.gpg")
    ran = gpg_newsroom.open()
    row = one(ran.objects)
    assert ran.code == 0
    assert Path(str(row["path"])).read_bytes() == inner
    assert Path(str(row["unwrapped"])).name == "x.pdf"
    assert Path(str(row["unwrapped"])).read_bytes() == b"%PDF"
    assert Path(str(row["unwrapped"])).parent == Path(str(row["path"])).parent
    assert "encrypted a second time" in ran.err


def test_a_message_with_an_armored_part_is_unwrapped(gpg_newsroom: Newsroom) -> None:
    inner = gpg_encrypted(to_the_desk(gpg_newsroom), b"the secret", "--armor")
    gpg_newsroom.source().send_by_gpg(b"Hello, I encrypted this:\n\n" + inner)
    row = one(gpg_newsroom.open().objects)
    assert Path(str(row["unwrapped"])).name == "message (decrypted).txt"
    assert Path(str(row["unwrapped"])).read_bytes() == b"the secret"


def test_an_envelope_in_an_envelope_is_unwrapped(newsroom: Newsroom) -> None:
    source = newsroom.source()
    publics = [newsroom.editor.epochs[0].public]
    inner = sealed(source.header(Kind.FILE, "../plan.odt"), b"the plan", publics)
    source.send(inner, "upload.intake")
    row = one(newsroom.open().objects)
    assert Path(str(row["unwrapped"])).name == "plan.odt"
    assert Path(str(row["unwrapped"])).read_bytes() == b"the plan"


def test_what_cannot_be_unwrapped_is_kept_and_said(
    gpg_newsroom: Newsroom, gpg_newsroom_public: bytes
) -> None:
    source = gpg_newsroom.source()
    source.send(gpg_encrypted(gpg_newsroom_public, b"x"), "other.gpg")
    good = gpg_encrypted(to_the_desk(gpg_newsroom), os.urandom(100_000))
    source.send(good[:-5000], "cut.gpg")
    ran = gpg_newsroom.open()
    assert ran.code == 0
    assert [row["unwrapped"] for row in ran.objects] == [None, None]
    assert "to a key that is not here; it is kept as it came" in ran.err
    assert "cannot be unwrapped" in ran.err
    assert len(gpg_newsroom.opened_files()) == 2


def test_the_name_inside_is_the_name_outside(gpg_newsroom: Newsroom) -> None:
    named = ("--set-filename", "Jahr 100 %/../ü.pdf", "--armor")
    inner = gpg_encrypted(to_the_desk(gpg_newsroom), b"%PDF", *named)
    gpg_newsroom.source().send(inner, "1.gpg")
    row = one(gpg_newsroom.open().objects)
    assert Path(str(row["unwrapped"])).name == "ü.pdf"


def test_an_envelope_in_an_envelope_that_was_cut_is_incomplete(newsroom: Newsroom) -> None:
    source = newsroom.source()
    publics = [newsroom.editor.epochs[0].public]
    inner = sealed(source.header(Kind.FILE, "plan.odt"), b"the pl", publics, Ending.CUT)
    source.send(inner, "upload.intake")
    ran = newsroom.open()
    assert Path(str(one(ran.objects)["unwrapped"])).name == "plan (incomplete).odt"
    assert "unwrapped beside it, incomplete" in ran.err


#: To an RSA key that nobody names, and of no use: gpg tries whatever it has.
ANONYMOUS = b"\xc1\x0d\x03" + bytes(8) + b"\x01\x00\x08\xff"


def armored(data: bytes, front: bytes = b"") -> bytes:
    """As text, with nothing but a line about itself before it."""
    lines = base64.encodebytes(data)
    begin, end = b"-----BEGIN PGP MESSAGE-----\n", b"-----END PGP MESSAGE-----\n"
    return front + begin + b"Comment: x\n\n" + lines + end


def test_a_message_to_keys_without_end_is_kept_as_it_came(gpg_newsroom: Newsroom) -> None:
    source, many = gpg_newsroom.source(), ANONYMOUS * 1_000_000
    source.send(many, "binary.gpg")
    source.send(armored(many), "text.asc")
    # With a marker of another kind among them, behind which only gpg can look.
    source.send(ANONYMOUS + b"\xfd\x00" + many, "behind.gpg")
    begin = time.monotonic()
    ran = gpg_newsroom.open()
    assert time.monotonic() - begin < 30
    assert ran.code == 0
    assert [row["unwrapped"] for row in ran.objects] == [None] * 3
    assert ran.err.count("it is for more than 256 keys; it is kept as it came") == 2


def test_a_message_that_keeps_gpg_busy_is_kept_as_it_came(
    gpg_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = gpg_encrypted(to_the_desk(gpg_newsroom), b"x")
    busy = gpg_newsroom.folder / "gpg"
    real = shutil.which("gpg")
    busy.write_text(f'#!/bin/sh\ncase "$*" in *--decrypt) exec sleep 60;; esac\nexec {real} "$@"\n')
    busy.chmod(0o700)
    monkeypatch.setenv("PATH", f"{busy.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(openpgp, "_PATIENCE", 0.1)
    gpg_newsroom.source().send(inner, "slow.gpg")
    ran = gpg_newsroom.open()
    assert one(ran.objects)["unwrapped"] is None
    assert "GnuPG made nothing of it" in ran.err


def test_what_is_encrypted_to_a_passphrase_stays_as_it_came_and_nobody_is_asked(
    newsroom: Newsroom, own_gnupg: Path
) -> None:
    asked = own_gnupg / "asked"
    pinentry = own_gnupg / "pinentry"
    pinentry.write_text(f"#!/bin/sh\ntouch {asked}\n")
    pinentry.chmod(0o700)
    (own_gnupg / "gpg-agent.conf").write_text(f"pinentry-program {pinentry}\n")
    subprocess.run(["gpgconf", "--homedir", own_gnupg, "--kill", "all"], check=True)
    own_desk(newsroom, own_gnupg)
    source = newsroom.source()
    both = ANONYMOUS + by_passphrase(b"x")
    # Behind a packet of private use, which gpg passes over and the desk does not look behind.
    behind = ANONYMOUS + b"\xfd\x00" + by_passphrase(b"x")
    for name, content in (
        ("a.gpg", by_passphrase(b"x")), ("a.asc", by_passphrase(b"x", "--armor")),
        ("both.gpg", both), ("both.asc", armored(both)), ("behind.gpg", behind),
    ):  # fmt: skip
        source.send(content, name)
    ran = newsroom.open()
    assert ran.code == 0, ran.err
    assert [row["unwrapped"] for row in ran.objects] == [None] * 5
    assert ran.err.count("it might ask for a passphrase of the source's") == 3
    assert not asked.exists()


def test_a_bomb_is_not_unwrapped(gpg_newsroom: Newsroom) -> None:
    bomb = gpg_encrypted(to_the_desk(gpg_newsroom), b"\0" * 80_000_000, "-v")
    assert len(bomb) < 200_000
    gpg_newsroom.source().send(bomb, "bomb.gpg")
    ran = gpg_newsroom.open()
    assert one(ran.objects)["unwrapped"] is None
    assert "it swells" in ran.err


def test_what_a_killed_run_left_in_memory_is_removed_by_the_next(gpg_newsroom: Newsroom) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    left = Path("/dev/shm") / f"keys-gpg-{dead.pid}-00000000"
    left.mkdir(mode=0o700)
    (left / "private").write_text("secret")
    gpg_newsroom.source().send_by_gpg(b"x")
    assert gpg_newsroom.open().code == 0
    assert not left.exists()


def test_a_gpg_envelope_that_is_no_record_is_damaged(gpg_newsroom: Newsroom) -> None:
    data = gpg_encrypted(to_the_desk(gpg_newsroom), os.urandom(100_000), "-z", "0")
    put(gpg_newsroom.stick, data)
    ran = gpg_newsroom.open()
    assert ran.code == 1
    assert "It is damaged" in ran.err
