"""How the bridge asks AWS: bounded in time, and with one error for whatever went wrong."""

from collections.abc import Callable
from typing import TypeVar

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bridge.net.deadline import begin
from bridge.net.errors import CallError

T = TypeVar("T")


class AwsError(CallError):
    """AWS refused a call, or did not answer; nothing is known of what was asked.

    What AWS allows is the template's business, so no setting is at fault.

    Attributes:
        code: AWS's error code, or the name of what kept it from answering.
        refused: whether AWS surely did not do it.
        answered: whether it answered at all.
    """

    def __init__(self, code: str, *, refused: bool, answered: bool = False) -> None:
        super().__init__(code)
        self.refused = refused
        self.answered = answered or refused


def config(seconds: float) -> Config:
    """Return a client's configuration with which two tries fit into so many seconds.

    Two, since a frozen container may find its connection closed.
    """
    return Config(
        connect_timeout=seconds / 2,
        read_timeout=seconds / 2,
        retries={"total_max_attempts": 2},
    )


def begin_to_ask(seconds: float, call: Callable[[], T]) -> Callable[[], T]:
    """Start a call of an AWS client; it gets so many seconds all in all.

    boto3 bounds neither name resolution nor a dripping answer.

    Returns:
        What waits for the answer. It raises AwsError when it did not come to one.
    """
    answered = begin(seconds, call)

    def answer() -> T:
        try:
            return answered()
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            # Of two tries the first may have been executed without an answer.
            tried_again = error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0)
            raise AwsError(code, refused=not tried_again, answered=True) from None
        except (BotoCoreError, TimeoutError) as error:
            raise AwsError(type(error).__name__, refused=False) from None

    return answer


def ask(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call of an AWS client returns, within so many seconds all in all.

    Raises:
        AwsError: it did not come to that.
    """
    return begin_to_ask(seconds, call)()
