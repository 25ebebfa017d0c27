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
    """Return an editor's OpenPGP key as text that GnuPG imports (RFC 9580, 6.2; no checksum)."""
    text = base64.b64encode(editor.openpgp).decode()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    return "\n".join(
        [
            "-----BEGIN PGP PUBLIC KEY BLOCK-----",
            "",
            *lines,
            "-----END PGP PUBLIC KEY BLOCK-----",
            "",
        ]
    )
