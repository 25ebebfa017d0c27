"""Backup and restore: what cannot be made again comes back, and nothing else is in it."""

import io
import tarfile

import pytest

from tests.deploy.conftest import install
from tests.deploy.machine import SOURCE, Failed, Root

BACKUP, RESTORE = f"{SOURCE}/deploy/backup", f"{SOURCE}/deploy/restore"
PASSPHRASE = "correct horse battery staple and two more"
WITH = ("--passphrase-file", "/root/passphrase")
HOME = "/var/lib/intake"


@pytest.fixture
def server(root) -> Root:
    """A server with everything in HOME that one can have."""
    root.at("/root/passphrase").write_text(f"{PASSPHRASE}\n")
    onion = root.at(f"{HOME}/onion/sources")
    onion.mkdir(mode=0o700)
    (onion / "hs_ed25519_secret_key").write_bytes(b"the key of the address")
    (onion / "hs_ed25519_secret_key").chmod(0o600)
    root.at(f"{HOME}/marks").write_bytes(b"marks")
    root.at(f"{HOME}/couriers").write_text("first\n")
    root.at(f"{HOME}/store/shelf/{'ab' * 16}").write_bytes(b"an envelope of somebody's")
    root.at(f"{HOME}/store/replies/{'cd' * 32}").write_bytes(b"a reply to somebody")
    root.run("sh", "-c", f"chown -R intake {HOME}; chmod go= {HOME}/*")
    root.run("chown", "-R", "debian-tor:debian-tor", f"{HOME}/onion")
    return root


def owners(root: Root) -> list[str]:
    """Return everything in HOME but the store, with its mode and owner."""
    but_the_store = ("-path", "./store", "-prune", "-o")
    shown = root.run("env", "-C", HOME, "find", ".", *but_the_store, "-printf", "%p %m %u\n")
    return sorted(shown.splitlines())


def inside(root: Root, name: str) -> tarfile.TarFile:
    """Return what a backup holds, opened as anybody with GnuPG and the passphrase would."""
    into = ("--output", "/root/inside.tar", "--decrypt", name)
    options = ("--batch", "--yes", "--pinentry-mode", "loopback", *WITH)
    root.run("gpg", *options, *into)
    return tarfile.open(fileobj=io.BytesIO(root.at("/root/inside.tar").read_bytes()))


def test_it_holds_what_cannot_be_made_again_and_no_envelope(server):
    server.run(BACKUP, "/root/backup", *WITH)
    with inside(server, "/root/backup") as tar:
        members = {member.name: member for member in tar}
    assert set(members) == {
        "config.toml",
        "keyring",
        "marks",
        "couriers",
        "onion",
        "onion/sources",
        "onion/sources/hs_ed25519_secret_key",
    }
    assert {member.mtime for member in members.values()} == {0}
    assert {(member.uid, member.gid) for member in members.values()} == {(0, 0)}


def test_the_file_itself_shows_nothing(server):
    server.run(BACKUP, "/root/backup", *WITH)
    sealed = server.at("/root/backup").read_bytes()
    for part in (b"Gazette", b"onion", b"the key of the address"):
        assert part not in sealed


def test_it_comes_back_on_another_machine(server):
    server.run(BACKUP, "/root/backup", *WITH)
    before = owners(server)
    kept = server.at(f"{HOME}/keyring").read_bytes()
    server.run("sh", "-c", f"rm -rf {HOME}")
    install(server)
    server.run(RESTORE, "/root/backup", *WITH)
    assert owners(server) == before
    assert server.at(f"{HOME}/keyring").read_bytes() == kept
    assert "The Gazette" in server.run("/usr/local/sbin/intake", "status", HOME)


def test_with_a_new_address_the_old_keys_stay_in_the_backup(server):
    server.run(BACKUP, "/root/backup", *WITH)
    server.run("sh", "-c", f"rm -rf {HOME}")
    server.run(RESTORE, "/root/backup", "--new-address", *WITH)
    assert server.run("ls", "-A", f"{HOME}/onion") == ""


def test_a_backup_to_a_key_opens_with_that_key_alone(server):
    make = "gpg --batch --quiet --passphrase '' --quick-gen-key Operator future-default default"
    server.run("sh", "-c", f"{make}; gpg --armor --export >/root/public")
    server.run("sh", "-c", "gpg --batch --armor --export-secret-keys >/root/private")
    server.run(BACKUP, "/root/backup", "--to", "/root/public")
    said = server.run(RESTORE, "/root/backup", "--private-key", "/root/private", "--list")
    assert "onion/sources/hs_ed25519_secret_key" in said
    done = server.begin(RESTORE, "/root/backup", *WITH, "--list")
    assert done.returncode == 1
    assert "cannot be opened" in done.stderr


def test_the_wrong_passphrase_opens_nothing(server):
    server.run(BACKUP, "/root/backup", *WITH)
    server.at("/root/passphrase").write_text("another passphrase altogether\n")
    done = server.begin(RESTORE, "/root/backup", *WITH, "--list")
    assert done.returncode == 1
    assert "cannot be opened" in done.stderr


def test_a_damaged_backup_is_refused(server):
    server.run(BACKUP, "/root/backup", *WITH)
    sealed = bytearray(server.at("/root/backup").read_bytes())
    sealed[len(sealed) // 2] ^= 1
    server.at("/root/backup").write_bytes(sealed)
    assert server.begin(RESTORE, "/root/backup", *WITH, "--list").returncode == 1


@pytest.mark.parametrize("name", ["../etc/passwd", "onion/../../x", "store/shelf/ab", ".bashrc"])
def test_a_file_that_no_backup_holds_is_refused(server, name):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for one in ("config.toml", name):
            tar.addfile(tarfile.TarInfo(one))
    server.at("/root/tar").write_bytes(made.getvalue())
    seal = ("gpg", "--batch", "--pinentry-mode", "loopback", *WITH, "--symmetric")
    server.run(*seal, "--output", "/root/backup", "/root/tar")
    server.run("sh", "-c", f"rm -rf {HOME}")
    done = server.begin(RESTORE, "/root/backup", *WITH)
    assert done.returncode == 1
    assert "holds what no backup holds" in done.stderr
    assert not server.at(f"{HOME}/config.toml").exists()


def test_nothing_is_overwritten(server):
    server.run(BACKUP, "/root/backup", *WITH)
    with pytest.raises(Failed, match="there already"):
        server.run(BACKUP, "/root/backup", *WITH)
    with pytest.raises(Failed, match="There is a newsroom"):
        server.run(RESTORE, "/root/backup", *WITH)


def test_a_short_passphrase_is_refused(server):
    server.at("/root/passphrase").write_text("short\n")
    with pytest.raises(Failed, match="passphrase is short"):
        server.run(BACKUP, "/root/backup", *WITH)
    assert not server.at("/root/backup").exists()


def test_without_anybody_to_type_one_a_passphrase_is_asked_for_in_words(server):
    with pytest.raises(Failed, match="Nobody is there to type"):
        server.run(BACKUP, "/root/backup")
