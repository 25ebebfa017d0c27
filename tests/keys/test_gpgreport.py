"""What GnuPG must have said for the desk to take a message for genuine."""

import pytest

from intake.wire.errors import Corrupt, Malformed, NotForUs, WireError
from keys.gpgreport import Report

OKAY = ["DECRYPTION_KEY A B u", "BEGIN_DECRYPTION", "DECRYPTION_OKAY", "GOODMDC"]


def judged(code: int, statuses: list[str], *, asks: bool = False) -> Report:
    report = Report(asks=asks)
    for status in statuses:
        if not report.hear(f"[GNUPG:] {status}\n".encode()):
            break
    report.judge(code)
    return report


@pytest.mark.parametrize("code", [0, 2])
def test_it_is_the_statuses_that_vouch_and_not_the_code(code: int) -> None:
    judged(code, OKAY)


@pytest.mark.parametrize(
    ("code", "statuses", "error"),
    [
        (0, [], Corrupt),
        (0, OKAY[:-1], Corrupt),
        (0, [OKAY[0], OKAY[-1]], Corrupt),
        (1, OKAY, Corrupt),
        (-9, OKAY, Corrupt),
        (2, [*OKAY, "BADMDC"], Corrupt),
        (2, [*OKAY, "DECRYPTION_FAILED"], Corrupt),
        (2, [*OKAY, "NODATA 3"], Corrupt),
        (2, [*OKAY, "UNEXPECTED 0"], Corrupt),
        (2, ["NO_SECKEY 0000000000000000", "DECRYPTION_FAILED"], NotForUs),
    ],
)
def test_all_else_is_refused(code: int, statuses: list[str], error: type[WireError]) -> None:
    with pytest.raises(error):
        judged(code, statuses)


def test_only_status_lines_count() -> None:
    report = Report(asks=False)
    for line in (*(f"gpg: [GNUPG:] {status}\n" for status in OKAY), "\n"):
        assert report.hear(line.encode())
    with pytest.raises(Corrupt):
        report.judge(0)


def test_more_than_gpg_says_of_any_message_is_not_listened_to() -> None:
    with pytest.raises(Malformed, match="more keys"):
        judged(2, ["ENC_TO 0000000000000000 1 0"] * 10_000 + OKAY)
    # Part of a line: what follows must not be taken for the beginning of one.
    assert not Report(asks=False).hear(b"gpg: " + b"x" * 100)


def test_a_person_is_not_asked_for_a_passphrase_of_the_source() -> None:
    asking = ["NEED_PASSPHRASE_SYM 9 3 2", *OKAY]
    with pytest.raises(Malformed, match="asks for a passphrase"):
        judged(0, asking, asks=True)
    judged(0, asking)


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("62 1795293260 ", ""),
        ("62 1795293260", ""),
        ("62 1795293260 a b%0A%25.pdf", "a b\n%.pdf"),
        ("62 0 _CONSOLE", ""),
    ],
)
def test_the_name_of_the_file_is_taken_as_the_sender_gave_it(rest: str, name: str) -> None:
    assert judged(0, [*OKAY, f"PLAINTEXT {rest}"]).name == name
