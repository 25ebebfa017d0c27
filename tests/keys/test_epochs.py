"""Epoch keys: drawn ahead, told of, destroyed; and what somebody gets who comes for them later."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from intake.wire.envelope import Identity, open_envelope
from intake.wire.errors import NotForUs
from intake.wire.keyring import MAX_EPOCHS, Editor, Keyring
from intake.wire.labels import MAGIC_ENVELOPE
from intake.wire.signing import verify_key_of
from keys.desk import vault_of
from keys.desk_keys import DeskKeys, OpenPgp, draw_epochs
from keys.vault import Passphrase
from tests.keys.newsroom import PASSPHRASE, Answering, Newsroom, light
from tests.keys.years import (
    EPOCH,
    GONE,
    GRACE,
    OVER,
    TODAY,
    Clock,
    first_days,
    keyring,
    opened,
    private,
)
from tests.newsroom import File, Operator, Source


class Root:
    """The offline side, as far as an operator has to do with it at first."""

    def __init__(self, keyring: Path) -> None:
        self._keyring = keyring

    def signed_keyring(self) -> bytes:
        return self._keyring.read_bytes()


def served_by(newsroom: Newsroom, keyring: Path) -> Operator:
    folder = newsroom.folder / "server"
    folder.mkdir()
    return Operator(folder, Root(keyring))  # type: ignore[arg-type]  # all that it asks of a desk


def envelopes(seized: Path) -> list[Path]:
    """All that an examiner finds below a folder that begins as an envelope does."""
    files = [path for path in seized.rglob("*") if path.is_file()]
    return [path for path in files if path.read_bytes()[:8] == MAGIC_ENVELOPE]


def readable(paths: list[Path], identities: list[Identity]) -> list[bytes]:
    """What opens of them, with any of the keys."""
    contents = []
    for path in paths:
        with path.open("rb") as file:
            try:
                contents.append(b"".join(open_envelope(file.read, identities).content()))
            except NotForUs:
                continue
    return contents


def test_what_was_seized_stays_closed_for_whoever_seizes_the_vault_and_its_passphrase_later(
    newsroom: Newsroom, root: Path, clock: Clock
) -> None:
    operator = served_by(newsroom, keyring(newsroom, root))
    sent = {b"the first leak", b"x" * 300_000, b"the second leak"}
    with operator.serve() as server:
        one, other = Source(server.address), Source(server.address)
        assert one.send("the first leak", [File("a.bin", b"x" * 300_000)]).status == 200
        assert other.send("the second leak").status == 200
        stick = operator.collect()
    seized = newsroom.folder / "evidence room"
    shutil.copytree(operator.home, seized)
    found = envelopes(seized)
    assert len(found) >= len(sent)

    assert len(opened(newsroom, clock, TODAY, stick).objects) == 3
    backup = newsroom.folder / "backup"
    shutil.copytree(newsroom.desk, backup)
    opened(newsroom, clock, OVER)
    assert len(first_days(newsroom)) == 14
    said = opened(newsroom, clock, GONE).err
    assert "are destroyed" in said
    assert "make a new backup, then destroy the older ones" in said

    # There is one vault in the folder, and none of its keys opens anything.
    vaults = [path for path in newsroom.desk.rglob("*") if path.is_file()]
    vaults = [path for path in vaults if path.read_bytes().startswith(b"intakeV1")]
    assert vaults == [newsroom.desk / "vault"]
    keys_left = private(newsroom.desk)
    assert keys_left.epochs[0].first_day == TODAY + EPOCH
    assert readable(found, keys_left.identities(GONE)) == []
    # Control: what was not destroyed opens all of it.
    assert set(readable(found, private(backup).identities(GONE))) == sent
    # What was opened in time is at the desk, and the stick says nothing new.
    files = [path for path in (newsroom.desk / "threads").rglob("*") if path.is_file()]
    assert sent <= {path.read_bytes() for path in files}
    assert opened(newsroom, clock, GONE + 1, stick).objects == []


def test_a_desk_says_that_a_keys_time_is_over_and_destroys_it_when_the_grace_is(
    newsroom: Newsroom, clock: Clock
) -> None:
    assert "had their time" not in opened(newsroom, clock, OVER - 1).err
    for day in (OVER, OVER + 5, GONE - 1):
        said = opened(newsroom, clock, day).err
        assert said.count("have had their time. From ") == 1
        assert TODAY in first_days(newsroom)
    said = opened(newsroom, clock, GONE).err
    assert "are destroyed" in said
    assert first_days(newsroom) == [TODAY + EPOCH * i for i in range(1, 14)]
    said = opened(newsroom, clock, GONE + 1).err
    assert "destroy" not in said


def test_what_lies_on_the_stick_is_opened_before_its_key_goes(
    newsroom: Newsroom, clock: Clock
) -> None:
    opened(newsroom, clock, OVER)
    newsroom.source().send(b"collected late")
    ran = opened(newsroom, clock, GONE, newsroom.stick)
    assert [entry["kind"] for entry in ran.objects] == ["message"]
    assert TODAY not in first_days(newsroom)
    newsroom.source().send(b"collected too late")
    ran = newsroom.keys("open", newsroom.desk, newsroom.stick)
    assert ran.code == 1
    assert "It is not for this desk: sealed to somebody else, or to keys that were" in ran.err


def test_a_desk_that_was_left_for_months_first_has_its_days_of_grace(
    newsroom: Newsroom, clock: Clock
) -> None:
    back = TODAY + 100
    for number in range(3):
        stick = newsroom.folder / f"stick {number}"
        stick.mkdir()
        newsroom.source().send(b"waiting", recipients=[newsroom.editor.epochs[number].public])
        next(newsroom.stick.iterdir()).rename(stick / f"{number:032x}")
    for number in range(3):
        ran = opened(newsroom, clock, back + number, newsroom.folder / f"stick {number}")
        assert len(ran.objects) == 1
        assert "destroyed:" not in ran.err
    opened(newsroom, clock, back + GRACE)
    assert min(first_days(newsroom)) == TODAY + 3 * EPOCH


def test_a_clock_that_is_years_ahead_destroys_nothing(newsroom: Newsroom, clock: Clock) -> None:
    for day in (TODAY + 4_000, TODAY + 4_100):
        said = opened(newsroom, clock, day).err
        assert "By this machine's clock it is 20" in said
        assert "Nothing is destroyed before." in said
    assert len(first_days(newsroom)) == 14


def test_what_a_wrong_clock_told_counts_for_nothing(newsroom: Newsroom, clock: Clock) -> None:
    opened(newsroom, clock, TODAY + 300)
    opened(newsroom, clock, TODAY + 1)
    opened(newsroom, clock, OVER)
    opened(newsroom, clock, GONE - 1)
    assert len(first_days(newsroom)) == 14
    opened(newsroom, clock, GONE)
    assert min(first_days(newsroom)) == OVER


def test_something_that_does_not_open_holds_up_no_destruction(
    newsroom: Newsroom, clock: Clock
) -> None:
    opened(newsroom, clock, OVER)
    path = newsroom.source().send(b"x" * 100_000, "a.bin")
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    clock(GONE)
    ran = newsroom.keys("open", newsroom.desk, newsroom.stick)
    assert ran.code == 1
    assert "are destroyed" in ran.err
    assert TODAY not in first_days(newsroom)


def test_the_days_of_grace_can_be_set(newsroom: Newsroom, clock: Clock) -> None:
    assert newsroom.keys("renew", newsroom.desk, "--grace", 3).code == 0
    opened(newsroom, clock, OVER)
    opened(newsroom, clock, OVER + 2)
    assert TODAY in first_days(newsroom)
    opened(newsroom, clock, OVER + 3)
    assert TODAY not in first_days(newsroom)
    other = newsroom.folder / "max"
    assert newsroom.keys("new", other, "--editor", "Max", "--grace", 60, *light()).code == 0
    assert private(other).grace_days == 60


def test_a_renewed_desk_goes_on_as_it_was_with_keys_for_a_year(
    newsroom: Newsroom, root: Path, clock: Clock
) -> None:
    clock(TODAY - 360)
    desk = newsroom.folder / "edda"
    shutil.rmtree(desk)
    newsroom.new(desk, "Edda")
    before = private(desk)
    old = keyring(newsroom, root, "old")
    clock(TODAY - 340)
    at = Answering(newsroom)
    first = at.dispatch()

    clock(TODAY)
    ran = newsroom.keys("renew", desk)
    assert ran.code == 0, ran.err
    after = private(desk)
    assert after.epochs[:14] == before.epochs
    assert replace(after, epochs=()) == replace(before, epochs=())
    ends = [after.last_day_of(epoch) + 1 for epoch in after.epochs]
    assert ends[:-1] == [epoch.first_day for epoch in after.epochs[1:]]
    assert TODAY + 365 <= after.last_day < TODAY + 365 + EPOCH
    for step in ("keys public ", "`keys keyring`", f"keys dispatch {desk} OUT --keyring FILE"):
        assert step in ran.err

    new = keyring(newsroom, root, "new")
    Keyring.parse(old.read_bytes()).check_successor(Keyring.parse(new.read_bytes()))
    assert Keyring.parse(new.read_bytes()).last_day == TODAY + 365
    editor = Editor.parse((desk / "public").read_text())
    assert editor.epochs[0].first_day <= TODAY < editor.epochs[1].first_day
    assert editor.verify_key == verify_key_of(after.seed)

    # To a server that has the old keyring, and then has not.
    operator = served_by(newsroom, old)
    with operator.serve() as server:
        at.reply("still here")
        second = at.dispatch("--keyring", new)
        assert at.received(second) == [(1, "still here")]
        assert second.dispatch.number > first.dispatch.number
        assert operator.deliver(second.serialise()).returncode == 0
        assert "is refused" in operator.deliver(first.serialise()).stderr
        back = at.dispatch("--keyring", old)
        refused = operator.deliver(back.serialise())
        assert "keyring 1 is not newer than 2" in refused.stderr
        assert Source(server.address).send("to the keys of today").status == 200
        stick = operator.collect()
    assert [one["size"] for one in opened(newsroom, clock, TODAY, stick).objects] == [20]


def test_a_renewal_that_nothing_is_missing_for_draws_nothing(newsroom: Newsroom) -> None:
    before = private(newsroom.desk)
    assert newsroom.keys("renew", newsroom.desk, "--days", 100).code == 0
    assert private(newsroom.desk) == before
    assert newsroom.editor.epochs[0].first_day == TODAY


def test_a_renewed_desk_keeps_its_openpgp_key(gpg_newsroom: Newsroom) -> None:
    before = gpg_newsroom.editor
    assert gpg_newsroom.keys("renew", gpg_newsroom.desk, "--days", 500).code == 0
    after = gpg_newsroom.editor
    assert len(after.epochs) > len(before.epochs)
    assert after.openpgp == before.openpgp != b""
    gpg_newsroom.source().send_by_gpg(b"to the same key")
    assert len(gpg_newsroom.open().objects) == 1


def test_keys_that_had_run_out_are_renewed_from_today(newsroom: Newsroom, clock: Clock) -> None:
    clock(TODAY + 1_000)
    ran = newsroom.keys("renew", newsroom.desk)
    assert ran.code == 0
    assert [epoch.first_day for epoch in newsroom.editor.epochs][:2] == [
        TODAY + 1_000, TODAY + 1_028,
    ]  # fmt: skip
    assert len(first_days(newsroom)) == 14 + 14
    opened(newsroom, clock, TODAY + 1_000 + GRACE)
    assert min(first_days(newsroom)) == TODAY + 1_000


def test_a_desk_whose_keys_are_all_over_is_told_and_renewed_however_many_they_were(
    newsroom: Newsroom, root: Path, clock: Clock
) -> None:
    daily = newsroom.folder / "daily"
    options = ("--epoch-days", 1, "--epochs", MAX_EPOCHS)
    newsroom.keys("new", daily, "--editor", "Max", *options, *light())
    clock(TODAY + MAX_EPOCHS)
    told = f"keys renew {daily}"
    dispatched = newsroom.keys("dispatch", daily, newsroom.folder / "dispatch")
    assert dispatched.err.count(told) == 1
    assert newsroom.keys("open", daily, newsroom.stick).err.count(told) == 1
    out = newsroom.folder / "keyring"
    refused = newsroom.keys("keyring", out, "--root", root, "--editor", daily / "public")
    assert "The keys of Max ended on 20" in refused.err
    assert "`keys renew`" in refused.err

    assert newsroom.keys("renew", daily).code == 0
    assert private(daily).last_day == TODAY + 2 * MAX_EPOCHS - 1
    ran = newsroom.keys("keyring", out, "--root", root, "--editor", daily / "public")
    assert Keyring.parse(out.read_bytes()).last_day == TODAY + 2 * MAX_EPOCHS - 1, ran.err
    clock(TODAY + MAX_EPOCHS + GRACE)
    assert newsroom.keys("open", daily, newsroom.stick).code == 0
    assert private(daily).epochs[0].first_day == TODAY + MAX_EPOCHS


def test_a_renewal_draws_no_more_than_a_keyring_holds_and_says_so(
    newsroom: Newsroom, root: Path
) -> None:
    daily = newsroom.folder / "daily"
    options = ("--epoch-days", 1, "--epochs", 10)
    newsroom.keys("new", daily, "--editor", "Max", *options, *light())
    ran = newsroom.keys("renew", daily)
    assert "as many as a keyring holds" in ran.err
    assert len(private(daily).epochs) == MAX_EPOCHS
    out = newsroom.folder / "keyring"
    ran = newsroom.keys("keyring", out, "--root", root, "--editor", daily / "public")
    assert Keyring.parse(out.read_bytes()).last_day == TODAY + MAX_EPOCHS - 1


@given(
    st.integers(1, 400), st.integers(1, MAX_EPOCHS), st.integers(0, 4_000), st.integers(1, 3_650)
)
def test_keys_follow_each_other_and_reach_as_far_as_they_are_to(
    epoch_days: int, count: int, day: int, ahead: int
) -> None:
    drawn = draw_epochs(os.urandom, 0, epoch_days, count)
    before = DeskKeys("Edda", bytes(32), bytes(32), epoch_days, drawn, OpenPgp())
    after = before.reaching(day + ahead, day, os.urandom)
    assert after.epochs[:count] == before.epochs
    in_use = len(after.epochs) - len(after.over(day))
    assert in_use <= MAX_EPOCHS
    new = [epoch.first_day for epoch in after.epochs[count:]]
    begin = max(before.last_day + 1, day)
    assert new == [begin + epoch_days * i for i in range(len(new))]
    assert in_use >= 1
    if in_use < MAX_EPOCHS:
        assert after.last_day >= day + ahead
        assert in_use >= 2


def test_an_editor_is_reminded_when_the_keys_end_soon(
    newsroom: Newsroom, root: Path, clock: Clock
) -> None:
    last = TODAY + 14 * EPOCH - 1
    said = f"keys renew {newsroom.desk}"
    newsroom.source().send(b"hello")
    assert said not in opened(newsroom, clock, last - 60).err
    for day, told in ((last - 60, False), (last - 59, True), (last, True)):
        assert (said in opened(newsroom, clock, day).err) is told
        dispatch = newsroom.keys("dispatch", newsroom.desk, newsroom.folder / f"dispatch {day}")
        assert (said in dispatch.err) is told
        public, out = newsroom.desk / "public", newsroom.folder / "keyring"
        ran = newsroom.keys("keyring", out, "--root", root, "--editor", public)
        assert ("The keys of Edda end on 20" in ran.err) is told
    clock(last - 10)
    newsroom.keys("renew", newsroom.desk)
    assert said not in opened(newsroom, clock, last - 10).err


def test_a_vault_of_the_first_version_is_read_and_written_as_the_second(
    newsroom: Newsroom,
) -> None:
    def older(content: bytes) -> bytes:
        name = 1 + 2 + len("Edda") + 32 + 32
        return b"\1" + content[1 : name + 4] + content[name + 8 :]

    vault = vault_of(newsroom.desk, Passphrase(PASSPHRASE))
    now = DeskKeys.parse(vault.content)
    vault.change(older, os.urandom)
    assert private(newsroom.desk) == now
    assert newsroom.keys("renew", newsroom.desk, "--days", 900).code == 0
    assert vault_of(newsroom.desk, Passphrase(PASSPHRASE)).content[0] == 2
