"""Parts of what `make run` prints at its start: how to call the bridge, whose tokens it has."""

import shlex
from collections.abc import Collection, Mapping
from pathlib import Path

from local.gateway import INVOKE

WORDS = "the printer is on fire"

AS_WEBHOOK = """\
Call the bridge as Mattermost's webhook would, and open the link in the answer:

  curl {webhook} -d token={token} \\
    -d user_name=alice -d channel_name=helpdesk \\
    --data-urlencode {text}

or call the function with a request that a real Mattermost sent, as `sam local invoke` would:

  curl http://127.0.0.1:{port}{invoke} -d {event}
"""

SEND = """\
Call the bridge as Mattermost's webhook would, with the first of your MATTERMOST_TOKENS:

  {manage} send {text}
"""

TOKENS = """
What the log calls a token of the secret is, in this run:

{rows}
"""

VARIABLES = {
    "glpi_app_token": "GLPI_APP_TOKEN",
    "glpi_user_token": "GLPI_USER_TOKEN",
    "mattermost_webhook_tokens": "MATTERMOST_TOKENS",
    "mattermost_bot_token": "MATTERMOST_BOT_TOKEN",
}
"""Keys of the bridge's secret, and the variables that they can come from."""


def as_webhook(port: int, path: str, token: str, trigger: str, event: Path) -> str:
    """Return how to call the bridge with the samples' tokens.

    Args:
        port: of the gateway.
        path: of the webhook there.
        token: that is accepted.
        trigger: the first word.
        event: a recorded one, as it can be typed here.
    """
    return AS_WEBHOOK.format(
        webhook=f"http://127.0.0.1:{port}{path}",
        token=token,
        text=shlex.quote(f"text={trigger} {WORDS}"),
        port=port,
        invoke=INVOKE,
        event=shlex.quote(f"@{event}"),
    )


def with_own_tokens(manage: str, trigger: str) -> str:
    """Return how to call the bridge where the samples' tokens, and so the samples, are refused.

    Args:
        manage: the operator's program, as it can be typed here.
        trigger: the first word.
    """
    return SEND.format(manage=manage, text=shlex.quote(f"{trigger} {WORDS}"))


def origin(variable: str, env: Mapping[str, str], from_file: Collection[str]) -> str:
    """Return where a variable was set, such as "from .env"; "" where it was not.

    Args:
        variable: its name.
        env: all that are set.
        from_file: the names of those that `.env` has set.
    """
    if not env.get(variable):
        return ""
    return "from .env" if variable in from_file else "from the environment"


def tokens_from(given: Collection[str], env: Mapping[str, str], from_file: Collection[str]) -> str:
    """Return where those keys of the secret come from that were given, "" if none was.

    Args:
        given: the keys that this run did not make itself.
        env: as above.
        from_file: as above.
    """
    rows = [
        f"  {key:26} {variable}, {origin(variable, env, from_file)}"
        for key, variable in VARIABLES.items()
        if key in given
    ]
    return TOKENS.format(rows="\n".join(rows)) if rows else ""
