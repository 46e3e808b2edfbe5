"""The Lambda entry point: API Gateway's HTTP API (payload 2.0) in, Mattermost's answer out.

Routes, authenticates, logs; what a message means is the business of `servicedesk`. Neither tokens
nor people's words reach a log: only ids, codes and our own sentences do.
"""

import base64
import binascii
import contextlib
import json
import logging
import os
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from bridge import telemetry
from bridge.config.credentials import Credentials, secrets_manager
from bridge.config.rules import Rules, read_rules
from bridge.config.settings import Settings, SettingsError
from bridge.config.timing import PATIENCE
from bridge.container import assemble
from bridge.filing.answers import say
from bridge.filing.servicedesk import Outcome, ServiceDesk
from bridge.filing.worker import Verdict, Worker
from bridge.mattermost import outgoing_webhook
from bridge.mattermost.api import MattermostApi
from bridge.net.aws import AwsError
from bridge.net.http import Deadline, Http, ServerError
from bridge.storage.ledger import DynamoLedger
from bridge.storage.outbox import Outbox, SqsOutbox, Unreadable, loads
from bridge.words.texts import ANSWERS
from glpi import Glpi

WORKER_SECONDS = 60.0
"""All in all for GLPI while nobody waits."""

GLPI_SECONDS = 10.0
"""All in all for GLPI while a person waits, logins and slow bodies included."""

RESERVE_SECONDS = 3.0
"""Kept back from the function's own time limit, so that the person gets an answer."""

logger = Logger(service=telemetry.SERVICE, level="INFO")

Event = Mapping[str, Any]
Response = dict[str, Any]


class Context(Protocol):
    """The part of Lambda's context that is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends this invocation."""


@dataclass(frozen=True)
class Container:
    """What a container keeps between invocations."""

    rules: Rules
    credentials: Credentials
    glpi: Glpi
    outbox: Outbox
    desk: ServiceDesk
    worker: Worker


def lambda_handler(event: Event, context: Context) -> Response:
    """Answer one HTTP request. Never raises: Mattermost shows nobody an error."""
    route = ROUTES.get(str(event.get("routeKey")))
    if route is None:
        return _respond(404, {"error": "there is nothing here"})
    return route(event, context)


def _webhook(event: Event, context: Context) -> Response:
    """Handle a request of an outgoing webhook."""
    in_doubt = "not_saved"
    telemetry.count_cold_start()
    try:
        request_id = (event.get("requestContext") or {}).get("requestId", "")
        logger.set_correlation_id(str(request_id))
        kept, post = _receive(event)
        logger.set_correlation_id(post.ref)
        in_doubt = "not_confirmed"
        seconds = min(GLPI_SECONDS, context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
        outcome = kept.desk.handle(post, Deadline(seconds))
        telemetry.outcome(outcome)
        _log(post, outcome)
        return _respond(200, outcome.reply)
    except outgoing_webhook.NotAccepted:
        telemetry.count("RefusedToken")
        logger.warning("refused: no accepted webhook token")
        return _respond(401, {"error": "the token is not accepted"})
    except outgoing_webhook.Malformed as problem:
        telemetry.count("Malformed")
        logger.warning("malformed request", extra={"problem": str(problem)})
        return _respond(problem.status, {"error": str(problem)})
    except SettingsError as problem:
        telemetry.count("SettingAtFault")
        telemetry.failed("setting")
        logger.error("a setting is at fault: nothing can be filed", extra=_fields(problem))
        return _respond(503, _say_regardless("not_saved"))
    except Exception as error:  # noqa: BLE001 - the last line of defence; an answer is owed
        telemetry.failed("unforeseen")
        _log_unforeseen(error)
        return _respond(500, _say_regardless(in_doubt))
    finally:
        telemetry.flush()


def _receive(event: Event) -> tuple[Container, outgoing_webhook.Post]:
    """Take an authenticated post out of an event.

    Raises:
        Malformed, NotAccepted: nothing of it may reach GLPI.
        SettingsError: nobody can be recognised.
    """
    headers = {str(k).lower(): str(v) for k, v in (event.get("headers") or {}).items()}
    token, fields = outgoing_webhook.read(headers.get("content-type", ""), _body(event))
    if not token:
        raise outgoing_webhook.Malformed("there is no token", status=401)
    kept = container()
    return kept, outgoing_webhook.to_post(fields, _authenticate(token, kept.credentials))


def queue_handler(event: Event, context: Context) -> Response:
    """Work on queued messages; those that are not done with are reported as failures to SQS."""
    telemetry.count_cold_start()
    left = [record for record in event["Records"] if not _work(record, context)]
    telemetry.flush()
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in left]}


