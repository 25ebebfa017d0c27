"""Every label that separates one use of a key from another (F2), and the one way to derive."""

from hashlib import blake2b
from typing import Final

# Personalisations of BLAKE2b: at most 16 bytes, all different once padded with zeros to 16.
CODENAME_CHECK: Final = b"intake1 check"
CAPABILITY: Final = b"intake1 mailbox"
REPLY_KEY: Final = b"intake1 replykey"
THREAD_ID: Final = b"intake1 thread"
REPLY_TAG: Final = b"intake1 replytag"
PAYLOAD_KEY: Final = b"intake1 payload"
HEADER_MAC: Final = b"intake1 header"
ENVELOPE_ID: Final = b"intake1 envelope"
FINGERPRINT: Final = b"intake1 fingerpr"
SIGNED: Final = b"intake1 signed"
UPLOAD_KEY: Final = b"intake1 upload"
SUBMISSION: Final = b"intake1 submit"
CONTENT: Final = b"intake1 content"
CONTENT_KEY: Final = b"intake1 filekey"
ADDRESS: Final = b"intake1 address"
UPLOAD_ID: Final = b"intake1 uploadid"

# HPKE's info, and what is put before the digest of a body that is signed: none of these begins
# as another does.
HPKE_INFO: Final = b"intake1 file key for one editor"
SIGN_EDITOR: Final = b"intake1 editor's public half\x00"
SIGN_KEYRING: Final = b"intake1 keyring\x00"
SIGN_DISPATCH: Final = b"intake1 dispatch\x00"

# The first eight bytes of every object.
MAGIC_RECORD: Final = b"intakeR1"
MAGIC_ENVELOPE: Final = b"intakeE1"
MAGIC_REPLY: Final = b"intakeA1"
MAGIC_EDITOR: Final = b"intakeP1"
MAGIC_KEYRING: Final = b"intakeK1"
MAGIC_DISPATCH: Final = b"intakeD1"


def derive(key: bytes, label: bytes, data: bytes = b"", size: int = 32) -> bytes:
    """Return BLAKE2b of ``data``, keyed with ``key`` (may be empty), personalised by ``label``."""
    return blake2b(data, digest_size=size, key=key, person=label).digest()
