"""What Mattermost sends and understands: outgoing webhooks. No I/O.

Seen on Mattermost 5.37.0; where newer servers differ it is said (server 11.x source).
"""

import base64
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import parse_qsl

from bridge.mattermost.submissions import Audience, Author, Place, Submission
from bridge.words.visible import visible

_ID = re.compile("[a-z0-9]{26}")
_MILLISECONDS_FROM = 100_000_000_000  # as seconds that is the year 5138


class Malformed(Exception):
    """The request is nothing that Mattermost would send; says why without quoting it."""


@dataclass(frozen=True)
class Post:
    """A message in a channel, as an outgoing webhook tells of it. The token is not part of it.

    Attributes:
        ref: names the message towards people and in logs: its id, or one made of the request.
        id: the post's id, None when it did not come.
        text: raw, the trigger word included.
        trigger_word: as Mattermost says; with several hooks on one post it can be another hook's.
        written_at: when the post was written.
        user_id: the author's.
        webhook: our name of the token that came with it.
        odd_fields: fields that were there but unusable, and so count as absent.
    """

    ref: str
    id: str | None
    text: str
    trigger_word: str
    user_name: str | None
    channel_id: str | None
    channel_name: str | None
    team_domain: str | None
    written_at: datetime | None
    file_ids: tuple[str, ...]
    webhook: str
    odd_fields: tuple[str, ...]
    user_id: str | None = None

    def submission(self) -> Submission:
        """Return what its author asks for.

        Outgoing webhooks fire in public channels only (Mattermost 5.37).
        """
        return Submission(
            ref=self.ref,
            words=self.text,
            author=Author(self.user_id, self.user_name),
            place=Place(
                channel_id=self.channel_id,
                channel_name=self.channel_name,
                team=self.team_domain,
                post=self.id,
                audience=Audience.PUBLIC,
            ),
            files=self.file_ids,
            written_at=self.written_at,
            source=self.webhook,
            trigger_word=self.trigger_word,
        )


def read(content_type: str, body: bytes) -> tuple[str, Mapping[str, object]]:
    """Take the token out of a request's body.

    JSON when the content type says so, else a form, which is Mattermost's default.

    Returns:
        The token ("" when there is none) and all other fields.

    Raises:
        Malformed: the body is neither.
    """
    is_json = content_type.partition(";")[0].strip().lower() == "application/json"
    fields = _read_json(body) if is_json else _read_form(body)
    token = fields.pop("token", "")
    return (token if isinstance(token, str) else ""), fields


