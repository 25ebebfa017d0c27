"""The vault in a real Firefox: a worker of the page's own script, under a strict policy."""

import base64
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.script import find_node
from intake.wire.codename import passes, split
from intake.wire.envelope import open_envelope
from intake.wordlists import words
from tests.newsroom import Desk
from tests.newsroom.desk import today
from tests.script.other import Failed
from tests.script.page import Page, page

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def vault(tmp_path_factory) -> Iterator[Page]:
    """A page with a browser; what each test begins is a vault of its own."""
    if shutil.which("firefox-esr") is None:
        pytest.skip("firefox-esr is not on PATH")
    folder = tmp_path_factory.mktemp("page")
    node, made = find_node(), folder / "page.js"
    node.install()
    node.bundle(Path(__file__).with_name("page.ts"), made)
    with page(made.read_bytes(), tmp_path_factory.mktemp("firefox")) as shown:
        yield shown


@pytest.fixture
def open_vault(vault, desk) -> Page:
    """The page with a vault that a codename is open in."""
    vault.ask("start", integrity=vault.integrity)
    codename = vault.ask("draw", words=words("en"))
    vault.ask("open", codename=codename, keyring=desk.signed_keyring(), day=today())
    return vault


def test_it_draws_opens_and_seals(vault, desk):
    vault.ask("start", integrity=vault.integrity)
    codename = vault.ask("draw", words=words("de"))
    assert passes(split(codename))
    opened = vault.ask("open", codename=codename, keyring=desk.signed_keyring(), day=today())
    assert opened["editors"] == 1
    assert opened["told"] == sorted(set(opened["told"]))
    assert opened["told"][-1] == 1
    assert 50 < len(opened["told"]) <= 101
    envelope = base64.b64decode(vault.ask("message", text="Für Sie."))
    reader = open_envelope(io.BytesIO(envelope).read, desk.identities)
    assert b"".join(reader.content()).decode() == "Für Sie."


def test_a_script_of_another_hash_is_no_worker(vault):
    with pytest.raises(Failed) as failed:
        vault.ask("start", integrity="sha384-" + "A" * 64)
    assert failed.value.kind == "unsupported"


def test_what_went_wrong_in_the_worker_is_told_apart_in_the_page(vault, desk):
    vault.ask("start", integrity=vault.integrity)
    signed = desk.signed_keyring()
    altered = signed[:-1] + bytes([signed[-1] ^ 1])
    codename = vault.ask("draw", words=words("en"))
    for typed, keyring, kind in (
        ("no such thing", signed, "slip"),
        (codename, altered, "bad signature"),
        (codename, signed[:50], "truncated"),
    ):
        with pytest.raises(Failed) as failed:
            vault.ask("open", codename=typed, keyring=keyring, day=today())
        assert failed.value.kind == kind
    with pytest.raises(Failed) as failed:
        vault.ask("message", text="without a codename")
    assert failed.value.kind == "closed"
    vault.ask("open", codename=codename, keyring=signed, day=today() + 1_000)
    with pytest.raises(Failed) as failed:
        vault.ask("message", text="when the keyring has run out")
    assert failed.value.kind == "refused"


def test_under_the_gpg_suite_nothing_is_sealed(vault, gnupg):
    signed = Desk(gnupg=gnupg).signed_keyring()
    vault.ask("start", integrity=vault.integrity)
    codename = vault.ask("draw", words=words("en"))
    vault.ask("open", codename=codename, keyring=signed, day=today())
    with pytest.raises(Failed) as failed:
        vault.ask("message", text="x")
    assert failed.value.kind == "refused"


def test_the_same_file_has_the_same_address_and_another_has_another(open_vault, tmp_path):
    urls = []
    for number, content in enumerate([b"one", b"one", b"two"]):
        (tmp_path / str(number)).mkdir()
        path = tmp_path / str(number) / "name"
        path.write_bytes(content)
        open_vault.choose(path)
        urls.append(open_vault.ask("seal", most=1)["url"])
    assert urls[0] == urls[1] != urls[2]


def test_a_file_that_is_gone_is_unreadable(open_vault, tmp_path):
    path = tmp_path / "gone"
    path.write_bytes(bytes(100_000))
    open_vault.choose(path)
    path.unlink()
    with pytest.raises(Failed) as failed:
        open_vault.ask("seal", most=1)
    assert failed.value.kind == "unreadable"


def test_what_is_under_way_when_the_vault_is_closed_is_told_so(open_vault, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(4 * MIB))
    open_vault.choose(path)
    assert open_vault.ask("close") == ["closed", "closed"]


@pytest.mark.slow
def test_memory_stays_flat_however_large_the_file_is(open_vault, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(100 * MIB)
    open_vault.choose(path)
    held = []
    for _ in range(5):
        sealed = open_vault.ask("seal", most=80 * MIB)
        assert sealed["bytes"] >= 80 * MIB
        held.append(open_vault.memory())
    # What is not collected yet comes and goes, so the least of what is held counts.
    assert min(held[2:]) - min(held[:2]) < 64 * MIB, held
