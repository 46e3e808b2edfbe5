"""The files of a message: in the ticket, each once, and what does not get there is said."""

import hashlib
from pathlib import Path

import pytest

from bench.files_memory import measure
from bridge.net.aws import AwsError
from bridge.net.deadline import Deadline
from bridge.storage.entries import Entry
from bridge.tickets import files
from glpi import MEGABYTE, GlpiDocuments
from local.glpi_simulator import Fault
from local.mattermost_simulator import MattermostFault
from tests.conftest import both_versions, ledger
from tests.support.chat import HELPDESK, PNG, Chat, chat, contents, filenames, plain
from tests.support.deadlines import skip_waits
from tests.support.limits import PLENTY
from tests.support.safe_path import TIMING, work

__all__ = ["chat", "plain"]

UPLOAD = "POST Document"
NOTE = "Не все файлы из чата попали в заявку:"
COULD_NOT = ":paperclip: В заявку "


def complaints(chat: Chat) -> list[str]:
    """Return what the bot has said about files."""
    return [text for text in chat.told() if text.startswith(COULD_NOT)]


@both_versions
def test_files_are_linked_to_the_ticket_and_nothing_is_said_of_them(chat: Chat) -> None:
    chat.write("112 x", ("экран.png", PNG), ("log.txt", b"words"))
    assert "Принято" in chat.said
    assert "Файлы" not in chat.said
    chat.settle()
    assert filenames(chat.ticket) == ["экран.png", "log.txt"]
    assert "остались в чате" not in chat.ticket["content"]
    assert chat.told() == []
    assert contents(chat.ticket) == []


@both_versions
def test_a_message_of_files_only_is_a_ticket(chat: Chat) -> None:
    chat.write("112", ("a.txt", b"words"))
    chat.settle()
    assert chat.ticket["name"] == "Заявка от alice: файлы без текста"
    assert filenames(chat.ticket) == ["a.txt"]


@both_versions
def test_the_files_of_a_reply_come_to_the_ticket_of_its_thread(chat: Chat) -> None:
    root = chat.write("112 x")
    chat.write("112", ("a.txt", b"words"), root=root)
    chat.settle()
    assert len(contents(chat.ticket)) == 1
    assert filenames(chat.ticket) == ["a.txt"]


