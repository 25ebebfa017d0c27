"""The vault: opens with its passphrase, and with nothing else; V1 to V3 of VAULT.md."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.wire.codec import Writer
from intake.wire.envelope import PRIVATE_KEY
from keys.desk_keys import DeskKeys, EpochKey, OpenPgp, Where, draw_epochs
from keys.errors import PassphraseError, VaultError, WrongPassphrase
from keys.root_keys import RootKeys
from keys.vault import LIGHT, NORMAL, Cost, Kind, Lock, Passphrase, unlock
from keys.vaultfile import VaultFile, change_passphrase, create

QUICK = Cost(memory_kib=8_192, passes=1, lanes=1)
GOOD = Passphrase("correct horse")
CONTENT = b"private " * 20
SEALED = Lock.new(Kind.DESK, GOOD, QUICK, bytes(16)).seal(CONTENT, bytes(24))


def test_a_vault_opens_with_its_passphrase() -> None:
    lock, content = unlock(Kind.DESK, SEALED, GOOD)
    assert content == CONTENT
    assert unlock(Kind.DESK, lock.seal(b"other", os.urandom(24)), GOOD)[1] == b"other"


def test_another_passphrase_is_refused() -> None:
    with pytest.raises(WrongPassphrase):
        unlock(Kind.DESK, SEALED, Passphrase("correct horse "))


def test_a_passphrase_is_the_same_however_its_letters_are_composed() -> None:
    sealed = Lock.new(Kind.DESK, Passphrase("caf\u00e9"), QUICK, bytes(16)).seal(b"x", bytes(24))
    assert unlock(Kind.DESK, sealed, Passphrase("cafe\u0301"))[1] == b"x"


def test_an_empty_passphrase_is_refused() -> None:
    with pytest.raises(PassphraseError):
        Passphrase("")


@settings(max_examples=60, deadline=None)
@given(st.integers(13, len(SEALED) - 1), st.integers(0, 7))
def test_no_flipped_bit_goes_unnoticed(place: int, bit: int) -> None:
    """From the lanes on: what is before decides over memory and passes, and is tested below."""
    altered = bytearray(SEALED)
    altered[place] ^= 1 << bit
    with pytest.raises((VaultError, WrongPassphrase)):
        unlock(Kind.DESK, bytes(altered), GOOD)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SEALED) - 1))
def test_no_cut_vault_opens(size: int) -> None:
    with pytest.raises((VaultError, WrongPassphrase)):
        unlock(Kind.DESK, SEALED[:size], GOOD)


@pytest.mark.parametrize(
    "cost",
    [
        Cost(8_191, 1, 1),
        Cost(4_194_305, 1, 1),
        Cost(2**32 - 1, 1, 1),
        Cost(8_192, 0, 1),
        Cost(8_192, 17, 1),
        Cost(8_192, 1, 0),
        Cost(8_192, 1, 17),
    ],
)
def test_a_cost_out_of_bounds_is_refused_before_it_is_paid(cost: Cost) -> None:
    header = Writer().number(cost.memory_kib, 4).number(cost.passes, 4).number(cost.lanes, 1)
    with pytest.raises(VaultError, match="more work"):
        unlock(Kind.DESK, SEALED[:9] + header.done() + SEALED[18:], GOOD)


def test_the_costs_on_offer_are_within_the_bounds() -> None:
    assert NORMAL.allowed()
    assert LIGHT.allowed()


def test_a_vault_of_another_kind_is_refused() -> None:
    with pytest.raises(VaultError, match="another kind"):
        unlock(Kind.ROOT, SEALED, GOOD)


def test_a_vault_cannot_be_passed_off_as_another_kind() -> None:
    forged = SEALED[:8] + bytes([Kind.ROOT]) + SEALED[9:]
    with pytest.raises(WrongPassphrase):
        unlock(Kind.ROOT, forged, GOOD)


def test_no_secret_is_in_any_repr() -> None:
    lock = Lock.new(Kind.DESK, GOOD, QUICK, bytes(16))
    epoch = EpochKey(20_000, b"\x41" * PRIVATE_KEY)
    key = OpenPgp(Where.VAULT, "A" * 40, b"\x41" * 100)
    desk = DeskKeys("Edda", b"\x41" * 32, b"\x41" * 32, 28, (epoch,), key)
    root = RootKeys(b"\x41" * 32, bytes(16))
    for secret in (lock, GOOD, epoch, key, desk, root):
        shown = repr(secret) + str(secret)
        assert "AAAA" not in shown.replace("A" * 40, "")
        assert "correct" not in shown


def test_the_contents_are_read_as_they_were_written() -> None:
    desk = DeskKeys(
        "Edda", os.urandom(32), os.urandom(32), 28, draw_epochs(os.urandom, 20_000, 28, 3),
        OpenPgp(Where.OWN, "A" * 40, home="/home/edda/.gnupg"),
    )  # fmt: skip
    assert DeskKeys.parse(desk.serialise()) == desk
    root = RootKeys(os.urandom(32), os.urandom(16), 7)
    assert RootKeys.parse(root.serialise()) == root
    for broken in (b"", desk.serialise()[:-1], desk.serialise() + b"x", b"\2" + bytes(100)):
        with pytest.raises(VaultError):
            DeskKeys.parse(broken)
        with pytest.raises(VaultError):
            RootKeys.parse(broken)


def test_the_newest_epoch_that_has_begun_is_tried_first() -> None:
    epochs = draw_epochs(os.urandom, 100, 10, 4)
    desk = DeskKeys("Edda", bytes(32), bytes(32), 10, epochs, OpenPgp())
    publics = [identity.public() for identity in desk.identities(115)]
    order = [1, 0, 2, 3]
    by_epoch = DeskKeys("E", bytes(32), bytes(32), 10, epochs, OpenPgp()).identities(0)
    assert publics == [by_epoch[i].public() for i in order]


def test_a_vault_is_never_overwritten_and_rewritten_whole(tmp_path: Path) -> None:
    path = tmp_path / "vault"
    create(path, Kind.ROOT, b"one", GOOD, QUICK, os.urandom)
    with pytest.raises(VaultError, match="exists already"):
        create(path, Kind.ROOT, b"two", GOOD, QUICK, os.urandom)
    VaultFile.open(path, Kind.ROOT, GOOD).rewrite(b"three", os.urandom)
    assert VaultFile.open(path, Kind.ROOT, GOOD).content == b"three"
    assert [entry.name for entry in tmp_path.iterdir()] == ["vault"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_changed_passphrase_opens_and_the_old_does_not(tmp_path: Path) -> None:
    path, new = tmp_path / "vault", Passphrase("another horse")
    create(path, Kind.ROOT, b"one", GOOD, QUICK, os.urandom)
    before = path.read_bytes()
    change_passphrase(path, Kind.ROOT, GOOD, new, QUICK, os.urandom)
    assert path.read_bytes()[18:34] != before[18:34]
    assert VaultFile.open(path, Kind.ROOT, new).content == b"one"
    with pytest.raises(WrongPassphrase):
        VaultFile.open(path, Kind.ROOT, GOOD)
