"""How much of a form has arrived, told over sockets while it arrives."""

import os
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from http.client import IncompleteRead
from itertools import pairwise
from pathlib import Path

import pytest

from intake.app import create_app
from intake.chance import Chance
from intake.course import Figures, State, Told
from intake.home import Home
from intake.i18n import LANGUAGES
from intake.newsroom import Newsroom
from intake.progress import CELL, cell
from tests.newsroom import Operator, Server, Source, Upload, request
from tests.newsroom.frame import Frame
from tests.newsroom.source import Page, new_codename

NAME, OTHER, FINISHED, UNUSED = "1" * 32, "2" * 32, "3" * 32, "4" * 32
SIZE = 4_000_000
NOTHING = "Nothing is arriving at the moment"
FRAMES = 300


def form(server: Server, name: str, codename: str = "", size: int = SIZE) -> Upload:
    """Begin to send a form with a file in it."""
    path = f"/submit?progress={name}"
    return Upload(server.address, codename or new_codename(), "a.zip", size, path=path)


@pytest.mark.slow
def test_figures_grow_while_a_form_arrives_and_the_receipt_follows(server: Server) -> None:
    with form(server, NAME) as upload, Frame(server.address, NAME) as frame:
        for part in ("1 MB of 4 MB", "2 MB of 4 MB"):
            upload.send(bytes(SIZE // 4))
            assert frame.until(part)
        upload.send(bytes(SIZE // 2))
        answer = upload.finish()
        assert frame.rest()[-1].startswith("Everything has arrived")

    assert answer.status == 200
    assert "Everything has arrived" in Page(answer.text).text


@pytest.mark.slow
def test_two_sources_see_each_their_own_and_whoever_has_no_name_nothing(server: Server) -> None:
    with form(server, FINISHED, size=1) as upload:
        upload.send(b"x")
        assert upload.finish().status == 200
    with (
        form(server, NAME) as upload,
        form(server, OTHER, size=2 * SIZE) as other,
        Frame(server.address, NAME) as frame,
        Frame(server.address, OTHER) as other_frame,
        ExitStack() as stack,
    ):
        upload.send(bytes(SIZE // 4))
        other.send(bytes(SIZE // 2))
        strangers = [
            stack.enter_context(Frame(server.address, name))
            for name in (UNUSED, FINISHED, NAME[1:], "no-name-of-ours")
        ]
        assert frame.until("1 MB of 4 MB")
        assert other_frame.until("2 MB of 8 MB")
        for stranger in strangers:
            assert stranger.rest()[1].startswith(NOTHING)
        assert len({stranger.content for stranger in strangers}) == 1


def test_a_form_that_is_cut_is_told_to_be(server: Server) -> None:
    with form(server, NAME) as upload, Frame(server.address, NAME) as frame:
        upload.send(bytes(SIZE // 2))
        frame.until("2 MB of 4 MB")
        upload.reset()
        state = frame.rest()[-1]

    assert state.startswith("The connection was cut 2 MB of 4 MB has arrived.")
    assert "Send again" in state


def test_a_slip_is_told_while_the_browser_still_sends(server: Server) -> None:
    """The page that says so is read by Firefox only when it has sent everything."""
    with form(server, NAME, "seven words that are on no list") as upload:
        upload.send(bytes(SIZE // 4))
        time.sleep(0.5)
        with Frame(server.address, NAME) as frame:
            state = frame.rest()[-1]
        upload.send(bytes(SIZE - SIZE // 4))
        answer = upload.finish()

    assert state.startswith("Please check the codename")
    assert "words" in state
    assert answer.status == 400
    assert "Please check the codename" in Page(answer.text).text


def test_a_form_that_is_too_large_is_told_to_be(
    operator: Operator, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = Operator(tmp_path_factory.mktemp("small"), operator.desk, "--max-upload", "1M")
    with small.serve() as running, form(running, NAME) as upload:
        upload.send(bytes(SIZE // 4))
        with Frame(running.address, NAME) as frame:
            assert frame.rest()[-1].startswith("That is too much at once This newsroom takes up to")


@pytest.mark.slow
def test_a_server_that_is_started_again_knows_nothing_of_what_was_arriving(
    operator: Operator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    another = Operator(tmp_path_factory.mktemp("another"), operator.desk)
    with another.serve() as running, form(running, NAME) as upload:
        upload.send(bytes(SIZE // 2))
        with Frame(running.address, NAME) as frame:
            frame.until("2 MB of 4 MB")
            running.kill()
            with pytest.raises(IncompleteRead):
                frame.rest()
    with another.serve() as running, Frame(running.address, NAME) as frame:
        assert frame.rest()[-1].startswith(NOTHING)
        assert running.stderr() == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_told_while_a_form_arrives_fits_into_one_cell(
    operator: Operator, language: str
) -> None:
    chance = Chance(os.urandom, secrets.randbelow, random.SystemRandom().shuffle)
    app = create_app(Newsroom(Home(operator.home), chance, time.time))
    largest = Figures(999_900_000_000, 999_900_000_000_000, 999_900, 99 * 86_400)
    stalled = replace(largest, stalled=True)
    with app.test_request_context(f"/?lang={language}"):
        for told, figures in [(Told.FIGURES, largest), (Told.FIGURES, stalled)]:
            assert len(cell(State(told, figures, aloud=False))) == CELL
        for told in set(Told) - {Told.FIGURES, Told.REFUSED}:
            assert len(cell(State(told, largest))) == CELL
        # What is wrong with a form may be told at greater length, and is told once.
        assert len(cell(State(Told.REFUSED, refused=("x" * 200, "x" * 500)))) == 2 * CELL


def test_the_frame_may_be_shown_on_our_own_pages_alone(server: Server) -> None:
    answer = request(server.address, "HEAD", f"/progress/{UNUSED}")
    assert answer.status == 200
    policy = answer.header("Content-Security-Policy") or ""
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'; style-src 'self'" in policy
    assert "script-src" not in policy
    assert answer.header("X-Frame-Options") == "SAMEORIGIN"
    assert answer.header("Cache-Control") == "no-store"


def names(page: Page) -> Iterator[str]:
    """Return the name as each of those says it that have to agree."""
    [action] = (form["action"] for form in page.attributes("form") if "enctype" in form)
    yield action.partition("progress=")[2].partition("&")[0]
    [link] = (one["href"] for one in page.attributes("a") if one.get("target") == "progress")
    yield link.partition("/progress/")[2].partition("?")[0]


def test_every_form_has_a_name_of_its_own(server: Server) -> None:
    source = Source(server.address)
    pages = [
        request(server.address, "GET", "/submit"),
        request(server.address, "GET", "/submit?lang=ar"),
        source.send(),
        source.replies(),
    ]
    drawn = [set(names(Page(answer.text))) for answer in pages]
    assert all(len(one) == 1 and len(min(one)) == 32 for one in drawn)
    assert len(set.union(*drawn)) == len(pages)


def test_nothing_is_loaded_into_the_frame_before_somebody_asks_for_it(server: Server) -> None:
    page = Page(request(server.address, "GET", "/submit").text)
    assert [set(one) for one in page.attributes("iframe")] == [{"name", "title"}]


def open_files(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


@pytest.mark.slow
def test_hundreds_of_open_frames_cost_little_and_leave_nothing(
    operator: Operator, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    another = Operator(tmp_path_factory.mktemp("hundreds"), operator.desk)
    with another.serve() as running, form(running, NAME) as upload:
        upload.send(bytes(SIZE // 2))
        peaks = [running.memory("VmRSS")]
        for _ in range(2):
            with ExitStack() as stack:
                frames = [stack.enter_context(Frame(running.address, NAME)) for _ in range(FRAMES)]
                # The others do not read what they are told.
                for frame in frames[::3]:
                    frame.until("2 MB of 4 MB")
                begun = time.perf_counter()
                assert request(running.address, "GET", "/").status == 200
                page = time.perf_counter() - begun
                peaks.append(running.memory("VmRSS"))
            # A frame that was closed is noticed when it is to be told something.
            while open_files(running) > FRAMES // 10:
                time.sleep(0.1)
        upload.send(bytes(SIZE // 2))
        assert upload.finish().status == 200
        assert running.stderr() == ""
    each, again = ((after - before) / FRAMES for before, after in pairwise(peaks))
    with capsys.disabled():
        print(
            f"\n{FRAMES} frames: {each / 1024:.0f} KiB each, {again / 1024:.0f} KiB more when as "
            f"many are opened again; a page meanwhile takes {page * 1e3:.0f} ms"
        )
    assert each < 100 * 1024
    assert again < 10 * 1024
    assert page < 1