def test_without_a_bot_the_ticket_says_where_the_files_are(
    plain: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATTERMOST_URL", "https://chat.example")
    plain.lab.cold_start()
    plain.write("112 x", ("a.txt", b"words"))
    assert "Файлы остались в чате, в заявке есть ссылка на них." in plain.said
    link = f'<a href="https://chat.example/_redirect/pl/{plain.post}">'
    assert f"<p>Файлы (1) остались в чате. {link}" in plain.ticket["content"]
    plain.settle()
    assert plain.ticket["documents"] == []
    assert plain.mattermost.log == []


@pytest.mark.parametrize("way_back", ["", "hook"])
def test_if_the_bot_leaves_before_the_files_are_carried_the_ticket_says_so(
    chat: Chat, way_back: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    post = chat.write("112 x", ("a.txt", b"words"), ("b.txt", b"more"))
    assert "Файлы" not in chat.ticket["content"]
    hook = chat.mattermost.hook_url if way_back else ""
    chat.lab.store(mattermost_bot_token="", mattermost_incoming_webhook=hook)
    chat.rules(monkeypatch, tmp_path, 'incoming_webhook_team = "acme"')
    chat.settle()
    (note,) = contents(chat.ticket)
    assert NOTE in note
    assert note.count("бота в чате больше нет") == 2
    assert f"/_redirect/pl/{post}" in note
    assert len(complaints(chat)) == len(way_back) / 4


def test_if_the_bot_leaves_before_a_lost_answer_is_looked_up_the_ticket_says_so(
    chat: Chat,
) -> None:
    chat.glpi.inject(Fault("cut_after", match="POST Ticket", times=1))
    chat.write("112 x", ("a.txt", b"words"))
    chat.lab.store(mattermost_bot_token="")
    chat.lab.cold_start()
    chat.settle()
    assert "Файлы" not in chat.ticket["content"]
    (note,) = contents(chat.ticket)
    assert "бота в чате больше нет" in note


@pytest.mark.parametrize("kind", ["", "cut_after"])
def test_a_ticket_without_a_bot_speaks_of_its_files_once(plain: Chat, kind: str) -> None:
    if kind:
        plain.glpi.inject(Fault(kind, match="POST Ticket", times=1))
    plain.write("112 x", ("a.txt", b"words"))
    plain.settle()
    assert "<p>Файлы (1) остались в чате.</p>" in plain.ticket["content"]
    assert contents(plain.ticket) == []


def test_without_an_address_of_mattermost_there_is_no_link(plain: Chat) -> None:
    plain.write("112 x", ("a.txt", b"words"))
    assert plain.said.endswith("Файлы остались в чате.")
    assert "<p>Файлы (1) остались в чате.</p>" in plain.ticket["content"]


@both_versions
def test_an_api_user_of_the_self_service_may_carry_files(chat: Chat) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    chat.write("112 x", ("a.txt", b"words"), ("bad.exe", b"MZ"))
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert len(complaints(chat)) == 1


@both_versions
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('a"b.txt', "a_b.txt"),
        ("a\r\nX-Evil: 1\r\n\r\n.txt", "a__X-Evil: 1____.txt"),
        ("../../b.txt", ".._.._b.txt"),
        ("🔥 отчёт.txt", "🔥 отчёт.txt"),
        ("<img src=x onerror=1>.txt", "<img src=x onerror=1>.txt"),
    ],
)
def test_a_strange_name_arrives_as_a_name(chat: Chat, name: str, shown: str) -> None:
    chat.write("112 x", (name, b"words"))
    chat.settle()
    assert filenames(chat.ticket) == [shown]


@both_versions
@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_a_file_of_self_service_is_there_once_though_an_answer_was_lost(
    chat: Chat, cut: str
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    chat.write("112 x", ("a.txt", b"words"))
    chat.glpi.inject(Fault(cut, match=UPLOAD, times=1))
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert chat.told() == []


@both_versions
@pytest.mark.parametrize("user", ["mm-tech", "mm-self"])
@pytest.mark.parametrize("how", ["purged", "out of sight"])
def test_a_file_whose_ticket_is_gone_is_not_called_a_bad_one(
    chat: Chat, user: str, how: str
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens[user])
    chat.lab.cold_start()
    chat.write("112 x", ("a.txt", b"words"))
    number = chat.ticket["id"]
    if how == "purged":
        chat.purge(number)
    else:
        chat.glpi.inject(Fault("right_missing", match=f"GET Ticket/{number}"))
        chat.change(number, users_id_recipient=2)
        with chat.glpi._store.lock:
            chat.glpi._store.tables["Ticket_User"].clear()
    chat.settle()
    if how == "purged" or user == "mm-self":
        (told,) = complaints(chat)
        assert "- a.txt: заявки в GLPI больше нет, или она скрыта от бота" in told


@both_versions
def test_a_file_for_a_ticket_that_was_closed_meanwhile_is_not_called_a_bad_one(chat: Chat) -> None:
    """GLPI 10 takes it, GLPI 11 refuses it with the code of a bad file."""
    chat.write("112 x", ("a.txt", b"words"), ("bad.exe", b"MZ"))
    chat.change(chat.ticket["id"], status=6)
    chat.settle()
    (told,) = complaints(chat)
    if chat.glpi.version.startswith("10"):
        assert filenames(chat.ticket) == ["a.txt"]
        assert "- bad.exe: GLPI не принял (тип, размер или пустой файл)" in told
    else:
        assert "- a.txt: заявка уже закрыта и не принимает файлов" in told


@both_versions
def test_a_right_that_is_missing_is_not_called_a_bad_file(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"words"))
    chat.glpi.inject(Fault("right_missing", match=UPLOAD))
    chat.settle()
    assert "- a.txt: GLPI не разрешает боту прикладывать файлы к этой заявке" in complaints(chat)[0]


