"""One sentence for each way in which a server gives no answer, with that server's names."""

import pytest

from bridge.glpi_api.errors import GLPI
from bridge.mattermost.api import MATTERMOST
from bridge.net.http import Cause
from bridge.net.remedies import Server, no_answer_remedy

OTHER = Server("Other", url="OTHER_URL", ca_bundle="OTHER_CA_BUNDLE")


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("server", [GLPI, MATTERMOST, OTHER], ids=lambda server: server.name)
def test_every_cause_is_one_sentence_on_the_server_and_what_to_check(
    server: Server, cause: Cause
) -> None:
    said = no_answer_remedy(server, cause, "detail")
    what, colon, check = said.partition(": ")
    assert server.name in what
    assert colon
    assert check.endswith(".")
    assert said.count(".") == 1 + said.count("1.2")
    assert not set("{}") & set(said)


@pytest.mark.parametrize("cause", [Cause.DNS, Cause.CONNECT, Cause.TLS, Cause.CERTIFICATE])
def test_the_settings_are_the_servers_own_and_the_detail_is_told(cause: Cause) -> None:
    said = no_answer_remedy(OTHER, cause, "{some} detail")
    assert "OTHER_URL" in said
    assert "Other" in said
    assert " ({some} detail): " in said
    assert "(" not in no_answer_remedy(OTHER, cause)


def test_a_ca_bundle_is_named_where_a_certificate_is_not_trusted() -> None:
    assert "in OTHER_CA_BUNDLE, or" in no_answer_remedy(OTHER, Cause.CERTIFICATE)


def test_what_only_one_server_can_be_checked_for_is_its_own() -> None:
    assert "slow mail notifications" in no_answer_remedy(GLPI, Cause.TIMEOUT)
    assert "PHP's error logs" in no_answer_remedy(GLPI, Cause.CUT)
    assert "webhook's address" in no_answer_remedy(MATTERMOST, Cause.TOO_LARGE)
    assert no_answer_remedy(MATTERMOST, Cause.TIMEOUT) == (
        "Mattermost did not answer in time: look for an overloaded server."
    )
