"""A source: a codename in a head, and a browser without JavaScript."""

import secrets
from collections.abc import Sequence
from html.parser import HTMLParser

from intake.wire.codename import Thread, derive_thread, draw, split
from intake.wordlists import words
from tests.newsroom.http import Answer, File, form_parts, multipart, request, urlencoded


class Source:
    """Somebody who writes to a newsroom.

    Args:
        address: the server's, as ``--listen`` writes it.
        codename: of an earlier visit; else a new one is drawn, as the page would.
    """

    def __init__(self, address: str, codename: str | None = None) -> None:
        self.address = address
        self.codename = codename or new_codename()

    def thread(self, salt: bytes) -> Thread:
        """Return what the codename stands for at the newsroom with this salt."""
        return derive_thread(split(self.codename), salt)

    def send(
        self, message: str | None = None, files: Sequence[File] = (), *, lang: str = ""
    ) -> Answer:
        """Press Send."""
        headers, body = multipart(form_parts(self.codename, message, files))
        return request(self.address, "POST", f"/submit{_query(lang)}", body, headers)

    def replies(self, *, lang: str = "") -> Answer:
        """Read the replies."""
        return self.post("/replies", {"codename": self.codename}, lang=lang)

    def delete(self, which: str) -> Answer:
        """Delete one reply by its id, or ``all``."""
        return self.post("/replies/delete", {"codename": self.codename, "reply": which})

    def post(self, path: str, fields: dict[str, str], *, lang: str = "") -> Answer:
        """Send a form without files."""
        headers, body = urlencoded(fields)
        return request(self.address, "POST", path + _query(lang), body, headers)


def new_codename() -> str:
    """Draw a codename from the English list."""
    return " ".join(draw(words("en"), secrets.randbelow))


def _query(lang: str) -> str:
    return f"?lang={lang}" if lang else ""


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, and its text without markup.

    Attributes:
        elements: name and attributes of each, in order.
        text: all that a reader sees, the comments not.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def field(self, name: str) -> list[str]:
        """Return the values of all input fields of this name."""
        return [one.get("value", "") for one in self.attributes("input") if one.get("name") == name]
