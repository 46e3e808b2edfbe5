"""The functions' entry points: API Gateway's requests and queued messages come in here."""

from collections.abc import Callable, Mapping

from bridge import container
from bridge.endpoints import outgoing_webhook, queue
from bridge.endpoints.http import Context, Event, Response, respond

ROUTES: Mapping[str, Callable[[Event, Context], Response]] = {
    outgoing_webhook.ROUTE: outgoing_webhook.answer,
}
"""Who answers what API Gateway calls a route key; a way in is one module and one line here."""

container.start()


def lambda_handler(event: Event, context: Context) -> Response:
    """Answer one HTTP request; never raises."""
    answer = ROUTES.get(str(event.get("routeKey")))
    if answer is None:
        return respond(404, {"error": "there is nothing here"})
    return answer(event, context)


def queue_handler(event: Event, context: Context) -> Response:
    """Work on queued messages; those that are not done with are reported as failures to SQS."""
    return queue.work(event, context)
