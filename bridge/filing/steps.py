"""What is left to do for a post in GLPI: thread, requester, files, and telling its author.

Each step can be done again without harm; none keeps another from being done.
"""

from collections.abc import Set
from dataclasses import dataclass

from bridge.filing.answers import Answers
from bridge.filing.filing import Filing
from bridge.mattermost.api import Gone, MattermostError
from bridge.mattermost.notifier import Way, WayBack
from bridge.mattermost.outgoing_webhook import Post
from bridge.net.http import Deadline, ServerError
from bridge.storage.ledger import FILES, NEW_TICKET, REQUESTER, THREAD, TOLD, Entry
from bridge.tickets.content import marker
from bridge.tickets.files import Files
from bridge.tickets.requesters import Requesters, later
from glpi import NOBODY, GlpiError, GlpiFollowups, GlpiPeople, OutcomeUnknown, Refused

NOTICE_SECONDS = 10.0
"""All in all for telling an author something later."""


@dataclass(frozen=True)
class Done:
    """How far the steps of a post have come.

    Attributes:
        steps: that are done now, files included.
        error: what kept another from being done, if anything did.
        doubtful: whether something may still be on its way to GLPI.
    """

    steps: frozenset[str]
    error: ServerError | None = None
    doubtful: bool = False


class Steps:
    """Does the steps.

    Args:
        filing: knows which thread belongs to which ticket.
        requesters: know who asks.
        people: name them in GLPI.
        files: are carried.
        followups: hold notes on those that are not.
        way_back: tells authors.
    """

    def __init__(
        self,
        filing: Filing,
        requesters: Requesters,
        people: GlpiPeople,
        files: Files,
        followups: GlpiFollowups,
        way_back: WayBack,
    ) -> None:
        self._filing = filing
        self._requesters = requesters
        self._people = people
        self._files = files
        self._followups = followups
        self._way_back = way_back

    def wanted(self, post: Post, root: str) -> frozenset[str]:
        """Return the steps that a post in GLPI needs.

        Args:
            post: the message.
            root: the post whose thread its ticket takes, "" for none.

        Raises:
            SettingsError: the secret cannot be read.
        """
        wanted = {REQUESTER}
        if self._way_back.of(post) is not Way.NONE:
            wanted.add(TOLD)
        if post.file_ids:
            wanted.add(FILES)
        if root:
            wanted.add(THREAD)
        return frozenset(wanted)

    def do(
        self,
        post: Post,
        entry: Entry,
        left: Set[str],
        answers: Answers,
        deadline: Deadline,
        *,
        last: bool,
    ) -> Done:
        """Do what is left.

        Args:
            post: the message.
            entry: what the ledger knows of it: it has a ticket.
            left: the steps that are to be done.
            answers: what people read.
            deadline: for everything but the telling.
            last: whether what cannot be done now will not be tried again.
        """
        ticket = entry.ticket or 0
        done: set[str] = set()
        error: ServerError | None = None
        doubtful = False
        if THREAD in left and self._filing.take_thread(entry.root, ticket):
            done.add(THREAD)
        if TOLD in left:
            error = self._tell(post, answers.later(post, entry))
            done |= set() if error else {TOLD}
        if REQUESTER in left:
            problem = self._name_requester(post, entry, ticket, deadline)
            done |= set() if problem else {REQUESTER}
            error = error or problem
        if FILES in left:
            own = entry.how in NEW_TICKET
            carried = self._files.carry(post, ticket, entry.done, deadline, inline=own)
            problem = None if last else carried.error
            failed = carried.failed + (carried.late if last else ())
            problem = problem or self._complain(post, ticket, failed, answers, deadline)
            done |= carried.done | (set() if problem else {FILES})
            error = error or problem
            doubtful = carried.doubtful or isinstance(problem, OutcomeUnknown)
        return Done(frozenset(done), error, doubtful)

    def _tell(self, post: Post, reply: dict[str, str]) -> MattermostError | None:
        """Tell the author; whoever deleted the post need not be told."""
        try:
            self._way_back.tell(post, reply, Deadline(NOTICE_SECONDS))
        except Gone:
            return None
        except MattermostError as error:
            return error
        return None

    def _name_requester(
        self, post: Post, entry: Entry, ticket: int, deadline: Deadline
    ) -> ServerError | None:
        """Name the requester of a new ticket, if it has none; a followup needs none."""
        if entry.how not in NEW_TICKET:
            return None
        who, error = self._requesters.of(post, deadline)
        if error or who == NOBODY:
            return error if later(error) else None
        try:
            if not self._people.has_requester(ticket, deadline):
                self._people.add_requester(ticket, who, deadline)
        except Refused:  # fewer rights, fewer extras
            return None
        except GlpiError as problem:
            return problem
        return None

    def _complain(
        self,
        post: Post,
        ticket: int,
        failed: tuple[tuple[str, str], ...],
        answers: Answers,
        deadline: Deadline,
    ) -> ServerError | None:
        """Note in the ticket, and tell in the thread, which files never reach it."""
        if not failed:
            return None
        note = f"{marker(post)}:files"
        try:
            if not self._followups.exists(ticket, note, deadline):
                self._followups.create(answers.files_note(post, ticket, failed, note), deadline)
        except Refused:
            pass  # a profile without the right to add followups: the thread still tells
        except GlpiError as error:
            return error
        if self._way_back.of(post) is Way.NONE:
            return None
        return self._tell(post, answers.files_failed(ticket, failed))
