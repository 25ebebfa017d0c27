"""Where ciphertext lies: envelopes and sealed replies, under names that are random.

``Store`` is what any store has to do; ``DirectoryStore`` is the embedded default.
"""

from intake.store.base import Arrival, Growing, Store, Stored, Unfinished
from intake.store.directory import DirectoryStore

__all__ = ["Arrival", "DirectoryStore", "Growing", "Store", "Stored", "Unfinished"]
