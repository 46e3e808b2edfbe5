"""How the parts of the bridge fit together, once a container.

They are put together while Lambda initialises the function: it has two whole processors then, and
a fraction of one in a request. Nobody is asked anything meanwhile.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bridge.config import timing
from bridge.config.credentials import Credentials, secrets_manager
from bridge.config.rules import Rules, read_rules
from bridge.config.settings import Settings, SettingsError
from bridge.config.timing import TIMINGS, Timing
from bridge.filing.answers import Answers
from bridge.filing.completion import Completion
from bridge.filing.exactly_once import Filing
from bridge.filing.first_attempt import FirstAttempt
from bridge.filing.linking import Linking
from bridge.filing.outlook import Outlooks
from bridge.filing.planning import Planner
from bridge.filing.reception import Reception
from bridge.filing.servicedesk import Replies, ServiceDesk
from bridge.filing.threads import Threads
from bridge.filing.worker import LaterAttempts, Worker
from bridge.jobs.circuit import Circuit
from bridge.jobs.claims import Claims
from bridge.jobs.leases import Leases
from bridge.jobs.retries import RetryPolicy
from bridge.jobs.safekeeping import Safekeeping
from bridge.logs import log_setting, logger
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.notifier import Notifier
from bridge.mattermost.presence import Presence
from bridge.net.deadline import Deadline
from bridge.net.http import Http
from bridge.storage.dynamodb import DynamoStore
from bridge.storage.kinds import Queue
from bridge.storage.ledger import Ledger
from bridge.storage.links import Links
from bridge.storage.outbox import Outbox, SqsOutbox
from bridge.storage.store import Store
from bridge.tickets.files import Files
from bridge.tickets.requesters import Requesters
from glpi import Glpi

BRIDGE_TOML = Path(__file__).parent.parent / "bridge.toml"


@dataclass(frozen=True)
class Container:
    """What a container keeps between invocations."""

    settings: Settings
    rules: Rules
    credentials: Credentials
    glpi: Glpi
    outbox: Outbox
    desk: ServiceDesk
    worker: Worker
    policy: RetryPolicy


def rules() -> Rules:
    """Read bridge.toml.

    Raises:
        SettingsError: names the key, the value and what is allowed.
    """
    return read_rules(BRIDGE_TOML)


@cache
def parts() -> Container:
    """Put the bridge together, without asking anybody anything.

    Raises:
        SettingsError: a setting cannot be used; the next call tries again.
    """
    for chatty in ("boto3", "botocore", "urllib3"):  # at DEBUG botocore prints the secret
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = Settings.from_env(os.environ)
    logger.setLevel(settings.log_level)
    toml = rules()
    credentials = Credentials(
        secrets_manager(settings.secret_id),
        complain=lambda error: log_setting(
            "the secret could not be renewed; the old one is used", error
        ),
    )
    glpi_http = Http(ca_bundle=settings.glpi_ca_bundle)
    glpi_http.prepare(settings.glpi_url)
    mattermost_http = Http(ca_bundle=settings.mattermost_ca_bundle)
    mattermost_http.prepare(settings.mattermost_url or "")
    glpi = Glpi(settings.glpi_url, credentials, glpi_http, settings.glpi_public_url)
    api = MattermostApi(settings.mattermost_url, credentials.mattermost, mattermost_http, time.time)
    outbox = SqsOutbox(queue_urls(settings), settings.dead_letter_url)
    store = DynamoStore(settings.ledger_table)
    pauses = TIMINGS[settings.pauses]
    desk, worker = assemble(toml, glpi, api, store, outbox, time.time, pauses)
    return Container(settings, toml, credentials, glpi, outbox, desk, worker, RetryPolicy(pauses))


def queue_urls(settings: Settings) -> Mapping[Queue, str]:
    """Return the queues that the worker is fed from."""
    return {
        Queue.PEOPLE: settings.queue_url,
        Queue.LOOKS: settings.look_queue_url,
        Queue.ALERTS: settings.alert_queue_url,
    }


def start() -> None:
    """Put the bridge together now, if that is possible.

    Whatever keeps it from that is met again by each request, and answered there.
    """
    with contextlib.suppress(Exception):
        parts()


@cache
def container() -> Container:
    """Return the bridge, for a request.

    Raises:
        SettingsError: a setting cannot be used; the next request tries again.
    """
    built = parts()
    _warn(built)
    return built


def close() -> None:
    """End what is kept between requests; the next one puts the bridge together anew."""
    if parts.cache_info().currsize:
        parts().glpi.close(Deadline(timing.LOG_OUT_SECONDS))
    container.cache_clear()
    parts.cache_clear()


def assemble(
    rules: Rules,
    glpi: Glpi,
    api: MattermostApi,
    store: Store,
    outbox: Outbox,
    clock: Callable[[], float],
    pauses: Timing,
) -> tuple[ServiceDesk, Worker]:
    """Return who answers people, and who works on what waits.

    Args:
        rules: bridge.toml.
        glpi: where tickets go.
        api: Mattermost.
        store: what is remembered.
        outbox: where messages are safe.
        clock: seconds since the epoch.
        pauses: how long to wait for what.
    """
    ledger, links = Ledger(store, clock), Links(store, clock)
    claims, leases = Claims(ledger, clock, pauses), Leases(ledger, clock, pauses)
    reception = Reception(rules, Answers(rules, api.base_url, glpi.ticket_url))
    notifier = Notifier(
        api, rules.incoming_webhook_team, rules.reply_username, rules.reply_icon_url
    )
    presence = Presence(api, clock, joins=rules.bot_joins)
    threads = Threads(api, glpi, links, claims, clock)
    requesters = Requesters(rules, api, glpi.people, clock)
    planner = Planner(rules, api, glpi, threads, requesters, clock)
    filing = Filing(claims, clock, pauses)
    linking = Linking(links, threads, requesters, glpi.followups)
    desk = ServiceDesk(
        reception,
        Safekeeping(outbox, pauses.first_delay),
        FirstAttempt(
            Circuit(glpi.probe, clock), planner, claims, filing, glpi.learn_address, links, clock
        ),
        Replies(threads, notifier, leases, presence, in_thread=rules.in_thread),
        Outlooks(api, notifier, presence),
    )
    worker = Worker(
        reception,
        claims,
        LaterAttempts(claims, threads, planner, filing),
        Completion(leases, linking, requesters, Files(rules, api, glpi), notifier, presence, glpi),
        RetryPolicy(pauses),
        clock,
    )
    return desk, worker


def _warn(built: Container) -> None:
    """Warn of what works, but hardly as it was meant."""
    settings, credentials = built.settings, built.credentials
    if settings.glpi_url.startswith("http://"):
        logger.warning("GLPI_URL is http: tokens and messages cross the network unencrypted")
    named = {name for desk in built.rules.desks for name in desk.webhooks}
    with contextlib.suppress(SettingsError):  # an unusable secret is told when it is needed
        unknown = sorted(named - credentials.webhook_tokens().keys())
        if unknown:
            fields = {"names": unknown}
            logger.warning("bridge.toml names webhooks that the secret lacks", extra=fields)
        access = credentials.mattermost()
        if access.bot_token and not settings.mattermost_url:
            logger.warning("mattermost_bot_token is of no use: set MATTERMOST_URL as well")
        if access.incoming_webhook and not built.rules.incoming_webhook_team:
            said = "is of no use: set incoming_webhook_team in bridge.toml"
            logger.warning(f"mattermost_incoming_webhook {said}")
