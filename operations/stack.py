"""Which installation is meant, and how its AWS is asked: every failure is one sentence."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import boto3
from dotenv import dotenv_values

from bridge.config.settings import Settings
from bridge.net.aws import AwsError, ask, config

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CALL_SECONDS = 10.0
"""Seconds for one call of AWS, all in all; nobody waits in a chat here."""

ROOT = Path(__file__).parent.parent
"""Where the functions' own relative paths, such as certs/ca.pem, begin."""

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

T = TypeVar("T")


class CannotAsk(Exception):
    """Something cannot be asked or done; its text is one sentence for the operator."""


@dataclass(frozen=True)
class Source:
    """Where the settings come from: a stack, a file, or the environment when both are None.

    Attributes:
        stack: name of a deployed stack.
        region: AWS region, None for the one that is configured.
        env_file: path of a file with `NAME=value` lines.
    """

    stack: str | None = None
    region: str | None = None
    env_file: str | None = None


def settings(source: Source, *, with_glpi: bool = False) -> Settings:
    """Return the settings of an installation, and point this process's AWS clients at it.

    Args:
        source: which installation.
        with_glpi: whether GLPI will be asked; otherwise its certificate need not be at hand.

    Raises:
        SettingsError: a setting is missing or cannot be used.
        CannotAsk: they cannot be read.
    """
    found = variables(source)
    unused = {"MATTERMOST_CA_BUNDLE": ""} | ({} if with_glpi else {"GLPI_CA_BUNDLE": ""})
    return Settings.from_env(found | unused)


def variables(source: Source) -> dict[str, str]:
    """Return an installation's variables, unread, and point this process's AWS clients at it.

    Raises:
        CannotAsk: they cannot be read.
    """
    if source.env_file is not None:
        _read_file(source.env_file)
    if source.region:
        os.environ.update(AWS_REGION=source.region, AWS_DEFAULT_REGION=source.region)
    return _of_function(f"{source.stack}-worker") if source.stack else dict(os.environ)


def _read_file(path: str) -> None:
    """Take over a file's variables; with AWS's among them, none of those that were set stay."""
    try:
        with Path(path).open(encoding="utf-8") as file:
            values = dotenv_values(stream=file, interpolate=False)
            found = {name: value for name, value in values.items() if value is not None}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        hint = "`make run` writes .build/run.env and removes it when it ends"
        raise CannotAsk(f"{path} cannot be read ({why}): check --env; {hint}.") from None
    if any(name.startswith("AWS_") for name in found):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]
    os.environ.update(found)


def _of_function(name: str) -> dict[str, str]:
    """Return the environment of a deployed function as it is meant outside of Lambda.

    It is read, not taken over: this process's AWS clients must not follow its AWS_ variables.
    """

    def get() -> Mapping[str, str]:
        client: LambdaClient = boto3.client("lambda", config=config(CALL_SECONDS))
        there = client.get_function_configuration(FunctionName=name)
        return there.get("Environment", {}).get("Variables", {})

    found = dict(asking(f"the function {name}", get))
    for name in ("GLPI_CA_BUNDLE", "MATTERMOST_CA_BUNDLE"):
        bundle = found.get(name, "").strip()
        if bundle:
            found[name] = str(ROOT / bundle)
    return found


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
