"""A whole stick in one go: every envelope is tried, whatever became of the one before."""

from collections.abc import Callable
from dataclasses import dataclass, field

from keys.errors import EnvelopeError, GpgError, NotForThisDesk, StickError
from keys.ledger import Opened
from keys.opening import Opener, State
from keys.stick import Found, Stick


@dataclass
class Summary:
    """What a run did, in numbers of envelopes."""

    messages: int = 0
    files: int = 0
    decoys: int = 0
    incomplete: int = 0
    unwrapped: int = 0
    already: int = 0
    not_ours: int = 0
    failed: int = 0
    content: int = 0
    threads: set[str] = field(default_factory=set)

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return not self.failed and not self.not_ours

    def count(self, entry: Opened) -> None:
        """Count an envelope that was opened."""
        self.messages += entry.kind == "message"
        self.files += entry.kind == "file"
        self.decoys += entry.kind == "decoy"
        self.incomplete += entry.path is not None and not entry.complete
        self.unwrapped += entry.unwrapped is not None
        self.content += entry.size
        if entry.thread is not None:
            self.threads.add(entry.thread)


def sweep(
    stick: Stick,
    opener: Opener,
    *,
    opened: Callable[[Opened], None],
    tell: Callable[[str, str], None],
    passed: Callable[[int], None],
) -> Summary:
    """Open every envelope.

    Args:
        opened: called for each that is opened now and not before.
        tell: called with what a sentence is about, and the sentence.
        passed: called with the bytes of all envelopes that are dealt with.

    Raises:
        DeskFull: nothing can be written any more; what was opened is safe.
    """
    summary, done = Summary(), 0
    for path, reason in stick.unreadable:
        summary.failed += 1
        tell(path.name, f"It cannot be read: {reason}.")
    for found in stick.envelopes:
        _one(found, opener, summary, opened, tell)
        done += found.size
        passed(done)
    return summary


def _one(
    found: Found,
    opener: Opener,
    summary: Summary,
    opened: Callable[[Opened], None],
    tell: Callable[[str, str], None],
) -> None:
    try:
        result = opener.open(found)
    except (EnvelopeError, GpgError, StickError) as error:
        if isinstance(error, NotForThisDesk):
            summary.not_ours += 1
        else:
            summary.failed += 1
        tell(found.path.name, " ".join(part for part in (error.message, error.hint) if part))
        return
    summary.failed += result.failed
    if result.state is State.ALREADY:
        summary.already += 1
    else:
        summary.count(result.entry)
        opened(result.entry)
    for note in result.notes:
        tell(result.entry.path or found.path.name, note)
