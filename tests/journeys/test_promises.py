"""The first answer promises only what is known to be possible; the bot joins channels by itself."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.config import timing
from bridge.filing.threads import FAILURES
from bridge.glpi_api.followups import CLOSED, PENDING, SOLVED
from bridge.words.texts import ANSWERS
from local.glpi_simulator import Fault, rest
from local.glpi_simulator.answers import Answer, json_answer
from local.glpi_simulator.call import Call
from local.glpi_simulator.store import Session, Store
from local.mattermost_simulator import MattermostFault
from local.mattermost_simulator.model import Channel
from tests.conftest import both_versions
from tests.support.chat import HELPDESK, Chat, chat, contents, filenames, plain
from tests.support.safe_path import TIMING

__all__ = ["chat", "plain"]

THREAD = "ответьте в этой ветке"
HERE = "номер придёт"
FILES = "Файлы пока остались в чате: бот не может их прочитать."
MEMBERS = "/members"
NEW = 1
"""GLPI's status of a ticket that nobody has touched."""


def channel(chat: Chat) -> Channel:
    return chat.mattermost.channels[HELPDESK]


def outside(chat: Chat) -> None:
    """Let the bot be in the team, and not in the channel."""
    channel(chat).with_bot = False


def removed(chat: Chat) -> None:
    """Let the bot be neither in the team nor in the channel."""
    channel(chat).with_bot = False
    chat.mattermost.teams.clear()


def refused(chat: Chat) -> None:
    """Let the bot be disabled, or have another token."""
    chat.mattermost.bot_token = "another"


def login_page(chat: Chat) -> None:
    chat.mattermost.fault = MattermostFault(status=200)


def member_unknown(chat: Chat) -> None:
    chat.mattermost.fault = MattermostFault(status=500, match=MEMBERS)


def skipped(chat: Chat) -> None:
    """Let nobody wait for Mattermost any more."""
    chat.mattermost.fault = MattermostFault(status=500)
    for _ in range(FAILURES):
        chat.write("112 before")


CANNOT: dict[str, Callable[[Chat], None]] = {
    "outside the channel": outside,
    "outside the team": removed,
    "token refused": refused,
    "login page": login_page,
    "membership unknown": member_unknown,
    "skipped after failures": skipped,
}


def test_a_bot_in_the_channel_promises_both(chat: Chat) -> None:
    chat.write("112 x")
    assert THREAD in chat.said
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 y")
    assert HERE in chat.said
    assert "Код" not in chat.said


@pytest.mark.parametrize("why", CANNOT)
def test_a_bot_that_may_not_be_able_to_promises_no_thread(chat: Chat, why: str) -> None:
    CANNOT[why](chat)
    chat.write("112 x")
    assert "Принято" in chat.said
    assert THREAD not in chat.said


@pytest.mark.parametrize("why", CANNOT)
def test_a_bot_that_may_not_be_able_to_promises_no_number_and_gives_a_code(
    chat: Chat, why: str
) -> None:
    CANNOT[why](chat)
    chat.glpi.inject(Fault("maintenance"))
    post = chat.write("112 x")
    assert "Сообщение сохранено" in chat.said
    assert HERE not in chat.said
    assert f"Код: {post}" in chat.said


@pytest.mark.parametrize("why", ["outside the team", "token refused", "login page"])
def test_whoever_sends_files_that_the_bot_cannot_read_is_told_at_once(chat: Chat, why: str) -> None:
    CANNOT[why](chat)
    chat.write("112 x", ("a.txt", b"1"))
    assert FILES in chat.said


@both_versions
def test_the_bot_joins_a_public_channel_of_its_team_and_does_what_was_not_promised(
    chat: Chat,
) -> None:
    outside(chat)
    chat.glpi.inject(Fault("maintenance"))
    root = chat.write("112 x", ("a.txt", b"1"))
    chat.glpi.heal()
    chat.settle()
    assert channel(chat).with_bot
    assert [thread for thread, text in chat.mattermost.said() if "готово" in text] == [root]
    assert filenames(chat.ticket) == ["a.txt"]
    assert contents(chat.ticket) == []
    chat.clock.now += timing.OUTSIDE_AGE_SECONDS
    chat.write("112 y")
    assert THREAD in chat.said