def test_a_limit_that_glpi_does_not_tell_is_none(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.glpi_api.session.SETTINGS", ("version", "root_doc"))
    chat.write("112 x", ("a.txt", bytes(MEGABYTE + 1)))
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]


@both_versions
def test_an_agents_document_of_the_same_bytes_is_not_the_authors(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"words"))
    store, number = chat.glpi._store, chat.ticket["id"]
    with store.lock:
        followup = store.insert(
            "ITILFollowup",
            {"itemtype": "Ticket", "items_id": number, "is_private": 1, "content": "x"},
        )
        sha1 = hashlib.sha1(b"words", usedforsecurity=False).hexdigest()
        document = store.insert(
            "Document", {"users_id": 12, "sha1sum": sha1, "entities_id": 0, "filename": "b.txt"}
        )
        row = {"documents_id": document, "itemtype": "ITILFollowup", "items_id": followup}
        store.insert("Document_Item", row | {"timeline_position": 1, "date_creation": ""})
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]


@pytest.mark.parametrize("glpi", ["10.0.14"], indirect=True)
def test_a_picture_that_cannot_be_shown_is_carried_all_the_same(chat: Chat) -> None:
    post = chat.mattermost.add_post(HELPDESK)
    file = chat.mattermost.add_file(post, "a.png", PNG, "image/png")
    chat.deliver("112 x", post, [file])
    chat.glpi.inject(Fault("right_missing", match="PUT Ticket"))
    chat.settle()
    assert filenames(chat.ticket) == ["a.png"]
    assert chat.told() == []


# --- Pictures


def picture(chat: Chat, name: str = "экран.png") -> str:
    """Write a message with a picture; returns its id."""
    post = chat.mattermost.add_post(HELPDESK)
    file = chat.mattermost.add_file(post, name, PNG, "image/png")
    chat.deliver("112 **x**", post, [file])
    return post


@both_versions
def test_a_picture_is_seen_in_the_ticket(chat: Chat) -> None:
    """GLPI 11 shows it in the timeline itself, GLPI 10 would only name it."""
    post = picture(chat, 'a"<b>.png')
    chat.settle()
    (document,) = chat.ticket["documents"]
    number, ticket = document["id"], chat.ticket["id"]
    content = chat.ticket["content"]
    address = f"/front/document.send.php?docid={number}&amp;itemtype=Ticket&amp;items_id={ticket}"
    image = f'<img alt="a&quot;&lt;b&gt;.png" src="{address}">'
    shown = f'<p><a href="{address}" target="_blank">{image}</a></p>\n'
    assert (shown in content) == chat.glpi.version.startswith("10")
    assert content.startswith("<p><strong>x</strong></p>")
    assert content.endswith(f"<p>mattermost:{post}</p>")
    assert chat.told() == []


@pytest.mark.parametrize("glpi", ["10.0.14"], indirect=True)
@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_a_picture_is_shown_once_whatever_happens_to_the_change(chat: Chat, kind: str) -> None:
    chat.glpi.inject(Fault(kind, match="PUT Ticket", times=1))
    picture(chat)
    chat.settle()
    assert chat.ticket["content"].count("<img") == 1
    assert filenames(chat.ticket) == ["экран.png"]


@pytest.mark.parametrize("glpi", ["10.0.14"], indirect=True)
def test_a_text_that_an_agent_has_changed_stays_as_it_is(chat: Chat) -> None:
    picture(chat)
    chat.change(chat.ticket["id"], content="<p>mine</p>")
    chat.settle()
    assert chat.ticket["content"] == "<p>mine</p>"
    assert filenames(chat.ticket) == ["экран.png"]


