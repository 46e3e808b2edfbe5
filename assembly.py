"""How the parts of the bridge fit together."""

from collections.abc import Callable

from answers import Answers
from files import Files
from filing import Filing
from glpi import Glpi
from glpi_documents import GlpiDocuments
from glpi_followups import GlpiFollowups
from glpi_people import GlpiPeople
from ledger import Ledger
from mattermost_api import MattermostApi
from outbox import Outbox
from patience import Patience
from planning import Planner
from requesters import Requesters
from rules import Rules
from servicedesk import ServiceDesk
from steps import Steps
from way_back import WayBack
from worker import Worker


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
