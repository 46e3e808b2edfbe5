"""Which installation is meant: its settings, and the clients that its settings lead to."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from dotenv import dotenv_values

from bridge.config.credentials import Credentials
from bridge.config.settings import Settings
from bridge.net.aws import config
from bridge.net.http import Http
from glpi import Glpi
from operations.aws import CALL_SECONDS, asking
from operations.errors import CannotAsk

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

ROOT = Path(__file__).parent.parent
"""Where the functions' own relative paths, such as certs/ca.pem, begin."""


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
        reason = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        hint = "`make run` writes .build/run.env and removes it when it ends"
        raise CannotAsk(f"{path} cannot be read ({reason}): check --env; {hint}.") from None
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
        answer = client.get_function_configuration(FunctionName=name)
        return answer.get("Environment", {}).get("Variables", {})

    found = dict(asking(f"the function {name}", get))
    for name in ("GLPI_CA_BUNDLE", "MATTERMOST_CA_BUNDLE"):
        bundle = found.get(name, "").strip()
        if bundle:
            found[name] = str(ROOT / bundle)
    return found


def open_glpi(configured: Settings) -> Glpi:
    """Return a client of GLPI with the bridge's own tokens.

    Raises:
        CannotAsk: the secret cannot be read.
    """

    def read() -> str | None:
        client: SecretsManagerClient = boto3.client("secretsmanager", config=config(CALL_SECONDS))
        return client.get_secret_value(SecretId=configured.secret_id).get("SecretString")

    secret = asking(f"the secret {configured.secret_id}", read)
    if secret is None:
        raise CannotAsk(f"The secret {configured.secret_id} is binary: store JSON text in it.")
    tokens = Credentials(lambda: secret)
    http = Http(ca_bundle=configured.glpi_ca_bundle)
    return Glpi(configured.glpi_url, tokens, http, configured.glpi_public_url)


def ticket_url(configured: Settings) -> Callable[[int], str]:
    """Return what tells the address of a ticket's page; neither GLPI nor the secret is asked."""
    nobody, public_url = Credentials(lambda: ""), configured.glpi_public_url
    return Glpi(configured.glpi_url, nobody, Http(), public_url).ticket_url
