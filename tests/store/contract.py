"""What any store has to do, as ``intake/store/base.py`` says it. A store's test inherits it all.

A store gives a fixture ``reopen``: each call returns a store over the same place, as the next
process would have it, whatever became of the one before.
"""

import os
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from random import SystemRandom

import pytest

from intake.errors import Taken
from intake.store import Arrival, Store, Stored
from intake.wire.envelope import ID_BYTES, envelope_id
from intake.wire.reply import SEALED

Reopen = Callable[[], Store]
TICK = 1_800_000_000
shuffle = SystemRandom().shuffle


def some_envelope(size: int = 3 * 65_536) -> bytes:
    """Return bytes that a store takes for an envelope."""
    return os.urandom(size)


def name_of(envelope: bytes) -> str:
    return envelope_id(envelope[:ID_BYTES]).hex()


def arrive(store: Store, *pieces: bytes, for_message: bool = False) -> Arrival:
    """Begin an envelope with these pieces, each written on its own."""
    arrival = store.arrive(for_message=for_message)
    for piece in pieces:
        arrival.write([piece])
    return arrival


def shelved(store: Store, envelope: bytes) -> str:
    """Store an envelope up to the shelf, and return its name."""
    name = arrive(store, envelope).commit()
    store.shelve(TICK, shuffle)
    return name


def unshelved(store: Store, names: Iterable[str]) -> int:
    """Delete envelopes as they are on the shelf, and return how many there were."""
    wanted = set(names)
    return store.delete([one for one in store.envelopes() if one.name in wanted], TICK)


def on_the_shelf(store: Store) -> dict[str, bytes]:
    """Return all that can be seen, by name."""
    seen = {}
    for one in store.envelopes():
        with store.open(one.name) as file:
            seen[one.name] = file.read()
        assert len(seen[one.name]) == one.size
    return seen


