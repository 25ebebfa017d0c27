"""What a run of ``keys open`` did, in numbers."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from keys.filing import Filed
from keys.unpacking import Named, Unpacked, top_of

#: Folders of packs that are counted apart.
_MOST_FOLDERS: Final = 256


@dataclass
class Summary:
    """What a run did, in numbers of envelopes; of files, where they came in packs.

    Attributes:
        folders: files that came in packs, by the folder that they are in.
        wrapped: files that came in packs and were encrypted a second time.
        touched: ids of threads to which packs or manifests came.
    """

    messages: int = 0
    files: int = 0
    packs: int = 0
    manifests: int = 0
    decoys: int = 0
    incomplete: int = 0
    unwrapped: int = 0
    already: int = 0
    not_ours: int = 0
    failed: int = 0
    content: int = 0
    threads: set[str] = field(default_factory=set)
    folders: Counter[str] = field(default_factory=Counter)
    wrapped: Named = field(default_factory=Named)
    touched: set[str] = field(default_factory=set)

    @property
    def ok(self) -> bool:
        """Whether none failed."""
        return not self.failed and not self.not_ours

    @property
    def kept(self) -> int:
        """How many had something in them that was kept."""
        return self.messages + self.files + self.packs + self.manifests

    def count(self, filed: Filed) -> None:
        """Count an envelope that was opened."""
        entry, unpacked = filed.entry, filed.staged.unpacked
        self.messages += entry.kind == "message"
        self.files += (entry.kind == "file") + entry.files + len(filed.whole)
        self.packs += entry.kind == "pack"
        self.manifests += entry.kind == "manifest"
        self.decoys += entry.kind == "decoy"
        self.incomplete += entry.path is not None and not entry.complete
        self.unwrapped += entry.unwrapped is not None
        # What is in a decoy is nothing.
        self.content += entry.size if entry.kind != "decoy" else 0
        if entry.thread is not None:
            self.threads.add(entry.thread)
        if entry.kind in ("pack", "manifest") and entry.thread_id is not None:
            self.touched.add(entry.thread_id)
        if unpacked is not None and entry.path is not None:
            self._count_folders(entry.path, unpacked, filed.whole)

    def _count_folders(self, path: str, unpacked: Unpacked, whole: list[str]) -> None:
        tops = unpacked.tops + Counter(top_of(one[len(path) + 1 :].split("/")) for one in whole)
        for top, number in tops.items():
            folder = f"{path}/{top}".rstrip("/")
            known = folder in self.folders or len(self.folders) < _MOST_FOLDERS
            self.folders[folder if known else path] += number
        self.wrapped.extend(unpacked.wrapped, path)
