"""The languages of the source's pages, chosen anew with every request.

Nothing is remembered: no cookie, no session. A choice travels as ``?lang=`` in the links and forms
of the page itself, and says no more about a source than the words that the source writes anyway.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_compound_unit, format_unit
from flask import Flask, request
from flask_babel import Babel, get_locale, ngettext
from werkzeug.datastructures import LanguageAccept

LANGUAGES: Final[dict[str, str]] = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ru": "Русский",
    "ar": "العربية",
}
"""Code and own name of every language, in the order in which the page offers them."""

FALLBACK: Final = "en"

_RIGHT_TO_LEFT: Final = frozenset({"ar"})

_UNITS: Final = ("kilobyte", "megabyte", "gigabyte", "terabyte")


def choose(query: str | None, accept_language: LanguageAccept) -> str:
    """Return a page's language: the source's choice, else what the browser asks for, else English.

    The choice comes first because Tor Browser asks for English in everybody's name unless it is
    told otherwise.
    """
    if query in LANGUAGES:
        return query
    # By the language alone: a region that we do not have is no reason to pass over its language.
    asked = (tag.partition("-")[0].lower() for tag in accept_language.values())
    return next((language for language in asked if language in LANGUAGES), FALLBACK)


def direction(lang: str) -> str:
    """Return the value of the page's ``dir``."""
    return "rtl" if lang in _RIGHT_TO_LEFT else "ltr"


def in_language(path: str, lang: str) -> str:
    """Return a local path with ``lang`` in its query, beside whatever the query holds already."""
    parts = urlsplit(path)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key != "lang"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("lang", lang)])))


def _locale() -> Locale:
    """Return the locale of the page in the making, or the fallback's outside of a request."""
    locale: Locale | None = get_locale()
    return locale or Locale(FALLBACK)


def human_size(size: int) -> str:
    """Return a size for people, in the unit as the page's language writes it: 1.4 MB, 1,4 Mo.

    Units are powers of a thousand, as in the file managers of today.
    """
    if size < 1000:
        return exact_size(size)
    return format_unit(*_in_units(size), length="short", locale=_locale())


def human_rate(rate: int) -> str:
    """Return bytes a second for people: 1.4 MB/s, 1,4 Mo/s."""
    written = format_compound_unit(
        *_in_units(rate), denominator_unit="duration-second", length="short", locale=_locale()
    )
    return written or ""


def _in_units(size: int) -> tuple[float, str]:
    """Return a size in the unit that suits it, and the unit's name in the CLDR data."""
    value, rank = size / 1000, 0
    while value >= 999.5 and rank < len(_UNITS) - 1:
        value, rank = value / 1000, rank + 1
    return round(value, 0 if value >= 99.95 else 1), f"digital-{_UNITS[rank]}"


def duration(seconds: int) -> str:
    """Return a span of time for people, to the minute at most: 4 minutes, 2 hours."""
    span = datetime.timedelta(seconds=seconds)
    # Up to one and a half of the larger unit the smaller one says more.
    return format_timedelta(span, granularity="minute", threshold=1.5, locale=_locale())


def exact_size(size: int) -> str:
    """Return a size to the byte, grouped and with the right plural: 1,400,000 bytes.

    From our own catalogues, for the CLDR data that Babel carries have no byte in Arabic.
    """
    text: str = ngettext("%(figure)s byte", "%(figure)s bytes", size, figure=number(size))
    return text


def number(value: int) -> str:
    """Return a whole number, grouped as the page's language does."""
    return format_decimal(value, locale=_locale())


def day(date: datetime.date) -> str:
    """Return a day in the page's language.

    Of a date with a time only the day is taken. Not flask_babel's ``format_date``, which puts
    today's date where none is given: what the server's clock says stays off the pages.
    """
    return format_date(
        datetime.date(date.year, date.month, date.day), format="long", locale=_locale()
    )


def init(app: Flask) -> None:
    """Give the app its translations and the templates their filters.

    The locale depends on the request alone. The time zone is fixed: no page can carry another.
    """
    Babel(
        app,
        default_locale=FALLBACK,
        default_timezone="UTC",
        default_translation_directories=str(Path(__file__).with_name("translations")),
        locale_selector=lambda: choose(request.args.get("lang"), request.accept_languages),
    )
    for filter_ in (day, duration, exact_size, human_rate, human_size, in_language, number):
        app.jinja_env.filters[filter_.__name__] = filter_
