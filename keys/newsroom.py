"""The newsroom's root key, and the keyrings that it signs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from intake.wire.codename import SALT
from intake.wire.envelope import MAX_SLOTS
from intake.wire.errors import WireError
from intake.wire.keyring import MAX_KEYRING, Editor, Keyring, SuiteName, keyring_of
from intake.wire.signing import verify_key_of
from keys.edge import Edge, day_text
from keys.errors import KeyringError
from keys.files import FOR_ALL, write_durably
from keys.root_keys import SEED, RootKeys
from keys.vault import Cost, Kind, Passphrase
from keys.vaultfile import VaultFile, create

_MAX_PUBLIC = 2 * MAX_KEYRING


@dataclass(frozen=True)
class Terms:
    """What a keyring is to say, besides the editors.

    Attributes:
        days: for which it is in force after today; fewer where an editor's keys end before.
        threshold: editors who have to sign a dispatch.
    """

    suite: SuiteName
    days: int
    threshold: int


def make_root(
    path: Path, passphrase: Passphrase, cost: Cost, random: Callable[[int], bytes]
) -> RootKeys:
    """Make a newsroom's root; raises as ``vaultfile.create`` does."""
    keys = RootKeys(random(SEED), random(SALT))
    create(path, Kind.ROOT, keys.serialise(), passphrase, cost, random)
    return keys


def read_editors(paths: Sequence[Path]) -> list[Editor]:
    """Return the editors of public halves.

    Raises:
        KeyringError: a file is none, or two are of one name or key.
    """
    editors = [_read_editor(path) for path in paths]
    for what, values in (
        ("name", [editor.name for editor in editors]),
        ("key", [editor.verify_key.hex() for editor in editors]),
    ):
        twice = next((i for i, value in enumerate(values) if value in values[:i]), None)
        if twice is not None:
            raise KeyringError(
                f"Two editors have one {what}: {editors[twice].name}.",
                "Name each public half once; desks of one newsroom have different names.",
            )
    if len(editors) > MAX_SLOTS:
        raise KeyringError(
            f"{len(editors)} editors are more than the {MAX_SLOTS} that a keyring holds.",
            "Share a desk, or make a second newsroom.",
        )
    return editors


def make_keyring(
    out: Path, root: VaultFile, editors: Sequence[Editor], terms: Terms, edge: Edge
) -> Keyring:
    """Sign a keyring and write it.

    The root remembers the sequence before the keyring is written: a gap does no harm, but two
    keyrings of one sequence would.

    Raises:
        KeyringError: it cannot be made of these editors, or not written.
        VaultError: the root cannot be written.
    """
    _check(editors, terms, edge.day)
    keys = RootKeys.parse(root.content).stepped()
    check_replaceable(out, verify_key_of(keys.seed))
    try:
        signed = keyring_of(
            keys.seed,
            editors,
            sequence=keys.sequence,
            salt=keys.salt,
            first_day=edge.day,
            last_day=last_day(editors, terms, edge.day),
            suite=terms.suite,
            threshold=terms.threshold,
        )
        keyring = Keyring.parse(signed)
    except (WireError, ValueError) as error:
        raise KeyringError(f"No keyring can be made: {error}.") from error
    root.rewrite(keys.serialise(), edge.random)
    try:
        write_durably(out, signed, replace=True, mode=FOR_ALL)
    except OSError as error:
        raise KeyringError(
            f"{out} cannot be written: {error.strerror}.", "Choose another place."
        ) from error
    return keyring


def last_day(editors: Sequence[Editor], terms: Terms, today: int) -> int:
    """Return the last day of a keyring: no later than the editors' keys are made for."""
    last = today + terms.days
    if terms.suite is SuiteName.NACL:
        last = min([last, *map(keys_end, editors)])
    return last


def keys_end(editor: Editor) -> int:
    """Return the last day that an editor's keys are made for; of at least two epochs."""
    # A public half does not say how long an epoch is; the one before tells.
    before, last = (epoch.first_day for epoch in editor.epochs[-2:])
    return last + (last - before) - 1


def read_keyring(path: Path) -> tuple[bytes, Keyring]:
    """Return a keyring, and its bytes.

    Raises:
        KeyringError: it cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_KEYRING + 1)
    except OSError as error:
        raise KeyringError(f"{path} cannot be read: {error.strerror}.") from error
    return data, keyring_in(data, str(path))


def keyring_in(untrusted_data: bytes, what: str = "What it bears") -> Keyring:
    """Return the keyring; raises ``KeyringError`` where it is none."""
    try:
        return Keyring.parse(untrusted_data)
    except WireError as error:
        raise KeyringError(
            f"{what} is not a keyring: {error}.", "Give what `keys keyring` wrote."
        ) from error


def check_replaceable(out: Path, root_key: bytes) -> None:
    """Return if there is nothing, or a keyring of the same newsroom.

    Raises:
        KeyringError: there is something else.
    """
    if not out.exists():
        return
    try:
        older = read_keyring(out)[1]
    except KeyringError as error:
        raise KeyringError(f"{out} is something else already.", "Choose another name.") from error
    if older.root_key != root_key:
        raise KeyringError(f"{out} is another newsroom's keyring.", "Choose another name.")


def _check(editors: Sequence[Editor], terms: Terms, today: int) -> None:
    for editor in editors:
        if terms.suite is SuiteName.GPG and not editor.openpgp:
            raise KeyringError(
                f"{editor.name} has no OpenPGP key, which the gpg suite needs.",
                "Make that desk where GnuPG is, or use the nacl suite.",
            )
        if terms.suite is SuiteName.NACL and editor.epoch_at(today) is None:
            raise KeyringError(
                f"The keys of {editor.name} are not in force yet.", "Is the clock right?"
            )
        if terms.suite is SuiteName.NACL and len(editor.epochs) < 2:
            raise KeyringError(
                f"{editor.name} has a single key, and nobody can tell how long it is for.",
                "`keys renew` at that desk makes more; then take its public half anew.",
            )
        if terms.suite is SuiteName.NACL and keys_end(editor) < today:
            raise KeyringError(
                f"The keys of {editor.name} ended on {day_text(keys_end(editor))}.",
                "`keys renew` at that desk, then take its public half anew.",
            )
    if terms.threshold > len(editors):
        raise KeyringError(
            f"{terms.threshold} signatures cannot come from {len(editors)} editors.",
            "Lower --threshold, or name more editors.",
        )


def _read_editor(path: Path) -> Editor:
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_PUBLIC).decode("ascii")
    except OSError as error:
        raise KeyringError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise _no_editor(path, "not an editor's public half, but other bytes") from error
    try:
        return Editor.parse(text)
    except WireError as error:
        raise _no_editor(path, str(error)) from error


def _no_editor(path: Path, reason: str) -> KeyringError:
    return KeyringError(f"{path}: {reason}.", "Give what `keys public DESK` printed.")
