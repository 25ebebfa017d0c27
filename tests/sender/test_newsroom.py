"""The newsroom's keyring as a source has it: verified, renewed with the days, never another's."""

import pytest

from intake.sender.errors import NewsroomError
from intake.sender.newsroom import Newsroom, pin
from intake.wire.signing import fingerprint
from tests.newsroom import Desk
from tests.newsroom.desk import today


class Server:
    """What a server answers, and how often it was asked.

    Attributes:
        day: the present one, for a newsroom's.
    """

    def __init__(self, desk: Desk) -> None:
        self.keyring = desk.signed_keyring()
        self.asked = 0
        self.day = today()

    def fetch(self) -> bytes:
        self.asked += 1
        return self.keyring

    def newsroom(self, pinned: str = "") -> Newsroom:
        return Newsroom(self.fetch, lambda: self.day, pinned)


def test_the_keys_of_a_day_are_fetched_once_and_on_the_next_day_anew():
    desk = Desk()
    server = Server(desk)
    newsroom = server.newsroom()
    assert newsroom.recipients() is newsroom.recipients()
    assert server.asked == 1
    server.day += 1
    newsroom.recipients()
    newsroom.recipients()
    assert server.asked == 2


def test_a_successor_is_taken_and_told():
    desk = Desk()
    server = Server(desk)
    newsroom = server.newsroom()
    used = newsroom.recipients()
    assert len(used) == 1
    assert newsroom.renew(used) is False
    other = Desk(editors=2)
    newer = desk.successor(editors=other.keyring.editors)
    server.keyring = desk.signed_keyring(newer)
    assert newsroom.renew(used) is True
    assert len(newsroom.recipients()) == 2


def test_circuits_that_are_refused_at_once_all_take_up_what_one_of_them_fetched():
    desk = Desk()
    server = Server(desk)
    newsroom = server.newsroom()
    used = newsroom.recipients()
    server.keyring = desk.signed_keyring(desk.successor())
    assert newsroom.renew(used) is True
    asked = server.asked
    # One more that had sealed with them, before and after the first has gone on.
    assert newsroom.renew(used) is True
    newsroom.recipients()
    assert newsroom.renew(used) is True
    assert server.asked == asked


def test_what_is_no_successor_is_refused():
    desk = Desk()
    server = Server(desk)
    newsroom = server.newsroom()
    older = desk.successor(sequence=desk.keyring.sequence)
    for keyring in (
        Desk().signed_keyring(),
        desk.signed_keyring(desk.successor(salt=bytes(16))),
        desk.signed_keyring(older.__class__(**{**vars(older), "threshold": 1, "last_day": 99_999})),
    ):
        used = newsroom.recipients()
        server.keyring = keyring
        with pytest.raises(NewsroomError, match="not what it was"):
            newsroom.renew(used)


@pytest.mark.parametrize(
    ("first", "last", "said"), [(1, 9, "not in force yet"), (-9, -1, "has run out")]
)
def test_a_keyring_out_of_force_is_told(first, last, said):
    newsroom = Server(Desk(first_day=today() + first, last_day=today() + last)).newsroom()
    with pytest.raises(NewsroomError, match=said):
        newsroom.check_open()


def test_bytes_that_are_no_keyring_are_told():
    desk = Desk()
    for data in (b"", b"x" * 300, desk.signed_keyring()[:-1]):
        server = Server(desk)
        server.keyring = data
        with pytest.raises(NewsroomError, match="cannot be used"):
            server.newsroom()


def test_a_pinned_root_key_lets_no_other_pass():
    desk = Desk()
    ours = fingerprint(desk.keyring.root_key)
    for written in (ours, ours.upper(), ours.replace(" ", ""), f" {ours} "):
        assert Server(desk).newsroom(pin(written)).fingerprint == ours
    with pytest.raises(NewsroomError, match="another newsroom"):
        Server(Desk()).newsroom(pin(ours))


@pytest.mark.parametrize("text", ["", "12345", "g" * 25, "0" * 24, "0" * 26])
def test_what_is_no_fingerprint_is_told(text):
    with pytest.raises(NewsroomError, match="25 of the digits"):
        pin(text)
