"""What an answer may not be is told; or the walk would find nothing."""

from dataclasses import replace

import pytest

from tests.hostile.answers import CARRIED, Answered, check

CARRYING = tuple(
    (name, value if isinstance(value, str) else value[0]) for name, value in CARRIED.items()
)
PAGE = (*CARRYING, ("content-type", "text/html; charset=utf-8"))


def answered(
    status: int = 200, headers: tuple[tuple[str, str], ...] = CARRYING, body: bytes = b"."
) -> Answered:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return Answered(
        status, headers, body, f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body, False
    )


def passes(answer: Answered) -> None:
    check([answer], secrets=[b"canary"], allowed={507})


@pytest.mark.parametrize(
    "answer",
    [
        answered(),
        answered(404),
        answered(507),
        answered(headers=PAGE, body=b'<a href="/x">x</a><a href="#main">y</a>'),
        Answered(100, (), b"", b"", False),
        Answered(400, (("connection", "close"), ("content-length", "0")), b"", b"", False),
    ],
)
def test_a_good_answer_passes(answer: Answered) -> None:
    passes(answer)


@pytest.mark.parametrize(
    "answer",
    [
        answered(500),
        answered(503),
        *(answered(headers=CARRYING[:at] + CARRYING[at + 1 :]) for at in range(len(CARRYING))),
        answered(headers=(*CARRYING, ("date", "today"))),
        answered(headers=(*CARRYING, ("server", "x"))),
        answered(headers=(*CARRYING, ("set-cookie", "a=b"))),
        answered(headers=(*CARRYING, ("x", "1"), ("x", "2"))),
        answered(headers=(*CARRYING, ("x", "a canary"))),
        answered(body=b"the canary sings"),
        answered(body=b"Traceback (most recent call last)"),
        answered(headers=PAGE, body=b'<a href="/\\evil.example">x</a>'),
        answered(headers=PAGE, body=b'<a href="/&#9;/evil.example">x</a>'),
        answered(headers=PAGE, body=b'<form action="//evil.example">'),
        answered(headers=PAGE, body=b'<a href="javascript:x">x</a>'),
        replace(answered(400), headers=(("content-length", "0"),)),
    ],
)
def test_a_bad_answer_is_told(answer: Answered) -> None:
    with pytest.raises(AssertionError):
        passes(answer)
