"""Somebody quotes what names another's post: no words pass for another post's ticket."""

from typing import Any

import pytest

from local.glpi_simulator import Fault
from tests.conftest import both_versions
from tests.journeys.faults.bench import CREATE, FILED, SAVED, Bench

A = "a" * 26
B = "b" * 26
MARKER = f"mattermost:{A}"

QUOTATIONS = {
    "in the title": {"text": f"112 {MARKER}"},
    "in the last line": {"text": f"112 see there\n\n{MARKER}\n"},
    "as a paragraph": {"text": f"112 see there\n<p>{MARKER}</p>"},
    "as an escaped paragraph": {"text": f"112 see there\n&#60;p&#62;{MARKER}&#60;/p&#62;"},
    "as a paragraph left open": {"text": f"112 see there</p>\n<p>{MARKER}</p><!--"},
    "by the permalink": {"text": f"112 https://chat.example/_redirect/pl/{A}"},
    "in a name": {"text": "112 see there", "user_name": MARKER, "channel_name": MARKER},
}


@pytest.fixture
def chat(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The bench, with links to posts in its tickets."""
    monkeypatch.setenv("MATTERMOST_URL", "https://chat.example")
    bench.lab.cold_start()
    return bench


def ticket_of_a(bench: Bench) -> int:
    """Return which ticket the worker has taken for A's."""
    (said,) = [
        line
        for line in bench.lab.logged()
        if line["message"] == "worker: filed" and line["correlation_id"] == A
    ]
    return int(said["ticket"])


@both_versions
@pytest.mark.parametrize("lost", ["cut_before", "cut_after"])
@pytest.mark.parametrize("quotation", QUOTATIONS)
def test_a_quotation_never_passes_for_the_ticket_of_the_post_it_quotes(
    chat: Bench, quotation: str, lost: str
) -> None:
    chat.lab.glpi.inject(Fault(lost, CREATE, times=1))
    assert SAVED in chat.lab.say("112 words of A", post_id=A)
    fields: dict[str, Any] = QUOTATIONS[quotation]
    assert FILED in chat.lab.say(post_id=B, **fields)
    chat.all_is_well(tickets=2)
    ours = [t["id"] for t in chat.lab.glpi.tickets if t["name"].endswith(": words of A")]
    assert [ticket_of_a(chat)] == ours
    assert not [line for line in chat.lab.logged() if "tickets" in line]  # no twins


@both_versions
@pytest.mark.parametrize("quotation", QUOTATIONS)
def test_a_quotation_whose_own_answer_was_lost_is_filed_beside_the_post_it_quotes(
    chat: Bench, quotation: str
) -> None:
    assert FILED in chat.lab.say("112 words of A", post_id=A)
    chat.lab.glpi.inject(Fault("cut_before", CREATE, times=1))
    fields: dict[str, Any] = QUOTATIONS[quotation]
    assert SAVED in chat.lab.say(post_id=B, **fields)
    chat.all_is_well(tickets=2)
