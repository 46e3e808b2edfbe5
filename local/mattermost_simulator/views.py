"""How threads look: as text in a terminal, and as a page. Nothing that people wrote is markup."""

import html
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime

from bridge.words.richtext import rendered
from operations.terminal import printable

from .model import File, Json
from .store import Store

NOTHING_RUNS = "default-src 'none'; style-src 'unsafe-inline'"
"""The page's Content-Security-Policy."""

_UNSEEN = str.maketrans({"\u00a0": " ", "\u200b": "", "\r": ""})
"""What looks like a blank or like nothing; a terminal is spared their spelling."""

_STYLE = (
    "body{font-family:sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "article{border:1px solid #ccc;border-radius:4px;padding:.5em 1em;margin:1em 0}"
    "section+section{border-top:1px solid #eee;margin-left:1.5em}section>p{margin:.4em 0}"
    "small{color:#666}code,pre{background:#f4f4f4}table{border-collapse:collapse}"
    "blockquote{border-left:3px solid #ccc;margin-left:0;padding-left:1em}"
)


def author(store: Store, post: Json) -> str:
    """Return the name of whoever wrote a post."""
    user = store.users.get(post.get("user_id", ""))
    return user.username if user else str(post.get("username") or "bridge")


def thread_text(store: Store, root: str) -> str:
    """Return a thread as text, with the id that a reply needs."""
    channel = store.channels[store.posts[root]["channel_id"]]
    lines = [f"~{channel.name}, thread {root}"]
    for post in _thread(store, root):
        said = f"{author(store, post)}: {post['message']}".translate(_UNSEEN)
        lines.append(textwrap.indent(printable(said, lines=True), "  ").strip())
        lines += [f"  [file] {printable(_described(file))}" for file in _files(store, post)]
    return "\n".join(lines) + "\n"


def page(store: Store) -> str:
    """Return all channels with their threads, the newest first."""
    channels = "\n".join(
        f"<h2>~{html.escape(channel.name)}</h2>\n{_threads(store, channel.id)}"
        for channel in store.channels.values()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Mattermost</title>'
        f"<style>{_STYLE}</style></head><body><h1>Mattermost <small>simulated</small></h1>\n"
        f"{channels}\n<p><small>Reload to see what has come in.</small></p></body></html>\n"
    )


def _threads(store: Store, channel: str) -> str:
    roots = [p for p in store.posts.values() if p["channel_id"] == channel and not p["root_id"]]
    articles = [
        f'<article id="{html.escape(root["id"])}">'
        + "".join(_section(store, post) for post in _thread(store, root["id"]))
        + f"<small>thread {html.escape(root['id'])}</small></article>"
        for root in reversed(roots)
    ]
    return "\n".join(articles) or "<p>Nobody has said anything yet.</p>"


def _section(store: Store, post: Json) -> str:
    """Show a post; its Markdown by the bridge's own renderer, which lets no tags in."""
    moment = datetime.fromtimestamp(post["create_at"] / 1000, UTC).astimezone()
    files = "".join(f"<li>{html.escape(_described(f))}</li>" for f in _files(store, post))
    return (
        f"<section><p><b>{html.escape(author(store, post))}</b> <small>{moment:%H:%M:%S}"
        f"</small></p>{rendered(post['message']) if post['message'] else ''}"
        f"{f'<ul>{files}</ul>' if files else ''}</section>\n"
    )


def _thread(store: Store, root: str) -> Iterator[Json]:
    return (post for post in store.posts.values() if root in (post["id"], post["root_id"]))


def _files(store: Store, post: Json) -> list[File]:
    return [file for file in store.files.values() if file.post == post["id"]]


def _described(file: File) -> str:
    size = len(file.content)
    return f"{file.name} ({f'{size / 1000:.1f} kB' if size >= 1000 else f'{size} bytes'})"
