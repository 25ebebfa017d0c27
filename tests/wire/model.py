"""A second, slow reader, written from FORMAT.md and sharing no code with `intake.wire`.

Everything is in memory and in one piece; HPKE is put together by hand from its parts, so that a
fault in the library's, or a difference to RFC 9180 and X-Wing, would show.
"""

import hashlib
import hmac
import math
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305


def blake(person: bytes, key: bytes, data: bytes, size: int) -> bytes:
    """F2.1, with the personalisation padded by hand."""
    padded = person + bytes(16 - len(person))
    return hashlib.blake2b(data, digest_size=size, key=key, person=padded).digest()


def padme(count: int) -> int:
    """F3.4, in the words of the paper."""
    if count < 2:
        return 1
    e = math.floor(math.log2(count))
    s = math.floor(math.log2(e)) + 1 if e else 0
    step = 2 ** max(e - s, 0)
    return math.ceil(count / step) * step


@dataclass
class Delivered:
    """What a reader has when it is done, and how the reading ended."""

    outcome: str
    content: bytes = b""
    header: bytes = b""
    ending: int | None = None


def read_blocks(blocks: list[bytes], *, cut: bool = False) -> Delivered:
    """F3: the blocks of a record that are there; ``cut`` if the suite says that more were."""
    content, header, state = b"", b"", "first"
    for index, block in enumerate(blocks):
        kind, used = block[0], int.from_bytes(block[1:4], "big")
        if used > 65516 or kind > 2 or any(block[4 + used :]):
            return Delivered("malformed", content, header)
        data = block[4 : 4 + used]
        if kind == 2:
            if state != "ended" or data:
                return Delivered("malformed", content, header)
            continue
        if state == "ended" or (state == "short" and (kind != 1 or used != 41)):
            return Delivered("malformed", content, header)
        if kind == 0 and used <= 65516 - 41:
            return Delivered("malformed", content, header)
        if state == "first":
            header = _header(data)
            if not header or (kind == 1 and len(header) + 41 > used):
                return Delivered("malformed", content, b"")
            data = data[len(header) :]
        state = "short" if kind == 0 and used < 65516 else "more"
        if kind == 1:
            if len(data) < 41:
                return Delivered("malformed", content, header)
            data, trailer = data[:-41], data[-41:]
        content += data
        if kind == 1:
            if trailer[0] not in (1, 2):
                return Delivered("malformed", content, header)
            true = len(content).to_bytes(8, "big") + hashlib.sha256(content).digest()
            if trailer[1:] != true:
                return Delivered("corrupt", content, header)
            state, ending, total = "ended", trailer[0], padme(index + 1)
    if state != "ended":
        return Delivered("truncated", content, header)
    if len(blocks) > total:
        return Delivered("malformed", content, header, ending)
    whole = len(blocks) == total and not cut
    return Delivered("success" if whole else "truncated", content, header, ending)


def _header(data: bytes) -> bytes:
    """F3.2: the header at the front, or nothing."""
    name = int.from_bytes(data[93:95], "big")
    media = int.from_bytes(data[95 + name : 97 + name], "big")
    end = 97 + name + media
    if data[:8] != b"intakeR1" or data[8] not in (1, 2, 3, 4, 5) or name > 4096 or media > 255:
        return b""
    try:
        data[95 : 95 + name].decode()
        data[97 + name : end].decode()
    except UnicodeDecodeError:
        return b""
    return data[:end] if len(data) >= end else b""


def hpke_open(private: bytes, slot: bytes, info: bytes) -> bytes | None:
    """F4.1: RFC 9180, base mode, one message, KEM 0x647a, KDF 0x0001, AEAD 0x0003."""
    kem, x25519 = (
        MLKEM768PrivateKey.from_seed_bytes(private[:64]),
        X25519PrivateKey.from_private_bytes(private[64:]),
    )
    ct_m, ct_x, sealed = slot[:1088], slot[1088:1120], slot[1120:]
    pk_x = x25519.public_key().public_bytes_raw()
    try:
        ss_x = x25519.exchange(X25519PublicKey.from_public_bytes(ct_x))
    except ValueError:
        return None
    shared = hashlib.sha3_256(
        kem.decapsulate(ct_m) + ss_x + ct_x + pk_x + bytes.fromhex("5c2e2f2f5e5c")
    ).digest()
    suite = b"HPKE" + bytes.fromhex("647a00010003")

    def extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + ikm, "sha256")

    def expand(prk: bytes, label: bytes, context: bytes, size: int) -> bytes:
        labelled = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return hmac.digest(prk, labelled + b"\1", "sha256")[:size]

    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    key, nonce = expand(secret, b"key", context, 32), expand(secret, b"base_nonce", context, 12)
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, b"")
    except InvalidTag:
        return None


