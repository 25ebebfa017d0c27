"""What is done to uploads. No offset is named before that much is durable (P2.2)."""

from collections.abc import Sequence
from functools import partial

from gevent.threadpool import ThreadPool

from intake.body import Body
from intake.errors import CutOff, DiskFull
from intake.front import LEAST_FRONT, MOST_FRONT, check_front, is_size, slots_of
from intake.newsroom import Newsroom
from intake.programs import BadRequest, TooLarge
from intake.uploads.errors import Closed, NoSuchUpload, NotAnEnvelope, WrongOffset
from intake.uploads.inflow import Inflow
from intake.uploads.remembered import Remembered
from intake.uploads.turns import HangUp, Turns
from intake.uploads.tus import Creation, Upload
from intake.wire.envelope import CHUNK, PAGE, header_size
from intake.wire.errors import WireError

#: What is no longer may use the reserve, as messages of the form do: an envelope of one chunk.
_MESSAGE = MOST_FRONT + CHUNK


class Uploads:
    """The uploads of a newsroom.

    Raises:
        Refusal: what is asked for cannot be done; from every method.
        DiskFull, TooManyUploads, Taken: as the names say.
    """

    def __init__(self, newsroom: Newsroom) -> None:
        self._newsroom = newsroom
        self._store = newsroom.store.uploads
        self._remembered = Remembered(newsroom.home.remembered, newsroom.chance.token)
        self._turns = Turns()
        self._threads = newsroom.threads
        # Apart from those that seal, and one at a time: joining takes as long as what is joined.
        self._joining = ThreadPool(1)

    def stands_at(self, upload: Upload) -> int:
        """Return how much of it there is: 0 if nothing came, and all when it is complete."""
        with self._turns.take(upload.name):
            return self._standing(upload)

    def create(self, creation: Creation, body: Body, hang_up: HangUp) -> tuple[Upload, int]:
        """Draw an address; return it, and the offset after what may have come with the request."""
        upload = Upload(self._newsroom.chance.token(32), creation.size, creation.part)
        self._check_limit(upload)
        self._check_new(upload)
        self._check_room(upload, 0)
        return upload, self.append(upload, 0, body, hang_up)

    def append(self, upload: Upload, offset: int, body: Body, hang_up: HangUp) -> int:
        """Add the body, as far as it comes; return the offset after it.

        Args:
            hang_up: cuts the body's connection, for somebody who goes on with the upload.

        Raises:
            CutOff: what came before the cut is kept, as it is where the disk is full.
        """
        self._check_limit(upload)
        with self._turns.take(upload.name, hang_up=hang_up):
            there = self._standing(upload)
            if offset != there:
                raise WrongOffset
            if (body.left or 0) > upload.size - there:
                raise TooLarge("That is more than the upload's length.")
            if body.left == 0:
                return there
            self._check_room(upload, there)
            first = body.receive() if there or upload.part else self._front(upload, body)
            return self._receive(upload, there, first, body)

    def delete(self, upload: Upload) -> None:
        """Delete what came of an upload that is not complete."""
        with self._turns.take(upload.name):
            # It may be complete, and only then be found to be so.
            self._standing(upload)
            if not self._threads.apply(self._store.delete, (upload.kept_as,)):
                raise NoSuchUpload

    def join(self, parts: Sequence[Upload]) -> Upload:
        """Make parts one envelope, complete, and return it; once more if it is so already."""
        whole = Upload.joined(tuple(parts))
        self._check_limit(whole)
        with self._turns.take(whole.name, *(part.name for part in parts)):
            if self._standing(whole) != whole.size:
                self._joining.apply(self._join, (parts, whole))
            for part in parts:
                self._threads.apply(self._store.delete, (part.kept_as,))
        return whole

    def _receive(self, upload: Upload, there: int, first: bytes, body: Body) -> int:
        opening = partial(self._store.open, upload.kept_as, for_message=_is_message(upload))
        inflow = Inflow(self._threads.apply(opening), self._threads)
        cut = None
        try:
            _pour(first, body, inflow, most=upload.size - there)
        except CutOff as error:
            cut = error
        finally:
            after = inflow.close()
        if after == upload.size:
            after = self._standing(upload)
        if cut is not None:
            raise cut
        if first and after == there:
            raise _too_little(PAGE)
        return after

    def _front(self, upload: Upload, body: Body) -> bytes:
        """Receive an envelope's header, which is kept whole or not at all."""
        slots = self._check_new(upload)
        front = bytearray()
        while len(front) < header_size(slots):
            piece = body.receive()
            if not piece:
                raise _too_little(header_size(slots))
            front += piece
            if len(front) >= LEAST_FRONT:
                _check_slots(front, slots)
        _checked(front)
        return bytes(front)

    def _standing(self, upload: Upload) -> int:
        size: int = self._threads.apply(self._look, (upload,))
        return size

    def _look(self, upload: Upload) -> int:
        size = self._store.size(upload.kept_as)
        if upload.part:
            return size
        if size == upload.size:
            self._finish(upload)
        return size or (upload.size if upload.digest in self._remembered else 0)

    def _finish(self, upload: Upload) -> None:
        """Hand over what is complete. Each step can be done twice: a crash may come after any."""
        self._store.admit(upload.kept_as)
        self._remembered.add(upload.digest)
        self._store.delete(upload.kept_as)

    def _join(self, parts: Sequence[Upload], whole: Upload) -> None:
        front = b""
        for part in parts:
            if self._store.size(part.kept_as) != part.size:
                raise WrongOffset("One of the parts is not complete.")
            front += self._store.front(part.kept_as, max(0, MOST_FRONT - len(front)))
        if not is_size(whole.size, _checked(front)):
            raise NotAnEnvelope("No envelope has the length of these parts.")
        self._store.join([part.kept_as for part in parts], whole.kept_as)
        self._finish(whole)

    def _check_limit(self, upload: Upload) -> None:
        limit = self._newsroom.config.max_upload
        if limit and upload.size > limit:
            raise TooLarge(f"This newsroom takes up to {limit} bytes at a time.")

    def _check_new(self, upload: Upload) -> int:
        """Check what can be of an upload of which nothing came; return how many slots it needs."""
        if not self._newsroom.is_open():
            raise Closed
        slots = len(self._newsroom.home.keyring.editors)
        if not (upload.size if upload.part else is_size(upload.size, slots)):
            raise NotAnEnvelope("No envelope to this newsroom's editors has such a length.")
        return slots

    def _check_room(self, upload: Upload, there: int) -> None:
        """Refuse before the first byte what cannot end well."""
        room = self._newsroom.store.room(for_message=_is_message(upload))
        if upload.size - there > room:
            raise DiskFull("There is no room for all of an upload.")


