"""What any store has to do with uploads that are not finished. A store's test inherits it all.

As for ``StoreContract``, a fixture ``reopen`` returns a store over the same place at each call.
"""

import os
import re
import threading
from itertools import count, pairwise

import pytest

from intake.errors import Taken
from intake.store import Store, Unfinished
from intake.wire.envelope import CHUNK, header_size
from intake.wire.labels import MAGIC_ENVELOPE
from tests.store.contract import TICK, Reopen, arrive, name_of, on_the_shelf, shuffle

PAGE = 4_096
HEADER = header_size(1)
SIZE = HEADER + 4 * CHUNK
DAY = 86_400
WEEK = 7 * DAY


def envelope(size: int = SIZE) -> bytes:
    """Return what a store takes for an envelope with one slot."""
    front = MAGIC_ENVELOPE + b"\0\1" + os.urandom(1_168 + 32)
    return (front.ljust(HEADER, b"\0") + os.urandom(size))[:size]


def new(size: int = SIZE, *, part: bool = False) -> Unfinished:
    return Unfinished(os.urandom(16).hex(), size, part)


def append(store: Store, upload: Unfinished, *pieces: bytes) -> int:
    """Go on with an upload, and return how many bytes it has."""
    growing = store.uploads.open(upload, for_message=False)
    for piece in pieces:
        growing.write(piece)
    return growing.close()


def shelve(store: Store, tick: int) -> None:
    """Do what a tick does."""
    store.uploads.retire(tick)
    store.shelve(tick, shuffle)


