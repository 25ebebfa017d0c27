"""What an upload held is gone with it, and does not wait for the garbage collector."""

import gc
import os
import weakref
from pathlib import Path

import pytest
from gevent.threadpool import ThreadPool

from intake.sealing import SealedArrival, Sealing
from intake.store import DirectoryStore
from intake.wire.envelope import Identity, Recipient, Sealer
from intake.wire.record import Ending, Header, Kind


class Recorded:
    """A suite that remembers, weakly, what it began."""

    def __init__(self) -> None:
        self.begun: list[weakref.ref[object]] = []

    def __call__(self, header: Header) -> Sealing:
        from intake.sealing import _Buffers, _NaclSealing

        recipients = [Recipient(Identity(os.urandom(96)).public())]
        sealing = _NaclSealing(Sealer(header, recipients, file_key=os.urandom(32)), _Buffers())
        self.begun.append(weakref.ref(sealing))
        return sealing


@pytest.mark.parametrize("how", ["finished", "given up"])
def test_the_keys_of_an_upload_are_gone_with_it(tmp_path: Path, how: str) -> None:
    suite, threads = Recorded(), ThreadPool(4)
    store = DirectoryStore(tmp_path / "store", reserve=0, token=os.urandom)
    header = Header(Kind.FILE, os.urandom(16), os.urandom(32), os.urandom(32), 1, "a file", "")
    gc.disable()
    try:
        arrival = SealedArrival(header, suite, store, threads)
        for _ in range(10):
            arrival.write(os.urandom(300_000))
        if how == "finished":
            arrival.finish(Ending.COMPLETE)
        else:
            arrival.give_up()
        del arrival
        assert [begun() for begun in suite.begun] == [None]
    finally:
        gc.enable()
        threads.kill()