def _work(record: Event, context: Context) -> bool:
    """Bring one message a step further; returns whether the queue may forget it. Never raises."""
    logger.set_correlation_id(str(record["messageId"]))
    try:
        return _obey(container(), record, context)
    except SettingsError as problem:
        telemetry.count("SettingAtFault")
        logger.error("a setting is at fault: messages wait", extra=_fields(problem))
    except AwsError as error:  # it comes back when the queue's own timeout is over
        logger.error("the queue did not take an order", extra={"code": error.code})
    except Exception as error:  # noqa: BLE001 - one message must not keep others from being tried
        telemetry.failed("unforeseen")
        _log_unforeseen(error)
    return False


def _obey(kept: Container, record: Event, context: Context) -> bool:
    """Do with a message what the service desk decides; returns whether the queue may forget it."""
    try:
        message = loads(record["body"])
    except Unreadable as problem:
        return _bury(kept.outbox, record["body"], str(problem))
    logger.set_correlation_id(message.post.ref)
    receives = int(record["attributes"]["ApproximateReceiveCount"])
    queued_at = int(record["attributes"]["SentTimestamp"]) / 1000
    seconds = min(WORKER_SECONDS, context.get_remaining_time_in_millis() / 1000)
    verdict = kept.worker.converge(message, receives, queued_at, Deadline(seconds))
    telemetry.verdict(verdict)
    _log_verdict(verdict)
    if verdict.event == "buried":
        return _bury(kept.outbox, record["body"], verdict.reason)
    if verdict.wait:
        kept.outbox.pause(record["receiptHandle"], verdict.wait)
        return False
    return True


def _bury(outbox: Outbox, body: str, reason: str) -> bool:
    """Put a message into the dead letter queue; until it is there, the queue keeps it."""
    outbox.bury(body, reason)
    telemetry.count("Buried")
    logger.error("buried: put into the dead letter queue", extra={"reason": reason})
    return True


def _log_verdict(verdict: Verdict) -> None:
    fields: dict[str, object] = {"age_seconds": round(verdict.age)}
    if verdict.ticket:
        fields["ticket"] = verdict.ticket
    if verdict.wait:
        fields["wait_seconds"] = round(verdict.wait)
    if verdict.error:
        fields |= _error_fields(verdict.error)
    logger.info(f"worker: {verdict.event}", extra=fields)
    if verdict.given_up:
        given_up = {"steps": sorted(verdict.given_up)}
        logger.error("given up: the message is too old", extra=fields | given_up)
    if verdict.twins:
        twins = [verdict.ticket, *verdict.twins]
        logger.error("two tickets for one post: close all but one", extra={"tickets": twins})


ROUTES: Mapping[str, Callable[[Event, Context], Response]] = {"POST /mattermost/webhook": _webhook}


@cache
def container() -> Container:
    """Put the bridge together, once per container.

    Raises:
        SettingsError: a setting cannot be used; the next invocation tries again.
    """
    for chatty in ("boto3", "botocore", "urllib3"):  # at DEBUG botocore prints the secret
        logging.getLogger(chatty).setLevel(logging.WARNING)
    settings = Settings.from_env(os.environ)
    logger.setLevel(settings.log_level)
    rules = read_rules()
    credentials = Credentials(secrets_manager(settings.secret_id), complain=_complain)
    _warn(rules, credentials, settings)
    glpi = Glpi(settings.glpi_url, credentials, Http(ca_bundle=settings.glpi_ca_bundle))
    mattermost_http = Http(ca_bundle=settings.mattermost_ca_bundle)
    api = MattermostApi(settings.mattermost_url, credentials.mattermost, mattermost_http)
    outbox = SqsOutbox(settings.queue_url, settings.dead_letter_url)
    ledger = DynamoLedger(settings.ledger_table, time.time)
    desk, worker = assemble(
        rules,
        settings.mattermost_url,
        glpi,
        api,
        ledger,
        outbox,
        time.time,
        PATIENCE[settings.pauses],
    )
    return Container(rules, credentials, glpi, outbox, desk, worker)


