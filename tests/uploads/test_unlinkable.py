"""What is on the disk of an upload: no address, no time but the tick's, nothing when it is done."""

import os
from pathlib import Path

from intake.uploads.tus import Upload
from tests.newsroom import Desk, Operator
from tests.newsroom.watch import Watch
from tests.uploads.inside import Inside
from tests.uploads.program import Program, Sealed, seal


def canaries(sealed: Sealed) -> dict[str, bytes]:
    """Return all that would lead from the disk to an upload's address, or back."""
    upload = Upload.parse(sealed.url.rpartition("/")[2])
    return {
        "the address": upload.address,
        "half of it": upload.address[:16],
        "the address in hexadecimal": upload.address.hex().encode(),
        "what its entry is chosen by": upload.digest[:16],
    }


def test_no_file_has_or_shows_an_uploads_address(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk())
    begun, whole = seal(operator.desk), seal(operator.desk)
    watch = Watch([tmp_path], canaries(begun) | {f"{k}, 2": v for k, v in canaries(whole).items()})
    with operator.serve() as server:
        program = Program(server.address)
        program.patch(begun.url, 0, begun.envelope[:100_000])
        program.send(whole)
        assert watch.found(server) == []
    assert watch.found() == []
    assert watch.looks == 2


def test_a_finished_uploads_name_is_nowhere(tmp_path: Path) -> None:
    operator = Operator(tmp_path, Desk())
    sealed = seal(operator.desk)
    upload = Upload.parse(sealed.url.rpartition("/")[2])
    names = {"its id": upload.kept_as.id.encode(), "the id": bytes.fromhex(upload.kept_as.id)}
    with operator.serve() as server:
        program = Program(server.address)
        program.patch(sealed.url, 0, sealed.envelope[:100_000])
        [path] = (operator.home / "store" / "uploads").iterdir()
        assert path.name.startswith(upload.kept_as.id)
        program.send(sealed)
    assert Watch([operator.home], names).found() == []


def test_an_envelope_does_not_tell_how_it_came(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    at_once, by_and_by = seal(inside.desk), seal(inside.desk)
    assert inside.patch(at_once) == 204
    for at in range(0, by_and_by.size, 40_960):
        assert inside.patch(by_and_by, at, upto=at + 40_960) == 204
    inside.tick()
    one, two = (path.stat() for path in (inside.store / "shelf").iterdir())
    for field in ("st_mode", "st_uid", "st_gid", "st_nlink", "st_size", "st_mtime_ns"):
        assert getattr(one, field) == getattr(two, field), field
    assert [os.listxattr(path) for path in (inside.store / "shelf").iterdir()] == [[], []]


def test_after_the_tick_nothing_of_an_upload_has_a_finer_time(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    begun, whole = seal(inside.desk), seal(inside.desk)
    inside.patch(begun, upto=100_000)
    inside.patch(whole)
    inside.tick()
    for path in (
        *inside.store.iterdir(),
        *inside.unfinished(),
        *(inside.store / "shelf").iterdir(),
    ):
        assert path.stat().st_mtime == inside.newsroom.tick, path


def test_two_uploads_of_one_source_share_no_run_of_bytes(tmp_path: Path) -> None:
    inside = Inside(tmp_path)
    for _ in range(2):
        inside.patch(seal(inside.desk, b"The same words."))
    inside.tick()
    one, two = (path.read_bytes() for path in (inside.store / "shelf").iterdir())
    runs = [{data[at : at + 8] for at in range(10, len(data) - 8)} for data in (one, two)]
    assert {run for run in runs[0] & runs[1] if run.count(0) < 4} == set()
