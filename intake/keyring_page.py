"""What the page about the keyring says of it."""

import base64
from typing import Any

from intake.days import date_of
from intake.wire.keyring import Editor, Keyring
from intake.wire.signing import fingerprint


def facts(keyring: Keyring) -> dict[str, Any]:
    """Return the variables of ``keyring.html``."""
    return {
        "sequence": keyring.sequence,
        "valid_until": date_of(keyring.last_day),
        "root_fingerprint": fingerprint(keyring.root_key),
        "suite": keyring.suite.name.lower(),
        "editors": [
            {
                "name": editor.name,
                "fingerprint": fingerprint(editor.verify_key),
                "openpgp": armored(editor) if editor.openpgp else None,
            }
            for editor in keyring.editors
        ],
    }


def armored(editor: Editor) -> str:
    """Return an editor's OpenPGP key as text that GnuPG imports (RFC 4880, 6.2).

    With its checksum, which newer texts leave away: GnuPG 2.2 needs it where the key's length
    makes the encoding end without padding.
    """
    text = base64.b64encode(editor.openpgp).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    checksum = base64.b64encode(_crc24(editor.openpgp).to_bytes(3, "big")).decode()
    return "\n".join(
        [
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
            "",
            *lines,
            f"={checksum}",
            "-----END PGP PUBLIC KEY BLOCK-----",
            "",
        ]
    )


def _crc24(data: bytes) -> int:
    """Return the checksum of an armor (RFC 4880, 6.1)."""
    crc = 0xB704CE
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc
