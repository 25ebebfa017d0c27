"""Warnings for a source whose way here does not protect them, from what the request shows."""

import re

from werkzeug.datastructures import Headers

#: Tor Browser is a Firefox that hides all else. Not every Firefox is Tor Browser; what is no
#: Firefox is certainly none.
_FIREFOX = re.compile(r"Mozilla/5\.0 \([^)]*rv:[\d.]+\) Gecko/[\d.]+ Firefox/[\d.]+")
#: What proxies add that carry onion pages out of Tor; Tor itself adds nothing.
_PROXY = (
    "X-Tor2web",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "Via",
)


def warnings_for(headers: Headers) -> list[str]:
    """Return ``tor2web`` and ``not-tor-browser`` where they apply."""
    warnings = []
    if any(name in headers for name in _PROXY):
        warnings.append("tor2web")
    if not _FIREFOX.fullmatch(headers.get("User-Agent", "")):
        warnings.append("not-tor-browser")
    return warnings