def _pour(first: bytes, body: Body, inflow: Inflow, *, most: int) -> None:
    """Take all that comes, as far as it fits."""
    piece = first
    while piece:
        inflow.take(piece[:most])
        if len(piece) > most:
            raise TooLarge("That is more than the upload's length.")
        most -= len(piece)
        piece = body.receive()


def _too_little(least: int) -> BadRequest:
    """Return what a sender is told that would send the same again and again."""
    return BadRequest(
        "That was too little to be kept.",
        f"Send at least {least} bytes at a time, or all the rest.",
    )


def _is_message(upload: Upload) -> bool:
    return not upload.part and upload.size <= _MESSAGE


def _check_slots(front: bytes | bytearray, expected: int) -> None:
    try:
        slots = slots_of(bytes(front[:LEAST_FRONT]))
    except WireError as error:
        raise NotAnEnvelope(f"This is no envelope: {error}.") from error
    if slots != expected:
        raise NotAnEnvelope(f"This envelope is to {slots} editors, and the keyring has {expected}.")


def _checked(front: bytes | bytearray) -> int:
    """Return how many slots a header has, if it is one."""
    try:
        check_front(bytes(front))
        return slots_of(bytes(front))
    except WireError as error:
        raise NotAnEnvelope(f"This is no envelope: {error}.") from error
