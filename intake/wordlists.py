"""The public diceware lists that codenames are drawn from and checked against."""

import difflib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from intake.wire.codename import LEAST_LIST, split

#: The list of each language that has a public one; other languages draw from the English list.
FILES = {
    "en": "wordlist_en_eff.txt",
    "de": "wordlist_de.txt",
    "es": "wordlist_es.txt",
    "fr": "wordlist_fr.txt",
}


_MOST_SLIPS = 3


@cache
def words(language: str) -> tuple[str, ...]:
    """Return the list for a language, each word as ``split`` gives it back and once."""
    name = FILES.get(language, FILES["en"])
    text = (files("diceware") / "wordlists" / name).read_text(encoding="utf-8")
    found: dict[str, None] = {}
    for line in text.splitlines():
        word = line.split()[-1] if line.strip() else ""
        folded = split(word)
        # Two words in one, or none: a codename of such could not be counted back.
        if len(folded) == 1 and folded[0].isalpha():
            found[folded[0]] = None
    if len(found) < LEAST_LIST:
        raise ValueError(f"{name} has only {len(found)} words that can be used")
    return tuple(found)


@cache
def _lists() -> list[frozenset[str]]:
    return [frozenset(words(language)) for language in FILES]


def slips(typed: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return each word that is on no list, with up to three words that are near to it.

    Those come from the list that has most of the other words.
    """
    lists = _lists()
    likeliest = max(lists, key=lambda known: sum(word in known for word in typed))
    unknown = [word for word in typed if not any(word in known for known in lists)]
    if len(unknown) > _MOST_SLIPS:
        # That is no slip of memory, and to compare all of them would be worth a flood.
        return [(word, []) for word in unknown]
    return [(word, _near(word, likeliest)) for word in unknown]


def _near(word: str, known: frozenset[str]) -> list[str]:
    alike = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) <= 2]
    return difflib.get_close_matches(word, sorted(alike), n=3, cutoff=0.7)
