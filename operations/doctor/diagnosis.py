"""All checks of an installation, made within one deadline."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3

from bridge.container import BRIDGE_TOML
from bridge.net.aws import AwsError, ask, config
from bridge.net.deadline import Deadline
from operations.doctor import (
    alarms,
    aws,
    glpi_login,
    glpi_rights,
    mattermost,
    network,
    outgoing_webhooks,
)
from operations.doctor import settings as settings_checks
from operations.doctor.aws import AwsSubject
from operations.doctor.check import Check, Group, Line, Wrong, run
from operations.doctor.glpi_login import GlpiSubject
from operations.doctor.mattermost import MattermostSubject
from operations.doctor.settings import read_configuration
from operations.installation import Source, variables

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

SECONDS = 18.0
"""All in all; with the start of the program nobody waits longer than 20."""

SECRET_SECONDS = 4.0

SUBJECTS: Mapping[str, Sequence[Check[object]]] = cast(
    "Mapping[str, Sequence[Check[object]]]",
    {
        "Settings": settings_checks.CHECKS,
        "GLPI": (*glpi_login.CHECKS, *glpi_rights.CHECKS),
        "Mattermost": (*mattermost.CHECKS, *outgoing_webhooks.CHECKS),
        "AWS": (*aws.CHECKS, *alarms.CHECKS, *network.CHECKS),
    },
)
"""All checks, as they are shown."""


@dataclass(frozen=True)
class Diagnosis:
    """What was found out.

    Attributes:
        lines: in the order of `SUBJECTS`.
        secrets: values that must not be shown.
    """

    lines: tuple[Line, ...]
    secrets: frozenset[str]

    @property
    def wrong(self) -> tuple[Line, ...]:
        """The lines on which something is wrong."""
        return tuple(line for line in self.lines if isinstance(line.result, Wrong))


def diagnose(
    source: Source,
    *,
    admin_token: str = "",
    file_tickets: bool = False,
    seconds: float = SECONDS,
    bridge_toml: Path = BRIDGE_TOML,
) -> Diagnosis:
    """Make all checks of an installation.

    Args:
        source: which installation.
        admin_token: of an administrator of Mattermost, "" for none.
        file_tickets: whether a real ticket may be filed in GLPI.
        seconds: for everything.
        bridge_toml: the desks.

    Raises:
        CannotAsk: the settings cannot be read.
    """
    deadline = Deadline(seconds)
    configuration = read_configuration(source, variables(source), _fetch, bridge_toml)
    stack = AwsSubject(configuration, deadline)
    if source.stack:
        with contextlib.suppress(AwsError, TimeoutError):  # told by the check of the stack
            stack.read()
            configuration = replace(configuration, webhook_url=stack.outputs.get("WebhookUrl", ""))
    chat = MattermostSubject(configuration, deadline, admin_token)
    glpi = GlpiSubject(configuration, deadline, file_tickets=file_tickets)
    first = Group[object]("Settings", configuration, SUBJECTS["Settings"])
    groups = [
        Group[object]("GLPI", glpi, SUBJECTS["GLPI"], glpi.close),
        Group[object]("Mattermost", chat, SUBJECTS["Mattermost"], chat.close),
        Group[object]("AWS", stack, SUBJECTS["AWS"]),
    ]
    known = run([first], deadline, {})
    known = run(groups, deadline, known)
    lines = tuple(known[check.id] for group in (first, *groups) for check in group.checks)
    return Diagnosis(lines, configuration.confidential | ({admin_token} if admin_token else set()))


def _fetch(secret_id: str) -> str | None:
    """Return the value of a secret, None when it is binary."""

    def read() -> str | None:
        client: SecretsManagerClient = boto3.client("secretsmanager", config=config(SECRET_SECONDS))
        return client.get_secret_value(SecretId=secret_id).get("SecretString")

    return ask(SECRET_SECONDS, read)