def _read_json(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON, though the content type says so") from None
    if not isinstance(value, dict):
        raise Malformed("the body is JSON, but not an object")
    return value


def _read_form(body: bytes) -> dict[str, object]:
    try:
        form = body.decode(errors="replace")
        pairs = parse_qsl(form, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise Malformed("the body is not form-urlencoded") from None
    return dict(reversed(pairs))  # of repeated names the first counts


def verify(token: str, accepted: Mapping[str, str]) -> str | None:
    """Return the name of the accepted token that was sent, or None.

    Compares with every accepted token in constant time, found or not.
    """
    sent = token.encode(errors="replace")
    names = [n for n, known in accepted.items() if hmac.compare_digest(sent, known.encode())]
    return names[0] if names else None


def to_post(fields: Mapping[str, object], webhook: str, request_id: str, token: str) -> Post:
    """Make a post of an authenticated request's fields.

    Only `text` is required; anything else that is missing or mistyped counts as absent.

    Args:
        fields: all that came, but for the token.
        webhook: our name of the token.
        request_id: API Gateway's own id of the request.
        token: that came with it, as the key of a ref that is made up.

    Raises:
        Malformed: there is no text.
    """
    text = fields.get("text")
    if not isinstance(text, str):
        raise Malformed("there is no field text")
    odd: list[str] = []
    string = partial(_string, fields, odd)
    post_id = string("post_id", _ID)
    return Post(
        ref=post_id or _made_up_ref(fields, webhook, request_id, token),
        id=post_id,
        text=_well_formed(text),
        trigger_word=string("trigger_word") or "",
        user_name=string("user_name"),
        user_id=string("user_id", _ID),
        channel_id=string("channel_id", _ID),
        channel_name=string("channel_name"),
        team_domain=string("team_domain"),
        written_at=_moment(fields.get("timestamp"), odd),
        file_ids=_file_ids(fields.get("file_ids"), odd),
        webhook=webhook,
        odd_fields=tuple(odd),
    )


def _string(
    fields: Mapping[str, object],
    odd: list[str],
    name: str,
    pattern: re.Pattern[str] | None = None,
) -> str | None:
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
        odd.append(name)
        return None
    return _well_formed(value)


def _made_up_ref(fields: Mapping[str, object], webhook: str, request_id: str, token: str) -> str:
    """Return a ref for a post that came without an id; the same request, come again, has the same.

    Nothing that was typed is lost by that: posts share a ref only if all that was sent for them is
    the same, when they were written included. Where nothing usable says when, each request is
    another, so that equal words, typed twice, are two posts.

    Args:
        fields: all that came, but for the token.
        webhook: our name of the token.
        request_id: API Gateway's own id of the request.
        token: without it nobody can tell by the ref what was typed, not even by guessing.
    """
    is_dated = _moment(fields.get("timestamp"), []) is not None
    apart = "" if is_dated else request_id
    sent = sorted((name, _spelled(value)) for name, value in fields.items())
    message = json.dumps([webhook, apart, sent]).encode()
    digest = hmac.digest(token.encode(errors="replace"), message, "sha256")
    return base64.b32encode(digest).decode()[:26].lower()


def _spelled(value: object) -> str:
    try:
        return json.dumps(value, sort_keys=True)
    except RecursionError:  # a little deeper, and it could not have been read
        return ""


def _well_formed(text: str) -> str:
    """Replace lone surrogates: JSON can spell them, but neither UTF-8 nor GLPI takes them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _moment(value: object, odd: list[str]) -> datetime | None:
    """Read a timestamp: milliseconds in JSON, seconds in forms."""
    if value is None or value == "":
        return None
    try:
        number = int(value) if isinstance(value, int | str) else 0
        seconds = number / 1000 if number >= _MILLISECONDS_FROM else number
        if seconds > 0:
            return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    odd.append("timestamp")
    return None


def _file_ids(value: object, odd: list[str]) -> tuple[str, ...]:
    """Read the ids of the attached files: one comma-joined string, or a list."""
    if value is None or value == "":
        return ()
    given = value.split(",") if isinstance(value, str) else value
    ids = [i for i in given if isinstance(i, str)] if isinstance(given, list) else []
    found = tuple(i.strip() for i in ids if _ID.fullmatch(i.strip()))
    if not found or not isinstance(given, list) or len(found) < len(given):
        odd.append("file_ids")
    return found


def answer(
    text: str, *, in_thread: bool, username: str | None = None, icon_url: str | None = None
) -> dict[str, str]:
    """Build the JSON that makes Mattermost post `text`.

    A `comment` goes into the thread of the post; if that post is itself a reply, Mattermost
    drops it. Name and icon count only if the server allows hooks to override them.
    """
    built = {"text": text, "response_type": "comment" if in_thread else "post"}
    if username:
        built["username"] = username
    if icon_url:
        built["icon_url"] = icon_url
    return built


_ALIVE = re.compile(r"www\d{0,3}|//|[@<~:;&#\[\\]|(?<![a-z0-9_])x-(?=d)", re.IGNORECASE)
_MARKDOWN = re.compile(r"[\\`*_\[\]()#|>!]")
_DOT = re.compile(r"\.(?=\w)")
_BLOCK = re.compile(r"\s*(?:[-+=]|\d+[.)])")


def neutralise(text: str) -> str:
    """Make people's text safe to repeat: nothing in it comes alive, and it reads as it was typed.

    Mattermost rewrites `<!channel>` and `<url|label>` before it looks at Markdown, and resolves
    `&commat;` before it looks for mentions. A backslash keeps Markdown literal, but Mattermost puts
    the sign and its neighbours together again before it looks for mentions, channels, hashtags,
    e-mail addresses, emoji, `:)` and the boxes of `[x]` (web client 5.37 and its parser, which link
    any `scheme:word`, `www.` and `name.tld/` that a token begins with). So what these begin with is
    parted from what follows by a zero-width space, and so is a list or a rule from the line's
    start. A name such as `a.txt`, with no sign before it and no `/` behind it, is no domain and
    stays as it is. Two things no such space stops: `$formulas$`, and what stands between `<` and
    `>`, such as `<name@domain>` and `<domain|label>`; their signs become the wide ones of Unicode,
    ＄ and ＜.

    Args:
        text: one line; line breaks become blanks, and what nobody sees goes.
    """
    line = " ".join(visible(text).splitlines()).strip()
    if line.count("$") > 1:
        line = line.replace("$", "＄")
    before, closing, after = line.rpartition(">")
    line = before.replace("<", "＜") + closing + after
    parted = _ALIVE.sub("\\g<0>\u200b", " ".join(map(_undomained, line.split(" "))))
    literal = _MARKDOWN.sub(r"\\\g<0>", parted)
    return f"\u200b{literal}" if _BLOCK.match(line) else literal


def _undomained(word: str) -> str:
    """Part the dots of a word in which something can make a domain of them."""
    return _DOT.sub(".\u200b", word) if "/" in word or _MARKDOWN.search(word) else word


_USER_NAME = re.compile("[a-z0-9._-]{1,64}")
"""What a user may be called (5.37, model/user.go): only its web client wants a letter first, and
directories give other names."""

_EVERYBODY = frozenset({"all", "channel", "here"})


def mention(user_name: str) -> str:
    """Return what rings the user; a name that no user can have rings nobody."""
    rings_everybody = user_name.rstrip("._-") in _EVERYBODY  # Mattermost drops these at the end
    if _USER_NAME.fullmatch(user_name) and not rings_everybody:
        return f"@{user_name}"
    return neutralise(user_name)
