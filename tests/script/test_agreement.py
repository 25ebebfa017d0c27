"""Two implementations, one format: what one makes the other takes, and what one rejects both do."""

import hashlib
import io
import random
import subprocess
from pathlib import Path

import pytest

from intake.mailbox import padded
from intake.sender.planning import parts_of
from intake.sender.walking import Found
from intake.wire.codename import MAX_CODENAME, Source, derive_source, passes, split
from intake.wire.envelope import CHUNK, PAGE, Identity, Recipient, open_envelope
from intake.wire.errors import BadSignature, Malformed, WireError
from intake.wire.keyring import Editor, Epoch, Keyring, keyring_of
from intake.wire.labels import SIGN_KEYRING
from intake.wire.manifest import Manifest
from intake.wire.pack import Piece, read_pack
from intake.wire.record import Header, Kind, RecordReader
from intake.wire.reply import Reply, SealedReply, seal_reply
from intake.wire.resumable import MAX_CONTENT, Resumable, content_id
from intake.wire.signing import fingerprint, verify, verify_key_of
from intake.wordlists import FILES, words
from tests.script.other import Failed, Other
from tests.wire.support import OUTCOMES, chance

#: Letters of the scripts of the lists, and of what browsers add to what is copied from a page.
LETTERS = [
    chr(code)
    for start, end in (
        (0x20, 0x250),
        (0x370, 0x400),
        (0x400, 0x530),
        (0x1E00, 0x2070),
        (0x590, 0x700),
    )
    for code in range(start, end)
    if code != 0x131
]


#: Days since 1970-01-01.
DAY = 20_000
PRIVATE = chance("an editor's private key", 96)


@pytest.fixture(scope="module")
def codename(other) -> str:
    return str(other.ask("draw", words=words("en")))


@pytest.fixture(scope="module")
def signed() -> bytes:
    """A keyring of one editor."""
    epochs = (Epoch(DAY - 9, Identity(PRIVATE).public()),)
    editor = Editor("Ada", verify_key_of(chance("a desk", 32)), epochs)
    return keyring_of(
        chance("root", 32),
        [editor],
        sequence=1,
        salt=chance("salt", 16),
        first_day=DAY - 1,
        last_day=DAY + 1,
    )


@pytest.fixture(scope="module")
def keyring(signed, tmp_path_factory) -> Path:
    """The file that has it."""
    path = tmp_path_factory.mktemp("keyring") / "keyring"
    path.write_bytes(signed)
    return path


@pytest.fixture(scope="module")
def source(codename, signed) -> Source:
    """What the codename stands for, as Python derives it."""
    return derive_source(split(codename), Keyring.parse(signed).salt)


@pytest.fixture(scope="module")
def sealing(other, codename, keyring) -> Other:
    """The other implementation with the codename opened."""
    other.ask("open", codename=codename, keyring=keyring, day=DAY)
    return other


def opened(envelope: bytes) -> tuple[RecordReader, bytes]:
    reader = open_envelope(io.BytesIO(envelope).read, [Identity(PRIVATE)])
    return reader, b"".join(reader.content())


def sealed_here(source: Source, kind: Kind, content: bytes) -> tuple[Resumable, bytes]:
    """The same record as Python has it, and its chunks."""
    thread = source.thread
    head = Header(kind, source.submission, thread.capability, thread.reply_key, 0)
    digest = hashlib.sha256(content).digest()
    record = Resumable(
        head, content, digest, content_id(source.upload_key, head, len(content), digest)
    )
    chunks = bytearray(record.chunks * CHUNK)
    record.seal_into(0, memoryview(chunks))
    return record, bytes(chunks)


def url(record: Resumable) -> str:
    return f"/uploads/{record.address.hex()}.{record.size(1)}"


# --- codenames


@pytest.mark.parametrize("language", FILES)
def test_a_codename_that_one_draws_passes_with_the_other(other, language):
    drawn = split(other.ask("draw", words=words(language)))
    assert passes(drawn)
    assert set(drawn) <= set(words(language))


