"""One sentence for every failure of AWS."""

import botocore.exceptions
import pytest

from bridge.net.aws import AwsError
from operations.aws import NO_CREDENTIALS, sentence


@pytest.mark.parametrize(
    ("code", "refused", "said"),
    [
        ("NoRegionError", False, "no region is set; name it with --region"),
        ("ProfileNotFound", False, "no usable credentials here (ProfileNotFound)"),
        ("ExpiredTokenException", True, "does not accept the credentials (ExpiredTokenException)"),
        ("AccessDeniedException", True, "does not let these credentials use X"),
        ("AccessDenied", True, "does not let these credentials use X (AccessDenied)"),
        ("QueueDoesNotExist", True, "knows nothing of X"),
        ("ThrottlingException", True, "refused a call to X (ThrottlingException): try again"),
        ("TimeoutError", False, "does not answer for X (TimeoutError)"),
    ],
)
def test_every_failure_of_aws_says_what_to_do(code: str, refused: bool, said: str) -> None:
    told = sentence(AwsError(code, refused=refused), "X")
    assert said in told
    assert told.startswith("AWS ")
    assert told.endswith(".")


def test_codes_are_those_of_this_boto() -> None:
    for name in NO_CREDENTIALS:
        assert hasattr(botocore.exceptions, name), name