def test_the_bot_joins_though_nothing_needs_it_there_yet(chat: Chat) -> None:
    outside(chat)
    root = chat.write("112 x")
    assert "Принято" in chat.said
    assert not channel(chat).with_bot  # nobody waits for that
    chat.settle()
    assert channel(chat).with_bot
    chat.write("112 y", root=root)
    assert "Добавлено" in chat.told()[-1]


def test_a_bot_that_is_not_to_join_stays_out_and_says_so_of_files(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    chat.rules(monkeypatch, tmp_path, "bot_joins = false")
    outside(chat)
    chat.write("112 x", ("a.txt", b"1"))
    assert THREAD not in chat.said
    assert FILES in chat.said
    chat.go_on()
    assert not channel(chat).with_bot
    assert chat.asked(f"POST /api/v4/channels/{HELPDESK}{MEMBERS}") == []


@pytest.mark.parametrize("kind", ["private", "other team"])
def test_where_the_bot_may_not_join_it_does_not_and_asks_again_only_after_a_while(
    chat: Chat, kind: str
) -> None:
    outside(chat)
    if kind == "private":
        channel(chat).is_private = True
    else:
        chat.mattermost.teams.clear()
    joins = f"POST /api/v4/channels/{HELPDESK}{MEMBERS}"
    for _ in range(3):
        chat.write("112 x")
        chat.go_on()
    assert not channel(chat).with_bot
    assert len(chat.asked(joins)) == 1
    chat.clock.now += timing.OUTSIDE_AGE_SECONDS
    chat.go_on()
    assert len(chat.asked(joins)) == 2


def test_where_the_bot_is_a_member_mattermost_is_asked_once_in_a_while(chat: Chat) -> None:
    for _ in range(3):
        chat.write("112 x")
        chat.go_on()
    assert len(chat.asked(MEMBERS)) == 1
    chat.clock.now += timing.MEMBER_AGE_SECONDS
    outside(chat)
    chat.write("112 x")
    assert THREAD not in chat.said
    assert len(chat.asked(MEMBERS)) == 2


def test_an_answer_in_a_thread_shows_that_the_bot_is_in_the_channel(chat: Chat) -> None:
    root = chat.write("112 x")
    chat.settle()
    chat.clock.now += timing.MEMBER_AGE_SECONDS
    before = len(chat.asked(MEMBERS))
    chat.write("112 more", root=root)
    chat.write("112 y")
    assert THREAD in chat.said
    assert len(chat.asked(MEMBERS)) == before


# --- A bot that was removed


def silent(chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let the bot not come back by itself."""
    chat.rules(monkeypatch, tmp_path, "bot_joins = false")
    chat.write("112 x")
    assert THREAD in chat.said
    chat.settle()
    outside(chat)


def reply_is_refused(chat: Chat) -> None:
    chat.write("112 more", root=chat.post)
    assert chat.said == ""


def number_is_refused(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 y")
    chat.glpi.heal()
    chat.go_on()


def file_is_refused(chat: Chat) -> None:
    chat.write("112 y", ("a.txt", b"1"))
    chat.go_on()


def place_is_refused(chat: Chat) -> None:
    channel(chat).is_private = True
    chat.write("112 y")
    channel(chat).is_private = False


REFUSALS: dict[str, Callable[[Chat], None]] = {
    "reply": reply_is_refused,
    "number": number_is_refused,
    "file": file_is_refused,
    "place": place_is_refused,
}


@pytest.mark.parametrize("why", REFUSALS)
def test_whatever_mattermost_refuses_to_a_bot_outside_ends_its_promises(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, why: str
) -> None:
    silent(chat, monkeypatch, tmp_path)
    REFUSALS[why](chat)
    chat.write("112 z")
    assert "Принято" in chat.said
    assert THREAD not in chat.said
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 z")
    assert HERE not in chat.said


@pytest.mark.parametrize("why", ["login page", "membership unknown"])
def test_what_says_nothing_of_the_channel_ends_no_membership(chat: Chat, why: str) -> None:
    chat.write("112 x")
    chat.settle()
    CANNOT[why](chat)
    chat.write("112 more", root=chat.post)
    chat.mattermost.heal()
    before = len(chat.asked(MEMBERS))
    chat.write("112 y")
    assert THREAD in chat.said
    assert len(chat.asked(MEMBERS)) == before


@pytest.mark.parametrize("files", [(), (("a.txt", b"1"),)], ids=["number", "file"])
def test_a_removed_bot_comes_back_at_once_where_it_is_needed(
    chat: Chat, files: tuple[tuple[str, bytes], ...]
) -> None:
    chat.write("112 x")
    chat.settle()
    chat.glpi.inject(Fault("maintenance"))
    root = chat.write("112 y", *files)
    chat.glpi.heal()
    outside(chat)
    assert chat.go_on() == []
    assert channel(chat).with_bot
    assert [thread for thread, text in chat.mattermost.said() if "готово" in text] == [root]
    assert [filenames(ticket) for ticket in chat.glpi.tickets] == [[], [name for name, _ in files]]


def test_a_followup_promises_nothing_and_asks_for_nothing(chat: Chat) -> None:
    root = chat.write("112 x")
    chat.settle()
    chat.clock.now += timing.MEMBER_AGE_SECONDS
    outside(chat)
    before = len(chat.asked(MEMBERS))
    chat.write("112 more", root=root)
    assert len(chat.asked(MEMBERS)) == before


def test_without_a_bot_nobody_asks_where_it_is(plain: Chat) -> None:
    plain.write("112 x")
    plain.settle()
    assert plain.mattermost.log == []


def test_answers_and_notices_link_to_where_people_open_glpi(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bridge itself goes by an address of its own."""
    monkeypatch.setenv("GLPI_PUBLIC_URL", "https://helpdesk.example/glpi/")
    chat.lab.cold_start()
    chat.write("112 x")
    link = f"(https://helpdesk.example/glpi/front/ticket.form.php?id={chat.ticket['id']})"
    assert link in chat.said
    chat.settle()
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 y")
    chat.glpi.heal()
    chat.settle()
    assert "https://helpdesk.example/glpi/front/" in chat.told()[-1]


PUBLIC = "https://helpdesk.example/glpi"


def calls_itself(chat: Chat, monkeypatch: pytest.MonkeyPatch, address: object = PUBLIC) -> None:
    """Let GLPI have an address of its own among its settings."""
    real = rest._SESSION_CALLS["getGlpiConfig"]

    def config(store: Store, session: Session, call: Call, root: str) -> Answer:
        told = json.loads(real(store, session, call, root).body)
        told["cfg_glpi"]["url_base"] = address
        return json_answer(200, told)

    monkeypatch.setitem(rest._SESSION_CALLS, "getGlpiConfig", config)
    chat.lab.cold_start()


def configs(chat: Chat) -> int:
    """Return how often GLPI was asked for its settings."""
    return sum("getGlpiConfig" in exchange.path for exchange in chat.glpi.log)


@both_versions
@pytest.mark.parametrize("profile", ["mm-tech", "mm-self"])
def test_links_begin_with_the_address_that_glpi_gives_itself_from_the_first_answer_on(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, profile: str
) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens[profile])
    calls_itself(chat, monkeypatch, f"{PUBLIC}/")
    for _ in range(3):
        chat.write("112 x")
        number = chat.glpi.tickets[-1]["id"]
        assert f"({PUBLIC}/front/ticket.form.php?id={number})" in chat.said
    assert configs(chat) == 1


def test_what_is_told_later_links_there_too(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    calls_itself(chat, monkeypatch)
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112 x")
    chat.glpi.heal()
    chat.settle()
    assert f"({PUBLIC}/front/" in chat.told()[-1]


def test_what_bridge_or_template_name_goes_before_what_glpi_calls_itself(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLPI_PUBLIC_URL", "https://desk.example")
    calls_itself(chat, monkeypatch)
    chat.write("112 x")
    assert "(https://desk.example/front/" in chat.said
    assert configs(chat) == 0


@pytest.mark.parametrize("address", ["ftp://helpdesk.example", "", None, 7, "x" * 300])
def test_an_address_that_nobody_can_open_is_not_linked_to(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, address: object
) -> None:
    calls_itself(chat, monkeypatch, address)
    chat.write("112 x")
    assert f"({chat.glpi.url}/front/" in chat.said


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut_before"),
        Fault("cut_midbody"),
        Fault("html"),
        Fault("maintenance"),
        Fault("status_before", status=403),
        Fault("wrong_shape", body="[]"),
        Fault("api_disabled"),
        Fault("delay_before", seconds=30.0),
    ],
    ids=lambda fault: fault.kind,
)
def test_an_address_that_cannot_be_read_fails_no_answer_and_is_not_asked_for_again(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    calls_itself(chat, monkeypatch)
    monkeypatch.setattr(timing, "LOOK_UP_SECONDS", 0.3)
    chat.glpi.inject(replace(fault, match="GET getGlpiConfig"))
    asked = set()
    for _ in range(3):
        chat.write("112 x")
        assert f"Принято: заявка [№\u00a0{chat.glpi.tickets[-1]['id']}]" in chat.said
        asked.add(configs(chat))
    assert f"({chat.glpi.url}/front/" in chat.said
    assert len(asked) == 1


# --- Answers in the channel


@pytest.fixture
def apart(chat: Chat, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Chat:
    """The channel, where answers are posts of their own."""
    chat.rules(monkeypatch, tmp_path, 'reply = "channel"')
    return chat


def test_an_answer_in_the_channel_promises_no_thread_below_itself(apart: Chat) -> None:
    apart.write("112 x")
    assert "Принято" in apart.said
    assert "ветк" not in apart.said
    apart.glpi.inject(Fault("maintenance"))
    root = apart.write("112 y")
    assert "придёт сюда" not in apart.said
    assert "Её номер придёт ответом на ваше сообщение." in apart.said
    apart.glpi.heal()
    apart.settle()
    assert [thread for thread, text in apart.mattermost.said() if "готово" in text] == [root]


def test_no_ticket_is_known_by_what_a_post_says_or_by_its_props(chat: Chat) -> None:
    """Anybody can write such a post, and so would write into somebody else's ticket."""
    chat.write("112 принтер")
    chat.settle()
    number = chat.ticket["id"]
    link = f"{chat.glpi.url}/front/ticket.form.php?id={number}"
    forged = chat.mattermost.add_post(HELPDESK)
    chat.mattermost.posts[forged] |= {
        "message": f":white_check_mark: Принято: заявка [№\u00a0{number}]({link}).",
        "props": {"from_bot": "true", "from_webhook": "true", "ticket": number},
    }
    chat.write("112 чужое", root=forged, author="bob")
    old, new = chat.glpi.tickets
    assert old["followups"] == []
    assert "чужое" in new["content"]


def test_a_reply_below_the_answer_in_the_channel_is_a_ticket_of_its_own(apart: Chat) -> None:
    apart.write("112 принтер")
    answer = apart.mattermost.add_post(HELPDESK)  # the hook's answer
    apart.mattermost.posts[answer]["message"] = apart.said
    apart.write("112 сканер", root=answer)
    assert len(apart.glpi.tickets) == 2
    assert "Принято" in apart.said


# --- A trigger alone


def said_of(chat: Chat) -> str:
    """Return what a person reads of their last message, wherever it was answered."""
    return chat.said or chat.told()[-1]


def test_a_trigger_alone_in_a_tickets_thread_names_the_ticket_and_how_to_add_to_it(
    chat: Chat,
) -> None:
    root = chat.write("112 x")
    chat.settle()
    chat.write("112", root=root)
    (said,) = chat.told()
    assert f"№\u00a0{chat.ticket['id']}" in said
    assert "напишите после `112`, что добавить" in said
    assert "не создана" not in said
    assert contents(chat.ticket) == []


@pytest.mark.parametrize(
    ("status", "said"), [(SOLVED, "что добавить"), (CLOSED, "больше не принимает дополнений")]
)
def test_what_is_said_of_the_ticket_is_what_will_happen(chat: Chat, status: int, said: str) -> None:
    root = chat.write("112 x")
    chat.settle()
    chat.change(chat.ticket["id"], status=status)
    chat.write("112", root=root)
    assert said in chat.told()[-1]


@pytest.mark.parametrize("status", [PENDING, SOLVED])
def test_of_a_ticket_that_cannot_be_opened_again_just_that_is_said(chat: Chat, status: int) -> None:
    chat.lab.store(glpi_user_token=chat.glpi.user_tokens["mm-self"])
    chat.lab.cold_start()
    root = chat.write("112 x")
    chat.settle()
    chat.change(chat.ticket["id"], status=status)
    chat.write("112", root=root)
    said = chat.told()[-1]
    assert f"№\u00a0{chat.ticket['id']}" in said
    assert "нельзя открыть снова" in said
    assert "дополнений" not in said


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_link_is_promised_to_nobody_before_glpi_has_made_it(language: str) -> None:
    for key in ("empty_closed", "empty_resting"):
        assert "связан" not in ANSWERS[language][key]
        assert "linked" not in ANSWERS[language][key]


@pytest.mark.parametrize("where", ["root", "a thread without a ticket"])
def test_a_trigger_alone_where_there_is_no_ticket_says_that_there_is_none(
    chat: Chat, where: str
) -> None:
    root = "" if where == "root" else chat.mattermost.add_post(HELPDESK)
    chat.write("112", root=root)
    said = said_of(chat)
    assert "не создана" in said or "никуда не записано" in said
    assert "№" not in said


def test_a_trigger_alone_says_of_no_ticket_while_that_cannot_be_known(chat: Chat) -> None:
    root = chat.write("112 x")
    chat.settle()
    chat.glpi.inject(Fault("maintenance"))
    chat.write("112", root=root)
    assert "никуда не записано" in chat.told()[-1]
    assert "не создана" not in chat.told()[-1]


def test_a_trigger_alone_while_the_threads_ticket_is_on_its_way_denies_none(chat: Chat) -> None:
    chat.glpi.inject(Fault("maintenance"))
    root = chat.write("112 x")
    chat.write("112", root=root)
    assert "никуда не записано" in chat.told()[-1]


def test_in_the_channel_a_trigger_alone_denies_no_ticket_of_a_thread_that_is_not_known(
    apart: Chat,
) -> None:
    root = apart.write("112 x")
    apart.settle()
    refused(apart)
    apart.write("112", root=root)
    assert "не создана" not in apart.said


@pytest.mark.parametrize("status", [NEW, CLOSED])
def test_in_the_channel_a_trigger_alone_speaks_of_the_thread_it_was_written_in(
    apart: Chat, status: int
) -> None:
    """Whoever writes below the answer, which stands in the channel, writes in no thread of it."""
    root = apart.write("112 x")
    apart.settle()
    apart.change(apart.ticket["id"], status=status)
    apart.write("112", root=root)
    assert f"Вы написали в ветке заявки [№\u00a0{apart.ticket['id']}]" in apart.said
    assert "этой ветк" not in apart.said
    assert ("в той же ветке" in apart.said) == (status == NEW)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_only_an_answer_in_a_thread_speaks_of_this_thread(language: str) -> None:
    """With answers in the channel, it is the answer's own, and no ticket's."""
    in_threads = {"accepted_bot"}
    for key, text in ANSWERS[language].items():
        assert key in in_threads or not re.search("эт[а-я]+ ветк|this thread", text.lower()), key


def test_pauses_are_bounded() -> None:
    assert timing.OUTSIDE_AGE_SECONDS <= timing.MEMBER_AGE_SECONDS <= TIMING.longest_pause
