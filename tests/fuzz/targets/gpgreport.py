"""What GnuPG says while it opens something of a source's."""

from collections.abc import Iterator

from intake.wire.errors import WireError
from keys.gpgreport import Report

LONGEST = 1_024
RATE = 10_000

_GOOD = b"[GNUPG:] "


def one_input(data: bytes) -> None:
    code, asks = (data[0] & 3 if data else 0), bool(data and data[0] & 4)
    lines = data[1:].splitlines(keepends=True)
    report = Report(asks=asks)
    # To the last line, also where GnuPG would have been stopped before.
    heard = [report.hear(line) for line in lines]
    try:
        report.judge(code)
    except WireError:
        return
    assert all(heard)
    assert code in (0, 2)
    said = {line.split()[1] for line in lines if line.startswith(_GOOD) and len(line.split()) > 1}
    assert {b"DECRYPTION_OKAY", b"GOODMDC"} <= said
    assert not {b"BADMDC", b"DECRYPTION_FAILED", b"NODATA", b"UNEXPECTED"} & said


def seeds() -> Iterator[bytes]:
    good = b"[GNUPG:] GOODMDC\n[GNUPG:] DECRYPTION_OKAY\n"
    for code, lines in (
        (0, b"[GNUPG:] PLAINTEXT 62 1700000000 a%20b.txt\n" + good),
        (2, b"gpg: note\n" + good),
        (0, good + b"[GNUPG:] BADMDC\n"),
        (2, b"[GNUPG:] NO_SECKEY 0123\n[GNUPG:] DECRYPTION_FAILED\n"),
        (5, b"[GNUPG:] NEED_PASSPHRASE_SYM 9 3 2\n"),
        (0, b"[GNUPG:] PLAINTEXT 62\n[GNUPG:] PLAINTEXT 62 0 _CONSOLE\n" + good),
        (0, b"no end"),
    ):
        yield bytes([code]) + lines
