"""What people read: an outcome becomes a sentence. Pure."""

from collections.abc import Callable, Sequence

from bridge.config.rules import Desk, Rules
from bridge.filing.filing import Became
from bridge.mattermost.outgoing_webhook import Post, answer, mention, neutralise
from bridge.storage.ledger import Entry
from bridge.tickets.content import permalink
from bridge.words.richtext import link, paragraph

Answer = dict[str, str]
"""The JSON that Mattermost gets."""

Failed = Sequence[tuple[str, str]]
"""Names of files, and why they did not reach their ticket."""


def say(rules: Rules, key: str, **values: str) -> Answer:
    """Return the answer for a key of `texts.ANSWERS`. The values must be neutralised already."""
    return answer(
        rules.answers[key].format(**values),
        in_thread=rules.in_thread,
        username=rules.reply_username,
        icon_url=rules.reply_icon_url,
    )


class Answers:
    """The answers that name a post or a ticket.

    Args:
        rules: bridge.toml.
        mattermost_url: base URL for links to posts, if known.
        ticket_url: tells the address of a ticket's page.
    """

    def __init__(
        self, rules: Rules, mattermost_url: str | None, ticket_url: Callable[[int], str]
    ) -> None:
        self._rules = rules
        self._mattermost_url = mattermost_url
        self._ticket_url = ticket_url

    def at(self, desk: Desk) -> "Answers":
        """Return the answers as a desk gives them."""
        return Answers(self._rules.at(desk), self._mattermost_url, self._ticket_url)

    def filed(self, post: Post, became: Became, trigger: str, *, by_bot: bool) -> Answer:
        """Say at once what a post has become.

        Args:
            post: the message.
            became: what it is in GLPI.
            trigger: the word that it began with.
            by_bot: whether there is a bot, which carries files and knows threads.
        """
        t, old = self._link(became.ticket), self._link(became.former)
        reply = say(self._rules, became.how, t=t, old=old)
        if by_bot and became.how == "accepted":
            reply["text"] += "\n" + self._rules.answers["accepted_bot"].format(trigger=trigger)
        elif post.file_ids and not by_bot:
            linked = permalink(post, self._mattermost_url)
            key = "accepted_files" if linked else "accepted_files_unlinked"
            reply["text"] += "\n" + self._rules.answers[key]
        return reply

    def not_filed(self, event: str, post: Post, way_back: str) -> Answer:
        """Say what became of a message without a ticket, and whether its number will be told.

        Args:
            event: an outcome, as `servicedesk.Outcome` names it.
            post: the message.
            way_back: thread, channel or none: where the number will be told.
        """
        follows = self._rules.answers[f"follows_{way_back}"].format(ref=post.ref)
        return say(self._rules, event, ref=post.ref, follows=follows)

    def later(self, post: Post, entry: Entry) -> Answer:
        """Tell the author later what a post has become."""
        key = "followup_follows" if entry.how in ("followup", "reopened") else "number_follows"
        return say(self._rules, key, author=self._author(post), t=self._link(entry.ticket))

    def files_failed(self, ticket: int, failed: Failed) -> Answer:
        """Tell which files did not reach a ticket."""
        lines = "\n".join(f"- {neutralise(name)}: {reason}" for name, reason in failed)
        return say(self._rules, "files_failed", t=self._link(ticket), files=lines)

    def files_note(self, post: Post, ticket: int, failed: Failed, marker: str) -> dict[str, object]:
        """Return the `input` of the followup that notes which files did not reach a ticket."""
        lines = [self._rules.ticket["files_failed"], *(f"{n}: {r}" for n, r in failed)]
        url = permalink(post, self._mattermost_url)
        address = [f"<p>{link(url)}</p>"] if url else []
        return {
            "itemtype": "Ticket",
            "items_id": ticket,
            "content": "\n".join([paragraph("\n".join(lines)), *address, paragraph(marker)]),
            "is_private": 0,
            "_do_not_compute_takeintoaccount": 1,
        }

    def failed(self, post: Post, hours: int) -> Answer:
        """Tell the author later that there will be no ticket, after so many hours."""
        words, url = self._rules.ticket["message"], permalink(post, self._mattermost_url)
        return say(
            self._rules,
            "failed" if hours else "failed_at_once",
            author=self._author(post),
            message=f"[{words}]({url})" if url else words,
            hours=str(hours),
            ref=post.ref,
        )

    def _author(self, post: Post) -> str:
        return mention(post.user_name) if post.user_name else self._rules.ticket["author"]

    def _link(self, ticket: int | None) -> str:
        if ticket is None:
            return ""
        number = self._rules.ticket["number"].format(number=ticket)
        return f"[{number}]({self._ticket_url(ticket)})"
