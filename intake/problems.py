"""What a source is told when something is wrong: what happened, what is lost, what to do.

Each is an exception that ends a request with a page. The texts are in the source's language, so
they are made while the request is being answered.
"""

from flask_babel import gettext as _

from intake.errors import IntakeError


class Problem(IntakeError):
    """Base of all that a source is told.

    Attributes:
        status: of the HTTP answer.
        title: a few words.
        lost: what of the source's is lost; mostly nothing.
        suggestions: for each wrong word the words that are near to it.
        codename, text: what was typed, so that the form can be shown again with it.
        field: the field of the form that it is about, if it is about one.
    """

    status = 400
    field = ""

    def __init__(self, title: str, message: str, hint: str, lost: str = "") -> None:
        super().__init__(message, hint)
        self.title = title
        self.lost = lost or _("Nothing that was confirmed to you is lost.")
        self.suggestions: list[tuple[str, list[str]]] = []
        self.codename = ""
        self.text = ""


class Slip(Problem):
    """What was typed is no codename."""

    field = "codename"

    def __init__(self, suggestions: list[tuple[str, list[str]]], count: int, expected: int) -> None:
        if not count:
            message = _("The codename is missing.")
        elif count != expected:
            message = _(
                "A codename has %(expected)s words; what you entered has %(count)s.",
                expected=expected,
                count=count,
            )
        elif suggestions:
            message = _("One or more of the words are in none of the word lists.")
        else:
            message = _("The words do not fit together: one is another word, or the order differs.")
        super().__init__(
            _("Please check the codename"),
            message,
            _("Compare it with what you remember or wrote down, word by word, and try again."),
            _("Nothing was stored, and nothing is lost."),
        )
        self.suggestions = suggestions


class NothingToSend(Problem):
    """Neither a message nor a file."""

    field = "message"

    def __init__(self) -> None:
        super().__init__(
            _("There was nothing to send"),
            _("The form had neither a message nor a file in it."),
            _("Write a message, or choose a file, or both."),
        )


class CodenameInMessage(Problem):
    """The message holds the codename."""

    field = "message"

    def __init__(self) -> None:
        super().__init__(
            _("Your message contains your codename"),
            _("The codename is yours alone: nobody in the newsroom should know it."),
            _("Take it out of the message and send again."),
            _("Nothing was stored, and nothing is lost."),
        )


class MessageTooLong(Problem):
    """The message is longer than a form should carry."""

    status = 413

    def __init__(self, limit: str) -> None:
        super().__init__(
            _("The message is too long"),
            _("A message can have up to %(limit)s.", limit=limit),
            _("Save it as a file, and send it as one."),
        )


class TooLarge(Problem):
    """More than the operator allows in one request."""

    status = 413

    def __init__(self, limit: str) -> None:
        super().__init__(
            _("That is too much at once"),
            _("This newsroom takes up to %(limit)s in one go.", limit=limit),
            _("Send the files one by one, with the same codename; large ones in parts."),
        )


class NoRoom(Problem):
    """The disk is full up to the reserve."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            _("There is no room at the moment"),
            _("The server cannot take more files until the newsroom has collected what is here."),
            _(
                "Messages without files still get through. Try the files again in a day or two, "
                "with the same codename."
            ),
        )


class NoRoomAtAll(Problem):
    """The reserve is full as well."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            _("There is no room at the moment"),
            _(
                "The server cannot take anything more until the newsroom has collected what is "
                "here."
            ),
            _("Try again in a day or two, with the same codename."),
        )


class Closed(Problem):
    """The keyring is not in force: nobody could open what would be sealed now."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("This intake is closed at the moment"),
            _("The newsroom's keys are not in force, so nothing is taken that nobody could read."),
            _("Come back in a few days. Replies to you can still be read."),
        )


class Busy(Problem):
    """Too many wait for the server to work with their codename."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The server is busy at the moment"),
            _("More is asked of it than it can do at once."),
            _("Wait a minute, and press the button again."),
        )


class BadForm(Problem):
    """The request is not the form."""

    def __init__(self) -> None:
        super().__init__(
            _("The form did not arrive as it was sent"),
            _("Something on the way damaged it, or it was not made by this page."),
            _("Open the page anew and send again, with the same codename."),
            _("What had arrived before the damage is kept for the newsroom, marked as incomplete."),
        )


class Interrupted(Problem):
    """The connection ended first; hardly anybody is there to read this."""

    def __init__(self) -> None:
        super().__init__(
            _("The connection was cut"),
            _("Not everything arrived."),
            _("Send again, with the same codename."),
            _("What had arrived is kept for the newsroom, marked as incomplete."),
        )


class NotStored(Problem):
    """The server failed while storing."""

    status = 500

    def __init__(self) -> None:
        super().__init__(
            _("The server could not store it"),
            _("Something failed on the server while your submission was being sealed."),
            _("Try again later, with the same codename."),
            _("What was not confirmed to you must be sent again."),
        )
