"""The bridge's one secret: what it holds, and when it is read again.

The secret is JSON in AWS Secrets Manager. A container reads it once, again every quarter of an
hour (so that a withdrawn token stops working), and at once when a token is not accepted.
"""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError

from bridge.config import timing
from bridge.config.settings import SettingsError, base_url
from bridge.net.aws import AwsError, ask, config

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


@dataclass(frozen=True)
class GlpiTokens:
    """The API client's token and the API user's token."""

    app: str = field(repr=False)
    user: str = field(repr=False)


@dataclass(frozen=True)
class MattermostAccess:
    """How the bridge may write in Mattermost, if at all.

    Attributes:
        bot_token: of a bot account, "" for none.
        incoming_webhook: URL of an incoming webhook, "" for none; whoever knows it can write.
    """

    bot_token: str = field(default="", repr=False)
    incoming_webhook: str = field(default="", repr=False)


@dataclass(frozen=True)
class Secret:
    """The secret's content. `webhook_tokens` maps a name of ours to a token of Mattermost's."""

    glpi: GlpiTokens
    webhook_tokens: Mapping[str, str] = field(repr=False)
    mattermost: MattermostAccess = MattermostAccess()


def parse_secret(text: str) -> Secret:
    """Read the secret's JSON.

    Raises:
        SettingsError: names the key and what it should hold, never what it holds.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise SettingsError("SECRET_ID", "the secret's value is not a JSON object")
    hooks = value.get("mattermost_webhook_tokens")
    if not isinstance(hooks, dict) or not hooks:
        raise SettingsError(
            "secret key mattermost_webhook_tokens",
            'is not an object that names at least one token: {"helpdesk": "token of the hook"}',
        )
    return Secret(
        glpi=GlpiTokens(
            app=_token("glpi_app_token", value.get("glpi_app_token")),
            user=_token("glpi_user_token", value.get("glpi_user_token")),
        ),
        webhook_tokens={
            name: _token(f"mattermost_webhook_tokens.{name}", token)
            for name, token in hooks.items()
        },
        mattermost=MattermostAccess(
            bot_token=_optional(value, "mattermost_bot_token", _token),
            incoming_webhook=_optional(value, "mattermost_incoming_webhook", _address),
        ),
    )


def _optional(secret: Mapping[str, object], key: str, read: Callable[[str, object], str]) -> str:
    return read(key, secret[key]) if secret.get(key) else ""


def _address(key: str, value: object) -> str:
    """Read an address whose path is a secret, and so is not repeated when it is wrong."""
    try:
        return base_url(key, value if isinstance(value, str) else "")
    except SettingsError:
        wanted = "is not a web address such as https://chat.example.com/hooks/..."
        raise SettingsError(f"secret key {key}", wanted) from None


def _token(key: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise SettingsError(f"secret key {key}", "is missing or empty; it is a token in quotes")
    return check_token(f"secret key {key}", value)


def check_token(key: str, value: str) -> str:
    """Return a token that can travel in a header.

    Raises:
        SettingsError: names the key, not the value.
    """
    if not all("!" <= character <= "~" for character in value):
        raise SettingsError(key, "holds blanks or characters that no token has; copy it again")
    return value


class Credentials:
    """The secret as this container knows it.

    A secret that worked is kept while it cannot be read again, or holds a mistake.

    Args:
        fetch: returns the secret's JSON as it is now, or raises SettingsError.
        complain: is told why a kept secret could not be renewed.
        clock: seconds since the epoch; a frozen container's monotonic clock may stand still.
    """

    def __init__(
        self,
        fetch: Callable[[], str],
        complain: Callable[[SettingsError], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._fetch = fetch
        self._complain = complain
        self._clock = clock
        self._last_usable: Secret | None = None
        self._error = SettingsError("SECRET_ID", "the secret has not been read yet")
        self._due = 0.0
        self._strangers_served_at = 0.0

    def glpi_tokens(self, *, renew: bool = False) -> GlpiTokens:
        """Return GLPI's tokens; with `renew`, as the secret holds them now.

        Raises:
            SettingsError: there is no usable secret.
        """
        return self._secret(renew=renew).glpi

    def webhook_tokens(self, *, renew: bool = False) -> Mapping[str, str]:
        """Return the accepted webhook tokens by name; `renew` works at most once a minute.

        Raises:
            SettingsError: there is no usable secret.
        """
        now = self._clock()
        renew = renew and now - self._strangers_served_at >= timing.STRANGER_PAUSE_SECONDS
        if renew:
            self._strangers_served_at = now
        return self._secret(renew=renew).webhook_tokens

    def mattermost(self) -> MattermostAccess:
        """Return how the bridge may write in Mattermost.

        Raises:
            SettingsError: there is no usable secret.
        """
        return self._secret(renew=False).mattermost

    def _secret(self, *, renew: bool) -> Secret:
        if renew or self._clock() >= self._due:
            self._read()
        if self._last_usable is None:
            raise SettingsError(self._error.key, self._error.reason)
        return self._last_usable

    def _read(self) -> None:
        try:
            self._last_usable = parse_secret(self._fetch())
            self._due = self._clock() + timing.SECRET_AGE_SECONDS
        except SettingsError as error:
            self._error = error
            self._due = self._clock() + timing.SECRET_PAUSE_SECONDS
            if self._last_usable:
                self._complain(error)


def secrets_manager(secret_id: str) -> Callable[[], str]:
    """Return a function that reads a secret's current value from AWS Secrets Manager.

    It takes SECRET_SECONDS at most, slow name servers and dripping answers included, and raises
    SettingsError when there is no value to be had. It tries twice, since a frozen container may
    find its connection closed.
    """

    @cache
    def client() -> "SecretsManagerClient":
        return boto3.client("secretsmanager", config=config(timing.SECRET_SECONDS))

    with suppress(BotoCoreError):  # what keeps it from being made is told when it is asked
        client()

    def read() -> str | None:
        return client().get_secret_value(SecretId=secret_id).get("SecretString")

    def fetch() -> str:
        try:
            value = ask(timing.SECRET_SECONDS, read)
        except AwsError as error:
            raise _no_value(error) from None
        if value is None:
            raise SettingsError("SECRET_ID", "the secret is binary; its value should be JSON text")
        return value

    return fetch


def _no_value(error: AwsError) -> SettingsError:
    if error.code == "ResourceNotFoundException":
        reason = (
            "there is no such secret, or it has no value yet: store the JSON with "
            "'aws secretsmanager put-secret-value'"
        )
    elif error.answered:
        reason = (
            f"Secrets Manager refused to hand it out ({error.code}): check that the function's "
            "role may read this secret and use its key"
        )
    else:
        reason = (
            f"Secrets Manager did not answer ({error.code}): check the region and, in a VPC, the "
            "route to its endpoint"
        )
    return SettingsError("SECRET_ID", reason)
