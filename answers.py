"""What people read: an outcome becomes a sentence. Pure."""

from collections.abc import Callable

from mattermost import Post, answer, mention
from rules import Rules
from ticket import permalink

Answer = dict[str, str]
"""The JSON that Mattermost gets."""


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

    def filed(self, post: Post, ticket: int) -> Answer:
        """Say at once that the ticket is there, and where the files are."""
        reply = say(self._rules, "accepted", t=self._link(ticket))
        if post.file_ids:
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

    def number(self, post: Post, ticket: int) -> Answer:
        """Tell the author later that the ticket is there."""
        return say(self._rules, "number_follows", author=self._author(post), t=self._link(ticket))

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

    def _link(self, ticket: int) -> str:
        number = self._rules.ticket["number"].format(number=ticket)
        return f"[{number}]({self._ticket_url(ticket)})"
