"""Where `manage.py send` sends to, and with which token, when nobody says."""

from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from bridge.config.credentials import parse_secret
from bridge.config.settings import SettingsError, base_url
from bridge.endpoints.outgoing_webhook import PATH
from bridge.net.aws import config
from operations.aws import CALL_SECONDS, asking
from operations.errors import CannotAsk
from operations.installation import Source, variables

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_secretsmanager import SecretsManagerClient


def read_token(path: Path) -> str:
    """Return the token in a file.

    Raises:
        CannotAsk: there is none.
    """
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CannotAsk(f"{path} cannot be read ({reason}): name a file with a token.") from None
    if not token:
        raise CannotAsk(f"{path} is empty: put the webhook's token into it.")
    return token


def target(source: Source, url: str, *, token_wanted: bool) -> tuple[str, str]:
    """Return the callback URL, and the first webhook token of the secret if one is wanted.

    Args:
        source: which installation.
        url: what the operator says, "" for nothing.
        token_wanted: whether there is no token yet.

    Raises:
        CannotAsk: it cannot be found out.
    """
    try:
        base_url("--url", url or "https://unnamed.example")
    except SettingsError:
        hint = f"such as https://example.com{PATH}"
        raise CannotAsk(f"--url is not a web address: use one {hint}.") from None
    if url and not token_wanted:
        return url, ""
    found = variables(source)
    url = url or _url(source, found.get("WEBHOOK_URL", ""))
    return url, _token(found.get("SECRET_ID", "")) if token_wanted else ""


def _url(source: Source, configured: str) -> str:
    if not source.stack:
        if configured:
            return configured
        raise CannotAsk("It is not known where to: say --url, --stack NAME or --env FILE.")

    def read() -> str:
        client: CloudFormationClient = boto3.client("cloudformation", config=config(CALL_SECONDS))
        stack = client.describe_stacks(StackName=str(source.stack))["Stacks"][0]
        outputs = {o.get("OutputKey"): o.get("OutputValue", "") for o in stack.get("Outputs", [])}
        return outputs.get("WebhookUrl", "")

    url = asking(f"the stack {source.stack}", read)
    if not url:
        raise CannotAsk(f"The stack {source.stack} has no output WebhookUrl: say --url.")
    return url


def _token(secret_id: str) -> str:
    hint = "say MATTERMOST_TOKEN or --token-file"
    if not secret_id:
        raise CannotAsk(f"There is no token: {hint}.")

    def read() -> str | None:
        client: SecretsManagerClient = boto3.client("secretsmanager", config=config(CALL_SECONDS))
        return client.get_secret_value(SecretId=secret_id).get("SecretString")

    try:
        secret = asking(f"the secret {secret_id}", read)
    except CannotAsk as error:
        raise CannotAsk(f"There is no token, {hint}. {error}") from None
    try:
        return next(iter(parse_secret(secret or "").webhook_tokens.values()))
    except SettingsError as error:
        raise CannotAsk(f"There is no token, {hint}. {error}.") from None
