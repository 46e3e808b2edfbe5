"""How the parts of the bridge fit together."""

from collections.abc import Callable

from bridge.config.rules import Rules
from bridge.config.timing import Patience
from bridge.filing.answers import Answers
from bridge.filing.filing import Filing
from bridge.filing.planning import Planner
from bridge.filing.servicedesk import ServiceDesk
from bridge.filing.steps import Steps
from bridge.filing.worker import Worker
from bridge.mattermost.api import MattermostApi
from bridge.mattermost.notifier import WayBack
from bridge.storage.ledger import Ledger
from bridge.storage.outbox import Outbox
from bridge.tickets.files import Files
from bridge.tickets.requesters import Requesters
from glpi import Glpi, GlpiDocuments, GlpiFollowups, GlpiPeople


def assemble(
    rules: Rules,
    mattermost_url: str | None,
    glpi: Glpi,
    api: MattermostApi,
    ledger: Ledger,
    outbox: Outbox,
    clock: Callable[[], float],
    patience: Patience,
) -> tuple[ServiceDesk, Worker]:
    """Return who answers people, and who works on what waits.

    Args:
        rules: bridge.toml.
        mattermost_url: base URL for links to posts, if known.
        glpi: where tickets go.
        api: Mattermost.
        ledger: what has become of each post.
        outbox: where messages are safe.
        clock: seconds since the epoch.
        patience: how long to wait for what.
    """
    filing = Filing(glpi, ledger, clock, patience)
    followups, people = GlpiFollowups(glpi.session), GlpiPeople(glpi.session)
    requesters = Requesters(rules, api, people, clock)
    planner = Planner(rules, mattermost_url, glpi, followups, api, filing, requesters, clock)
    answers, way_back = Answers(rules, mattermost_url, glpi.ticket_url), WayBack(api)
    files = Files(rules, api, GlpiDocuments(glpi.session))
    steps = Steps(filing, requesters, people, files, followups, way_back)
    return (
        ServiceDesk(rules, answers, planner, filing, outbox, way_back, clock),
        Worker(rules, answers, planner, filing, steps, way_back, clock),
    )