def test_a_list_that_is_too_short_is_not_drawn_from(other):
    with pytest.raises(Failed, match="too short"):
        other.ask("draw", words=words("en")[:6_999])


def test_both_find_the_same_words_in_what_was_typed(other):
    drawn = random.Random(4)
    texts = ["".join(drawn.choices(LETTERS, k=drawn.randrange(60))) for _ in range(2_000)]
    texts += [" ".join(drawn.choices(words(language), k=7)).upper() for language in FILES]
    texts += ["a" * MAX_CODENAME, "a" * (MAX_CODENAME + 1), "\U0001d41a" * MAX_CODENAME]
    assert other.ask("split", texts=texts) == [list(split(text)) for text in texts]


def test_both_derive_the_same_and_say_whose_keyring_it_is(other, codename, keyring, source):
    said = other.ask("open", codename=codename.upper(), keyring=keyring, day=DAY)
    assert said == {
        "capability": source.thread.capability.hex(),
        "rootFingerprint": fingerprint(verify_key_of(chance("root", 32))),
        "suite": "nacl",
        "editors": 1,
    }


def test_a_slip_is_told_from_a_codename(other, codename, keyring):
    first, second, *rest = codename.split()
    for typed in (" ".join([second, first, *rest]), " ".join(rest), ""):
        if not passes(split(typed)):
            with pytest.raises(Failed) as failed:
                other.ask("open", codename=typed, keyring=keyring, day=DAY)
            assert failed.value.kind == "slip"


@pytest.mark.parametrize("day", [DAY - 2, DAY + 2], ids=["before", "after"])
def test_a_keyring_is_sealed_to_on_its_days_alone(other, codename, keyring, day, tmp_path):
    assert other.ask("open", codename=codename, keyring=keyring, day=day)["editors"] == 1
    with pytest.raises(Failed) as failed:
        other.ask("message", text="Hello.", to=tmp_path / "envelope")
    assert failed.value.kind == "refused"


# --- what is sealed


@pytest.mark.parametrize(
    ("size", "offset"), [(0, 0), (1, 0), (70_000, 5_000), (9_000_000, 9_000_000 - MAX_CONTENT + 33)]
)
def test_a_piece_is_sealed_to_the_same_chunks_at_the_same_address(
    sealing, source, tmp_path, size, offset
):
    data, to = chance("a file", size), tmp_path / "envelope"
    (tmp_path / "file").write_bytes(data)
    front = Piece("año/b.bin", size, offset, size - offset)
    asked = {"path": front.path, "offset": offset, "length": front.length, "to": to}
    sealed = sealing.ask("piece", file=tmp_path / "file", **asked)

    content = front.serialise() + data[offset:]
    ours, chunks = sealed_here(source, Kind.PACK, content)
    digest = hashlib.sha256(content).hexdigest()
    assert sealed == {"url": url(ours), "digest": digest, "contentSize": len(content)}
    envelope = to.read_bytes()
    assert envelope[PAGE:] == chunks
    reader, read = opened(envelope)
    assert (reader.header.kind, read) == (Kind.PACK, content)
    assert next(read_pack([read])) == front


def test_small_files_share_a_pack_and_one_that_became_shorter_is_left_out(
    sealing, source, tmp_path
):
    files = {"a": b"first", "folder/b": b"", "folder/c": b"last"}
    asked = []
    for number, (path, data) in enumerate(files.items()):
        (tmp_path / str(number)).write_bytes(data)
        asked.append({"path": path, "file": str(tmp_path / str(number)), "size": len(data)})
    asked.insert(1, asked[0] | {"path": "was longer", "size": 6})
    sealed = sealing.ask("pack", files=asked, to=tmp_path / "envelope")
    content = b"".join(
        Piece(path, len(data), 0, len(data)).serialise() + data for path, data in files.items()
    )
    assert sealed["unread"] == [1]
    assert sealed["url"] == url(sealed_here(source, Kind.PACK, content)[0])
    assert opened((tmp_path / "envelope").read_bytes())[1] == content


