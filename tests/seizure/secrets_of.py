"""What of a month must not be found: each secret under what it is, and whose."""

from collections import Counter
from collections.abc import Iterable

from intake.wire.codename import derive_source, split
from tests.seizure.canaries import Canaries
from tests.seizure.image import Image
from tests.seizure.plan import Plan
from tests.seizure.score import Score

MESSAGE, NAME, CONTENT = "messages", "file names", "contents of files"
REPLY, CODENAME, MAILBOX, KEY = "replies", "codenames", "mailboxes", "reply keys"
#: Bytes of a text in which all its windows lie, in base64 as well.
_ENOUGH = 40


class Secrets:
    """The secrets of a month.

    Args:
        salt: the newsroom's, where codenames stand for mailboxes and keys.
        public: bytes in which none of them can be: what lies there too is none.
    """

    def __init__(self, plan: Plan, salt: bytes | None, public: Iterable[Image]) -> None:
        self.canaries = Canaries()
        self._of: Counter[str] = Counter()
        for letter in plan.letters:
            self._add(MESSAGE, letter.number, letter.message[:_ENOUGH])
            self._add(NAME, letter.number, letter.name)
            self._add(CONTENT, letter.number, letter.content[:_ENOUGH])
        for number, answer in enumerate(plan.answers):
            self._add(REPLY, number, answer.text[:_ENOUGH])
        # The last is nobody's who sends anything whole.
        for number, codename in enumerate(plan.codenames[:-1]):
            self._of[CODENAME] += 1
            self.canaries.add_codename(codename, f"{CODENAME} {number}")
            if salt is not None:
                thread = derive_source(split(codename), salt).thread
                self._add(MAILBOX, number, thread.capability)
                self._add(KEY, number, thread.reply_key)
        for image in public:
            self.canaries.forget(image)

    def found(self, image: Image) -> Counter[str]:
        """Return which lie in an image, in whatever form, and in how many places."""
        return self.canaries.found(image)

    def scores(self, found: Counter[str]) -> dict[str, Score]:
        """Return of each kind how many were found."""
        kinds = Counter(what.rpartition(" ")[0] for what in found)
        return {kind: Score(kinds[kind], of) for kind, of in self._of.items()}

    def _add(self, kind: str, number: int, secret: bytes | str) -> None:
        self._of[kind] += 1
        self.canaries.add(f"{kind} {number}", secret)
