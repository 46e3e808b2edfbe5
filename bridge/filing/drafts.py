"""What a post is to become in GLPI, composed and not yet created: a ticket or a followup."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from bridge.net.deadline import Deadline
from bridge.net.errors import Retry
from bridge.storage.entries import Kind, Result
from glpi import Glpi, GlpiError, Refused

ADDRESS_FIELDS = frozenset({"_users_id_requester", "_users_id_requester_notif"})
"""What names a requester by address, in a ticket's `input`."""


class Draft(Protocol):
    """A ticket or a followup that can be created, and found again.

    Attributes:
        target: the ticket that it would be added to, None for one of its own.
    """

    @property
    def target(self) -> int | None:
        """The ticket that it would be added to, None for one of its own."""

    def create(self, deadline: Deadline) -> Result:
        """Create it.

        Raises:
            OutcomeUnknown: it may exist.
            GlpiError: any other type: it surely does not.
        """

    def find(self, days: int, target: int | None, deadline: Deadline) -> list[Result]:
        """Return what the post has become, nothing if it has not; more than one is too many.

        Args:
            days: how old it may be, by GLPI's own clock.
            target: the ticket that an earlier attempt would have added to, if any.
            deadline: bounds everything, logins included.

        Raises:
            GlpiError: there is no telling.
        """


@dataclass(frozen=True)
class NewTicket:
    """A post becomes a ticket.

    Attributes:
        fields: its `input` in GLPI's names.
        former: the ticket that it goes on from, if any.
        root: the post whose thread it is written in, "" for no other than its own, None while that
            is not known.
        rests: whether the former one is solved or pending, and would stay so.
    """

    glpi: Glpi
    marker: str
    fields: Mapping[str, object]
    former: int | None = None
    root: str | None = ""
    rests: bool = False

    target: None = None

    def create(self, deadline: Deadline) -> Result:
        """Create the ticket, as a `Draft` is; without a requester's address if GLPI refuses it.

        GLPI's answer does not tell which field it does not take; the worker names the requester.
        """
        try:
            ticket = self.glpi.create_ticket(self.fields, deadline)
        except Refused as error:
            without = {k: v for k, v in self.fields.items() if k not in ADDRESS_FIELDS}
            if error.retry is Retry.NEVER or not self.fields.keys() >= ADDRESS_FIELDS:
                raise
            ticket = self.glpi.create_ticket(without, deadline)
        kind = Kind.TICKET if self.former is None else Kind.CONTINUATION
        made = Result(kind, ticket, self.former, self.root, self.rests)
        try:
            return replace(made, is_linked=self._is_linked(ticket, deadline))
        except GlpiError:  # it is there whatever that question comes to
            return made

    def find(self, days: int, target: int | None, deadline: Deadline) -> list[Result]:
        """Find it, as a `Draft` is; the post may have been tried as a followup before.

        What was made is read back, and not concluded from what would be made now: while the place
        of a reply was not known, it became a ticket of its own whatever its thread belongs to.
        """
        for ticket in {target, self.former} - {None}:
            if ticket and self.glpi.followups.exists(ticket, self.marker, deadline):
                return [Result(Kind.FOLLOWUP, ticket, thread=self.root)]
        found = self.glpi.find_tickets(self.marker, days, deadline)
        return [self._found(ticket, deadline) for ticket in found]

    def _found(self, ticket: int, deadline: Deadline) -> Result:
        if not self._is_linked(ticket, deadline):
            return Result(Kind.TICKET, ticket, thread=self.root)
        linked = Result(Kind.CONTINUATION, ticket, self.former, self.root, self.rests)
        return replace(linked, is_linked=True)

    def _is_linked(self, ticket: int, deadline: Deadline) -> bool:
        """Say whether the ticket is linked to the former one, for sure.

        Raises:
            GlpiError: there is no telling now.
        """
        try:
            return self.former is not None and self.glpi.followups.are_linked(
                ticket, self.former, deadline
            )
        except Refused:
            return False


@dataclass(frozen=True)
class NewFollowup:
    """A post becomes a followup.

    Attributes:
        target: of this ticket.
        fields: its `input` in GLPI's names.
        reopens: whether the ticket should be opened again by it.
        instead: what the post becomes if GLPI refuses that.
    """

    target: int
    fields: Mapping[str, object]
    reopens: bool
    instead: NewTicket

    def create(self, deadline: Deadline) -> Result:
        """Create the followup, as a `Draft` is.

        Self-Service may not add to what is closed (10.0.14, 11.0.6).
        """
        try:
            self.instead.glpi.followups.create(self.fields, deadline)
        except Refused as error:
            if error.retry is Retry.NEVER:
                raise
            return self.instead.create(deadline)
        added = Result(Kind.FOLLOWUP, self.target, thread=self.instead.root)
        return self._seen(added, deadline) if self.reopens else added

    def find(self, days: int, target: int | None, deadline: Deadline) -> list[Result]:
        """Find it, as a `Draft` is; the post may have been tried as a ticket of its own before."""
        return self.instead.find(days, target, deadline)

    def _seen(self, added: Result, deadline: Deadline) -> Result:
        """Say whether the ticket has been opened again: GLPI's 201 is of the followup only.

        It is there whatever the question comes to, so that nothing is raised.
        """
        try:
            condition = self.instead.glpi.followups.condition(self.target, deadline)
        except GlpiError:
            return added
        if condition.is_resting or not condition.takes_followups:
            return replace(added, rests=condition.is_resting)
        return replace(added, kind=Kind.REOPENING)