@pytest.mark.parametrize("glpi", ["10.0.14"], indirect=True)
def test_a_picture_of_a_reply_is_not_put_into_the_first_message(chat: Chat) -> None:
    root = chat.write("112 x")
    before = chat.ticket["content"]
    post = chat.mattermost.add_post(HELPDESK, root)
    chat.deliver("112 y", post, [chat.mattermost.add_file(post, "a.png", PNG, "image/png")])
    chat.settle()
    assert chat.ticket["content"] == before
    assert filenames(chat.ticket) == ["a.png"]


@both_versions
@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("счёт\u202egpj.txt", "счётgpj.txt"),
        ("a\u200bb\u00ad.txt", "ab.txt"),
        ("a\x07\n\x9b b.txt", "a___ b.txt"),
        ("👩🏽‍💻 می\u200cخواهم.txt", "👩🏽‍💻 می\u200cخواهم.txt"),
    ],
)
def test_nothing_unseen_is_in_a_files_name(chat: Chat, name: str, seen: str) -> None:
    chat.write("112 x", (name, b"words"), (f"{name}.exe", b"MZ"))
    chat.settle()
    assert filenames(chat.ticket) == [seen]
    (note,) = contents(chat.ticket)
    assert f"<br />\n{seen}.exe: GLPI" in note


# --- What never gets there


@both_versions
@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("bad.exe", b"MZ", "GLPI не принял (тип, размер или пустой файл)"),
        ("none", b"x", "GLPI не принял (тип, размер или пустой файл)"),
        ("empty.txt", b"", "GLPI не принял (тип, размер или пустой файл)"),
        ("big.txt", bytes(2 * MEGABYTE + 1), "больше 2 МБ"),
    ],
    ids=["type", "no type", "empty", "large"],
)
def test_what_glpi_does_not_take_is_told_and_noted_once_and_the_others_come(
    chat: Chat, name: str, content: bytes, reason: str
) -> None:
    chat.write("112 x", (name, content), ("good.txt", b"words"))
    chat.settle()
    assert filenames(chat.ticket) == ["good.txt"]
    (told,) = complaints(chat)
    assert told.endswith(f":\n- {name}: {reason}\n\nОни остались в чате, в заявке есть ссылка.")
    (note,) = contents(chat.ticket)
    assert f"{NOTE}<br />\n{name}: {reason}" in note
    assert f"/_redirect/pl/{chat.post}" in note
    assert note.endswith(f"<p>mattermost:{chat.post}:files</p>")
    assert chat.ticket["takeintoaccountdate"] is None


STAY = "остались в чате"
LINKED = "в заявке есть ссылка"


def complaint(chat: Chat, *names: str) -> str:
    """Write a message whose files never reach its ticket; returns what is told of them."""
    chat.write("112 x", *((name, b"MZ") for name in names))
    chat.settle()
    (told,) = complaints(chat)
    return told


@pytest.mark.parametrize("deleted", [1, 2])
def test_of_files_of_which_one_was_deleted_nobody_says_that_they_stay(
    chat: Chat, deleted: int
) -> None:
    post, ids = chat.add_post("", ("bad.exe", b"MZ"), ("b.exe", b"MZ"))
    for file in ids[:deleted]:
        del chat.mattermost.files[file]
    chat.deliver("112 x", post, ids)
    chat.settle()
    (told,) = complaints(chat)
    assert told.count("файл удалён") == deleted
    assert STAY not in told
    assert LINKED not in told


@both_versions
def test_a_ticket_that_is_gone_is_not_said_to_link_to_its_files(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"words"))
    chat.change(chat.ticket["id"], is_deleted=1)
    chat.settle()
    for told in complaints(chat):
        assert LINKED not in told
    chat.write("112 y", ("b.txt", b"words"))
    chat.purge(chat.glpi.tickets[-1]["id"])
    chat.settle()
    assert complaints(chat)[-1].endswith("\n\nОни остались в чате.")


