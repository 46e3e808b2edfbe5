"""The people's side: whoever sits at this machine writes a message, as anybody."""

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from io import BufferedIOBase, BytesIO

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import parse_form_data

from .model import MAX_FILES, MAX_MESSAGE, TEAM_ID, Channel, Json, User
from .outgoing import OutgoingWebhook
from .store import Store

KNOWN_TO_GLPI = {"alice": "alice@example.com"}
"""Addresses of those whom the GLPI simulator knows; everybody else has one that it does not."""

MAX_BODY = 256 * 1024 * 1024
"""Bytes of everything that is said at once."""

FIELDS = ("user", "text", "file", "root", "channel", "email")

_USER = re.compile(r"[a-z0-9._-]{1,64}")
_CHANNEL = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class NotSaidError(Exception):
    """Mattermost would not take it; the text is one sentence."""


@dataclass(frozen=True)
class Saying:
    """What somebody says.

    Attributes:
        user: their name.
        email: their address, "" to hide it, None for what it is.
        text: with the trigger word.
        channel: name of the channel, "" for that of the thread, or ~helpdesk.
        root: id of the post that is replied to, "" for a new thread.
        files: names, contents and types.
    """

    user: str
    email: str | None
    text: str
    channel: str
    root: str
    files: tuple[tuple[str, bytes, str], ...]


def read(headers: Message, body: BufferedIOBase) -> Saying:
    """Read the form that `curl -F` or `curl -d` sends.

    Raises:
        NotSaidError: it cannot be used.
    """
    length = headers.get("Content-Length", "")
    if not length.isdecimal():
        raise NotSaidError("the request has no length; name files, not standard input")
    if int(length) > MAX_BODY:
        raise NotSaidError(f"it is larger than {MAX_BODY // 1024**2} MB")
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "CONTENT_LENGTH": length,
        "wsgi.input": body,
    }
    try:
        _, form, files = parse_form_data(environ, _in_memory, silent=False)
    except (ValueError, RequestEntityTooLarge):
        raise NotSaidError("the form cannot be read; use curl -F NAME=VALUE") from None
    unknown = sorted({*form, *files} - {*FIELDS})
    if unknown:
        raise NotSaidError(f"there is no field {unknown[0]!r}; there are {', '.join(FIELDS)}")
    return _saying(form, files)


def _in_memory(*_: object, **__: object) -> BytesIO:
    """Keep a file's bytes; see werkzeug's `default_stream_factory`."""
    return BytesIO()


def _saying(form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> Saying:
    user = form.get("user", "alice").removeprefix("@")
    if not _USER.fullmatch(user):
        raise NotSaidError(f"user {user!r} is no name; use small Latin letters, such as alice")
    channel = form.get("channel", "").removeprefix("~")
    if channel and not _CHANNEL.fullmatch(channel):
        raise NotSaidError(f"channel {channel!r} is no name; use small letters, such as helpdesk")
    if "file" in form:
        raise NotSaidError("file holds text, not a file; use -F file=@NAME")
    attached = files.getlist("file")
    if len(attached) > MAX_FILES:
        raise NotSaidError(f"there are {len(attached)} files; a message has {MAX_FILES} at most")
    text = form.get("text", "")
    if len(text) > MAX_MESSAGE:
        raise NotSaidError(f"the text has {len(text)} characters; {MAX_MESSAGE} is the limit")
    if not text.strip() and not attached:
        raise NotSaidError("there is nothing to say; use -F text='WORDS', a trigger word first")
    return Saying(
        user=user,
        email=form.get("email"),
        text=text,
        channel=channel,
        root=form.get("root", ""),
        files=tuple((f.filename or "file", f.stream.read(), f.mimetype) for f in attached),
    )


def say(store: Store, saying: Saying) -> tuple[str, str]:
    """Write a post, call the outgoing webhook, and post what it answers.

    Returns:
        The id of the thread, and what is to be known beside it, "" if nothing.

    Raises:
        NotSaidError: Mattermost would not take it.
    """
    with store.lock:
        channel = _channel(store, saying)
        user = _user(store, saying)
        number = store.add_post(channel.id, saying.root)
        post = store.posts[number]
        post |= {"user_id": user.id, "message": saying.text}
        files = [store.add_file(number, *file) for file in saying.files]
        post["file_ids"] = files
    hook = store.outgoing
    trigger = hook.trigger_of(saying.text) if hook else None
    note = ""
    if hook and trigger is None:
        words = ", ".join(hook.triggers)
        note = f"Nobody was told: the first word is none of the webhook's ({words})."
    elif hook:
        note = _tell(store, hook, post, _fields(channel, user, post, trigger or ""))
    return saying.root or number, note


def _channel(store: Store, saying: Saying) -> Channel:
    """Return the channel of a saying; one that is not there is made, with the bot in it."""
    by_name = {channel.name: channel for channel in store.channels.values()}
    if not saying.root:
        name = saying.channel or "helpdesk"
        return by_name.get(name) or store.add_channel(name)
    root = store.posts.get(saying.root)
    if root is None:
        raise NotSaidError(f"there is no post {saying.root!r}; the start page shows all threads")
    if root["root_id"]:
        raise NotSaidError(f"{saying.root} is a reply itself; use root={root['root_id']}")
    channel = store.channels[root["channel_id"]]
    if saying.channel not in ("", channel.name):
        raise NotSaidError(f"the thread is in {channel.name!r}, not in {saying.channel!r}")
    return channel


def _user(store: Store, saying: Saying) -> User:
    known = next((u for u in store.users.values() if u.username == saying.user), None)
    if known is None:
        email = KNOWN_TO_GLPI.get(saying.user, f"{saying.user}@elsewhere.example")
        known = store.add_user(saying.user, email)
    if saying.email is not None:
        known.email = saying.email
    return known


def _fields(channel: Channel, user: User, post: Json, trigger: str) -> dict[str, str]:
    """Return what an outgoing webhook tells of a post, in the order of its JSON."""
    return {
        "team_id": TEAM_ID,
        "team_domain": channel.team,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": user.id,
        "user_name": user.username,
        "post_id": post["id"],
        "text": post["message"],
        "trigger_word": trigger,
        "file_ids": ",".join(post["file_ids"]),
    }


def _tell(store: Store, hook: OutgoingWebhook, post: Json, fields: Mapping[str, str]) -> str:
    """Call the webhook and post its answer; a comment on a reply is dropped, as by 5.37."""
    try:
        answer = hook.call(hook.body(fields, post["create_at"]))
    except (OSError, http.client.HTTPException) as error:
        return (
            f"The webhook did not answer ({type(error).__name__}); Mattermost does not try again."
        )
    if "text" not in answer:
        return ""
    in_thread = answer.get("response_type") == "comment"
    if in_thread and post["root_id"]:
        return "The webhook's answer was dropped: the post is a reply itself."
    with store.lock:
        store.add_answer(
            post["channel_id"],
            post["id"] if in_thread else "",
            str(answer["text"]),
            username=str(answer.get("username") or ""),
        )
    return ""
