"""Mattermost's outgoing webhook: what somebody wrote comes in, what became of it goes back."""

import time
from collections.abc import Mapping
from functools import partial

from bridge import telemetry
from bridge.config import timing
from bridge.config.credentials import Credentials
from bridge.config.settings import SettingsError
from bridge.container import Container, container, rules
from bridge.endpoints.guard import Answered, attempt, guard
from bridge.endpoints.http import (
    Context,
    Event,
    Refusal,
    Response,
    body,
    header,
    request_id,
    respond,
)
from bridge.filing.answers import Outcome, say
from bridge.jobs.post_job import PostJob, dumps
from bridge.logs import error_fields, log_setting, log_unforeseen, logger
from bridge.mattermost import outgoing_webhook
from bridge.mattermost.outgoing_webhook import Malformed, Post
from bridge.net.deadline import Deadline
from bridge.words.texts import ANSWERS

PATH = "/mattermost/webhook"
"""Mattermost's callback URL ends with it; a test holds template.yaml to it."""

ROUTE = f"POST {PATH}"

METRICS = {
    "filed": "Filed",
    "added": "Added",
    "empty": "Empty",
    "ignored": "Ignored",
    "unknown_desk": "UnknownDesk",
    "duplicate": "Duplicate",
    "queued": "Queued",
    "queued_later": "QueuedLater",
    "refused": "Refused",
    "intercepted": "Refused",
    "too_large": "Refused",
    "not_confirmed": "NotConfirmed",
    "not_saved": "NotSaved",
}
"""Which metric counts an outcome's event."""


def answer(event: Event, context: Context) -> Response:
    """Answer a request. Never raises: Mattermost shows nobody an error."""
    return guard(lambda: _receive(event, context), partial(_failed, "not_saved"))


def _receive(event: Event, context: Context) -> Answered[Response]:
    """Recognise the caller, read the post, and hand it to the service desk.

    Raises:
        Refusal: nothing of it may reach GLPI.
        SettingsError: nobody can be recognised.
    """
    logger.set_correlation_id(request_id(event))
    built, post = _post(event)
    logger.set_correlation_id(post.ref)
    seconds = context.get_remaining_time_in_millis() / 1000 - timing.RESERVE_SECONDS
    deadline = Deadline(min(timing.GLPI_SECONDS, seconds))
    return attempt(lambda: _file(built, post, deadline), partial(_failed, "not_confirmed"))


def _post(event: Event) -> tuple[Container, Post]:
    """Take an authenticated post out of an event.

    Raises:
        Refusal, SettingsError: as above.
    """
    try:
        token, fields = outgoing_webhook.read(header(event, "content-type"), body(event))
        if not token:
            raise Refusal(401, "there is no token")
        built = container()
        webhook = _authenticate(token, built.credentials)
        return built, outgoing_webhook.to_post(fields, webhook, request_id(event), token)
    except Malformed as error:
        raise Refusal(400, str(error)) from None


def _authenticate(token: str, credentials: Credentials) -> str:
    """Return our name of the token; an unknown one may have been added to the secret just now.

    Raises:
        Refusal: it is none of ours.
    """
    webhook = outgoing_webhook.verify(
        token, credentials.webhook_tokens()
    ) or outgoing_webhook.verify(token, credentials.webhook_tokens(renew=True))
    if webhook is None:
        raise NotAccepted
    return webhook


def _file(built: Container, post: Post, deadline: Deadline) -> Answered[Response]:
    body = dumps(PostJob(post, time.time()))
    outcome = built.desk.handle(post.submission(), body, deadline)
    response = respond(200, outcome.reply)
    return Answered(response, (partial(_count, outcome), partial(_log, post, outcome)))


class NotAccepted(Refusal):
    """A request whose token is none of ours."""

    def __init__(self) -> None:
        super().__init__(401, "the token is not accepted")


def _failed(key: str, error: Exception) -> Answered[Response]:
    """Return the answer to a request that came to nothing.

    Args:
        key: of the sentence that holds if nothing is known.
        error: what went wrong.
    """
    if isinstance(error, Refusal):
        return _refused(error)
    if isinstance(error, SettingsError):
        records = (
            partial(telemetry.count, "SettingAtFault"),
            partial(telemetry.failed, "setting"),
            partial(log_setting, "a setting is at fault: nothing can be filed", error),
        )
        return Answered(respond(503, _say_regardless("not_saved")), records)
    unforeseen = (partial(telemetry.failed, "unforeseen"), partial(log_unforeseen, error))
    return Answered(respond(500, _say_regardless(key)), unforeseen)


def _refused(refusal: Refusal) -> Answered[Response]:
    response = respond(refusal.status, {"error": refusal.reason})
    if isinstance(refusal, NotAccepted):
        said = partial(logger.warning, "refused: no accepted webhook token")
        return Answered(response, (partial(telemetry.count, "RefusedToken"), said))
    said = partial(logger.warning, "malformed request", extra={"problem": refusal.reason})
    return Answered(response, (partial(telemetry.count, "Malformed"), said))


def _say_regardless(key: str) -> Mapping[str, str]:
    """Say something though settings may be unreadable: as bridge.toml wants it, or in Russian."""
    ref = logger.get_correlation_id() or ""
    try:
        return say(rules(), key, ref=ref)
    except SettingsError:
        return outgoing_webhook.answer(ANSWERS["ru"][key].format(ref=ref), in_thread=True)


def _count(outcome: Outcome) -> None:
    """Count what became of a post, and how long GLPI took."""
    telemetry.count(METRICS[outcome.event])
    if outcome.minor_error:
        telemetry.count_error(outcome.minor_error)
    if outcome.error:
        telemetry.count("Failed")
        telemetry.count_error(outcome.error)
    if outcome.glpi_seconds is not None:
        telemetry.measure_glpi(outcome.glpi_seconds)


def _log(post: Post, outcome: Outcome) -> None:
    """Log what became of a post; the correlation id is the code that people read."""
    fields: dict[str, object] = {"webhook": post.webhook}
    if post.odd_fields:
        fields["odd_fields"] = post.odd_fields
    if outcome.ticket:
        fields["ticket"] = outcome.ticket
    if outcome.minor_error:
        filed = "filed, but with less than there could be"
        said = filed if outcome.ticket else "the author could not be answered"
        logger.warning(said, extra=fields | error_fields(outcome.minor_error))
    if outcome.error is None:
        write = logger.warning if outcome.event == "unknown_desk" else logger.info
        write(outcome.event, extra=fields)
        return
    logger.error(outcome.event, extra=fields | error_fields(outcome.error))
