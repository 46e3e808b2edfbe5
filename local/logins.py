"""Whether the real servers let `make run` in: found out at its start, not at the first message."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from bridge.config.credentials import Credentials, MattermostAccess
from bridge.config.settings import SettingsError, ca_bundle, glpi_base_url
from bridge.mattermost.api import Denied, MattermostApi, MattermostError
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from glpi import Glpi, GlpiError

LOGIN_SECONDS = 10.0

TOKEN_REMEDIES = {
    "ERROR_APP_TOKEN_PARAMETERS_MISSING": (
        "GLPI_APP_TOKEN",
        "it did not arrive; let proxies pass the App-Token header",
    ),
    "ERROR_WRONG_APP_TOKEN_PARAMETER": (
        "GLPI_APP_TOKEN",
        "copy the application token of an active API client again (Setup > General > API); it is "
        "not the user's token",
    ),
    "ERROR_GLPI_LOGIN_USER_TOKEN": (
        "GLPI_USER_TOKEN",
        "use the API token (remote access key) of an active user with a profile; it is not the "
        "application token",
    ),
}
"""GLPI's codes for tokens: which variable it is about, and what to do."""


def check_glpi(env: Mapping[str, str], url: str, secret: Mapping[str, Any]) -> None:
    """Find out whether GLPI lets us in.

    Raises:
        SettingsError: a token is refused.
        GlpiError: something else keeps us out.
    """
    http = Http(ca_bundle=ca_bundle("GLPI_CA_BUNDLE", env))
    glpi = Glpi(glpi_base_url(url), Credentials(lambda: json.dumps(secret)), http)
    try:
        glpi.open(Deadline(LOGIN_SECONDS))
    except GlpiError as error:
        if error.code not in TOKEN_REMEDIES:
            raise
        key, remedy = TOKEN_REMEDIES[error.code]
        reason = f"{url} does not accept it ({error.code}): {remedy}"
        raise SettingsError(key, reason) from None
    finally:
        glpi.close(Deadline(1))


def check_bot(url: str, token: str, http: Http) -> None:
    """Find out whether Mattermost knows the bot.

    Raises:
        SettingsError: it does not, or is not there.
    """
    api = MattermostApi(url, lambda: MattermostAccess(bot_token=token), http)
    try:
        api.email("me", Deadline(LOGIN_SECONDS))
    except Denied as error:
        if error.status != HTTPStatus.UNAUTHORIZED:
            raise SettingsError("MATTERMOST_URL", f"is {url!r}: {error.remedy}") from None
        remedy = "enable the bot account, or create a new token (Integrations > Bot Accounts)"
        raise SettingsError("MATTERMOST_BOT_TOKEN", f"{url} does not accept it: {remedy}") from None
    except MattermostError as error:
        raise SettingsError("MATTERMOST_URL", f"is {url!r}: {error.remedy}") from None
    finally:
        http.close()