class UploadsContract:
    """Every store passes this."""

    @pytest.fixture
    def store(self, reopen: Reopen) -> Store:
        return reopen()

    def test_an_upload_that_never_came_has_nothing(self, store: Store) -> None:
        upload = new()
        assert (store.uploads.size(upload), store.uploads.delete(upload)) == (0, False)
        with pytest.raises(KeyError, match=upload.id):
            store.uploads.front(upload, 10)

    def test_an_upload_grows_from_where_it_was(self, reopen: Reopen) -> None:
        whole, upload = envelope(), new()
        assert append(reopen(), upload, whole[:HEADER], whole[HEADER : 3 * PAGE]) == 3 * PAGE
        assert reopen().uploads.size(upload) == 3 * PAGE
        store = reopen()
        assert append(store, upload, whole[3 * PAGE : 200_000], whole[200_000:]) == SIZE
        assert store.uploads.front(upload, SIZE) == whole

    @pytest.mark.parametrize("rest", [1, PAGE - 1])
    def test_what_is_no_whole_page_is_not_kept(self, reopen: Reopen, rest: int) -> None:
        whole, upload = envelope(), new()
        assert append(reopen(), upload, whole[: 2 * PAGE + rest]) == 2 * PAGE
        store = reopen()
        assert store.uploads.size(upload) == 2 * PAGE
        assert append(store, upload, whole[2 * PAGE :]) == SIZE
        assert store.uploads.front(upload, SIZE) == whole

    @pytest.mark.parametrize("size", [1, PAGE - 1, PAGE, PAGE + 1, 100_000])
    def test_a_part_may_have_any_length(self, reopen: Reopen, size: int) -> None:
        part, content = new(size, part=True), os.urandom(size)
        assert append(reopen(), part, content[: size // 2], content[size // 2 :]) == size
        store = reopen()
        store.recover()
        assert store.uploads.size(part) == size
        assert store.uploads.front(part, 10**6) == content

    def test_a_part_that_was_cut_in_its_last_page_has_the_pages_before(
        self, reopen: Reopen
    ) -> None:
        part, content = new(PAGE + 100, part=True), os.urandom(PAGE + 100)
        assert append(reopen(), part, content[: PAGE + 99]) == PAGE
        store = reopen()
        assert append(store, part, content[PAGE:]) == PAGE + 100
        assert store.uploads.front(part, 10**6) == content

    def test_uploads_grow_side_by_side(self, store: Store) -> None:
        wholes = [envelope() for _ in range(3)]
        uploads = [new() for _ in wholes]
        growing = [store.uploads.open(upload, for_message=False) for upload in uploads]
        for at in range(0, SIZE, 10_000):
            for one, whole in zip(growing, wholes, strict=True):
                one.write(whole[at : at + 10_000])
        assert [one.close() for one in growing] == [SIZE] * 3
        assert [store.uploads.front(upload, SIZE) for upload in uploads] == wholes

    def test_an_upload_and_a_part_of_one_id_are_two(self, store: Store) -> None:
        whole = envelope()
        upload = new()
        part = Unfinished(upload.id, upload.size, part=True)
        append(store, upload, whole[: 2 * PAGE])
        assert store.uploads.size(part) == 0

    def test_what_grows_is_on_no_shelf(self, store: Store) -> None:
        append(store, new(), envelope()[:100_000])
        append(store, new(), envelope())
        shelve(store, TICK)
        assert on_the_shelf(store) == {}

    def test_less_than_a_header_leaves_nothing(self, store: Store) -> None:
        upload = new()
        assert append(store, upload, envelope()[: HEADER - 1]) == 0
        assert (store.uploads.size(upload), store.uploads.delete(upload)) == (0, False)

    def test_less_than_a_page_of_a_part_leaves_nothing(self, store: Store) -> None:
        part = new(part=True)
        assert append(store, part, bytes(PAGE - 1)) == 0
        assert (store.uploads.size(part), store.uploads.delete(part)) == (0, False)

    def test_a_whole_upload_becomes_an_envelope(self, reopen: Reopen) -> None:
        store, whole, upload = reopen(), envelope(), new()
        append(store, upload, whole)
        store.uploads.admit(upload)
        assert store.uploads.delete(upload)
        # As after a crash.
        store = reopen()
        store.recover()
        assert store.uploads.size(upload) == 0
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(whole): whole}

    @pytest.mark.parametrize("shelved_between", [True, False])
    def test_admitting_twice_makes_one_envelope(self, store: Store, shelved_between: bool) -> None:
        whole, upload = envelope(), new()
        append(store, upload, whole)
        store.uploads.admit(upload)
        assert store.uploads.size(upload) == SIZE
        if shelved_between:
            store.shelve(TICK, shuffle)
        store.uploads.admit(upload)
        store.uploads.delete(upload)
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(whole): whole}

    @pytest.mark.parametrize("shelved_first", [True, False])
    def test_an_envelope_that_begins_as_another_is_refused_and_gone(
        self, store: Store, shelved_first: bool
    ) -> None:
        first = envelope()
        arrive(store, first).commit()
        if shelved_first:
            store.shelve(TICK, shuffle)
        upload = new()
        append(store, upload, first[: 2 * PAGE], os.urandom(SIZE - 2 * PAGE))
        with pytest.raises(Taken):
            store.uploads.admit(upload)
        assert store.uploads.size(upload) == 0
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(first): first}

    def test_what_is_deleted_stays_deleted(self, reopen: Reopen) -> None:
        store, upload = reopen(), new()
        append(store, upload, envelope()[:100_000])
        assert store.uploads.delete(upload)
        assert not store.uploads.delete(upload)
        store = reopen()
        store.recover()
        store.erase()
        assert (store.uploads.size(upload), store.used()) == (0, 0)

    def test_used_counts_what_grows(self, store: Store) -> None:
        append(store, new(), envelope()[: 5 * PAGE])
        assert store.used() == 5 * PAGE

    # --- Joining

    def test_parts_are_joined_in_their_order_and_stay(self, store: Store) -> None:
        whole, upload = envelope(), new()
        cuts = [0, 1, 5_000, 5_001, 100_000, SIZE]
        pieces = [whole[a:b] for a, b in pairwise(cuts)]
        parts = [new(len(piece), part=True) for piece in pieces]
        for part, piece in zip(parts, pieces, strict=True):
            append(store, part, piece)
        store.uploads.join(parts, upload)
        assert store.uploads.front(upload, 10**6) == whole
        assert [store.uploads.size(part) for part in parts] == [part.size for part in parts]

    def test_what_was_joined_half_is_joined_again(self, reopen: Reopen) -> None:
        whole, upload = envelope(), new()
        parts = [new(SIZE // 2, part=True), new(SIZE // 2, part=True)]
        store = reopen()
        append(store, parts[0], whole[: SIZE // 2])
        with pytest.raises(KeyError, match=parts[1].id):
            store.uploads.join(parts, upload)
        assert store.uploads.size(upload) == 0
        append(store, parts[1], whole[SIZE // 2 :])
        store = reopen()
        store.recover()
        store.uploads.join(parts, upload)
        assert store.uploads.front(upload, 10**6) == whole

    # --- Nobody goes on

    def test_an_upload_that_nobody_goes_on_with_is_shelved_as_truncated_after_a_week(
        self, reopen: Reopen
    ) -> None:
        store, whole, upload = reopen(), envelope(), new()
        append(store, upload, whole[: 20 * PAGE])
        shelve(store, TICK)
        shelve(store, TICK + WEEK - 1)
        assert (on_the_shelf(store), store.uploads.size(upload)) == ({}, 20 * PAGE)
        shelve(store, TICK + WEEK)
        assert on_the_shelf(store) == {name_of(whole): whole[: 20 * PAGE]}
        assert store.uploads.size(upload) == 0

    def test_each_byte_that_comes_gives_it_another_week(self, store: Store) -> None:
        whole, upload = envelope(), new()
        append(store, upload, whole[: 20 * PAGE])
        shelve(store, TICK)
        append(store, upload, whole[20 * PAGE : 30 * PAGE])
        shelve(store, TICK + WEEK)
        assert on_the_shelf(store) == {}
        shelve(store, TICK + 2 * WEEK)
        assert on_the_shelf(store) == {name_of(whole): whole[: 30 * PAGE]}

    def test_what_is_open_is_not_given_up(self, store: Store) -> None:
        whole, upload = envelope(), new()
        append(store, upload, whole[: 20 * PAGE])
        shelve(store, TICK)
        growing = store.uploads.open(upload, for_message=False)
        shelve(store, TICK + 2 * WEEK)
        growing.write(whole[20 * PAGE :])
        assert growing.close() == SIZE
        assert store.uploads.front(upload, SIZE) == whole

    def test_a_truncated_envelope_is_completed_by_the_same_one(self, store: Store) -> None:
        """A program that keeps what it sealed may come back after more than a week."""
        whole, upload = envelope(), new()
        append(store, upload, whole[: 20 * PAGE])
        shelve(store, TICK)
        shelve(store, TICK + WEEK)
        append(store, upload, whole)
        store.uploads.admit(upload)
        store.uploads.delete(upload)
        shelve(store, TICK + WEEK)
        assert on_the_shelf(store) == {name_of(whole): whole}

    def test_a_whole_one_whose_sender_was_not_told_is_shelved_after_a_day(
        self, store: Store
    ) -> None:
        whole, upload = envelope(), new()
        append(store, upload, whole)
        shelve(store, TICK)
        shelve(store, TICK + DAY - 1)
        assert on_the_shelf(store) == {}
        shelve(store, TICK + DAY)
        assert on_the_shelf(store) == {name_of(whole): whole}

    def test_a_part_with_a_header_is_shelved_and_one_without_is_deleted(self, store: Store) -> None:
        whole = envelope()
        first, second = new(PAGE + 100, part=True), new(5_000, part=True)
        append(store, first, whole[: PAGE + 100])
        append(store, second, whole[PAGE + 100 :][:5_000])
        for tick in (TICK, TICK + WEEK - 1, TICK + WEEK):
            assert on_the_shelf(store) == {}
            shelve(store, tick)
        store.erase()
        assert on_the_shelf(store) == {name_of(whole): whole[: PAGE + 100]}
        assert store.used() == PAGE + 100

    def test_going_on_while_all_others_are_given_up_loses_nothing(self, store: Store) -> None:
        whole, upload = envelope(), new()
        done, ticks = threading.Event(), count(TICK, WEEK)

        def give_up() -> None:
            while not done.is_set():
                shelve(store, next(ticks))

        growing = store.uploads.open(upload, for_message=False)
        thread = threading.Thread(target=give_up)
        thread.start()
        try:
            for at in range(0, SIZE, PAGE):
                growing.write(whole[at : at + PAGE])
        finally:
            assert growing.close() == SIZE
            done.set()
            thread.join()
        # The first tick sees that it was written to, the second that it no longer is.
        shelve(store, next(ticks))
        shelve(store, next(ticks))
        assert on_the_shelf(store) == {name_of(whole): whole}

    @pytest.mark.parametrize(
        "name", ["../x", "/etc/passwd", "", "0" * 31, "0" * 33, "0" * 31 + "g", "A" * 32, "x" * 32]
    )
    def test_an_id_from_outside_never_reaches_the_disk(self, store: Store, name: str) -> None:
        upload = Unfinished(name, SIZE)
        for act in (store.uploads.size, store.uploads.delete, store.uploads.admit):
            with pytest.raises(KeyError, match=re.escape(f"{name}.{SIZE}")):
                act(upload)
        with pytest.raises(KeyError, match=re.escape(f"{name}.{SIZE}")):
            store.uploads.open(upload, for_message=False)