def test_the_file_key_is_the_same_and_the_slots_are_fresh(sealing, source, tmp_path):
    (tmp_path / "file").write_bytes(b"twelve bytes")
    asked = {"file": tmp_path / "file", "path": "a", "offset": 0, "length": 12}
    for name in ("1", "2"):
        sealing.ask("piece", **asked, to=tmp_path / name)
    content = Piece("a", 12, 0, 12).serialise() + b"twelve bytes"
    ours, chunks = sealed_here(source, Kind.PACK, content)
    (tmp_path / "3").write_bytes(ours.begin([Recipient(Identity(PRIVATE).public())]) + chunks)
    files = [tmp_path / name for name in ("1", "2", "3")]
    assert len({file.read_bytes()[:PAGE] for file in files}) == 3
    # Each opened by the other implementation's own reader.
    read = [sealing.ask("read", envelope=file, identity=PRIVATE) for file in files]
    assert read[0] == read[1] == read[2]
    assert bytes.fromhex(read[0]["content"]) == content


def test_a_message_is_two_envelopes_if_it_is_sent_twice(sealing, source, tmp_path):
    text = "Wer weiß das noch? \U0001f5dd\ufe0f"
    first, second = (sealing.ask("message", text=text, to=tmp_path / name) for name in ("1", "2"))
    assert first["url"] != second["url"]
    assert first["digest"] == second["digest"] == hashlib.sha256(text.encode()).hexdigest()
    for name in ("1", "2"):
        reader, content = opened((tmp_path / name).read_bytes())
        assert (reader.header.kind, content.decode()) == (Kind.MESSAGE, text)
        assert reader.header.submission == source.submission


def test_a_manifest_lists_what_was_sealed(sealing, source, tmp_path):
    packs = tuple(chance(f"pack {number}", 32) for number in range(3_000))
    asked = {"files": 2, "size": 2**40, "packs": [pack.hex() for pack in packs]}
    sealed = sealing.ask("manifest", **asked, to=tmp_path / "envelope")
    reader, content = opened((tmp_path / "envelope").read_bytes())
    assert reader.header.kind is Kind.MANIFEST
    assert Manifest.parse(content) == Manifest(2, 2**40, packs)
    assert sealed["url"] == url(sealed_here(source, Kind.MANIFEST, content)[0])


def test_a_file_that_became_shorter_is_unreadable(sealing, tmp_path):
    (tmp_path / "file").write_bytes(b"short")
    asked = {"path": "a", "offset": 0, "length": 6, "to": tmp_path / "envelope"}
    with pytest.raises(Failed) as failed:
        sealing.ask("piece", file=tmp_path / "file", **asked)
    assert failed.value.kind == "unreadable"
    assert not (tmp_path / "envelope").exists()


@pytest.mark.parametrize("path", ["a", "leak/ü" * 100], ids=len)
@pytest.mark.parametrize(
    "size", [0, 1, MAX_CONTENT - 24, MAX_CONTENT, 3 * MAX_CONTENT, 269 * 10**9]
)
def test_both_cut_a_file_at_the_same_places(other, path, size):
    found = Found(0, path.encode(), path, size)
    ours = [{"offset": part.offset, "length": part.length} for part in parts_of(found)]
    assert other.ask("pieces", path=path, size=size) == ours


# --- what comes back


def test_replies_are_opened_the_newest_first(sealing, source, tmp_path):
    replies = [Reply(1, 20_000, "one"), Reply(2, 20_000, "two\n"), Reply(1, 20_001, "ü" * 8_163)]
    sealed = [
        seal_reply(
            reply, source.thread, name_random=chance(f"n{at}", 16), nonce=chance(f"o{at}", 24)
        )
        for at, reply in enumerate(replies)
    ]
    (tmp_path / "answer").write_bytes(padded(sealed))
    found = sealing.ask("replies", answer=tmp_path / "answer")
    assert found == [
        {"name": one.name.hex(), "number": reply.number, "day": reply.day, "text": reply.text}
        for reply, one in list(zip(replies, sealed, strict=True))[::-1]
    ]


