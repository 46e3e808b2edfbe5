"""Settings from the environment. Every mistake is a sentence that names key, value and remedy.

How people speak and where their words go stands in bridge.toml (`rules`), tokens in the secret
(`credentials`).
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

LOG_LEVELS = ("info", "debug", "warning", "error")
"""The first is the default."""


class SettingsError(Exception):
    """A setting that cannot be used.

    Attributes:
        key: where it is set.
        reason: what is wrong with it and what would be right.
    """

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


@dataclass(frozen=True)
class Settings:
    """The environment.

    Attributes:
        glpi_url: base URL of GLPI, without `/apirest.php` and without a slash at the end.
        secret_id: name or ARN of the secret.
        queue_url: of the SQS queue where messages are safe.
        look_queue_url: of the one for hints, "" where the stack has none yet.
        alert_queue_url: of the one for a monitor's messages, likewise.
        dead_letter_url: of the SQS queue for what cannot be filed.
        ledger_table: the DynamoDB table that knows what became of each post.
        mattermost_url: base URL of Mattermost for links to posts, if known.
        pauses: "normal", or "short" for rehearsals.
        glpi_ca_bundle: path of the PEM file to trust for GLPI instead of the public authorities.
        mattermost_ca_bundle: the same for Mattermost.
        glpi_public_url: base URL of GLPI for people's links, None for what GLPI calls itself.
    """

    glpi_url: str
    secret_id: str
    queue_url: str
    look_queue_url: str
    alert_queue_url: str
    dead_letter_url: str
    ledger_table: str
    mattermost_url: str | None
    glpi_ca_bundle: str | None
    mattermost_ca_bundle: str | None
    log_level: str
    pauses: str
    glpi_public_url: str | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the environment.

        Raises:
            SettingsError: a setting is missing or cannot be used.
        """
        mattermost_url = env.get("MATTERMOST_URL", "").strip()
        public_url = env.get("GLPI_PUBLIC_URL", "").strip()
        return cls(
            glpi_url=glpi_base_url(env.get("GLPI_URL", "")),
            secret_id=_required(env, "SECRET_ID", "the name or ARN of the secret"),
            queue_url=_required(env, "QUEUE_URL", "the URL of the SQS queue"),
            look_queue_url=env.get("LOOK_QUEUE_URL", "").strip(),
            alert_queue_url=env.get("ALERT_QUEUE_URL", "").strip(),
            dead_letter_url=_required(env, "DEAD_LETTER_URL", "the URL of the dead letter queue"),
            ledger_table=_required(env, "LEDGER_TABLE", "the name of the DynamoDB table"),
            mattermost_url=base_url("MATTERMOST_URL", mattermost_url) if mattermost_url else None,
            glpi_ca_bundle=ca_bundle("GLPI_CA_BUNDLE", env),
            mattermost_ca_bundle=ca_bundle("MATTERMOST_CA_BUNDLE", env),
            log_level=_choice(env, "LOG_LEVEL", LOG_LEVELS).upper(),
            pauses=_choice(env, "PAUSES", ("normal", "short")),
            glpi_public_url=glpi_base_url(public_url, "GLPI_PUBLIC_URL") if public_url else None,
        )


def _choice(env: Mapping[str, str], key: str, options: tuple[str, ...]) -> str:
    value = env.get(key, "").strip() or options[0]
    if value.lower() not in options:
        raise SettingsError(key, f"is {value!r}; use {' or '.join(options)}")
    return value.lower()


def _required(env: Mapping[str, str], key: str, what: str) -> str:
    value = env.get(key, "").strip()
    if not value:
        raise SettingsError(key, f"is not set; it is {what}")
    return value


def glpi_base_url(value: str, key: str = "GLPI_URL") -> str:
    """Return GLPI's base URL; the API's address, as GLPI's setup page shows it, is cut to it.

    Args:
        value: what is set.
        key: where it is set.

    Raises:
        SettingsError: it is not an http(s) address.
    """
    base = base_url(key, value.strip())
    for tail in ("/apirest.php", "/api.php/v1", "/api.php"):
        base = base.removesuffix(tail)
    return base


def base_url(key: str, value: str) -> str:
    """Return a web address without a slash at the end.

    Raises:
        SettingsError: it is none, or has more than scheme, host, port and folder.
    """
    wanted = "use an address like https://helpdesk.example.com or https://example.com/glpi"
    if not value:
        raise SettingsError(key, f"is not set; {wanted}")
    if "@" in value:
        raise SettingsError(key, f"holds a user name or password; {wanted}")
    try:
        prepared = requests.Request("GET", value).prepare().url or ""
        parts = urlsplit(prepared)
        usable = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # requests.RequestException for a bad URL is one, too
        usable = False
    if not usable or value.split() != [value]:
        raise SettingsError(key, f"is {value!r}, which is not a web address; {wanted}")
    if parts.query or parts.fragment:
        raise SettingsError(key, f"has more than scheme, host, port and folder; {wanted}")
    return prepared.rstrip("/")


def ca_bundle(key: str, env: Mapping[str, str]) -> str | None:
    """Return the path of a usable CA bundle, None when none is named.

    Raises:
        SettingsError: it cannot be used.
    """
    path = env.get(key, "").strip()
    if not path:
        return None
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError):
        reason = f"is {path!r}, which is not a readable file of PEM certificates"
        raise SettingsError(key, reason) from None
    return path
