"""The same pages where the script has taken them over: nothing that is pressed leads away."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.browser.element import Key
from tests.browser.firefox import Firefox
from tests.browser.pages import Page

#: Makes files of a folder as a browser does when a person picks one, and chooses them.
_PICK = """
const [entries] = arguments, page = window.wrappedJSObject;
const transfer = new page.DataTransfer();
for (const [path, text] of entries) {
    const content = new page.Array(), relative = new page.Object();
    content.push(text);
    relative.value = path;
    const file = new page.File(content, path.split("/").at(-1));
    page.Object.defineProperty(file, "webkitRelativePath", relative);
    transfer.items.add(file);
}
const field = page.document.getElementById("folder");
field.files = transfer.files;
field.dispatchEvent(new page.Event("change"));
"""


class TakenOver(Page):
    """The form for message and files."""

    mark = "#letter[method=dialog]"

    @classmethod
    def visit(cls, browser: Firefox, base: str, lang: str = "en") -> "TakenOver":
        """Go to the form, and wait for a codename."""
        return cls._open(browser, f"{base}/submit?lang={lang}")

    @classmethod
    def with_codename(
        cls, browser: Firefox, base: str, codename: str, lang: str = "en"
    ) -> "TakenOver":
        """Go to the form of those who have a codename, and type it."""
        form = cls._open(browser, f"{base}/submit?have=1&lang={lang}")
        browser.one("#codename").type(codename)
        return form

    @classmethod
    def _open(cls, browser: Firefox, address: str) -> "TakenOver":
        browser.open(address)
        browser.wait_for(cls.mark)
        return cls(browser)

    @property
    def codename(self) -> str:
        """The codename that was drawn."""
        return self.browser.one(".codename").text

    @property
    def seal(self) -> str:
        """What is said about who seals."""
        return self.browser.one(".seal").text

    @property
    def chosen(self) -> list[str]:
        """What is on the list, a line each."""
        return [one.text for one in self.browser.all(".chosen-list li")]

    @property
    def problem(self) -> str:
        """What is said to be wrong."""
        return self.browser.one("#problem").text

    def write(self, message: str) -> "TakenOver":
        """Type a message."""
        self.browser.one("#message").type(message)
        return self

    def choose(self, *files: Path) -> "TakenOver":
        """Choose files, beside those that were chosen before."""
        self.browser.one("#files").choose(files)
        return self

    def choose_folder(self, texts: Mapping[str, str]) -> "TakenOver":
        """Choose a folder: paths that begin with its name, and what is in the files."""
        self.browser.run(_PICK, list(map(list, texts.items())))
        return self

    def remove(self, number: int) -> "TakenOver":
        """Take something off the list."""
        self.browser.all(".chosen-list button")[number].click()
        return self

    def send(self) -> "SendingPage":
        """Press Send."""
        self.browser.one("#letter button.primary").click()
        return SendingPage(self.browser)

    def send_in_vain(self) -> "TakenOver":
        """Press Send where something is wrong."""
        self.browser.one("#letter button.primary").click()
        self.browser.wait_for("#problem")
        return self


class SendingPage(Page):
    """How far it is; what is small may have arrived by now."""

    mark = ".sending-view, [data-slot=complete], [data-slot=incomplete]"

    @property
    def figures(self) -> str:
        """How much of how much, how fast."""
        return self.browser.one(".figures").text

    @property
    def files(self) -> Sequence[str]:
        """What the list says, a line each."""
        return [one.text for one in self.browser.all(".parcel li")]

    def wait_for_heading(self, text: str) -> "SendingPage":
        """Wait until this stands above all."""
        self.browser.wait_until(lambda: self.heading == text)
        return self

    def press(self, act: str) -> "SendingPage":
        """Press ``pause``, ``go`` or ``stop``."""
        self.browser.one(f"[data-act={act}]").click()
        return self

    def hurry(self) -> "SendingPage":
        """Try now. It may have begun by itself, and the button be gone."""
        self.browser.run("document.querySelector('[data-act=now]')?.click()")
        return self

    def stop(self) -> TakenOver:
        """Stop it."""
        self.press("stop")
        self.browser.wait_for(TakenOver.mark)
        return TakenOver(self.browser)

    def receipt(self) -> "Receipt":
        """Wait until everything has arrived."""
        self.browser.wait_for(Receipt.mark)
        return Receipt(self.browser)


class Receipt(Page):
    """What has arrived, said by the script."""

    mark = "[data-slot=complete], [data-slot=incomplete]"

    @property
    def codename(self) -> str:
        """The codename, once more."""
        return self.browser.one(".codename").text

    @property
    def rows(self) -> list[str]:
        """The table's rows, as they are read."""
        return [" ".join(one.text.split()) for one in self.browser.all("tbody tr")]


class Login(Page):
    """Where the codename is asked for."""

    mark = "#login[method=dialog]"

    @classmethod
    def visit(cls, browser: Firefox, base: str, lang: str = "en") -> "Login":
        """Enter the address."""
        browser.open(f"{base}/replies?lang={lang}")
        browser.wait_for(cls.mark)
        return cls(browser)

    def enter(self, codename: str) -> "Replies":
        """Type the codename and the Enter key."""
        self._type(codename)
        self.browser.wait_for(Replies.mark)
        return Replies(self.browser)

    def enter_in_vain(self, codename: str) -> str:
        """Type what is not quite the codename; return what is said."""
        self._type(codename)
        self.browser.wait_for("#problem")
        return self.browser.one("#problem").text

    def _type(self, codename: str) -> None:
        field = self.browser.one("#codename")
        field.clear()
        field.type(codename + Key.ENTER)


class Replies(TakenOver):
    """What the editors wrote, and a form to write back."""

    mark = "[data-act=again]"

    @property
    def replies(self) -> list[str]:
        """The replies' words, the newest first."""
        return [one.text for one in self.browser.all("article .words")]

    @property
    def notice(self) -> str:
        """What was done just now."""
        self.browser.wait_until(lambda: bool(self.browser.one("[data-slot=notice]").text))
        return self.browser.one("[data-slot=notice]").text

    def delete(self, number: int) -> "Replies":
        """Delete one, counted from 0."""
        left = len(self.browser.all("article")) - 1
        self.browser.all("article [data-act=delete]")[number].click()
        self.browser.wait_until(lambda: len(self.browser.all("article")) == left)
        return self

    def delete_all(self) -> "Replies":
        """Open what hides the button, and press it."""
        self.browser.one("[data-slot=all] > summary").click()
        self.browser.one("[data-act=delete-all]").click()
        self.browser.wait_until(lambda: not self.browser.all("article"))
        return self
