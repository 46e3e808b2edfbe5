"""What every call that did not succeed has in common, whoever was asked.

CallError
├── ServerError    GLPI or Mattermost: what to do about it is said
└── AwsError       AWS (`bridge.net.aws`)
"""

from enum import Enum


class Retry(Enum):
    """Whether it makes sense to try again."""

    SOON = "soon"
    """It was surely not done; waiting helps."""

    AFTER_LOOK_UP = "after a look-up"
    """It may have been done."""

    WHEN_MENDED = "when mended"
    """It was surely not done, and will not be until somebody changes a setting or a right."""

    NEVER = "never"
    """The same will always fail."""


class CallError(Exception):
    """A call to another system that did not succeed. The type says what to do next.

    Attributes:
        code: the system's error code in capitals, or ours in lower case.
        retry: whether it makes sense to try again.
        wait: seconds that the system asks to wait, 0 if it does not say.
        setting_at_fault: whether somebody has to change a setting or a right.
        is_intercepted: whether something on the way refused it, and not the server itself.
        attempts: how several attempts ended, in the words of a dead letter's reason, where the
            error tells of them all.
    """

    retry = Retry.SOON
    wait = 0.0
    setting_at_fault = False
    is_intercepted = False
    attempts = ""

    def __init__(self, code: str, *details: object) -> None:
        super().__init__(code, *details)
        self.code = code


class ServerError(CallError):
    """A call to a server that did not succeed.

    Attributes:
        remedy: one sentence for the operator: what happened, why, what to do.
        status: the HTTP status, None when there was no answer.
    """

    def __init__(self, code: str, remedy: str, status: int | None = None) -> None:
        super().__init__(code, remedy, status)
        self.remedy = remedy
        self.status = status

    def __str__(self) -> str:
        where = f" (HTTP {self.status})" if self.status else ""
        return f"{self.code}{where}: {self.remedy}"
