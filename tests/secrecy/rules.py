"""What is secret, what may be said although it is made of a secret, and what says things.

All names are full ones, as mypy has them.
"""

import re
from typing import Final

#: Whatever an instance of these has is secret, but for what is in ``SAYABLE``; so is the instance,
#: though its ``repr`` shows nothing: nobody has a reason to say it.
SECRET_CLASSES: Final = {
    "intake.wire.codename.Thread",
    "intake.wire.codename.Source",
    "intake.wire.envelope.Identity",
    "intake.wire.envelope.Sealer",
    "intake.wire.resumable.Resumable",
    "intake.courier.ticket.Ticket",
    "intake.courier.address.Server",
    "intake.tor.keys.OnionKey",
    "intake.tor.keys.VisitorKey",
    "keys.vault.Passphrase",
    "keys.vault.Lock",
    "keys.desk_keys.EpochKey",
    "keys.desk_keys.DeskKeys",
    "keys.root_keys.RootKeys",
    "nacl.signing.SigningKey",
    "cryptography.hazmat.primitives.asymmetric.x25519.X25519PrivateKey",
    "cryptography.hazmat.primitives.asymmetric.mlkem.MLKEM768PrivateKey",
}

#: Names of variables, parameters and attributes that hold a secret if they hold text or bytes.
SECRET_NAMES: Final = re.compile(
    r"_?(untrusted_)?(\w+_)?"
    r"(codename|passphrase|seed|private|capability|reply_key|file_key|payload_key|upload_key|secret)"
)

#: Attributes that hold what a source wrote, or how it is named: nothing that a server may say. It
#: is the editors' to read, and the source's own.
CONTENT: Final = {
    "intake.form._Field._value",
    "intake.form._File._file_name",
    "intake.problems.Problem.text",
    "intake.submission.Item.name",
    "intake.submission.Submission._message",
    "intake.wire.pack.Folder.path",
    "intake.wire.pack.Piece.path",
    "intake.wire.record.Header.media_type",
    "intake.wire.record.Header.name",
    "intake.wire.reply.Reply.text",
}
#: Where content may be said: on the editors' machine and on the source's.
CONTENT_IS_THEIRS: Final = ("keys.", "intake.sender.")

#: What may be said, and why.
SAYABLE: Final = {
    "intake.wire.codename.Thread.id": "names a thread at the desk, and is of no use elsewhere",
    "intake.wire.codename.thread_id": "the same",
    "intake.wire.codename.Source.submission": "as random as any; it is inside every envelope",
    "intake.wire.envelope.Identity.public": "public",
    "intake.wire.envelope.Recipient.wrap": "sealed",
    "intake.wire.envelope.Sealer.begin": "sealed",
    "intake.wire.envelope.Sealer.write": "sealed",
    "intake.wire.envelope.Sealer.finish": "sealed",
    "intake.wire.envelope.Sealer.seal_into": "a size",
    "intake.wire.envelope.Sealer.digest": "of the content",
    "intake.wire.resumable.Resumable.digest": "of the content",
    "intake.wire.record.Trailer.sha256": "of the content",
    "intake.wire.envelope.seal_chunk": "sealed",
    "intake.wire.envelope.seal_header": "sealed",
    "intake.wire.signing.sign": "public",
    "intake.wire.signing.verify_key_of": "public",
    "intake.wire.signing.fingerprint": "public",
    "intake.wire.reply.seal_reply": "sealed",
    "intake.courier.ticket.Ticket.address": "an address alone opens nothing",
    "intake.courier.address.Server.place": "the same",
    "intake.couriers.roll.hash_token": "of 256 random bits",
    "intake.tor.keys.OnionKey.address": "public",
    "intake.tor.keys.OnionKey.public": "public",
    "intake.tor.keys.VisitorKey.public": "public",
    "keys.vault.Lock.seal": "sealed",
    "keys.desk_keys.DeskKeys.name": "public",
    "keys.desk_keys.DeskKeys.verify_key": "public",
    "keys.desk_keys.DeskKeys.public": "public",
    "keys.desk_keys.EpochKey.first_day": "public",
    "keys.root_keys.RootKeys.fingerprint": "public",
    "keys.root_keys.RootKeys.salt": "public",
    "keys.root_keys.RootKeys.sequence": "public",
    "intake.wire.reply._tag": "half of the name under which a reply is stored",
    "nacl.secret.SecretBox.encrypt": "sealed",
    "nacl.secret.SecretBox.decrypt": "not the key; see the attributes of what is read from it",
    "cryptography.hazmat.bindings._rust.openssl.aead.ChaCha20Poly1305.encrypt": "sealed",
    "cryptography.hazmat.bindings._rust.openssl.aead.ChaCha20Poly1305.encrypt_into": "a size",
    "cryptography.hazmat.bindings._rust.openssl.aead.ChaCha20Poly1305.decrypt": "not the key",
    "cryptography.hazmat.bindings._rust.openssl.aead.ChaCha20Poly1305.decrypt_into": "a size",
    "nacl.signing.SigningKey.sign": "public",
    "nacl.signing.SigningKey.verify_key": "public",
}

#: Calls that say what they are given: to a person, to a log, or to whoever lists processes.
SAYING: Final = re.compile(
    r"builtins\.(print|BaseException\.__init__)|typing\.(IO|TextIO)\.write|io\.\w+\.write|_?warnings\.warn\w*|logging\..*"
    r"|traceback\..*|subprocess\.\w+|os\.exec\w+|argparse\.ArgumentParser\.(error|exit)"
    r"|keys\.edge\.Edge\.say|keys\.cli\._say"
)
#: Attributes that are for people to read.
SAID_PLACES: Final = {
    f"{error}.{name}"
    for error in ("intake.errors.IntakeError", "keys.errors.KeysError")
    for name in ("message", "hint")
}
#: Functions that say a secret because that is what they are for.
SAYS_ON_PURPOSE: Final = {
    "intake.couriers.cli._enrol": "prints the ticket, which is handed to the courier",
    "intake.courier.cli._key": "prints the line that the courier's own tor needs",
}

#: What holds what was put into it, and gives it out again; whatever else it did meanwhile.
CONTAINERS: Final = {"intake.wire.codec.Writer", "intake.wire.codec.Reader"}