@pytest.mark.parametrize("refuse", [Fault("right_missing", match="POST ITILFollowup")])
def test_a_note_that_glpi_refuses_is_not_said_to_link_to_the_files(
    chat: Chat, refuse: Fault
) -> None:
    chat.glpi.inject(refuse)
    assert complaint(chat, "bad.exe").endswith("\n\nОни остались в чате.")
    assert contents(chat.ticket) == []


def test_where_the_message_has_no_address_no_link_is_promised(
    plain: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without MATTERMOST_URL there is no bot; the webhook tells of files once it has gone."""
    monkeypatch.setenv("MATTERMOST_URL", plain.mattermost.url)
    plain.lab.store(
        mattermost_bot_token=plain.mattermost.bot_token,
        mattermost_incoming_webhook=plain.mattermost.hook_url,
    )
    plain.rules(monkeypatch, tmp_path, 'incoming_webhook_team = "acme"')
    plain.write("112 x", ("a.txt", b"words"))
    monkeypatch.delenv("MATTERMOST_URL")
    plain.lab.cold_start()
    plain.settle()
    (told,) = complaints(plain)
    assert "бота в чате больше нет" in told
    assert told.endswith("\n\nОни остались в чате.")


def test_a_note_that_is_there_already_links_as_well(chat: Chat) -> None:
    chat.mattermost.fault = MattermostFault(status=500, match="POST")
    chat.write("112 x", ("bad.exe", b"MZ"))
    chat.go_on()
    chat.mattermost.heal()
    chat.settle()
    assert len(contents(chat.ticket)) == 1
    assert LINKED in complaints(chat)[0]


def test_why_files_are_missing_is_said_in_the_language_of_their_desk(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, "max_files = 1")
    path = tmp_path / "bridge.toml"
    path.write_text(path.read_text("utf-8") + 'language = "en"\n', "utf-8")
    chat.lab.cold_start()
    chat.write("112 x", ("bad.exe", b"MZ"), ("b.txt", b"words"))
    chat.settle()
    said = "refused by GLPI (type, size or empty file)"
    told = chat.told()[-1]
    assert f"- bad.exe: {said}\n- file: more than 1 files in one message" in told
    assert f"bad.exe: {said}" in contents(chat.ticket)[0]


def test_a_file_larger_than_the_setting_is_not_even_loaded(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, "max_file_mb = 1")
    chat.write("112 x", ("a.txt", bytes(MEGABYTE)), ("b.txt", bytes(MEGABYTE + 1)))
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert "- b.txt: больше 1 МБ" in complaints(chat)[0]
    assert len([r for r in chat.asked("/files/") if not r.endswith("/info")]) == 1


@pytest.mark.parametrize(("limit", "carried"), [(0, 0), (1, 1), (2, 2)])
def test_more_files_than_the_setting_stay_in_the_chat(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: int, carried: int
) -> None:
    chat.rules(monkeypatch, tmp_path, f"max_files = {limit}")
    chat.write("112 x", ("a.txt", b"1"), ("b.txt", b"2"))
    chat.settle()
    assert len(filenames(chat.ticket)) == carried
    too_many = f"больше {limit} файлов в одном сообщении"
    assert sum(told.count(too_many) for told in complaints(chat)) == 2 - carried


def test_a_file_that_was_deleted_is_told(chat: Chat) -> None:
    post, ids = chat.add_post("", ("a.txt", b"1"), ("b.txt", b"2"))
    del chat.mattermost.files[ids[0]]
    chat.deliver("112 x", post, ids)
    chat.settle()
    assert filenames(chat.ticket) == ["b.txt"]
    assert "- файл: файл удалён" in complaints(chat)[0]


def test_a_file_whose_message_was_deleted_is_noted_though_nobody_can_be_told(chat: Chat) -> None:
    post = chat.write("112 x", ("a.txt", b"1"))
    del chat.mattermost.posts[post]
    chat.settle()
    assert "файл: файл удалён" in contents(chat.ticket)[0]
    assert chat.told() == []


def keep_out(chat: Chat) -> None:
    """Let somebody remove the bot from the team, so that it cannot join the channel."""
    chat.mattermost.channels[HELPDESK].with_bot = False
    chat.mattermost.teams.clear()


def test_a_bot_outside_the_channel_waits_and_carries_the_files_when_it_is_let_in(
    chat: Chat,
) -> None:
    keep_out(chat)
    chat.write("112 x", ("a.txt", b"1"))
    assert "Принято" in chat.said
    for _ in range(2):
        assert chat.go_on()
        assert chat.worker.queue[0].visible_at - chat.clock.now == TIMING.longest_pause
    (line,) = [e for e in chat.lab.logged() if "remedy" in e][-1:]
    assert "add it to the team" in line["remedy"]
    chat.mattermost.channels[HELPDESK].with_bot = True
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert contents(chat.ticket) == []  # no note says that it could not be had
    assert chat.told() == []


def test_a_file_that_the_bot_could_not_read_for_days_is_noted_with_the_reason(chat: Chat) -> None:
    keep_out(chat)
    chat.write("112 x", ("a.txt", b"1"))
    chat.go_on()
    assert contents(chat.ticket) == []
    chat.clock.now += TIMING.max_age
    chat.go_on()
    (note,) = contents(chat.ticket)
    assert "файл: у бота нет доступа к файлу" in note
    assert chat.worker.queue == []


def test_of_a_file_that_failed_for_good_and_one_that_waits_each_is_said_what_is_true(
    chat: Chat,
) -> None:
    """A note about the one must not say of the other that it never came."""
    post, ids = chat.add_post("", ("bad.exe", b"MZ"), ("a.txt", b"1"))
    fault = MattermostFault(status=500, match=f"files/{ids[1]}")
    chat.mattermost.fault = fault
    chat.deliver("112 x", post, ids)
    chat.go_on()
    chat.mattermost.heal()
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    (note,) = contents(chat.ticket)
    assert "bad.exe" in note
    assert "a.txt" not in note


@pytest.mark.parametrize("name", ["@all.txt", "a](http://evil).txt", "<!channel>.txt", "112.exe"])
def test_a_name_that_is_repeated_comes_alive_nowhere(chat: Chat, name: str) -> None:
    chat.write("112 x", (name + ".exe", b"MZ"))
    chat.settle()
    (told,) = complaints(chat)
    assert "@all" not in told
    assert "](http://evil)" not in told
    assert "<!channel>" not in told
    (note,) = contents(chat.ticket)
    assert "<!channel>" not in note


# --- Each once


def test_two_files_of_the_same_bytes_are_one_document(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"words"), ("b.txt", b"words"))
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert chat.told() == []


@both_versions
@pytest.mark.parametrize("cut", ["cut_before", "cut_after", "status_after"])
@pytest.mark.parametrize("files", [1, 20])
def test_an_upload_of_unknown_outcome_is_there_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cut: str, files: int
) -> None:
    chat.rules(monkeypatch, tmp_path, "max_files = 50")
    chat.write("112 x", *((f"{n}.txt", f"{n}".encode()) for n in range(files)))
    status = 504 if cut == "status_after" else 0
    chat.glpi.inject(Fault(cut, match=UPLOAD, times=1, status=status))
    before = chat.clock.now
    assert chat.go_on()
    assert chat.worker.queue[0].visible_at >= before + TIMING.settle
    chat.settle()
    assert sorted(filenames(chat.ticket)) == sorted(f"{n}.txt" for n in range(files))
    assert chat.told() == []


def test_a_document_that_is_the_twentieth_of_its_ticket_is_known_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, "max_files = 50")
    many = [(f"{n}.txt", f"{n}".encode()) for n in range(20)]
    root = chat.write("112 x", *many)
    chat.settle()
    chat.write("112 y", many[-1], root=root)
    chat.settle()
    assert len(filenames(chat.ticket)) == 20


def test_documents_are_asked_for_once_a_visit(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    real, asked = GlpiDocuments.of_ticket, list[int]()

    def of_ticket(documents: GlpiDocuments, ticket: int, deadline: Deadline) -> object:
        asked.append(ticket)
        return real(documents, ticket, deadline)

    monkeypatch.setattr(GlpiDocuments, "of_ticket", of_ticket)
    chat.write("112 x", *((f"{n}.txt", f"{n}".encode()) for n in range(5)))
    chat.settle()
    assert asked == [chat.ticket["id"]]


def test_a_twin_of_a_file_whose_upload_was_cut_does_not_overtake_it(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"words"), ("b.txt", b"words"))
    chat.glpi.inject(Fault("cut_before", match=UPLOAD, times=1))
    assert chat.go_on()
    assert filenames(chat.ticket) == []
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]


def test_a_session_that_ends_between_two_files_costs_nothing(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.Files._carry

    def carry(*arguments: object) -> None:
        chat.glpi.expire_sessions()
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files.Files, "_carry", carry)
    chat.write("112 x", ("a.txt", b"1"), ("b.txt", b"2"))
    assert chat.go_on() == []
    assert filenames(chat.ticket) == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    "trouble",
    [
        MattermostFault(status=500),
        MattermostFault(status=429),
        MattermostFault(),
        MattermostFault(status=200, body="<html>"),
    ],
)
@pytest.mark.parametrize("info", ["", "/info"])
def test_a_file_that_cannot_be_had_now_keeps_no_other_from_being_carried(
    chat: Chat, trouble: MattermostFault, info: str
) -> None:
    post, ids = chat.add_post("", ("a.txt", b"1"), ("b.txt", b"2"))
    match = f"files/{ids[0]}{info}"
    chat.mattermost.fault = MattermostFault(trouble.status, match=match, body=trouble.body)
    chat.deliver("112 x", post, ids)
    assert chat.go_on()
    assert "b.txt" in filenames(chat.ticket)
    chat.mattermost.heal()
    chat.settle()
    assert sorted(filenames(chat.ticket)) in (["a.txt", "b.txt"], ["b.txt"])
    assert len(filenames(chat.ticket)) == 2 or trouble.status == 200


@both_versions
@pytest.mark.parametrize(
    "fault",
    [Fault("maintenance"), Fault("status_before", UPLOAD, status=502), Fault("empty", UPLOAD)],
    ids=lambda fault: fault.kind,
)
def test_files_wait_for_glpi(chat: Chat, fault: Fault) -> None:
    chat.write("112 x", ("a.txt", b"1"))
    chat.glpi.inject(fault)
    assert chat.go_on()
    assert filenames(chat.ticket) == []
    chat.glpi.heal()
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert chat.told() == []


def test_a_proxy_that_refuses_the_size_is_told(chat: Chat) -> None:
    chat.glpi.inject(Fault("status_before", UPLOAD, status=413))
    chat.write("112 x", ("a.txt", b"1"))
    chat.settle()
    assert "- a.txt: GLPI не принял" in complaints(chat)[0]


@both_versions
@pytest.mark.parametrize("cut", ["cut_before", "cut_after"])
def test_a_note_of_unknown_outcome_is_there_once(chat: Chat, cut: str) -> None:
    chat.write("112 x", ("bad.exe", b"MZ"))
    chat.glpi.inject(Fault(cut, match="POST ITILFollowup", times=1))
    assert chat.go_on()
    chat.settle()
    assert len(contents(chat.ticket)) == len(complaints(chat)) == 1


def test_a_complaint_that_mattermost_does_not_take_waits_and_comes_once(chat: Chat) -> None:
    chat.write("112 x", ("bad.exe", b"MZ"))
    chat.mattermost.fault = MattermostFault(status=500, match="POST /api/v4/posts")
    assert chat.go_on()
    chat.mattermost.heal()
    chat.settle()
    assert len(contents(chat.ticket)) == len(complaints(chat)) == 1


def test_files_of_a_ticket_that_was_purged_are_told(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"1"))
    chat.purge(chat.ticket["id"])
    chat.settle()
    assert len(complaints(chat)) == 1


def test_a_slow_file_takes_its_own_share_of_the_time_only(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.write("112 x", ("a.txt", b"1"), ("b.txt", b"2"), ("c.txt", b"3"))
    chat.glpi.inject(Fault("delay_before", match=UPLOAD, seconds=PLENTY, times=1))
    skip_waits(monkeypatch, chat.glpi)
    chat.go_on()
    assert filenames(chat.ticket) == ["b.txt", "c.txt"]


def test_what_cannot_be_carried_in_days_is_told_and_noted(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"1"))
    chat.mattermost.fault = MattermostFault(status=500, match="/files/")
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert chat.worker.queue == chat.worker.dead == []
    assert not [e for e in chat.lab.logged() if e["message"].startswith("given up")]
    chat.mattermost.heal()
    (told,) = complaints(chat)
    assert "- файл: не удалось перенести" in told
    (note,) = contents(chat.ticket)
    assert "не удалось перенести" in note


def test_what_cannot_even_be_told_in_days_is_given_up_and_logged(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"1"))
    chat.mattermost.fault = MattermostFault(status=500)
    chat.clock.now += TIMING.max_age + 1
    chat.go_on()
    assert chat.worker.queue == chat.worker.dead == []
    (line,) = [e for e in chat.lab.logged() if e["message"].startswith("given up")]
    assert line["steps"] == ["files"]


def test_a_large_file_passes_through_little_memory() -> None:
    taken = measure(20, traced=True)
    assert 0 < taken.allocated < 3 * MEGABYTE


# --- While the ledger fails in between


def failing(chat: Chat, monkeypatch: pytest.MonkeyPatch, lost: int) -> None:
    """Let so many writes of the ledger succeed, and the next one fail."""
    real, remaining = ledger().write, [lost]

    def write(ref: str, entry: Entry) -> tuple[bool, Entry]:
        remaining[0] -= 1
        if remaining[0] == -1:
            raise AwsError("TimeoutError", refused=False)
        return real(ref, entry)

    monkeypatch.setattr(ledger(), "write", write)


@pytest.mark.parametrize("lost", [0, 1])
def test_steps_that_could_not_be_held_or_noted_are_done_once(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    chat.write("112 x", ("a.txt", b"1"), ("bad.exe", b"MZ"))
    failing(chat, monkeypatch, lost)
    chat.go_on()
    assert filenames(chat.ticket) == ["a.txt"] * lost
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert len(contents(chat.ticket)) == len(complaints(chat)) == 1


def test_steps_that_were_done_but_not_noted_are_known_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.write("112 x", ("a.txt", b"1"), ("bad.exe", b"MZ"))
    chat.worker.put(chat.worker.queue[0].body, 600.0)
    failing(chat, monkeypatch, 1)
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
    assert len(contents(chat.ticket)) == 1
    assert len(complaints(chat)) <= 2


def test_a_visit_without_time_left_does_nothing_twice(chat: Chat) -> None:
    chat.write("112 x", ("a.txt", b"1"))
    chat.clock.now = chat.worker.next_at() or 0
    assert work(chat.worker, seconds=0)
    assert filenames(chat.ticket) == []
    chat.settle()
    assert filenames(chat.ticket) == ["a.txt"]
