"""A small newsroom in values: editors, a keyring, a thread, a dispatch."""

from intake.wire.codename import Thread
from intake.wire.dispatch import Receipt, sign_dispatch
from intake.wire.envelope import Identity
from intake.wire.keyring import Editor, Epoch, Keyring, keyring_of
from intake.wire.reply import Reply, SealedReply, seal_reply
from intake.wire.signing import verify_key_of
from tests.wire.support import chance

ROOT = chance("root", 32)
SALT = chance("salt", 16)
FIRST_DAY, LAST_DAY = 20_000, 20_400
THREAD = Thread(chance("capability", 32), chance("reply key", 32))


def seed(name: str) -> bytes:
    """The secret of a desk's verify key."""
    return chance(f"desk {name}", 32)


def epoch(name: str, first_day: int) -> Epoch:
    return Epoch(first_day, Identity(chance(f"epoch {name} {first_day}", 96)).public())


def editor(name: str, *days: int, openpgp: bytes = b"") -> Editor:
    epochs = tuple(epoch(name, day) for day in days or (FIRST_DAY,))
    return Editor(name, verify_key_of(seed(name)), epochs, openpgp)


def keyring(*names: str, sequence: int = 1, threshold: int = 1) -> Keyring:
    return Keyring.parse(
        keyring_of(
            ROOT,
            [editor(name) for name in names or ("desk",)],
            sequence=sequence,
            salt=SALT,
            first_day=FIRST_DAY,
            last_day=LAST_DAY,
            threshold=threshold,
        )
    )


def reply(name: str = "reply", text: str = "Thank you.") -> SealedReply:
    return seal_reply(
        Reply(1, FIRST_DAY, text),
        THREAD,
        name_random=chance(f"{name} name", 16),
        nonce=chance(f"{name} nonce", 24),
    )


EDITOR = editor("desk").armored(seed("desk"))
KEYRING = keyring("desk", "second").serialise(ROOT)
DISPATCH = sign_dispatch(
    seed("desk"),
    number=7,
    replies=[reply("one"), reply("two")],
    receipts=[Receipt(chance(f"receipt {n}", 16), 69_632) for n in range(3)],
    keyring=KEYRING,
).serialise()
