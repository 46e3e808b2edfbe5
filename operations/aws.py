"""How an installation's AWS is asked: whatever goes wrong is one sentence for the operator."""

from collections.abc import Callable
from typing import TypeVar

from bridge.net.aws import AwsError, ask
from operations.errors import CannotAsk

CALL_SECONDS = 10.0
"""Seconds for one call of AWS, all in all; nobody waits in a chat here."""

NO_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ProfileNotFound",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "TokenRetrievalError",
    }
)
REJECTED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "InvalidAddress",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
UNREADABLE = frozenset({"UnreadableEntry", "UnreadableLink"})
"""What AWS has answered, but a later version has written."""

T = TypeVar("T")


def asking(what: str, call: Callable[[], T]) -> T:
    """Return what a call of an AWS client returns.

    Args:
        what: names what is asked, as in "the queue https://...".
        call: asks.

    Raises:
        CannotAsk: AWS refused, or did not answer.
    """
    try:
        return ask(CALL_SECONDS, call)
    except AwsError as error:
        raise CannotAsk(sentence(error, what)) from None


def sentence(error: AwsError, what: str) -> str:
    """Say what went wrong with AWS, why, and what to do."""
    code = error.code
    if code in UNREADABLE:
        return "This is of a later version of the bridge: ask with the ./manage of that version."
    if code in NO_CREDENTIALS:
        return (
            f"AWS cannot be asked for {what}: there are no usable credentials here ({code}); run "
            "'aws configure' or 'aws sso login', or name a profile in AWS_PROFILE."
        )
    if code == "NoRegionError":
        return f"AWS cannot be asked for {what}: no region is set; name it with --region."
    if code in REJECTED:
        return (
            f"AWS does not accept the credentials ({code}), so {what} cannot be asked: renew them, "
            "and check this machine's clock."
        )
    if code in MISSING:
        return (
            f"AWS knows nothing of {what}: check --stack, --region and the account "
            "('aws sts get-caller-identity')."
        )
    if code.startswith("AccessDenied"):
        return (
            f"AWS does not let these credentials use {what} ({code}): name a profile that may in "
            "AWS_PROFILE, or widen its IAM policy."
        )
    if error.refused:
        return f"AWS refused a call to {what} ({code}): try again, and look the code up."
    return (
        f"AWS does not answer for {what} ({code}): check the region and this machine's network, "
        "or whether `make run` still runs."
    )
