"""The Mattermost simulator answers what a real Mattermost 5.37.0 answered."""

import itertools
import json
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import parse_qsl

import pytest

from local.mattermost_simulator import MattermostSimulator, OutgoingWebhook
from local.mattermost_simulator.outgoing import FORM, wanted_post
from operations.ids import ALPHABET, LENGTH
from tests.conftest import RECORDINGS

EXCHANGES = [
    json.loads(line)
    for line in (RECORDINGS / "mattermost-5.37-rest.jsonl").read_text("utf-8").splitlines()
]
OUTGOING = [
    exchange
    for line in (RECORDINGS / "mattermost-5.37-outgoing.jsonl").read_text("utf-8").splitlines()
    if (exchange := json.loads(line))["request"] and exchange["name"].startswith("outgoing ")
]
HELPDESK = "745i3akya3d9ierbsg6gsqmkfr"
NOT_A_MEMBER = "1i41enhaqty1bec49wn4d4ou7e"
ROOT = "1y5xbahnifn4ufumg4p8y5jsde"
READ = {
    "ping": ["status"],
    "/posts": ["channel_id", "root_id"],
    "/members": ["channel_id"],
    "/channels": ["id", "type"],
    "/users/": ["username", "email"],
    "/info": ["name", "size", "mime_type"],
}
"""What the bridge reads of which answer."""


@pytest.fixture
def as_recorded(mattermost: MattermostSimulator) -> MattermostSimulator:
    """The simulator with the channels and posts of the recordings."""
    mattermost.add_channel("other", "ogigtt16g3yxtfdtgcmdcry3by")
    mattermost.add_channel("elsewhere", NOT_A_MEMBER, with_bot=False)
    mattermost.add_channel("tickets", "gfy7i4wk67gjbmo6z9oxpqt5gh")
    mattermost.add_channel("nobot", "bgy1wnosepf3iygdud49778dho", with_bot=False)
    private = "djeo6czus7g5m8rkcqxdrskkpr"
    mattermost.add_channel("nobot-private", private, with_bot=False, is_private=True)
    archived = mattermost.add_channel("arch1795758728", "ekmdegopup8ijqaupbwqsnenrh")
    archived.is_archived = True
    mattermost.add_post(archived.id, "", "webpyx1aq7rc5e1oryc3t4zaro")
    mattermost.add_post(HELPDESK, "", ROOT)
    mattermost.add_post(HELPDESK, ROOT, "11k4gmn4ebn97xb577ga46rfbo")
    elsewhere = mattermost.add_post(NOT_A_MEMBER, "", "qd473d85etbb7gcpzk6w4mybbe")
    content = "привет файл".encode()
    mattermost.add_file(ROOT, "отчёт №1.txt", content, file_id="kedu3jyhsbfj5ebt6zwsko3qyh")
    mattermost.add_file(elsewhere, "x.txt", b"x", file_id="yw9gnspbx3dy9kawunmsnnskgw")
    mattermost.add_file("deleted", "x.txt", b"x", file_id="es8fam6swtymzk5e7jhdx9ujnh")
    return mattermost


def ask(url: str, recorded: dict[str, Any]) -> tuple[int, str, Any]:
    body = recorded["body"]
    if body and "length" in recorded:  # kept short in the recording
        body = {**body, "message": "ж" * recorded["length"]}
    request = urllib.request.Request(
        url + recorded["path"],
        None if body is None else json.dumps(body).encode(),
        dict(recorded["headers"]),
        method=recorded["method"],
    )
    try:
        response = urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        text = response.read().decode()
        kind = response.headers["Content-Type"]
        return response.status, kind, json.loads(text) if "json" in kind else text


@pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda exchange: exchange["name"])
def test_status_type_and_what_the_bridge_reads_are_as_recorded(
    as_recorded: MattermostSimulator, exchange: dict[str, Any]
) -> None:
    recorded = exchange["response"]
    path = exchange["request"]["path"]
    if "/users/" in path and recorded["status"] == 200:
        body = recorded["body"]
        as_recorded.add_user(body["username"], body["email"], body["id"])
    status, kind, body = ask(as_recorded.url, exchange["request"])
    assert status == recorded["status"]
    assert [["Content-Type", kind]] == recorded["headers"]
    if not isinstance(recorded["body"], dict):
        assert body == recorded["body"]
    elif status >= 400:
        assert (body["id"], body["status_code"]) == (recorded["body"]["id"], status)
    else:
        read = next(names for part, names in READ.items() if part in path)
        assert [body[name] for name in read] == [recorded["body"][name] for name in read]


