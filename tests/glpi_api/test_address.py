"""Which address of GLPI people are given: it names its own, and not each can be opened."""

import pytest

from bridge.glpi_api.address import openable

API = "https://glpi.internal/glpi"


@pytest.mark.parametrize(
    ("told", "opened"),
    [
        ("https://helpdesk.example", "https://helpdesk.example"),
        ("https://helpdesk.example/glpi/", "https://helpdesk.example/glpi"),
        ("http://10.1.2.3:8080", "http://10.1.2.3:8080"),
        ("http://localhost.example", "http://localhost.example"),
    ],
)
def test_an_address_that_people_can_open_is_taken(told: str, opened: str) -> None:
    assert openable(told, API) == opened


@pytest.mark.parametrize(
    "told",
    [
        *("", "helpdesk.example", "ftp://helpdesk.example", "https://", "javascript:alert(1)"),
        *("https://user:pw@helpdesk.example", "https://helpdesk.example/?a", "https://a b"),
        *("https://helpdesk.example/) [x](https://evil.example", "https://[::1"),
    ],
)
def test_what_is_no_address_of_a_server_is_not(told: str) -> None:
    assert openable(told, API) == ""


LOOPBACKS = [
    "http://localhost",
    "http://LOCALHOST/glpi",
    "http://glpi.localhost:8080",
    "http://127.0.0.1",
    "http://127.1.2.3",
    "http://[::1]:8080",
    "http://0.0.0.0",
]


@pytest.mark.parametrize("told", LOOPBACKS)
def test_a_fresh_glpis_own_machine_is_nobody_elses(told: str) -> None:
    assert openable(told, API) == ""


@pytest.mark.parametrize("told", LOOPBACKS[:3])
@pytest.mark.parametrize("api", LOOPBACKS)
def test_where_the_api_is_on_this_machine_too_people_are(told: str, api: str) -> None:
    assert openable(told, api) == told.lower()
