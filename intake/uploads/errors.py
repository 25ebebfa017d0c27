"""Why an upload does not go on: each a status of its own."""

from intake.programs import Refusal


class NoSuchUpload(Refusal):
    """The URL is none of an upload, or there is nothing to delete."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            "There is no such upload.",
            "Its address is /uploads/ADDRESS.LENGTH: 64 hexadecimal digits, and bytes in decimal.",
        )


class NotAllowed(Refusal):
    """No such method here."""

    status = 405

    def __init__(self, allowed: str) -> None:
        super().__init__("That cannot be done here.", f"What can be: {allowed}.")
        self.headers = {"Allow": allowed}


class WrongOffset(Refusal):
    """The sender would leave a gap, or send something twice."""

    status = 409

    def __init__(self, message: str = "The upload does not stand at this offset.") -> None:
        super().__init__(message, "Ask with HEAD where it stands, and go on there.")


class WrongVersion(Refusal):
    """Not this version of tus."""

    status = 412

    def __init__(self, version: str) -> None:
        super().__init__(
            "The header Tus-Resumable is missing, or of a version that is not known here.",
            f"Speak tus {version}.",
        )
        self.headers = {"Tus-Version": version}


class NotAnEnvelope(Refusal):
    """What came, or its length, is none of an envelope."""

    status = 422

    def __init__(self, message: str, hint: str = "Seal it anew to the keyring in force.") -> None:
        super().__init__(message, hint)


class Closed(Refusal):
    """The keyring is not in force: nobody could open what is sealed to it."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "This intake is closed at the moment: the newsroom's keys are not in force.",
            "Come back in a few days. Replies can still be read.",
        )