class StoreContract:
    """Every store passes this."""

    @pytest.fixture
    def store(self, reopen: Reopen) -> Store:
        return reopen()

    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert (list(store.envelopes()), store.reply_names(), store.used()) == ([], [], 0)

    def test_nothing_is_visible_before_the_tick(self, store: Store) -> None:
        arrive(store, some_envelope()).commit()
        assert list(store.envelopes()) == []

    def test_the_tick_shows_what_was_committed_and_nothing_else(self, store: Store) -> None:
        committed, half = some_envelope(), some_envelope()
        arrive(store, committed).commit()
        arrive(store, half)
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(committed): committed}

    def test_an_envelope_is_named_by_its_first_page(self, store: Store) -> None:
        envelope = some_envelope()
        name = arrive(store, envelope).commit()
        assert name == name_of(envelope)
        assert (len(name), set(name) <= set("0123456789abcdef")) == (32, True)

    def test_pieces_of_any_size_come_back_as_one(self, store: Store) -> None:
        pieces = [os.urandom(size) for size in (1, 4_095, 4_097, 0, 65_536, 7, 2 << 20, 3)]
        arrival = store.arrive(for_message=False)
        arrival.write(pieces[:3])
        arrival.write(iter(pieces[3:]))
        name = arrival.commit()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name: b"".join(pieces)}

    def test_a_committed_envelope_outlives_a_crash_before_the_tick(self, reopen: Reopen) -> None:
        envelope = some_envelope()
        arrive(reopen(), envelope).commit()
        store = reopen()
        store.recover()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(envelope): envelope}

    def test_what_a_crash_left_half_written_is_kept_up_to_the_last_page(
        self, reopen: Reopen
    ) -> None:
        envelope = some_envelope(65_536 + 100)
        arrive(reopen(), envelope)
        store = reopen()
        store.recover()
        store.shelve(TICK, shuffle)
        [(name, kept)] = on_the_shelf(store).items()
        assert name == name_of(envelope)
        assert envelope.startswith(kept)
        assert len(envelope) - len(kept) < ID_BYTES

    def test_what_a_crash_left_without_a_first_page_is_dropped(self, reopen: Reopen) -> None:
        arrive(reopen(), some_envelope(ID_BYTES - 1))
        store = reopen()
        store.recover()
        store.shelve(TICK, shuffle)
        store.erase()
        assert (on_the_shelf(store), store.used()) == ({}, 0)

    def test_recovering_twice_changes_nothing(self, reopen: Reopen) -> None:
        whole, half = some_envelope(), some_envelope(ID_BYTES * 5)
        first = reopen()
        arrive(first, whole).commit()
        arrive(first, half)
        store = reopen()
        store.recover()
        reopen().recover()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(whole): whole, name_of(half): half}

    def test_what_was_cut_is_kept_as_it_is(self, store: Store) -> None:
        envelope = some_envelope(ID_BYTES * 4)
        arrive(store, envelope).keep_truncated()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(envelope): envelope}

    def test_what_was_cut_before_its_first_page_leaves_nothing(self, store: Store) -> None:
        arrive(store, b"x" * (ID_BYTES - 1)).keep_truncated()
        arrive(store).keep_truncated()
        store.shelve(TICK, shuffle)
        store.erase()
        assert (on_the_shelf(store), store.used()) == ({}, 0)

    @pytest.mark.parametrize("shelved_first", [True, False])
    def test_no_envelope_takes_the_place_of_another(
        self, store: Store, shelved_first: bool
    ) -> None:
        first = some_envelope()
        second = first[:ID_BYTES] + some_envelope()
        arrive(store, first).commit()
        if shelved_first:
            store.shelve(TICK, shuffle)
        arrival = arrive(store, second)
        with pytest.raises(Taken):
            arrival.commit()
        arrival.keep_truncated()
        store.shelve(TICK, shuffle)
        store.erase()
        assert on_the_shelf(store) == {name_of(first): first}
        assert store.used() == len(first)

    @pytest.mark.parametrize("shelved_first", [True, False])
    def test_what_was_kept_truncated_is_completed_by_the_same_envelope(
        self, store: Store, shelved_first: bool
    ) -> None:
        envelope = some_envelope()
        arrive(store, envelope[: 2 * ID_BYTES]).keep_truncated()
        if shelved_first:
            store.shelve(TICK, shuffle)
        arrive(store, envelope).commit()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(envelope): envelope}

    @pytest.mark.parametrize("shelved_first", [True, False])
    def test_no_beginning_of_an_envelope_takes_its_place(
        self, store: Store, shelved_first: bool
    ) -> None:
        envelope = some_envelope()
        arrive(store, envelope).commit()
        if shelved_first:
            store.shelve(TICK, shuffle)
        arrive(store, envelope[: 2 * ID_BYTES]).keep_truncated()
        arrive(store, envelope).commit()
        store.shelve(TICK, shuffle)
        assert on_the_shelf(store) == {name_of(envelope): envelope}

    def test_the_order_on_the_shelf_is_the_shuffles(self, store: Store) -> None:
        names = {arrive(store, some_envelope(ID_BYTES)).commit() for _ in range(5)}
        given: list[str] = []
        store.shelve(TICK, lambda sequence: given.extend(sequence))
        assert set(given) == names

    def test_envelopes_arrive_side_by_side(self, store: Store) -> None:
        envelopes = [some_envelope() for _ in range(4)]
        arrivals = [store.arrive(for_message=False) for _ in envelopes]
        for at in range(0, len(envelopes[0]), 10_000):
            for arrival, envelope in zip(arrivals, envelopes, strict=True):
                arrival.write([envelope[at : at + 10_000]])
        for arrival in reversed(arrivals):
            arrival.commit()
        store.shelve(TICK, shuffle)
        assert set(on_the_shelf(store).values()) == set(envelopes)

    def test_two_that_shelve_at_once_lose_nothing(self, reopen: Reopen) -> None:
        store = reopen()
        committed: set[str] = set()
        done = threading.Event()

        def shelve() -> None:
            mine = reopen()
            while not done.is_set():
                mine.shelve(TICK, shuffle)

        threads = [threading.Thread(target=shelve) for _ in range(2)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(40):
                committed.add(arrive(store, some_envelope(ID_BYTES)).commit())
        finally:
            done.set()
            for thread in threads:
                thread.join()
        store.shelve(TICK, shuffle)
        assert {one.name for one in store.envelopes()} == committed

    def test_a_deleted_envelope_stays_deleted(self, reopen: Reopen) -> None:
        store = reopen()
        gone, kept = shelved(store, some_envelope(10_000)), shelved(store, some_envelope())
        assert store.delete([Stored(gone, 10_000)], TICK) == 1
        assert store.delete([Stored(gone, 10_000)], TICK) == 0
        store = reopen()
        store.recover()
        store.shelve(TICK, shuffle)
        assert set(on_the_shelf(store)) == {kept}

    def test_what_was_completed_since_is_not_deleted_as_what_was_cut(self, reopen: Reopen) -> None:
        store, whole = reopen(), some_envelope()
        arrive(store, whole[:65_536]).keep_truncated()
        store.shelve(TICK, shuffle)
        cut = list(store.envelopes())
        shelved(reopen(), whole)
        assert store.delete(cut, TICK) == 0
        assert on_the_shelf(store) == {name_of(whole): whole}

    def test_what_is_deleted_takes_room_until_it_is_erased(self, reopen: Reopen) -> None:
        store = reopen()
        gone = [shelved(store, some_envelope()) for _ in range(3)]
        kept = some_envelope()
        shelved(store, kept)
        assert unshelved(store, gone) == 3
        store = reopen()
        store.recover()
        store.erase()
        assert store.used() == len(kept)
        store.erase()
        assert on_the_shelf(store) == {name_of(kept): kept}

    def test_an_envelope_that_comes_again_while_its_deletion_is_erased_is_kept(
        self, reopen: Reopen
    ) -> None:
        store, envelope = reopen(), some_envelope()
        name = shelved(store, envelope)
        unshelved(store, [name])
        arrive(store, envelope).commit()
        store.erase()
        store.shelve(TICK, shuffle)
        reopen().erase()
        assert on_the_shelf(store) == {name: envelope}

    def test_an_envelope_that_is_not_there_cannot_be_opened(self, store: Store) -> None:
        with pytest.raises(KeyError, match="00"):
            store.open("00" * 16)

    def test_an_envelope_can_be_read_on_while_it_is_deleted(self, store: Store) -> None:
        envelope = some_envelope()
        with store.open(shelved(store, envelope)) as file:
            unshelved(store, [name_of(envelope)])
            store.erase()
            assert file.read() == envelope
        store.erase()
        assert store.used() == 0

    def test_what_arrives_while_others_are_erased_is_whole(self, reopen: Reopen) -> None:
        """Who erases must not touch a file that another arrival has by then."""
        store, done = reopen(), threading.Event()

        def erase() -> None:
            mine = reopen()
            while not done.is_set():
                mine.erase()

        threads = [threading.Thread(target=erase) for _ in range(2)]
        for thread in threads:
            thread.start()
        kept: dict[str, bytes] = {}
        try:
            for _ in range(30):
                envelope = some_envelope(ID_BYTES * 8)
                kept[shelved(store, envelope)] = envelope
                unshelved(store, [shelved(store, some_envelope(ID_BYTES * 8))])
        finally:
            done.set()
            for thread in threads:
                thread.join()
        store.erase()
        assert on_the_shelf(store) == kept

    def test_a_reply_comes_back_as_it_was_put(self, reopen: Reopen) -> None:
        name, sealed = secrets.token_hex(32), os.urandom(SEALED)
        reopen().put_reply(name, sealed, TICK)
        store = reopen()
        store.recover()
        assert (store.reply_names(), store.reply(name)) == ([name], sealed)

    def test_a_reply_that_is_put_twice_stays_the_first(self, store: Store) -> None:
        name, sealed = secrets.token_hex(32), os.urandom(SEALED)
        store.put_reply(name, sealed, TICK)
        store.put_reply(name, os.urandom(SEALED), TICK)
        assert (store.reply_names(), store.reply(name)) == ([name], sealed)

    def test_a_deleted_reply_stays_deleted(self, reopen: Reopen) -> None:
        store, name, other = reopen(), secrets.token_hex(32), secrets.token_hex(32)
        store.put_reply(name, os.urandom(SEALED), TICK)
        store.put_reply(other, os.urandom(SEALED), TICK)
        store.delete_reply(name, TICK)
        store.delete_reply(name, TICK)
        store = reopen()
        store.recover()
        assert other in store.reply_names()
        with pytest.raises(KeyError, match=name):
            store.reply(name)

    def test_a_deleted_reply_is_not_missed(self, store: Store) -> None:
        names, sealed = [secrets.token_hex(32) for _ in range(3)], os.urandom(SEALED)
        for name in names:
            store.put_reply(name, sealed, TICK)
        store.delete_reply(names[0], TICK)
        store.erase()
        [instead] = set(store.reply_names()) - set(names)
        assert len(store.reply_names()) == 3
        assert (len(store.reply(instead)), store.reply(instead) == sealed) == (SEALED, False)
        assert store.used() == 3 * SEALED

    @pytest.mark.parametrize(
        "name", ["../x", "/etc/passwd", "..", ".", "", "a/b", "\0", "ABCD", "x" * 32, "％2e", ".ab"]
    )
    def test_a_path_from_outside_never_reaches_the_disk(self, store: Store, name: str) -> None:
        for read in (store.open, store.reply):
            with pytest.raises(KeyError, match=re.escape(repr(name))):
                read(name)
        for act in (
            partial(store.delete, [Stored(name, 1)], TICK),
            partial(store.put_reply, name, b"x", TICK),
            partial(store.delete_reply, name, TICK),
        ):
            with suppress(KeyError):
                act()
        assert (store.used(), store.reply_names()) == (0, [])

    def test_used_counts_all_that_is_held(self, store: Store) -> None:
        shelved(store, some_envelope(10 * ID_BYTES))
        arrive(store, some_envelope(5 * ID_BYTES)).commit()
        store.put_reply(secrets.token_hex(32), os.urandom(SEALED), TICK)
        store.erase()
        assert store.used() == 15 * ID_BYTES + SEALED

    def test_there_is_at_least_as_much_room_for_messages_as_for_files(self, store: Store) -> None:
        assert store.room(for_message=True) >= store.room(for_message=False) >= 0
