"""Checks of the settings: the environment, bridge.toml, and the secret."""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.config.credentials import GlpiTokens, MattermostAccess, Secret, parse_secret
from bridge.config.rules import Rules, read_rules
from bridge.config.settings import Settings, SettingsError
from bridge.container import BRIDGE_TOML
from bridge.net.aws import AwsError
from operations.doctor.check import (
    Check,
    Fault,
    Ok,
    Result,
    Skipped,
    Wrong,
    of_aws,
    split,
    together,
)
from operations.errors import CannotAsk
from operations.installation import Source

_USABLE = {
    "GLPI_URL": "http://unusable.invalid",
    "SECRET_ID": "unusable",
    "QUEUE_URL": "unusable",
    "DEAD_LETTER_URL": "unusable",
    "LEDGER_TABLE": "unusable",
}
"""What stands in for an unusable setting while the others are read; other keys can be empty."""

_PREFIX = "secret key "
_MOST = 20

MISTAKE = Fault("{key} {what}.", "{remedy}", by_deployment=True)
SECRET_MISTAKE = Fault("{key} {what}.", "{remedy}")
NO_VALUE = Fault(
    "There is no secret {id}, or it has no value yet.",
    "Store the JSON with “aws secretsmanager put-secret-value” (docs/settings.md has its keys).",
)
BINARY = Fault("The secret {id} is binary.", "Store the JSON as text (--secret-string).")
UNKNOWN_WEBHOOK = Fault(
    "bridge.toml names webhook tokens that the secret lacks: {names}.",
    "Add them to mattermost_webhook_tokens of the secret, or correct “webhooks” of the desk.",
)


@dataclass(frozen=True)
class Configuration:
    """What an installation is told, as far as it can be used.

    Attributes:
        source: where it comes from.
        settings: the environment; of a broken key the value is made up.
        mistakes: of the environment.
        rules: bridge.toml, None when it cannot be used.
        rules_mistake: why bridge.toml cannot be used.
        secret: of a broken key the value is made up; None when there is none at all.
        secret_result: why it cannot be used, None when it can.
        broken: the keys of environment and secret that cannot be used.
        webhook_url: where Mattermost should send messages to, "" if that is not known.
        promises_size: whether bridge.toml itself says how large a file may be.
    """

    source: Source
    settings: Settings
    mistakes: tuple[SettingsError, ...]
    rules: Rules | None
    rules_mistake: SettingsError | None
    secret: Secret | None
    secret_result: Wrong | Skipped | None
    broken: frozenset[str]
    webhook_url: str = ""
    promises_size: bool = False

    @property
    def tokens(self) -> GlpiTokens | None:
        """GLPI's tokens, if both can be used."""
        if self.secret is None or self.broken & {"glpi_app_token", "glpi_user_token"}:
            return None
        return self.secret.glpi

    @property
    def access(self) -> MattermostAccess:
        """How the bridge may write in Mattermost."""
        return self.secret.mattermost if self.secret else MattermostAccess()

    @property
    def confidential(self) -> frozenset[str]:
        """The values of the secret, none of which may be shown."""
        if self.secret is None:
            return frozenset()
        found = {*self.secret.webhook_tokens.values(), self.secret.glpi.app, self.secret.glpi.user}
        return frozenset(value for value in {*found, *vars(self.access).values()} if len(value) > 3)


def read_configuration(
    source: Source,
    env: Mapping[str, str],
    fetch: Callable[[str], str | None],
    path: Path = BRIDGE_TOML,
) -> Configuration:
    """Read everything that can be read, and remember what cannot.

    Args:
        source: where the environment comes from.
        env: the environment.
        fetch: returns the value of a secret; raises AwsError.
        path: of bridge.toml.
    """
    settings, mistakes = _read_environment(env)
    broken = {mistake.key for mistake in mistakes}
    rules, rules_mistake = None, None
    try:
        rules = read_rules(path)
    except SettingsError as error:
        rules_mistake = error
    secret, result, unusable = None, None, set[str]()
    if "SECRET_ID" not in broken:
        secret, result, unusable = _read_secret(settings.secret_id, fetch)
    return Configuration(
        source=source,
        settings=settings,
        mistakes=mistakes,
        rules=rules,
        rules_mistake=rules_mistake,
        secret=secret,
        secret_result=result,
        broken=frozenset(broken | unusable),
        webhook_url=env.get("WEBHOOK_URL", ""),
        promises_size=bool(rules) and "max_file_mb" in tomllib.loads(path.read_text("utf-8")),
    )


def _read_environment(env: Mapping[str, str]) -> tuple[Settings, tuple[SettingsError, ...]]:
    """Read the environment; `Settings` names one mistake at a time."""
    patched, mistakes = dict(env), list[SettingsError]()
    while True:
        try:
            return Settings.from_env(patched), tuple(mistakes)
        except SettingsError as mistake:
            if len(mistakes) > _MOST:
                raise
            mistakes.append(mistake)
            patched[mistake.key] = _USABLE.get(mistake.key, "")


