"""Settings from the environment. Every mistake is a sentence that names key, value and remedy.

How people speak and where their words go stands in bridge.toml (`rules`), tokens in the secret
(`credentials`).
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A setting that cannot be used.

    Attributes:
        key: where it is set.
        problem: what is wrong with it and what would be right.
    """

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"{key}: {problem}")
        self.key = key
        self.problem = problem


@dataclass(frozen=True)
class Settings:
    """The environment.

    Attributes:
        glpi_url: base URL of GLPI, without `/apirest.php` and without a slash at the end.
        secret_id: name or ARN of the secret.
        mattermost_url: base URL of Mattermost for links to posts, if known.
        ca_bundle: path of the PEM file to trust for GLPI instead of the public authorities.
    """

    glpi_url: str
    secret_id: str
    mattermost_url: str | None
    ca_bundle: str | None
    log_level: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Settings":
        """Read the environment.

        Raises:
            SettingsError: a setting is missing or cannot be used.
        """
        log_level = env.get("LOG_LEVEL", "").upper() or "INFO"
        if log_level not in LOG_LEVELS:
            raise SettingsError("LOG_LEVEL", f"is {log_level!r}; use {' or '.join(LOG_LEVELS)}")
        secret_id = env.get("SECRET_ID", "").strip()
        if not secret_id:
            raise SettingsError("SECRET_ID", "is not set; it is the name or ARN of the secret")
        mattermost_url = env.get("MATTERMOST_URL", "").strip()
        return cls(
            glpi_url=glpi_base_url(env.get("GLPI_URL", "")),
            secret_id=secret_id,
            mattermost_url=_base_url("MATTERMOST_URL", mattermost_url) if mattermost_url else None,
            ca_bundle=_ca_bundle(env.get("GLPI_CA_BUNDLE", "").strip()),
            log_level=log_level,
        )


def glpi_base_url(value: str) -> str:
    """Return GLPI's base URL; the API's address, as GLPI's setup page shows it, is cut to it.

    Raises:
        SettingsError: it is not an http(s) address.
    """
    base = _base_url("GLPI_URL", value.strip())
    for tail in ("/apirest.php", "/api.php/v1", "/api.php"):
        base = base.removesuffix(tail)
    return base


def _base_url(key: str, value: str) -> str:
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


def _ca_bundle(path: str) -> str | None:
    if not path:
        return None
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError):
        problem = f"is {path!r}, which is not a readable file of PEM certificates"
        raise SettingsError("GLPI_CA_BUNDLE", problem) from None
    return path
