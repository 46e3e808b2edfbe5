"""Bringing a post to exactly one place in GLPI, whatever happens on the way.

Two callers: the person's own request, which gets one early attempt, and the worker, which comes
back until the ticket is there. Both decide by the ledger alone, so it does not matter who comes
when, how often, or whether somebody is killed in between.
"""

import contextlib
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import Protocol

from bridge.config.timing import Patience
from bridge.jobs.circuit import Circuit
from bridge.net.aws import AwsError
from bridge.net.http import Deadline
from bridge.storage.ledger import BURIED, NEW, NEW_TICKET, STEPS, TOLD, Entry, Ledger, State, thread
from glpi import Glpi, GlpiError, OutcomeUnknown

PROBE_SECONDS = 2.0
"""Seconds that a person waits for the answer to whether GLPI is there again."""

FORGOTTEN_AFTER = 3600.0
"""Seconds after which a post that the ledger does not know may have been forgotten by it."""

ABANDONED_AFTER = 1200.0
"""Seconds after the settling of a claim by which a worker has come to its message."""

MAX_TRIES = 5
"""So many creates may go unanswered for one post; a look-up that finds none of them is blind."""

BLIND = (
    "GLPI took this message several times without an answer, and a search finds none of the "
    "tickets: look in GLPI for its words, and for rules or plug-ins that move or change tickets."
)

DAY = 24 * 3600.0


@dataclass(frozen=True)
class Became:
    """What a post has become.

    Attributes:
        ticket: the number of the ticket that it is, or belongs to.
        how: what is said about it: a text's key.
        former: the ticket that a new one goes on from, if any.
        root: the post whose thread belongs to a new one from now on, "" for no other than its own.
    """

    ticket: int
    how: str = "accepted"
    former: int | None = None
    root: str = ""

    @property
    def new(self) -> bool:
        """Whether it is a ticket of its own."""
        return self.how in NEW_TICKET


class Wish(Protocol):
    """What a post should become: a ticket of its own, or a followup of another.

    Attributes:
        target: the ticket that it would be added to, None for one of its own.
    """

    @property
    def target(self) -> int | None:
        """See above."""

    def create(self, deadline: Deadline) -> Became:
        """Create it.

        Raises:
            OutcomeUnknown: it may exist.
            GlpiError: any other type: it surely does not.
        """

    def find(self, days: int, target: int | None, deadline: Deadline) -> list[Became]:
        """Return what it has become, nothing if it does not exist; more than one is too many.

        Args:
            days: how old it may be, by GLPI's own clock.
            target: the ticket that an earlier attempt would have added to, if any.
            deadline: bounds everything, logins included.

        Raises:
            GlpiError: there is no telling.
        """


@dataclass(frozen=True)
class Progress:
    """How far a post has come.

    Attributes:
        became: what it is in GLPI, when it is there.
        error: why it has none yet, when GLPI was asked.
        wait: seconds before it makes sense to try again; 0 for as soon as the caller likes.
        twins: other tickets of the same post, which should not exist.
        entry: what the ledger knows of a post with a ticket, None if it did not take it down.
        hopeless: whether trying again could only make more tickets that nobody sees.
    """

    became: Became | None = None
    error: GlpiError | None = None
    wait: float = 0.0
    twins: tuple[int, ...] = ()
    entry: Entry | None = None
    hopeless: bool = False

    @property
    def ticket(self) -> int | None:
        """The number of its ticket, when it has one."""
        return self.became.ticket if self.became else None