def _read_secret(
    name: str, fetch: Callable[[str], str | None]
) -> tuple[Secret | None, Wrong | Skipped | None, set[str]]:
    """Return the secret with made-up values for what is broken, what that is, and its keys."""
    try:
        text = fetch(name)
    except AwsError as error:
        if error.code == "ResourceNotFoundException":
            return None, NO_VALUE.found(id=name), set()
        return None, of_aws(error, f"the secret {name}"), set()
    except CannotAsk as error:
        return None, split(str(error)), set()
    if text is None:
        return None, BINARY.found(id=name), set()
    found, broken = list[Wrong](), set[str]()
    while True:
        try:
            return parse_secret(text), together(*found), broken
        except SettingsError as mistake:
            found.append(_mistake(mistake, "Store the JSON again.", SECRET_MISTAKE))
            key = mistake.key.removeprefix(_PREFIX)
            if not mistake.key.startswith(_PREFIX) or len(found) > _MOST:
                return None, together(*found), broken
            broken.add(key)
            text = _patched(text, key)


def _patched(text: str, key: str) -> str:
    """Put something usable in the place of a key; one without which it works is left out."""
    value = json.loads(text)
    outer, _, inner = key.partition(".")
    if inner:
        value[outer][inner] = "unusable"
    elif outer == "mattermost_webhook_tokens":
        value[outer] = {"unusable": "unusable"}
    elif outer in ("glpi_app_token", "glpi_user_token"):
        value[outer] = "unusable"
    else:
        value.pop(outer, None)
    return json.dumps(value)


def _mistake(error: SettingsError, otherwise: str, fault: Fault = MISTAKE) -> Wrong:
    """Part a mistake into what is wrong and what would be right."""
    parts = re.split(r"; |: (?=store |check )", error.reason, maxsplit=1)
    what = parts[0].rstrip(".")
    remedy = re.sub("^it is ", "set it to ", parts[1]) if len(parts) > 1 else otherwise
    return fault.found(key=error.key, what=what, remedy=_capital(remedy))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def environment(configuration: Configuration) -> Result:
    """Name every mistake in the environment."""
    source = configuration.source
    place = f"stack {source.stack}" if source.stack else source.env_file
    otherwise = f"Correct it in {place or 'the environment'}."
    of_bundle = "Put that file into certs/ of this folder, too." if source.stack else otherwise
    found = together(
        *(
            _mistake(mistake, of_bundle if mistake.key.endswith("_BUNDLE") else otherwise)
            for mistake in configuration.mistakes
        )
    )
    return found or Ok(f"GLPI is {configuration.settings.glpi_url}")


def desks(configuration: Configuration) -> Result:
    """Name the mistake in bridge.toml; it is the one of this folder, not that of a stack."""
    if configuration.rules is None:
        assert configuration.rules_mistake is not None  # noqa: S101 - there is either of them
        return _mistake(
            configuration.rules_mistake, "Correct it; docs/settings.md explains every key."
        )
    triggers = dict.fromkeys(t for desk in configuration.rules.desks for t in desk.triggers)
    count = len(configuration.rules.desks)
    where = " (bridge.toml of this folder)" if configuration.source.stack else ""
    return Ok(f"{count} desk{'s' if count > 1 else ''}: {', '.join(triggers)}{where}")


def secret(configuration: Configuration) -> Result:
    """Say whether the secret is there, has a value, and is complete."""
    if configuration.secret_result:
        return configuration.secret_result
    if configuration.secret is None:
        return Skipped("SECRET_ID is not usable")
    hooks = len(configuration.secret.webhook_tokens)
    ways = [
        *(["a bot"] if configuration.access.bot_token else []),
        *(["an incoming webhook"] if configuration.access.incoming_webhook else []),
    ]
    back = " and ".join(ways) or "no bot"
    return Ok(f"GLPI's tokens, {hooks} webhook token{'s' if hooks > 1 else ''}, {back}")


def webhook_names(configuration: Configuration) -> Result:
    """Say whether the secret knows the webhook tokens that the desks name."""
    if configuration.rules is None or configuration.secret is None:
        return Skipped("bridge.toml or the secret cannot be read")
    named = {name for desk in configuration.rules.desks for name in desk.webhooks}
    if not named:
        return Skipped("no desk is bound to a webhook")
    unknown = sorted(named - configuration.secret.webhook_tokens.keys())
    if unknown:
        return UNKNOWN_WEBHOOK.found(names=", ".join(unknown))
    return Ok(", ".join(sorted(named)))


CHECKS: tuple[Check[Configuration], ...] = (
    Check("settings.environment", "environment", environment, faults=(MISTAKE,)),
    Check("settings.desks", "bridge.toml", desks, faults=(MISTAKE,)),
    Check("settings.secret", "secret", secret, faults=(NO_VALUE, BINARY, SECRET_MISTAKE)),
    Check("settings.webhooks", "webhooks of desks", webhook_names, faults=(UNKNOWN_WEBHOOK,)),
)
