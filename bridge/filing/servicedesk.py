"""The service desk: a post becomes a ticket while its author waits, who reads what became of it."""

from dataclasses import replace
from functools import partial

from bridge.config import timing
from bridge.filing.answers import Answers, Outcome
from bridge.filing.first_attempt import Case, FirstAttempt
from bridge.filing.outlook import Outlooks
from bridge.filing.reception import Reception
from bridge.filing.threads import Located, Threads, ThreadTicket
from bridge.jobs.leases import Leases
from bridge.jobs.safekeeping import Safekeeping
from bridge.mattermost.api import MattermostError
from bridge.mattermost.notifier import Notifier, Thread
from bridge.mattermost.presence import Presence
from bridge.mattermost.submissions import Place, Submission
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.storage.entries import ANSWERED, TOLD
from bridge.tickets.desks import Routed
from glpi import GlpiError


class ServiceDesk:
    """Files tickets for posts.

    Args:
        reception: knows the desks.
        safekeeping: makes messages safe.
        attempt: brings one into GLPI.
        replies: answers where Mattermost's request cannot.
        outlooks: know what can be promised.
    """

    def __init__(
        self,
        reception: Reception,
        safekeeping: Safekeeping,
        attempt: FirstAttempt,
        replies: "Replies",
        outlooks: Outlooks,
    ) -> None:
        self._reception = reception
        self._safekeeping = safekeeping
        self._attempt = attempt
        self._replies = replies
        self._outlooks = outlooks

    def handle(self, submission: Submission, body: str, deadline: Deadline) -> Outcome:
        """Do what an authenticated post asks for. Never raises for GLPI's failures.

        Args:
            submission: the message.
            body: what is queued of it, so that it is safe.
            deadline: for everything that is asked of GLPI.

        Raises:
            SettingsError: the secret can no longer be read.
        """
        if self._reception.ignores(submission):
            return Outcome("ignored", {})
        routed, answers = self._reception.desk_of(submission)
        if routed is None:
            return self._explain(submission, self._reception.unknown_desk(submission), deadline)
        if not routed.said.words and not submission.files:
            return self._ask_for_words(submission, routed, answers, deadline)
        return self._file(submission, body, routed, answers, deadline)

    def _explain(self, submission: Submission, outcome: Outcome, deadline: Deadline) -> Outcome:
        """Say why nothing was filed, where the author will see it."""
        if not outcome.reply:
            return outcome
        located = self._replies.locate(submission.place, deadline)
        return self._replies.answer(submission, located, outcome)

    def _ask_for_words(
        self, submission: Submission, routed: Routed, answers: Answers, deadline: Deadline
    ) -> Outcome:
        located = self._replies.locate(submission.place, deadline)
        thread = self._replies.thread_ticket(located, deadline)
        outcome = Outcome("empty", answers.wordless(routed.trigger, thread))
        return self._replies.answer(submission, located, outcome)

    def _file(
        self,
        submission: Submission,
        body: str,
        routed: Routed,
        answers: Answers,
        deadline: Deadline,
    ) -> Outcome:
        """Make the message safe while things are looked up, then try once; say what is true."""
        safe = self._safekeeping.save(body)
        try:
            located = self._replies.locate(submission.place, deadline)
            case = Case(
                submission,
                routed,
                answers,
                located,
                outlook=partial(self._outlooks.of, submission.place, located),
                number_follows=partial(self._outlooks.number_follows, submission.place, located),
                settled=self._replies.settled(located),
                safe=safe,
            )
            return self._replies.answer(submission, located, self._attempt.run(case, deadline))
        finally:
            safe()  # Lambda freezes what is under way when the person is answered


class Replies:
    """Answers a post that is itself a reply: Mattermost's comments hang on roots only.

    Args:
        threads: know where posts stand.
        notifier: says something as the bot.
        leases: record that the author knows.
        presence: learns where the bot is.
        in_thread: whether answers go into threads at all.
    """

    def __init__(
        self,
        threads: Threads,
        notifier: Notifier,
        leases: Leases,
        presence: Presence,
        *,
        in_thread: bool,
    ) -> None:
        self._threads = threads
        self._notifier = notifier
        self._leases = leases
        self._presence = presence
        self._in_thread = in_thread

    def locate(self, place: Place, deadline: Deadline) -> Located:
        """Say where a post stands, for somebody who waits; never raises for Mattermost."""
        return self._threads.locate(place, deadline, hurried=True)

    def thread_ticket(self, located: Located, deadline: Deadline) -> ThreadTicket | None:
        """Return the ticket of the thread that a post stands in, None if there is no telling.

        Where answers go below the posts, nobody sees one to a reply whose place is not known.
        """
        if located.position is None:
            return ThreadTicket() if self._in_thread else None
        try:
            return self._threads.ticket_of(located.root, deadline.within(timing.LOOK_UP_SECONDS))
        except (AwsError, GlpiError):
            return None

    def settled(self, located: Located) -> frozenset[str]:
        """Return what is done, or noted, when Mattermost's request is answered with the ticket."""
        if self.are_due(located):
            return frozenset()
        return frozenset({ANSWERED if self._in_thread and located.is_unknown else TOLD})

    def are_due(self, located: Located) -> bool:
        """Say whether the answer to Mattermost's own request would be dropped."""
        return bool(located.root) and self._in_thread

    def answer(self, submission: Submission, located: Located, outcome: Outcome) -> Outcome:
        """Answer a reply as the bot; if that fails, the worker tells what there is to tell."""
        if not self.are_due(located) or not outcome.reply:
            return outcome
        deadline = Deadline(timing.REPLY_SECONDS)
        try:
            target = self._notifier.target_of(submission.place, deadline, located.position)
            self._notifier.say(target, outcome.reply["text"], deadline, once=submission.ref)
        except MattermostError as error:
            self._presence.learn_from(submission.place.channel_id, error)
            return replace(outcome, reply={}, minor_error=error)
        if isinstance(target, Thread):
            self._presence.learn(target.channel, is_member=True)
        if outcome.ticket:
            self._leases.record_done(submission.ref, TOLD)
        return replace(outcome, reply={})
