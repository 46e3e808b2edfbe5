"""What each of Mattermost's errors means: who has to do what, and whether waiting helps."""

import json

import pytest

from bridge.mattermost.api import (
    CODES,
    Denied,
    Gone,
    MattermostError,
    Unreachable,
    decipher,
)
from bridge.net.http import Answer
from operations.error_codes import meaning

MEANINGS: list[tuple[int, str, type[MattermostError], str]] = [
    # The bot
    (401, "api.context.session_expired.app_error", Denied, "enable the bot account"),
    (401, "api.context.get_user.app_error", Denied, "enable the bot account"),
    (403, "api.context.mfa_required.app_error", Denied, "use the token of a bot account"),
    (403, "api.context.permissions.app_error", Denied, "add it to the team and to the channel"),
    (404, "app.team.get_member.missing.app_error", Denied, "add it to the team"),
    (400, "api.channel.add_user.to.channel.failed.deleted.app_error", Denied, "add it to the team"),
    (400, "api.channel.add_members.user_denied", Denied, "come from groups"),
    (404, "api.context.404.app_error", Denied, "too much off MATTERMOST_URL"),
    # Posts, users, files
    (404, "app.post.get.app_error", Gone, "deleted"),
    (404, "app.user.missing_account.const", Gone, "deleted"),
    (404, "app.file_info.get.app_error", Gone, "deleted"),
    (404, "app.channel.get.existing.app_error", Gone, "channel was deleted"),
    (400, "api.post.create_post.root_id.app_error", Gone, "thread was deleted"),
    (400, "api.post.create_post.channel_root_id.app_error", Unreachable, "another channel"),
    (400, "api.post.create_post.can_not_post_to_deleted.error", Denied, "is archived"),
    (403, "api.post.create_post.town_square_read_only", Denied, "read-only"),
    (400, "model.post.is_valid.msg.app_error", Denied, "shorten it in [texts]"),
    (400, "plugin.message_will_be_posted.dismiss_post", Denied, "A plug-in of Mattermost"),
    (400, "Post rejected by plugin. canary", Denied, "A plug-in of Mattermost"),
    (404, "api.file.file_reader.app_error", Unreachable, "FileSettings"),
    # What fails inside Mattermost has the same names
    (500, "app.post.get.app_error", Unreachable, "look into its log"),
    (500, "app.file_info.get.app_error", Unreachable, "look into its log"),
    (500, "api.post.deduplicate_create_post.pending", Unreachable, "look into its log"),
    (503, "api.context.server_busy.app_error", Unreachable, "look into its log"),
    # Incoming webhooks
    (400, "web.incoming_webhook.invalid.app_error", Denied, "mattermost_incoming_webhook"),
    (501, "web.incoming_webhook.disabled.app_error", Denied, "switched off in Mattermost"),
    (404, "web.incoming_webhook.channel.app_error", Denied, "incoming_webhook_team"),
    (403, "web.incoming_webhook.channel_locked.app_error", Denied, "locked to another channel"),
    (403, "web.incoming_webhook.permissions.app_error", Denied, "may not read that channel"),
    (403, "web.incoming_webhook.user.app_error", Denied, "create it anew"),
    (400, "web.incoming_webhook.user.app_error", Denied, "create it anew"),
    (400, "api.context.invalid_param.app_error", Denied, "look for the request in its log"),
    # Others
    (501, "api.something.disabled.app_error", Denied, "does not know"),
    (400, "api.something.new.app_error", Denied, "does not know"),
    (408, "", Unreachable, "proxy"),
    (403, "", Denied, "What answers is not Mattermost"),
]


def answered(status: int, name: str) -> MattermostError:
    body = json.dumps({"id": name, "message": "canary"}) if name else "<html>canary</html>"
    with pytest.raises(MattermostError) as caught:
        decipher(Answer(status, {}, body.encode()))
    return caught.value


@pytest.mark.parametrize(("status", "name", "kind", "words"), MEANINGS)
def test_an_error_says_whether_waiting_helps_and_who_has_to_do_what(
    status: int, name: str, kind: type[MattermostError], words: str
) -> None:
    error = answered(status, name)
    assert type(error) is kind
    assert words in error.remedy
    assert "canary" not in str(error)


@pytest.mark.parametrize("name", CODES)
def test_every_known_error_has_its_row_above_and_its_sentence_in_the_operators_lists(
    name: str,
) -> None:
    asked_by_doctor = ("api.incoming_webhook", "api.outgoing_webhook", "app.webhooks")
    assert name in {row[1] for row in MEANINGS} or name.startswith(
        (*asked_by_doctor, "app.channel.get_member")
    )
    _, code, remedy = CODES[name]
    assert ":" in remedy or remedy.endswith("was deleted in Mattermost.")
    assert "look into their logs" not in meaning(f"mattermost-{code}")


def test_no_code_has_two_meanings() -> None:
    kinds: dict[str, set[type[MattermostError]]] = {}
    for kind, code, _ in CODES.values():
        kinds.setdefault(code, set()).add(kind)
    assert all(len(found) == 1 for found in kinds.values())
