"""A headless Firefox that a test drives as a person would: look, click, type, choose files."""

import base64
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser import preferences
from tests.browser.element import ELEMENT, Element
from tests.browser.marionette import BrowserError, Marionette
from tests.browser.preferences import Preference
from tests.tor import processes

#: Seconds for what a person would have given up on.
PATIENCE = 60


class Firefox:
    """One browser with a profile of its own. Use it as a context.

    Args:
        folder: an empty folder, for the profile and the log.
        scripts: whether pages may run JavaScript.
        more: further preferences.
    """

    def __init__(
        self, folder: Path, *, scripts: bool, more: dict[str, Preference] | None = None
    ) -> None:
        self._profile = folder / "profile"
        self._profile.mkdir()
        self._log = folder / "log"
        (self._profile / "user.js").write_text(
            preferences.user_js(
                preferences.TOR_BROWSER,
                preferences.QUIET,
                preferences.MARIONETTE,
                {"javascript.enabled": scripts},
                more or {},
            )
        )

    def __enter__(self) -> "Firefox":
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._profile.parent),
            "LANG": "C.UTF-8",
            "MOZ_HEADLESS": "1",
            "MOZ_CRASHREPORTER_DISABLE": "1",
        }
        command = ("--headless", "--no-remote", "--profile", self._profile, "--marionette")
        self._process = processes.start(
            ["firefox-esr", *command, "--remote-allow-system-access"], self._log, environment
        )
        try:
            self._marionette = Marionette(self._port(), PATIENCE)
            self.call("WebDriver:NewSession", strictFileInteractability=False)
            self.call("WebDriver:SetTimeouts", pageLoad=PATIENCE * 1_000, script=PATIENCE * 1_000)
        except BaseException:
            processes.kill(self._process)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._marionette.close()
        processes.kill(self._process)

    @property
    def pid(self) -> int:
        """The process that all its others come from."""
        return self._process.pid

    def call(self, command: str, **parameters: Any) -> Any:
        """Send a command of Marionette's and return its result."""
        return self._marionette.call(command, **parameters)

    # --- pages

    def open(self, address: str) -> None:
        """Go to an address, and return when the page is there.

        Raises:
            BrowserError: there is none.
        """
        self.call("WebDriver:Navigate", url=address)

    def follow(self, act: Callable[[], None]) -> None:
        """Do what leads to another page, and return when that one is there, however long it takes.

        Raises:
            BrowserError: it led to one of Firefox's own error pages; its address says to which.
        """
        before = self.root
        act()
        self.wait_until(lambda: self._is_gone(before))
        self.wait_until(lambda: self.run("return document.readyState") == "complete")
        if self.address.startswith("about:"):
            raise BrowserError("error page", self.address)

    def wait_for(self, css: str) -> None:
        """Wait until there is what a selector finds."""
        self.wait_until(lambda: bool(self.all(css)))

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait until something is so, as long as a person would."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise BrowserError("timeout", self._log.read_text(errors="replace")[-2_000:])
            time.sleep(0.05)

    @property
    def address(self) -> str:
        """The page's address."""
        return str(self.call("WebDriver:GetCurrentURL"))

    @property
    def title(self) -> str:
        """The page's title."""
        return str(self.call("WebDriver:GetTitle"))

    @property
    def source(self) -> str:
        """The page as it is now, as HTML."""
        return str(self.call("WebDriver:GetPageSource"))

    @property
    def root(self) -> Element:
        """The page's ``html``."""
        return self.one("html")

    @property
    def focused(self) -> Element:
        """What the keyboard goes to."""
        return Element(self, self.call("WebDriver:GetActiveElement")[ELEMENT])

    def all(self, css: str) -> list[Element]:
        """All that a selector finds."""
        found = self.call("WebDriver:FindElements", using="css selector", value=css)
        return [Element(self, one[ELEMENT]) for one in found]

    def one(self, css: str) -> Element:
        """What a selector finds, and it finds one."""
        found = self.all(css)
        assert len(found) == 1, f"{len(found)} of {css} on {self.address}"
        return found[0]

    def press(self, *keys: str) -> None:
        """Press and release keys one after the other, wherever the focus is."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        chain = {"type": "key", "id": "keyboard", "actions": actions}
        self.call("WebDriver:PerformActions", actions=[chain])

    def run(self, script: str, *arguments: Any) -> Any:
        """Run a script beside the page, out of reach of its policy; return what it returns."""
        return self.call(
            "WebDriver:ExecuteScript", script=script, args=list(arguments), sandbox="beside"
        )

    def run_async(self, script: str, *arguments: Any) -> Any:
        """Run a script that calls its last argument with the result."""
        return self.call(
            "WebDriver:ExecuteAsyncScript", script=script, args=list(arguments), sandbox="beside"
        )

    # --- the window

    def screenshot(self, path: Path) -> None:
        """Write a picture of the whole page, also of what would have to be scrolled to."""
        picture = self.call("WebDriver:TakeScreenshot", full=True, hash=False)
        path.write_bytes(base64.b64decode(picture))

    def resize(self, width: int, height: int) -> None:
        """Give the page so many CSS pixels; also fewer than Firefox's window could have."""
        self._chrome(
            """
            const browser = gBrowser.selectedBrowser, [width, height] = arguments;
            for (const [name, size] of [["width", width], ["height", height]]) {
                for (const bound of [name, `min-${name}`, `max-${name}`]) {
                    browser.style.setProperty(bound, `${size}px`, "important");
                }
            }
            """,
            width,
            height,
        )
        self.wait_until(
            lambda: (
                [self.root.property("clientWidth"), self.run("return innerHeight")]
                == [width, height]
            )
        )

    def prefer(self, name: str, value: Preference) -> None:
        """Set a preference, for the pages from now on."""
        kind = {bool: "Bool", int: "Int", str: "Char"}[type(value)]
        self._chrome(f"Services.prefs.set{kind}Pref(...arguments)", name, value)

    @contextmanager
    def in_the_dark(self) -> Iterator[None]:
        """Have the system ask for dark pages; Tor Browser would not tell."""
        dark, light = 0, 1
        self.prefer("privacy.resistFingerprinting", False)
        self.prefer("layout.css.prefers-color-scheme.content-override", dark)
        try:
            yield
        finally:
            self.prefer("layout.css.prefers-color-scheme.content-override", light)
            self.prefer("privacy.resistFingerprinting", True)

    @contextmanager
    def as_another_browser(self) -> Iterator[None]:
        """Say to pages that this is no Firefox."""
        self.prefer("privacy.resistFingerprinting", False)
        self.prefer("general.useragent.override", "Mozilla/5.0 (X11; Linux x86_64) Another/1.0")
        try:
            yield
        finally:
            self._chrome("Services.prefs.clearUserPref('general.useragent.override')")
            self.prefer("privacy.resistFingerprinting", True)

    def block(self, path: str, *, blocked: bool = True) -> None:
        """Let nothing come from this path of any server, as a person's blocker would."""
        self._chrome(
            """
            const [path, blocked] = arguments, topic = "http-on-modify-request";
            window.blockers ??= new Map();
            if (blocked === window.blockers.has(path)) return;
            const block = (request) => {
                request.QueryInterface(Ci.nsIHttpChannel);
                if (request.URI.filePath === path) request.cancel(Cr.NS_ERROR_ABORT);
            };
            if (blocked) {
                window.blockers.set(path, block);
                Services.obs.addObserver(block, topic);
            } else {
                Services.obs.removeObserver(window.blockers.get(path), topic);
                window.blockers.delete(path);
            }
            """,
            path,
            blocked,
        )

    @contextmanager
    def inside(self, frame: Element) -> Iterator[None]:
        """Be in a frame of the page."""
        self.call("WebDriver:SwitchToFrame", element=frame.reference[ELEMENT])
        try:
            yield
        finally:
            self.call("WebDriver:SwitchToFrame")

    def stop(self) -> None:
        """Press the button that stops whatever is being loaded or sent."""
        self._chrome("gBrowser.stop()")

    @contextmanager
    def offline(self) -> Iterator[None]:
        """Tell pages that there is no network; Tor Browser would not tell."""
        self.prefer("privacy.resistFingerprinting", False)
        self._chrome("Services.io.offline = true")
        try:
            yield
        finally:
            self._chrome("Services.io.offline = false")
            self.prefer("privacy.resistFingerprinting", True)

    def go_through(self, socks: tuple[str, int]) -> None:
        """Go to all but this machine's own addresses through a SOCKS port."""
        self.prefer("network.proxy.socks", socks[0])
        self.prefer("network.proxy.socks_port", socks[1])

    def _chrome(self, script: str, *arguments: Any) -> Any:
        with self._context("chrome"):
            return self.call("WebDriver:ExecuteScript", script=script, args=list(arguments))

    @contextmanager
    def _context(self, name: str) -> Iterator[None]:
        self.call("Marionette:SetContext", value=name)
        try:
            yield
        finally:
            self.call("Marionette:SetContext", value="content")

    def _is_gone(self, element: Element) -> bool:
        try:
            element.property("tagName")
        except BrowserError as error:
            if error.kind in ("stale element reference", "no such element"):
                return True
            raise
        return False

    def _port(self) -> int:
        file = self._profile / "MarionetteActivePort"
        self.wait_until(lambda: file.exists() and bool(file.read_text()))
        return int(file.read_text())
