"""What a test finds on a page, to look at, click and type into as a person would."""

import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

#: What Marionette calls a reference to an element.
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

_COME_INTO_VIEW = """
arguments[0].scrollIntoView({block: "center"});
const {top, bottom} = arguments[0].getBoundingClientRect();
return top >= 0 && bottom <= innerHeight
"""


class Key(StrEnum):
    """Keys that are no letters, as WebDriver writes them."""

    TAB = "\ue004"
    ENTER = "\ue007"
    SPACE = "\ue00d"
    SHIFT = "\ue008"


class Browser(Protocol):
    """What elements need of the browser that they are in."""

    def call(self, command: str, **parameters: Any) -> Any: ...

    def run(self, script: str, *arguments: Any) -> Any: ...

    def wait_until(self, done: Callable[[], bool]) -> None: ...


class Element:
    """Something on the page that is shown."""

    def __init__(self, browser: Browser, reference: str) -> None:
        self._browser = browser
        self._id = reference

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and other._id == self._id

    def __hash__(self) -> int:
        return hash(self._id)

    @property
    def reference(self) -> dict[str, str]:
        """What stands for it where a script is given it."""
        return {ELEMENT: self._id}

    @property
    def text(self) -> str:
        """The text as it is shown."""
        return str(self._call("WebDriver:GetElementText"))

    @property
    def box(self) -> dict[str, float]:
        """``x``, ``y``, ``width`` and ``height`` in CSS pixels."""
        return dict(self._call("WebDriver:GetElementRect"))

    def attribute(self, name: str) -> str | None:
        """An attribute as it is written, or ``None``."""
        value = self._call("WebDriver:GetElementAttribute", name=name)
        return None if value is None else str(value)

    def property(self, name: str) -> Any:
        """A property as it is now, such as what was typed into a field."""
        return self._call("WebDriver:GetElementProperty", name=name)

    def style(self, name: str) -> str:
        """A property of the style that is in force."""
        return str(self._call("WebDriver:GetElementCSSValue", propertyName=name))

    def click(self) -> None:
        """Click it; where that leads to another page, return when it is there."""
        self._call("WebDriver:ElementClick")

    def press(self) -> None:
        """Move the mouse to it and press the button, whatever that leads to."""
        # Twice, for Firefox may still be about to go back to where something was typed.
        for _ in range(2):
            self._browser.wait_until(
                lambda: bool(self._browser.run(_COME_INTO_VIEW, self.reference))
            )
            time.sleep(0.1)
        actions = [
            {"type": "pointerMove", "origin": self.reference, "x": 0, "y": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        chain = {"type": "pointer", "id": "mouse", "actions": actions}
        self._browser.call("WebDriver:PerformActions", actions=[chain])

    def type(self, text: str) -> None:
        """Type into it."""
        self._call("WebDriver:ElementSendKeys", text=text)

    def clear(self) -> None:
        """Empty the field."""
        self._call("WebDriver:ElementClear")

    def choose(self, paths: Sequence[Path]) -> None:
        """Choose files in a file field, beside those that were chosen before."""
        self.type("\n".join(str(path) for path in paths))

    def all(self, css: str) -> list["Element"]:
        """All that a selector finds in it."""
        found = self._call(
            "WebDriver:FindElements", parameter="element", using="css selector", value=css
        )
        return [Element(self._browser, one[ELEMENT]) for one in found]

    def one(self, css: str) -> "Element":
        """What a selector finds in it, and it finds one."""
        found = self.all(css)
        assert len(found) == 1, f"{len(found)} of {css}"
        return found[0]

    def _call(self, command: str, *, parameter: str = "id", **more: Any) -> Any:
        return self._browser.call(command, **{parameter: self._id}, **more)