def _warn(rules: Rules, credentials: Credentials, settings: Settings) -> None:
    """Warn of what works, but hardly as it was meant."""
    if settings.glpi_url.startswith("http://"):
        logger.warning("GLPI_URL is http: tokens and messages cross the network unencrypted")
    named = {name for desk in rules.desks for name in desk.webhooks}
    with contextlib.suppress(SettingsError):  # an unusable secret is told when it is needed
        unknown = sorted(named - credentials.webhook_tokens().keys())
        if unknown:
            fields = {"names": unknown}
            logger.warning("bridge.toml names webhooks that the secret lacks", extra=fields)
        if credentials.mattermost().bot_token and not settings.mattermost_url:
            logger.warning("mattermost_bot_token is of no use: set MATTERMOST_URL as well")


def _complain(problem: SettingsError) -> None:
    logger.error("the secret could not be renewed; the old one is used", extra=_fields(problem))


def _fields(problem: SettingsError) -> dict[str, str]:
    return {"key": problem.key, "problem": problem.problem}


def _authenticate(token: str, credentials: Credentials) -> str:
    """Return our name of the token; an unknown one may have been added to the secret just now.

    Raises:
        NotAccepted: it is none of ours.
    """
    webhook = outgoing_webhook.verify(
        token, credentials.webhook_tokens()
    ) or outgoing_webhook.verify(token, credentials.webhook_tokens(renew=True))
    if webhook is None:
        raise outgoing_webhook.NotAccepted
    return webhook


def _body(event: Event) -> bytes:
    body = str(event.get("body") or "")
    if not event.get("isBase64Encoded"):
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise outgoing_webhook.Malformed(
            "the body is not base64, though the event says so"
        ) from None


def _log(post: outgoing_webhook.Post, outcome: Outcome) -> None:
    """Log what became of a post; the correlation id is the code that people read."""
    fields: dict[str, object] = {"webhook": post.webhook}
    if post.odd_fields:
        fields["odd_fields"] = post.odd_fields
    if outcome.ticket:
        fields["ticket"] = outcome.ticket
    if outcome.aside:
        filed = "filed, but with less than there could be"
        said = filed if outcome.ticket else "the author could not be answered"
        logger.warning(said, extra=fields | _error_fields(outcome.aside))
    if outcome.error is None:
        write = logger.warning if outcome.event == "unknown_desk" else logger.info
        write(outcome.event, extra=fields)
        return
    logger.error(outcome.event, extra=fields | _error_fields(outcome.error))


def _error_fields(error: ServerError | AwsError) -> dict[str, object]:
    fields: dict[str, object] = {"error": type(error).__name__, "code": error.code}
    if isinstance(error, ServerError):
        fields |= {"http_status": error.status, "remedy": error.remedy}
    return fields


def _log_unforeseen(error: Exception) -> None:
    """Log the type and the place of an error: its message may hold people's words."""
    places = [f"{f.name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    fields = {"error": type(error).__name__, "at": " > ".join(places)}
    logger.error("unforeseen error", extra=fields)


def _say_regardless(key: str) -> Mapping[str, str]:
    """Say something though settings may be unreadable: as bridge.toml wants it, or in Russian."""
    ref = logger.get_correlation_id() or ""
    try:
        return say(read_rules(), key, ref=ref)
    except SettingsError:
        return outgoing_webhook.answer(ANSWERS["ru"][key].format(ref=ref), in_thread=True)


def _respond(status: int, body: Mapping[str, object]) -> Response:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, ensure_ascii=False),
    }