def read_envelope(data: bytes, privates: list[bytes]) -> Delivered:
    """F4, whole."""
    if len(data) < 8 or (data[:8] == b"intakeE1" and len(data) < 10):
        return Delivered("truncated")
    count = int.from_bytes(data[8:10], "big")
    if data[:8] != b"intakeE1" or not 1 <= count <= 32:
        return Delivered("malformed")
    mac_at = 10 + 1168 * count
    size = math.ceil((mac_at + 32) / 4096) * 4096
    if len(data) < size:
        return Delivered("truncated")
    if any(data[mac_at + 32 : size]):
        return Delivered("malformed")
    slots = [data[10 + 1168 * i : 1178 + 1168 * i] for i in range(count)]
    keys = [
        hpke_open(private, slot, b"intake1 file key for one editor")
        for private in privates
        for slot in slots
    ]
    mac = data[mac_at : mac_at + 32]
    good = [k for k in keys if k and blake(b"intake1 header", k, data[:mac_at], 32) == mac]
    if not good:
        return Delivered("corrupt" if any(keys) else "not for us")
    return _read_payload(data[size:], blake(b"intake1 payload", good[0], b"", 32))


def _read_payload(payload: bytes, key: bytes) -> Delivered:
    blocks: list[bytes] = []
    while True:
        rest = payload[65536 * len(blocks) :]
        chunk, counter = rest[:65536], len(blocks).to_bytes(11, "big")
        if len(chunk) < 65536:
            return read_blocks(blocks, cut=True) if blocks else Delivered("truncated")
        for flag in (b"\0", b"\1"):
            try:
                blocks.append(ChaCha20Poly1305(key).decrypt(counter + flag, chunk, b""))
                break
            except InvalidTag:
                continue
        else:
            return _broken(read_blocks(blocks, cut=True) if blocks else Delivered("corrupt"))
        if flag == b"\1":
            whole = read_blocks(blocks)
            return whole if len(rest) == 65536 else _broken(whole)


def _broken(delivered: Delivered) -> Delivered:
    """Something after these blocks is not genuine; what came before is, and was delivered."""
    if delivered.outcome in ("truncated", "success"):
        delivered.outcome = "corrupt"
    return delivered


def read_entries(data: bytes) -> tuple[str, list[list[str]]]:
    """F3.5: the outcome, and the entries that are there whole."""
    found: list[list[str]] = []
    while data:
        kind, size = data[0], int.from_bytes(data[1:3], "big")
        fixed = 20 if kind == 1 else 0
        if kind not in (1, 2) or (len(data) >= 3 and not 0 < size <= 4096):
            return "malformed", found
        if len(data) < 3 + size:
            return "truncated", found
        try:
            path = data[3 : 3 + size].decode()
        except UnicodeDecodeError:
            return "malformed", found
        if len(data) < 3 + size + fixed:
            return "truncated", found
        numbers, data = data[3 + size : 3 + size + fixed], data[3 + size + fixed :]
        if kind == 2:
            found.append(["folder", path])
            continue
        whole, offset, length = (int.from_bytes(numbers[a:b], "big") for a, b in _NUMBERS)
        if offset + length > whole or (whole > 0 and length == 0):
            return "malformed", found
        if len(data) < length:
            return "truncated", found
        digest = hashlib.sha256(data[:length]).hexdigest()
        found.append(["piece", path, str(whole), str(offset), str(length), digest])
        data = data[length:]
    return "success", found


_NUMBERS = ((0, 8), (8, 16), (16, 20))


def seal_again(upload_key: bytes, head: bytes, content: bytes) -> tuple[bytes, bytes, bytes]:
    """F4.6 and F3.1, word by word: the file key, the address, and the chunks."""
    digest = hashlib.sha256(content).digest()
    said = head + len(content).to_bytes(8, "big") + digest
    identity = blake(b"intake1 content", upload_key, said, 32)
    key = blake(b"intake1 filekey", identity, b"", 32)
    trailer = b"\1" + len(content).to_bytes(8, "big") + digest
    stream, parts = head + content, []
    while len(stream) >= 65516:
        parts.append((0, stream[:65516]))
        stream = stream[65516:]
    if len(stream) + 41 > 65516:
        parts.append((0, stream))
        stream = b""
    parts.append((1, stream + trailer))
    parts += [(2, b"")] * (padme(len(parts)) - len(parts))
    cipher = ChaCha20Poly1305(blake(b"intake1 payload", key, b"", 32))
    chunks = []
    for number, (kind, data) in enumerate(parts):
        block = bytes([kind]) + len(data).to_bytes(3, "big") + data + bytes(65516 - len(data))
        nonce = number.to_bytes(11, "big") + bytes([number == len(parts) - 1])
        chunks.append(cipher.encrypt(nonce, block, b""))
    return key, blake(b"intake1 address", identity, b"", 32), b"".join(chunks)