def test_what_is_no_reply_of_the_threads_is_left_out(sealing, codename, source, tmp_path):
    another = derive_source(split(codename), bytes(16)).thread
    good, strange = (
        seal_reply(Reply(1, 1, "x"), whose, name_random=bytes(16), nonce=bytes(24))
        for whose in (source.thread, another)
    )
    altered = SealedReply(good.name, good.sealed[:-1] + bytes([good.sealed[-1] ^ 1]))
    (tmp_path / "answer").write_bytes(padded([strange, altered, good]))
    assert [one["text"] for one in sealing.ask("replies", answer=tmp_path / "answer")] == ["x"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (bytes(65_535), "malformed"),
        (bytes(131_072), "malformed"),
        (bytes(65_535) + b"\1", "malformed"),
        (b"", "truncated"),
        (b"\0\0\0\4".ljust(65_536, b"\0"), "truncated"),
    ],
    ids=["short", "long", "not padded with zeros", "empty", "fewer than it says"],
)
def test_an_answer_that_is_no_mailboxs_is_told(sealing, tmp_path, answer, kind):
    (tmp_path / "answer").write_bytes(answer)
    with pytest.raises(Failed) as failed:
        sealing.ask("replies", answer=tmp_path / "answer")
    assert failed.value.kind == kind


# --- what is rejected


def test_signatures_that_lax_verifiers_take_are_bad_for_both(other):
    body = b"a body"
    for near in other.ask("nearlySigned", label=SIGN_KEYRING, body=body):
        # What noble makes of them is why the script checks the equation itself.
        assert near["noble"] is True
        key, signature = bytes.fromhex(near["key"]), bytes.fromhex(near["signature"])
        with pytest.raises(BadSignature):
            verify(key, SIGN_KEYRING, body, signature)
        with pytest.raises(Failed) as failed:
            other.ask("verify", key=key, label=SIGN_KEYRING, body=body, signature=signature)
        assert failed.value.kind == "bad signature"


def test_an_altered_keyring_is_judged_alike(other, signed):
    drawn = random.Random(7)
    for _ in range(100):
        at = drawn.randrange(len(signed))
        altered = signed[:at] + bytes([signed[at] ^ 1 << drawn.randrange(8)]) + signed[at + 1 :]
        for untrusted in (altered, signed[:at], signed + signed[:1]):
            with pytest.raises(Failed) as failed:
                other.ask("keyring", keyring=untrusted)
            with pytest.raises(WireError) as raised:
                Keyring.parse(untrusted)
            assert failed.value.kind == OUTCOMES[type(raised.value)]


def test_public_keys_are_judged_alike(other):
    good = Identity(chance("an identity", 96)).public()
    prime = 2**255 - 19
    low = [0, 1, prime - 1, prime, prime + 1, 2**255 - 1]
    points = [u.to_bytes(32, "little") for u in low]
    points += [u[:31] + bytes([u[31] | 128]) for u in points]
    keys = [good[:-32] + point for point in points]
    keys += [bytes([255, 255]) + good[2:], good[:1_151] + b"\xff" + good[1_152:], good, good[:-1]]
    for key in keys:
        assert is_taken(other, key) == is_taken_here(key), key[-32:].hex()


def is_taken(other: Other, key: bytes) -> bool:
    try:
        other.ask("publicKey", key=key)
    except Failed as failed:
        if failed.kind != "malformed":
            raise
        return False
    return True


def is_taken_here(key: bytes) -> bool:
    try:
        Recipient(key)
    except Malformed:
        return False
    return True


def test_what_is_written_for_speed_gives_what_nobles_gives(program):
    done = subprocess.run(program("ciphers"), capture_output=True, text=True, check=True)
    assert done.stdout == "the same\n"
