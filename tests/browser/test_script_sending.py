"""A source whose browser runs the script: what is sent is sealed there, and survives every cut."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from intake.wire.envelope import PRIVATE_KEY, Identity
from intake.wire.errors import NotForUs
from intake.wire.keyring import Epoch
from intake.wire.resumable import MAX_CONTENT
from tests.browser.arrived import Arrived, arrived
from tests.browser.firefox import Firefox
from tests.browser.preferences import SAFER
from tests.browser.scripted_pages import Login, TakenOver
from tests.browser.site import Site, on_loopback
from tests.browser.tap import Tap, gives_away
from tests.newsroom import Desk, Opened, Operator
from tests.newsroom.desk import today
from tests.newsroom.http import free_port

pytestmark = pytest.mark.slow

MESSAGE = "The minutes of the meeting were changed afterwards.\nالمحضر الأصلي مرفق."
#: Three packs, so that one is sent while the next is sealed and another waits.
SIZE = 20_000_000
#: What may be sent more than once, and what requests and envelopes are besides.
ONCE = 1.05
#: Bytes a second, so that a test is there before the end.
SLOW = 12_000_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "a recording, ﺗﺴﺠﻴﻞ.mp4"
    path.write_bytes(os.urandom(SIZE))
    return path


def is_whole(found: Arrived, *paths: Path) -> bool:
    """Return whether the desk has these files and no other, and a list that says so."""
    assert found.files == {path.name: path.read_bytes() for path in paths}
    manifest = found.manifests[-1]
    assert (manifest.files, len(manifest.packs)) == (len(paths), found.packs)
    return manifest.size == sum(path.stat().st_size for path in paths)


def test_a_message_and_a_large_file_arrive_sealed_and_the_codename_stays(
    sealing: Firefox, loopback: Site, line: Tap, recording: Path
):
    form = TakenOver.visit(sealing, line.base)
    codename = form.codename
    assert form.seal.startswith("Your browser seals")
    address = sealing.address

    receipt = form.write(MESSAGE).choose(recording).send().receipt()

    assert receipt.heading == "Everything has arrived"
    assert receipt.codename == codename
    assert receipt.rows == [f"{recording.name} 20 MB 20,000,000 bytes"]
    assert sealing.address == address
    found = arrived(loopback, codename)
    assert found.messages == [MESSAGE]
    assert found.packs == 3
    assert is_whole(found, recording)
    assert line.passed < ONCE * SIZE
    assert not gives_away(line.heard, codename)
    assert recording.name.encode() not in line.heard
    assert b"minutes of the meeting" not in line.heard


def test_a_folder_arrives_with_the_paths_in_it(sealing: Firefox, loopback: Site, line: Tap):
    texts = {"2019/minutes.txt": "a", "2019/old/minutes.txt": "b", "2019/empty": ""}
    form = TakenOver.visit(sealing, line.base).choose_folder(texts)
    codename = form.codename
    assert [line.split() for line in form.chosen] == [
        ["2019", "Files:", "3,", "2", "bytes", "Remove"]
    ]

    form.send().receipt()

    found = arrived(loopback, codename)
    assert found.files == {path: text.encode() for path, text in texts.items()}


def test_small_files_share_packs_and_one_that_is_gone_is_left_out(
    sealing: Firefox, loopback: Site, line: Tap, tmp_path: Path
):
    paths = [tmp_path / f"{number}.txt" for number in range(40)]
    for path in paths:
        path.write_text(path.name)
    form = TakenOver.visit(sealing, line.base).choose(*paths)
    codename = form.codename
    paths[7].unlink()

    receipt = form.send().receipt()

    assert receipt.heading == "Not everything has arrived"
    assert [row for row in receipt.rows if "incomplete" in row] == [receipt.rows[0]]
    assert receipt.rows[0].startswith("7.txt")
    found = arrived(loopback, codename)
    assert found.packs == 1
    assert is_whole(found, *paths[:7], *paths[8:])


def test_files_of_one_name_are_told_apart_and_one_chosen_twice_is_sent_once(
    sealing: Firefox, loopback: Site, line: Tap, tmp_path: Path
):
    paths = [tmp_path / day / "minutes.txt" for day in ("monday", "tuesday", "wednesday")]
    for number, path in enumerate(paths):
        path.parent.mkdir()
        path.write_text(f"Number {number}.")
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    form = TakenOver.visit(sealing, line.base).choose(*paths).choose(paths[0])
    codename = form.codename
    assert len(form.chosen) == 3
    assert len(form.remove(2).chosen) == 2

    form.send().receipt()

    assert arrived(loopback, codename).files == {
        "minutes.txt": b"Number 0.",
        "minutes (2).txt": b"Number 1.",
    }


def test_what_was_cut_is_gone_on_with(sealing: Firefox, loopback: Site, line: Tap, recording: Path):
    line.rate = SLOW
    form = TakenOver.visit(sealing, line.base).choose(recording)
    codename = form.codename
    sending = form.send()
    sealing.wait_until(lambda: line.passed > SIZE / 3)

    line.down = True
    line.cut()
    sending.wait_for_heading("The connection broke")
    assert "Trying again in" in sending.figures
    assert "Nothing is lost." in sending.text
    line.down = False
    receipt = sending.hurry().receipt()

    assert receipt.heading == "Everything has arrived"
    assert is_whole(arrived(loopback, codename), recording)
    assert line.passed < ONCE * SIZE


def test_a_computer_without_a_network_waits_for_it(
    sealing: Firefox, loopback: Site, line: Tap, recording: Path
):
    line.rate = SLOW
    form = TakenOver.visit(sealing, line.base).choose(recording)
    codename = form.codename
    sending = form.send()
    sealing.wait_until(lambda: line.passed > SIZE / 3)

    with sealing.offline():
        sending.wait_for_heading("This computer is offline")
    sending.receipt()

    assert is_whole(arrived(loopback, codename), recording)
    assert line.passed < ONCE * SIZE


def test_a_server_that_was_killed_is_waited_for(sealing: Firefox, recording: Path, tmp_path: Path):
    operator = Operator(tmp_path, Desk())
    listens = f"127.0.0.1:{free_port()}"
    with Tap(listens, rate=SLOW) as line:
        with operator.serve(listen=listens) as server:
            form = TakenOver.visit(sealing, line.base).choose(recording)
            codename = form.codename
            sending = form.send()
            sealing.wait_until(lambda: line.passed > SIZE / 2)
            server.kill()
            sending.wait_for_heading("The connection broke")
        with operator.serve(listen=listens) as server:
            sending.hurry().receipt()
            site = Site(line.base, listens, operator, server.pid)
            assert is_whole(arrived(site, codename), recording)
        # What was not durable yet when it was killed is lost: a part of one pack.
        assert line.passed < ONCE * SIZE + MAX_CONTENT / 2


def test_another_browser_at_the_safer_level_reads_a_reply_and_goes_on_with_the_file(
    sealing: Firefox, loopback: Site, line: Tap, tmp_path: Path
):
    recording = tmp_path / "recording.mp4"
    recording.write_bytes(os.urandom(SIZE // 2))
    line.rate = SLOW / 2
    form = TakenOver.visit(sealing, line.base).write(MESSAGE).choose(recording)
    codename = form.codename
    form.send()
    sealing.wait_until(lambda: line.passed > SIZE / 4)
    line.down = True
    line.cut()
    sealing.open("about:blank")
    line.down, line.rate = False, None
    loopback.answer(codename, "Is there a recording?")

    # Nothing of the first browser's is here, and nothing makes machine code of the script.
    with Firefox(tmp_path, scripts=True, more=dict(SAFER)) as another:
        page = Login.visit(another, line.base).enter(codename)
        assert another.run("return typeof WebAssembly") == "undefined"
        assert page.replies == ["Is there a recording?"]
        sending = page.choose(recording).send()
        another.wait_until(lambda: "had arrived before" in sending.text)
        assert sending.receipt().heading == "Everything has arrived"

    found = arrived(loopback, codename)
    assert found.messages == [MESSAGE]
    assert is_whole(found, recording)
    assert line.passed < ONCE * SIZE / 2
    assert not gives_away(line.heard, codename)


def test_a_keyring_that_changes_meanwhile_is_sealed_to_from_then_on(
    sealing: Firefox, recording: Path, tmp_path: Path
):
    with on_loopback(tmp_path) as site, Tap(site.listens, rate=SLOW) as line:
        form = TakenOver.visit(sealing, line.base).choose(recording)
        codename = form.codename
        sending = form.send()
        sealing.wait_until(lambda: line.passed > SIZE / 4)
        sending.press("pause").wait_for_heading("Paused")

        colleague = replace(Desk().keyring.editors[0], name="Editor 2")
        keyring = site.desk.successor(editors=(*site.desk.keyring.editors, colleague))
        signed = site.desk.signed_keyring(keyring)
        assert site.operator.deliver(site.desk.dispatch(keyring=signed)).returncode == 0
        sending.press("go").receipt()

        assert is_whole(arrived(site, codename), recording)


def test_what_takes_days_is_sealed_to_the_keys_of_each(
    sealing: Firefox, recording: Path, tmp_path: Path
):
    desk = Desk()
    tomorrows = Identity(os.urandom(PRIVATE_KEY))
    [editor] = desk.keyring.editors
    epochs = (*editor.epochs, Epoch(today() + 1, tomorrows.public()))
    desk.keyring = replace(desk.keyring, editors=(replace(editor, epochs=epochs),))
    with on_loopback(tmp_path, desk=desk) as site, Tap(site.listens, rate=SLOW) as line:
        form = TakenOver.visit(sealing, line.base).choose(recording)
        codename = form.codename
        sending = form.send()
        sealing.wait_until(lambda: line.passed > SIZE / 4)
        sending.press("pause").wait_for_heading("Paused")
        sealing.run(
            "const { Date } = window.wrappedJSObject, now = Date.now() + 86400000;"
            "Date.now = () => now;"
        )
        sending.press("go").receipt()

        todays = sum(isinstance(one, Opened) for one in each_opened(site))
        assert 1 <= todays <= 2
        desk.identities.append(tomorrows)
        assert is_whole(arrived(site, codename), recording)


def each_opened(site: Site) -> Iterator[Opened | None]:
    """Yield each envelope of a newsroom, opened; ``None`` where the desk has no key to it."""
    for path in site.operator.collect().iterdir():
        try:
            yield site.desk.open(path)
        except NotForUs:
            yield None


def test_it_pauses_goes_on_stops_and_is_sent_again(
    sealing: Firefox, loopback: Site, line: Tap, recording: Path
):
    line.rate = SLOW
    form = TakenOver.visit(sealing, line.base).write(MESSAGE).choose(recording)
    codename = form.codename
    sending = form.send()
    sealing.wait_until(lambda: line.passed > SIZE / 4)

    sending.press("pause").wait_for_heading("Paused")
    # What the system had taken from the browser by then still goes.
    sealing.run_async("setTimeout(arguments[0], 700)")
    before = line.passed
    sealing.run_async("setTimeout(arguments[0], 300)")
    assert line.passed == before
    assert sealing.focused == sealing.one("[data-act=go]")
    sending.press("go").wait_for_heading("Sending")
    sealing.wait_until(lambda: line.passed > SIZE / 2)
    form = sending.stop()

    assert "has arrived." in form.problem
    assert "the same codename" in form.problem
    assert form.codename == codename
    line.rate = None
    form.send().receipt()
    found = arrived(loopback, codename)
    assert found.messages == [MESSAGE]
    assert is_whole(found, recording)
    assert line.passed < ONCE * SIZE


def test_whoever_leaves_is_warned_while_it_is_sent_and_not_before(
    sealing: Firefox, line: Tap, recording: Path
):
    line.rate = SLOW
    form = TakenOver.visit(sealing, line.base).choose(recording)
    assert not warns(sealing)
    sending = form.send()
    assert warns(sealing)
    sending.stop()
    assert not warns(sealing)


def warns(browser: Firefox) -> bool:
    """Return whether the page would ask before it is left."""
    return bool(
        browser.run(
            "const leaving = new Event('beforeunload', {cancelable: true});"
            "return !window.dispatchEvent(leaving);"
        )
    )