class Filing:
    """Files posts, at most once each.

    Args:
        glpi: where the tickets go.
        ledger: what has become of each post.
        clock: seconds since the epoch.
        patience: how long to wait for what.
    """

    def __init__(
        self, glpi: Glpi, ledger: Ledger, clock: Callable[[], float], patience: Patience
    ) -> None:
        self.patience = patience
        self._glpi = glpi
        self._ledger = ledger
        self._circuit = Circuit(clock)
        self._clock = clock

    @property
    def may_be_down(self) -> bool:
        """Whether GLPI has failed just now; asks nobody."""
        return bool(self._circuit.why_open or self._circuit.wants_probe)

    def why_down(self) -> GlpiError | None:
        """Say why GLPI is surely down, so that nobody need wait for it; None if it is not."""
        return self._circuit.why_open or self._probe()

    def _probe(self) -> GlpiError | None:
        """After failures, ask GLPI whether it is there; returns why it is not."""
        if not self._circuit.wants_probe:
            return None
        try:
            self._glpi.probe(Deadline(PROBE_SECONDS))
        except GlpiError as error:
            self._circuit.learn(error)
            return self._circuit.why_open
        self._circuit.learn(None)
        return None

    def claim(self, ref: str, wish: Wish, done: Set[str]) -> Entry | None:
        """Take a post that nobody has tried yet.

        Args:
            ref: the post's.
            wish: what it should become.
            done: the steps that are done when it is created.

        Returns:
            The claim, for `first_attempt`; None when somebody else is at the post, or has been.

        Raises:
            AwsError: the ledger did not answer.
        """
        now = self._clock()
        claim = NEW.claimed(now + self.patience.fast_lease, now, wish.target, done)
        mine, entry = self._ledger.write(ref, claim, seen=NEW)
        return entry if mine else None

    def first_attempt(
        self, ref: str, claim: Entry, wish: Wish, deadline: Deadline, done: Set[str]
    ) -> Progress:
        """Create what a post should become.

        Args:
            ref: the post's.
            claim: what `claim` has returned.
            wish: what it should become.
            deadline: for everything that is asked of GLPI.
            done: the steps that are done when it is created.
        """
        until = claim.until if TOLD not in done else 0.0  # till then it is ours to tell
        progress = self._create(ref, claim, wish, deadline, done, until=until)
        self.learn(progress.error)
        return progress

    def learn(self, error: GlpiError | None) -> None:
        """Take in how something ended that GLPI was asked while a person waited."""
        self._circuit.learn(error)

    def unsettled(self, entry: Entry) -> float:
        """Return the seconds for which an earlier attempt may still be executed, 0 for none."""
        left = entry.until + self.patience.settle - self._clock()
        return max(0.0, left) if entry.state is State.TRIED else 0.0

    def abandoned(self, entry: Entry) -> bool:
        """Say whether a post was claimed so long ago that no worker can have its message.

        A worker that has it would have looked into GLPI by now, and taken down how that went.
        """
        overdue = entry.until + self.patience.settle + ABANDONED_AFTER < self._clock()
        return entry.state is State.TRIED and not entry.why and overdue

    def entry(self, ref: str) -> Entry:
        """Return what the ledger knows of a post.

        Raises:
            AwsError: the ledger did not answer.
        """
        return self._ledger.read(ref)

    def converge(
        self,
        ref: str,
        entry: Entry,
        wish: Wish,
        received_at: float,
        deadline: Deadline,
        done: Set[str],
    ) -> Progress:
        """Do what is next for a post without a ticket: wait, look up, or create.

        Args:
            ref: the post's.
            entry: what the ledger knows of it.
            wish: what it should become.
            received_at: when the bridge took it over, seconds since the epoch.
            deadline: for everything that is asked of GLPI.
            done: the steps that are done when it is created.

        Raises:
            AwsError: the ledger did not answer; nothing is known to have been done.
        """
        now = self._clock()
        unsettled = self.unsettled(entry)
        if unsettled:
            return Progress(wait=unsettled)
        forgotten = entry == NEW and now - received_at > FORGOTTEN_AFTER
        if entry.state is State.TRIED or forgotten:
            days = int((now - received_at) / DAY) + 2
            try:
                found = wish.find(days, entry.target, deadline)
            except GlpiError as error:
                if entry.state is State.TRIED:  # an item of its own would end "forgotten"
                    self._note(ref, replace(entry, why=error.code), entry)
                return Progress(error=error)
            if found:
                noted = self._note(ref, _filed(entry, found[0], entry.done), entry)
                twins = tuple(twin.ticket for twin in found[1:])
                return Progress(found[0], twins=twins, entry=noted)
            if entry.tries >= MAX_TRIES:
                self._note(ref, replace(entry, tries=0, why="blind"), entry)  # for a replay
                return Progress(error=OutcomeUnknown("blind", BLIND), hopeless=True)
        until = now + self.patience.worker_lease
        claim = entry.claimed(until, received_at, wish.target, done)
        mine, entry = self._ledger.write(ref, claim, seen=entry)
        if not mine:
            return Progress(wait=1.0)
        return self._create(ref, entry, wish, deadline, done)

    def _create(
        self,
        ref: str,
        claim: Entry,
        wish: Wish,
        deadline: Deadline,
        done: Set[str],
        *,
        until: float = 0.0,
    ) -> Progress:
        try:
            became = wish.create(deadline)
        except OutcomeUnknown as error:
            self._note(ref, claim.doubted(self._clock(), error.code), claim)
            return Progress(error=error, wait=self.patience.settle)
        except GlpiError as error:
            self._note(ref, claim.released(error.code), claim)
            return Progress(error=error)
        filed = replace(_filed(claim, became, done), until=until)
        return Progress(became, entry=self._note(ref, filed, claim))

    def hold(self, ref: str, entry: Entry) -> Entry | None:
        """Keep others from doing the steps of a post; returns None if somebody else is at them.

        Raises:
            AwsError: the ledger did not answer.
        """
        until = self._clock() + self.patience.worker_lease
        mine, held = self._ledger.write(ref, replace(entry, until=until), seen=entry)
        return held if mine else None

    def release(
        self, ref: str, held: Entry, done: Set[str], wait: float = 0.0, why: str = ""
    ) -> None:
        """Take down how far the steps of a post have come.

        If that fails, they are done again: better than not at all.

        Args:
            ref: the post's.
            held: what `hold` has returned.
            done: the steps that are done now.
            wait: seconds for which nobody should go on.
            why: the code of what keeps the rest from being done, "" when nothing is left.
        """
        until = self._clock() + wait if wait else 0.0
        self._note(ref, replace(held, done=held.done | done, until=until, why=why), held)

    def note_done(self, ref: str, step: str) -> None:
        """Take down that a step of a post just filed is done, unless the worker is at it already.

        Never raises.
        """
        with contextlib.suppress(AwsError):
            entry = self._ledger.read(ref)
            ours = entry.until <= self._clock() + self.patience.fast_lease
            if entry.state is State.FILED and ours:
                noted = replace(entry, done=entry.done | {step}, until=0.0)
                self._ledger.write(ref, noted, seen=entry)

    def note_buried(self, ref: str) -> None:
        """Take down that nobody should wait for the ticket of a post; never raises.

        What the ledger does not know stays unknown: a replay looks into GLPI first.
        """
        with contextlib.suppress(AwsError):
            entry = self._ledger.read(ref)
            if entry != NEW and entry.state is not State.FILED:
                self._ledger.write(ref, replace(entry, why=BURIED), seen=entry)

    def take_thread(self, root: str, ticket: int) -> bool:
        """Take down which ticket a thread belongs to; never raises.

        The newest is the one, whoever comes last.

        Returns:
            Whether that is taken down, as far as is known.
        """
        with contextlib.suppress(AwsError):
            entry, mine = self._ledger.read(thread(root)), False
            while not mine and (entry.ticket is None or entry.ticket < ticket):
                filed = entry.filed(ticket, STEPS)
                mine, entry = self._ledger.write(thread(root), filed, seen=entry)
            return True
        return False

    def expect(self, ref: str, why: str) -> bool:
        """Take down that a post nobody has tried yet waits for its ticket; never raises.

        Without that, a reply that the worker comes to first would find a thread without one.

        Returns:
            False when somebody has done that before, or tried; True also if there is no telling.
        """
        with contextlib.suppress(AwsError):
            first, _ = self._ledger.write(ref, replace(NEW, since=self._clock(), why=why), seen=NEW)
            return first
        return True

    def of_thread(self, root: str) -> Entry:
        """Return what the ledger knows of the ticket that a thread belongs to.

        Raises:
            AwsError: the ledger did not answer.
        """
        entry = self._ledger.read(thread(root))
        return entry if entry != NEW else self._ledger.read(root)

    def _note(self, ref: str, entry: Entry, claim: Entry) -> Entry | None:
        """Record an outcome; returns it as written.

        If that fails, the claim stays, and a look-up will find the truth.
        """
        with contextlib.suppress(AwsError):
            written, noted = self._ledger.write(ref, entry, seen=claim)
            return noted if written else None
        return None


def _filed(entry: Entry, became: Became, done: Set[str]) -> Entry:
    return entry.filed(became.ticket, done, became.how, became.former, became.root)
