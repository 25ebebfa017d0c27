"""Every vector under tests/vectors/ says the truth, and the generator makes each of them again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from intake.wire import labels
from intake.wire.codename import derive_source, passes, split
from intake.wire.dispatch import SignedDispatch
from intake.wire.envelope import CHUNK, Identity, envelope_id
from intake.wire.errors import NotForUs, WireError
from intake.wire.keyring import Editor, Keyring
from intake.wire.manifest import Manifest
from intake.wire.pack import Folder, read_pack
from intake.wire.padme import bucket
from intake.wire.record import BLOCK, Header, Kind
from intake.wire.reply import is_for, open_reply
from intake.wire.resumable import Resumable, content_id, upload_id
from intake.wire.signing import fingerprint, verify
from tests.vectors import generate
from tests.vectors.vector import Read
from tests.wire import model
from tests.wire.support import OUTCOMES, Reading

FOLDER = Path(generate.__file__).parent


def check_labels(vector: Read) -> None:
    person, key, data = (vector.hex(name) for name in ("person", "key", "data"))
    assert labels.derive(key, person, data, int(vector.one("size"))) == vector.hex("digest")


def check_padme(vector: Read) -> None:
    for line in vector.input().decode().splitlines():
        count, size = map(int, line.split())
        assert bucket(count) == size


def check_signature(vector: Read) -> None:
    verify(vector.hex("key"), vector.hex("label"), vector.input(), vector.hex("signature"))
    assert fingerprint(vector.hex("key")) == json.loads(vector.one("fingerprint"))


def check_codename(vector: Read) -> None:
    words = split(json.loads(vector.one("typed")))
    assert list(words) == json.loads(vector.one("words"))
    assert passes(words) == (vector.expect == "success")
    source = derive_source(words, bytes(16) if not vector.all("salt") else vector.hex("salt"))
    thread = source.thread
    assert thread.capability == vector.hex("capability")
    assert thread.reply_key == vector.hex("reply-key")
    assert thread.id == vector.hex("thread-id")
    assert source.upload_key == vector.hex("upload-key")
    assert source.submission == vector.hex("upload-submission")


def check_reading(vector: Read, reading: Reading) -> None:
    """What was delivered before the reading ended."""
    if vector.all("delivered-size"):
        assert len(reading.content) == int(vector.one("delivered-size"))
        assert hashlib.sha256(reading.content).digest() == vector.hex("delivered-sha256")
        assert reading.reader is not None
        head, trailer = reading.reader.header, reading.reader.trailer
        assert head.kind == int(vector.one("kind"))
        assert head.submission == vector.hex("submission")
        assert head.capability == vector.hex("capability")
        assert head.reply_key == vector.hex("reply-key")
        assert head.position == int(vector.one("position"))
        assert head.name == json.loads(vector.one("name"))
        assert head.media_type == json.loads(vector.one("media-type"))
        endings = [str(trailer.ending.value)] if trailer else []
        assert endings == vector.all("ending")
    else:
        assert reading.content == b""


def check_record(vector: Read) -> str:
    data = vector.input()
    blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
    reading = Reading.of_blocks(iter(blocks))
    check_reading(vector, reading)
    modelled = model.read_blocks(blocks)
    assert (modelled.outcome, modelled.content) == (reading.outcome, reading.content)
    return reading.outcome


def check_envelope(vector: Read) -> str:
    data, privates = vector.input(), [bytes.fromhex(one) for one in vector.all("identity")]
    reading = Reading.of_envelope_with(data, [Identity(one) for one in privates])
    check_reading(vector, reading)
    modelled = model.read_envelope(data, privates)
    assert (modelled.outcome, modelled.content) == (reading.outcome, reading.content)
    if vector.all("id"):
        assert envelope_id(data[:4096]) == vector.hex("id")
        assert len(data) == int(vector.one("size"))
    return reading.outcome


def check_reply(vector: Read) -> None:
    if vector.all("capability") and not is_for(vector.hex("name"), vector.hex("capability")):
        raise NotForUs("another thread's")
    if vector.all("reply-key"):
        reply = open_reply(vector.input(), vector.hex("reply-key"))
        assert [reply.number, reply.day] == [int(vector.one(name)) for name in ("number", "day")]
        assert reply.text == json.loads(vector.one("text"))


def check_keyring(vector: Read) -> None:
    keyring = Keyring.parse(vector.input())
    assert keyring.serialise(vector.hex("root-seed")) == vector.input()
    assert keyring.root_key == vector.hex("root-key")
    assert keyring.salt == vector.hex("salt")
    for name in ("sequence", "first-day", "last-day", "suite", "threshold"):
        assert getattr(keyring, name.replace("-", "_")) == int(vector.one(name))
    check_editors(vector, keyring.editors)


def check_editor(vector: Read) -> None:
    editor = Editor.parse(vector.input().decode())
    assert editor.armored(vector.hex("desk-seed")).encode() == vector.input()
    check_editors(vector, (editor,))


def check_editors(vector: Read, editors: tuple[Editor, ...]) -> None:
    assert [one.name for one in editors] == [json.loads(name) for name in vector.all("editor")]
    assert [one.verify_key.hex() for one in editors] == vector.all("verify-key")
    days = [str(epoch.first_day) for one in editors for epoch in one.epochs]
    assert days == vector.all("epoch-first-day")


def check_dispatch(vector: Read) -> None:
    signed = SignedDispatch.parse(vector.input())
    assert signed.serialise() == vector.input()
    if vector.all("keyring"):
        last = [int(number) for number in vector.all("last-number")]
        signed.check(Keyring.parse(vector.hex("keyring")), last[0] if last else None)
        return
    parts = signed.dispatch
    assert parts.author == vector.hex("author")
    assert parts.number == int(vector.one("number"))
    assert [reply.name.hex() for reply in parts.replies] == vector.all("reply")
    assert [one.envelope.hex() for one in parts.receipts] == vector.all("receipt")
    assert [str(one.size) for one in parts.receipts] == vector.all("receipt-size")
    assert len(parts.keyring) == int(vector.one("keyring-size"))
    assert len(signed.signatures) == int(vector.one("signers"))


def check_pack(vector: Read) -> str:
    data, found = vector.input(), []
    outcome = "success"
    digest, left = hashlib.sha256(), 0
    try:
        # In small parts, so that every front is put together from some.
        for entry in read_pack(data[at : at + 7] for at in range(0, len(data), 7)):
            if isinstance(entry, bytes):
                digest.update(entry)
                left -= len(entry)
            elif isinstance(entry, Folder):
                found.append(["folder", entry.path])
            else:
                numbers = (entry.size, entry.offset, entry.length)
                shown = ["piece", entry.path, *map(str, numbers)]
                digest, left = hashlib.sha256(), entry.length
            if not isinstance(entry, Folder) and left == 0:
                found.append([*shown, digest.hexdigest()])
    except WireError as error:
        outcome = OUTCOMES[type(error)]
    assert found == [json.loads(entry) for entry in vector.all("entry")]
    assert model.read_entries(data) == (outcome, found)
    return outcome


def check_manifest(vector: Read) -> None:
    manifest = Manifest.parse(vector.input())
    assert manifest.serialise() == vector.input()
    assert manifest.files == int(vector.one("files"))
    assert manifest.size == int(vector.one("size"))
    assert [one.hex() for one in manifest.packs] == vector.all("pack")


def check_resumable(vector: Read) -> None:
    data, key = vector.input(), vector.hex("upload-key")
    submission, capability, reply_key = (
        vector.hex(name) for name in ("submission", "capability", "reply-key")
    )
    head = Header(Kind(int(vector.one("kind"))), submission, capability, reply_key, 0)
    digest = hashlib.sha256(data).digest()
    assert content_id(key, head, len(data), digest) == vector.hex("content-id")
    one = Resumable(head, data, digest, vector.hex("content-id"))
    assert one.address == vector.hex("address")
    assert one.size(1) == int(vector.one("size"))
    assert upload_id(one.address, one.size(1)) == vector.hex("upload-id")
    file_key, address, chunks = model.seal_again(key, head.serialise(), data)
    assert (file_key, address) == (vector.hex("file-key"), vector.hex("address"))
    assert hashlib.sha256(chunks).digest() == vector.hex("chunks-sha256")
    sealed = memoryview(bytearray(one.chunks * CHUNK))
    assert one.seal_into(0, sealed) == len(sealed)
    assert sealed == chunks


#: Each returns how the reading ended, or nothing if that was well, or raises.
CHECKS: dict[str, Callable[[Read], str | None]] = {
    "codename": check_codename,
    "dispatch": check_dispatch,
    "editor": check_editor,
    "envelope": check_envelope,
    "keyring": check_keyring,
    "labels": check_labels,
    "manifest": check_manifest,
    "pack": check_pack,
    "padme": check_padme,
    "record": check_record,
    "reply": check_reply,
    "resumable": check_resumable,
    "signature": check_signature,
}
VECTORS = sorted(path for kind in CHECKS for path in (FOLDER / kind).iterdir())


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_vector(path):
    vector = Read(path)
    try:
        outcome = CHECKS[path.parent.name](vector) or "success"
    except WireError as error:
        outcome = OUTCOMES[type(error)]
    assert outcome == vector.expect


def test_every_kind_has_vectors_and_a_check():
    assert set(generate.MAKERS) == set(CHECKS)
    assert len(VECTORS) > 200


def test_the_generator_makes_every_vector_again(tmp_path):
    generate.write(tmp_path)
    made = {path.relative_to(tmp_path): Read(path) for path in tmp_path.rglob("*/*")}
    kept = {path.relative_to(FOLDER): Read(path) for path in VECTORS}
    assert {str(path) for path in made} == {str(path) for path in kept}
    # Bodies unpacked, since not every zlib packs the same.
    other = [
        path
        for path in made
        if (made[path].head, made[path].body()) != (kept[path].head, kept[path].body())
    ]
    assert other == []


def test_vectors_are_text_and_small():
    assert sum(path.stat().st_size for path in VECTORS) < 1_500_000
    for path in VECTORS:
        path.read_text("ascii")
