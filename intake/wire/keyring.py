"""The keyring: who can open what arrives, signed offline by the newsroom's root key (F7)."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from intake.wire.codec import Reader, Writer
from intake.wire.codename import SALT
from intake.wire.envelope import MAX_SLOTS, PUBLIC_KEY, Recipient
from intake.wire.errors import Malformed, Refused, Truncated
from intake.wire.labels import MAGIC_EDITOR, MAGIC_KEYRING, SIGN_EDITOR, SIGN_KEYRING
from intake.wire.signing import SIGNATURE, VERIFY_KEY, sign, verify, verify_key_of

MAX_NAME: Final = 64
MAX_EPOCHS: Final = 128
MAX_OPENPGP: Final = 65_536
#: Bytes of the largest keyring: 32 editors of 128 epochs, and room for their OpenPGP keys.
MAX_KEYRING: Final = 8 * 1024 * 1024

#: Characters of the longest armored public half.
MAX_ARMOR: Final = 512 * 1024
#: What a name must not have: controls, what nobody sees, and every white space but the space.
#: Ranges and not categories, since those grow with each version of Unicode.
_UNREADABLE: Final = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    "\u3000\ufeff\ufff9-\ufffb]"
)

_BEGIN: Final = "-----BEGIN INTAKE EDITOR-----"
_END: Final = "-----END INTAKE EDITOR-----"


class SuiteName(IntEnum):
    """How the server seals what arrives in plaintext."""

    NACL = 1
    GPG = 2


@dataclass(frozen=True)
class Epoch:
    """A public key and the first day (since 1970-01-01) on which it is used."""

    first_day: int
    public: bytes


@dataclass(frozen=True)
class Editor:
    """An editor's public half.

    Attributes:
        name: how the newsroom calls the desk; public.
        verify_key: 32 bytes, Ed25519, for the dispatches of this desk.
        epochs: the NaCl suite's keys, in the order of their days.
        openpgp: the transferable public key in binary, or nothing.
    """

    name: str
    verify_key: bytes
    epochs: tuple[Epoch, ...]
    openpgp: bytes = b""

    def epoch_at(self, day: int) -> Epoch | None:
        """Return the epoch that is used on a day, or ``None`` before the first."""
        begun = [epoch for epoch in self.epochs if epoch.first_day <= day]
        return begun[-1] if begun else None

    def _write(self, writer: Writer) -> Writer:
        writer.text(self.name, MAX_NAME).fixed(self.verify_key, VERIFY_KEY)
        writer.number(len(self.epochs), 2)
        for epoch in self.epochs:
            writer.number(epoch.first_day, 4).fixed(epoch.public, PUBLIC_KEY)
        return writer.blob(self.openpgp, MAX_OPENPGP)

    @classmethod
    def _read(cls, reader: Reader) -> "Editor":
        name, verify_key = reader.text(MAX_NAME), reader.fixed(VERIFY_KEY)
        count = reader.number(2)
        if count > MAX_EPOCHS:
            raise Malformed(f"an editor with {count} epochs")
        epochs = tuple(Epoch(reader.number(4), reader.fixed(PUBLIC_KEY)) for _ in range(count))
        days = [epoch.first_day for epoch in epochs]
        if days != sorted(set(days)):
            raise Malformed("epochs out of order")
        for epoch in epochs:
            Recipient(epoch.public)
        if not name or name != name.strip(" ") or _UNREADABLE.search(name):
            raise Malformed("an editor without a readable name")
        return cls(name, verify_key, epochs, reader.blob(MAX_OPENPGP))

    def armored(self, seed: bytes) -> str:
        """Return the public half as text, signed with the desk's own key (F7.1).

        Raises:
            ValueError: ``seed`` is another key's.
        """
        if verify_key_of(seed) != self.verify_key:
            raise ValueError("another key than the editor's")
        body = self._write(Writer().fixed(MAGIC_EDITOR, 8)).done()
        return _armor(body + sign(seed, SIGN_EDITOR, body))

    @classmethod
    def parse(cls, untrusted_text: str) -> "Editor":
        """Return the editor of a public half.

        Raises:
            Malformed, Truncated: not a public half, or not in its one accepted form.
            BadSignature: not signed by the key in it.
        """
        if len(untrusted_text) > MAX_ARMOR:
            raise Malformed("larger than any editor's public half")
        try:
            data = base64.b64decode("".join(untrusted_text.split("\n")[1:-2]), validate=True)
        except ValueError as error:
            raise Malformed("not an editor's public half") from error
        if _armor(data) != untrusted_text:
            raise Malformed("not an editor's public half, or its lines were changed on the way")
        reader = Reader(data[:-SIGNATURE])
        reader.magic(MAGIC_EDITOR)
        editor = cls._read(reader)
        reader.done()
        verify(editor.verify_key, SIGN_EDITOR, data[:-SIGNATURE], data[-SIGNATURE:])
        return editor


def _armor(data: bytes) -> str:
    encoded = base64.b64encode(data).decode()
    lines = [encoded[i : i + 64] for i in range(0, len(encoded), 64)]
    return "\n".join([_BEGIN, *lines, _END, ""])


@dataclass(frozen=True)
class Keyring:
    """What the root key says.

    Attributes:
        sequence: a newer keyring has a greater one.
        root_key: 32 bytes, Ed25519: the newsroom's identity.
        salt: 16 public bytes, the same for the life of the newsroom.
        first_day, last_day: validity in days since 1970-01-01, both included.
        suite: how the server seals.
        threshold: how many editors have to sign a dispatch.
        editors: one to ``MAX_SLOTS``, with different names and keys.
    """

    sequence: int
    root_key: bytes
    salt: bytes
    first_day: int
    last_day: int
    suite: SuiteName
    threshold: int
    editors: tuple[Editor, ...]

    def serialise(self, root_seed: bytes) -> bytes:
        """Return the signed keyring.

        Raises:
            ValueError: a part does not fit, or ``root_seed`` is another key's.
            Malformed: ``parse`` would not accept it.
        """
        if verify_key_of(root_seed) != self.root_key:
            raise ValueError("another root key than the keyring names")
        body = self._body()
        signed = body + sign(root_seed, SIGN_KEYRING, body)
        Keyring.parse(signed)
        return signed

    def _body(self) -> bytes:
        writer = (
            Writer()
            .fixed(MAGIC_KEYRING, 8)
            .number(self.sequence, 4)
            .fixed(self.root_key, VERIFY_KEY)
            .fixed(self.salt, SALT)
            .number(self.first_day, 4)
            .number(self.last_day, 4)
            .number(self.suite, 1)
            .number(self.threshold, 1)
            .number(len(self.editors), 1)
        )
        for editor in self.editors:
            editor._write(writer)
        return writer.done()

    @classmethod
    def parse(cls, untrusted_data: bytes) -> "Keyring":
        """Return a keyring whose signature by the root key in it is good.

        Whether that root key is the newsroom's, and whether the keyring is the one in force, is
        for ``check_successor`` and ``recipients``.

        Raises:
            Malformed, Truncated, BadSignature: as the names say.
        """
        if len(untrusted_data) > MAX_KEYRING:
            raise Malformed("larger than any keyring")
        if len(untrusted_data) <= SIGNATURE:
            raise Truncated("too short for a keyring")
        body, signature = untrusted_data[:-SIGNATURE], untrusted_data[-SIGNATURE:]
        reader = Reader(body)
        reader.magic(MAGIC_KEYRING)
        sequence, root_key = reader.number(4), reader.fixed(VERIFY_KEY)
        verify(root_key, SIGN_KEYRING, body, signature)
        salt, first_day, last_day = reader.fixed(SALT), reader.number(4), reader.number(4)
        suite, threshold, count = reader.number(1), reader.number(1), reader.number(1)
        if suite not in set(SuiteName):
            raise Malformed(f"a suite of number {suite}")
        if not 1 <= count <= MAX_SLOTS or not 1 <= threshold <= count:
            raise Malformed(f"a threshold of {threshold} among {count} editors")
        editors = tuple(Editor._read(reader) for _ in range(count))
        reader.done()
        if first_day > last_day:
            raise Malformed("a keyring that ends before it begins")
        if len({editor.name for editor in editors}) < count:
            raise Malformed("two editors of one name")
        if len({editor.verify_key for editor in editors}) < count:
            raise Malformed("two editors with one key")
        if suite == SuiteName.NACL and not all(editor.epochs for editor in editors):
            raise Malformed("an editor without keys for the suite")
        if suite == SuiteName.GPG and not all(editor.openpgp for editor in editors):
            raise Malformed("an editor without an OpenPGP key")
        return cls(
            sequence, root_key, salt, first_day, last_day, SuiteName(suite), threshold, editors
        )

    def check_successor(self, newer: "Keyring") -> None:
        """Return if ``newer`` may take this keyring's place.

        Raises:
            Refused: another newsroom's, or not newer.
        """
        if newer.root_key != self.root_key or newer.salt != self.salt:
            raise Refused("the keyring is another newsroom's")
        if newer.sequence <= self.sequence:
            raise Refused(f"keyring {newer.sequence} is not newer than {self.sequence}")

    def check_day(self, day: int) -> None:
        """Return if the keyring is in force on a day.

        Raises:
            Refused: it is not yet, or no longer; or an editor's first epoch is still to come.
        """
        if day < self.first_day:
            raise Refused("the keyring is not in force yet")
        if day > self.last_day:
            raise Refused("the keyring has run out")
        if self.suite is SuiteName.NACL and any(e.epoch_at(day) is None for e in self.editors):
            raise Refused("an editor's keys are not in force yet")

    def recipients(self, day: int) -> list[Recipient]:
        """Return each editor's key of the day for the NaCl suite; raises as ``check_day`` does."""
        self.check_day(day)
        epochs = [editor.epoch_at(day) for editor in self.editors]
        return [Recipient(epoch.public) for epoch in epochs if epoch is not None]

    def editor_with(self, verify_key: bytes) -> Editor | None:
        """Return the editor with this key, or ``None``."""
        return next((e for e in self.editors if e.verify_key == verify_key), None)


def keyring_of(
    root_seed: bytes,
    editors: Sequence[Editor],
    *,
    sequence: int,
    salt: bytes,
    first_day: int,
    last_day: int,
    suite: SuiteName = SuiteName.NACL,
    threshold: int = 1,
) -> bytes:
    """Return a signed keyring; raises as ``Keyring.serialise`` and ``Keyring.parse`` do."""
    keyring = Keyring(
        sequence,
        verify_key_of(root_seed),
        salt,
        first_day,
        last_day,
        suite,
        threshold,
        tuple(editors),
    )
    return keyring.serialise(root_seed)
