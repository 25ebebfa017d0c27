"""Envelopes that were opened become part of the desk, many in one go: the ledger has one owner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from intake.wire.codename import Thread
from intake.wire.record import Kind
from keys.desk import MANIFESTS, Desk
from keys.ledger import Opened
from keys.problems import not_kept
from keys.staged import Staged
from keys.threads import submission_folder


@dataclass
class Filed:
    """An envelope that is at the desk now.

    Attributes:
        entry: as the ledger has it.
        whole: paths of files that its pieces made whole.
    """

    staged: Staged
    entry: Opened
    whole: list[str] = field(default_factory=list)


class Filing:
    """Files envelopes at a desk; on the main thread alone.

    Args:
        thread_key: 32 bytes that seal the secrets of threads.
    """

    def __init__(self, desk: Desk, thread_key: bytes, random: Callable[[int], bytes]) -> None:
        self._desk = desk
        self._thread_key = thread_key
        self._random = random

    def file(self, batch: Sequence[Staged]) -> list[Filed]:
        """File envelopes; all of them are safe when this returns.

        What was written for them is synced in one go, then noted in one go, then moved.

        Raises:
            DeskFull, EnvelopeError: the disk refuses something.
        """
        desk = self._desk
        try:
            filed = [Filed(staged, self._placed(staged)) for staged in batch]
            # The ledger must not know of what a crash could still take away.
            desk.disk.sync()
            noted = [one for one in filed if one.staged.noted]
            desk.ledger.open_all([(one.entry, one.staged.shares) for one in noted])
            for one in filed:
                self._settle(one)
        except OSError as error:
            raise not_kept(error) from error
        return filed

    def _placed(self, staged: Staged) -> Opened:
        """Return the entry with the paths where its content will be."""
        desk, header, entry = self._desk, staged.header, staged.entry
        if staged.known or header is None:
            return entry
        thread = Thread(header.capability, header.reply_key)
        folder = desk.threads.folder_for(thread, self._thread_key, self._random)
        entry = replace(entry, thread=folder.name)
        if header.kind is Kind.MANIFEST:
            return replace(entry, path=f"{MANIFESTS}/{entry.envelope}")
        submission = submission_folder(folder, header.submission)
        if staged.parts:
            name = staged.unwrapped_name
            return desk.cabinet.choose(entry, submission, staged.parts, unwrapped_name=name)
        return replace(entry, path=submission.relative_to(desk.path).as_posix())

    def _settle(self, filed: Filed) -> None:
        if filed.staged.known:
            return
        cabinet = self._desk.cabinet
        filed.entry = cabinet.settle(filed.entry)
        for share in filed.staged.shares:
            placed = cabinet.settle_share(filed.entry, share)
            if placed is not None:
                filed.whole.append(placed)