def test_a_bot_joins_public_channels_of_its_team_and_no_others(
    mattermost: MattermostSimulator,
) -> None:
    """Seen on 5.37.0, though only the refusal is recorded."""
    found = {
        "public": mattermost.add_channel("public", with_bot=False),
        "private": mattermost.add_channel("private", with_bot=False, is_private=True),
        "elsewhere": mattermost.add_channel("elsewhere", with_bot=False, team="other"),
    }
    authorized = [["Authorization", f"Bearer {mattermost.bot_token}"]]
    for channel in found.values():
        wanted = {"user_id": mattermost.bot_id}
        path = f"/api/v4/channels/{channel.id}/members"
        sent = {"method": "POST", "path": path, "headers": authorized, "body": wanted}
        status, _, _ = ask(mattermost.url, sent)
        assert status == (201 if channel.with_bot else 403)
    assert [name for name, channel in found.items() if channel.with_bot] == ["public"]


def test_a_repeated_pending_id_returns_the_post_there_is(as_recorded: MattermostSimulator) -> None:
    pending = [e for e in EXCHANGES if "pending_post_id=" in e["name"]]
    assert len(pending) == 3
    answers = [ask(as_recorded.url, exchange["request"])[2] for exchange in pending]
    assert len({answer["id"] for answer in answers}) == 1
    assert len({exchange["response"]["body"]["id"] for exchange in pending}) == 1
    assert len(as_recorded.said()) == 1


def ids_of(chat: MattermostSimulator) -> list[str]:
    """Let somebody write in a new channel; returns every id that was made for that."""
    channel = chat.add_channel("town").id
    post = chat.add_post(channel)
    answer = chat.add_answer(channel, post, "x")
    return [channel, post, answer["id"], chat.add_user("mallory").id, chat.add_file(post, "a", b"")]


def test_no_id_is_that_of_another_run(mattermost: MattermostSimulator) -> None:
    """A real GLPI still has the tickets of earlier runs, and knows them by their posts' ids."""
    with MattermostSimulator() as another:
        made = ids_of(mattermost) + ids_of(another)
    assert len(set(made)) == 10


def test_ids_look_like_those_of_a_real_mattermost(mattermost: MattermostSimulator) -> None:
    an_id = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")
    recorded = {
        value
        for exchange in EXCHANGES
        if exchange["response"]["status"] < 400 and isinstance(exchange["response"]["body"], dict)
        for name, value in exchange["response"]["body"].items()
        if value and (name == "id" or name.endswith("_id")) and name != "pending_post_id"
    }
    assert len(recorded) > 5
    assert [one for one in {*recorded, *ids_of(mattermost)} if not an_id.fullmatch(one)] == []


def test_whoever_needs_the_same_ids_again_says_where_they_come_from() -> None:
    def counted(size: int) -> bytes:
        return next(numbers).to_bytes(size)

    made = []
    for _ in range(2):
        numbers = itertools.count(1)
        made.append(ids_of(MattermostSimulator(random_bytes=counted)))
    assert made[0] == made[1]
    assert len(set(made[0])) == 5


TOLD = (
    *("team_id", "team_domain", "channel_id", "channel_name", "user_id", "user_name"),
    *("post_id", "text", "trigger_word", "file_ids"),
)
"""What an outgoing webhook tells beside token and timestamp, in the order of its JSON."""


@pytest.mark.parametrize("exchange", OUTGOING, ids=lambda exchange: exchange["name"])
def test_an_outgoing_webhook_sends_the_bytes_that_were_recorded(exchange: dict[str, Any]) -> None:
    recorded = exchange["request"]["body"]
    kind = dict(exchange["request"]["headers"])["Content-Type"]
    as_form = kind == FORM
    told = dict(parse_qsl(recorded, keep_blank_values=True)) if as_form else json.loads(recorded)
    hook = OutgoingWebhook("", told["token"], (), kind)
    written_at = int(told["timestamp"]) * (1000 if as_form else 1)
    assert hook.body({name: told[name] for name in TOLD}, written_at).decode() == recorded


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("112 fire", "112"),
        ("  \n 112\tfire", "112"),
        ("112\u00a0fire", "112"),
        ("112", "112"),
        ("заявка", "заявка"),
        ("Заявка", None),
        ("112: fire", None),
        ("**112** fire", None),
        ("1121 fire", None),
        ("fire 112", None),
        ("", None),
    ],
)
def test_only_a_first_word_as_it_is_written_sets_a_webhook_off(text: str, word: str | None) -> None:
    assert OutgoingWebhook("", "", ("112", "заявка")).trigger_of(text) == word


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b'{"text": "a"}', "a"),
        (b'{"text": "a"} rest', "a"),
        (b'{"text": ""}', ""),
        (b"{}", None),
        (b"", None),
        (b'{"text": null}', None),
        (b'{"text": 5}', None),
        (b'["text"]', None),
        (b"null", None),
        (b"<html>", None),
        (b'{"message": "Forbidden"}', None),
        (b"\xff", None),
        (b"[" * 5000, None),
    ],
)
def test_an_answer_is_a_json_object_with_a_text_or_nothing(answer: bytes, text: str | None) -> None:
    assert wanted_post(answer).get("text") == text
