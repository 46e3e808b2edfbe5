"""A queued post: what goes into it comes out of it, and every release reads the other's."""

import json

import pytest

from bridge.jobs.post_job import PostJob, dumps, loads
from bridge.storage.kinds import Unreadable
from tests.support.safe_path import NOW, REF, post


def test_a_post_comes_out_as_it_went_in() -> None:
    job = PostJob(post("112 a\n\tb & 😀", file_ids=REF, user_name="alice"), NOW)
    assert loads(dumps(job)) == job


FULL = PostJob(
    post(
        '112 принтер <b> & "x"\n\t😀 \ufffe',
        trigger_word="112",
        user_name="alice",
        user_id="fz1a7yhdajg68bfq48xas5jhqc",
        channel_id="745i3akya3d9ierbsg6gsqmkfr",
        channel_name="helpdesk",
        team_domain="acme",
        file_ids="jcu8m79n6bbwbx94dbqj9dbtny,bnjzkfbbntd78yczzfby85kzoc,x",
    ),
    NOW + 0.25,
)
FULL_BODY = (
    '{"v":1,"received_at":1800000000.25,"post":{"ref":"mii9sqkmfp8btqx7sk43tk3xpy",'
    '"id":"mii9sqkmfp8btqx7sk43tk3xpy",'
    '"text":"112 \\u043f\\u0440\\u0438\\u043d\\u0442\\u0435\\u0440 '
    '<b> & \\"x\\"\\n\\t\\ud83d\\ude00 \\ufffe",'
    '"trigger_word":"112","user_name":"alice","channel_id":"745i3akya3d9ierbsg6gsqmkfr",'
    '"channel_name":"helpdesk","team_domain":"acme",'
    '"written_at":"2026-11-24T08:32:07.979000+00:00",'
    '"file_ids":["jcu8m79n6bbwbx94dbqj9dbtny","bnjzkfbbntd78yczzfby85kzoc"],'
    '"webhook":"hook","odd_fields":["file_ids"],"user_id":"fz1a7yhdajg68bfq48xas5jhqc"}}'
)
BARE_BODY = (
    '{"v":1,"received_at":1800000000.0,"post":{"ref":"mii9sqkmfp8btqx7sk43tk3xpy",'
    '"id":"mii9sqkmfp8btqx7sk43tk3xpy","text":"112","trigger_word":"","user_name":null,'
    '"channel_id":null,"channel_name":null,"team_domain":null,"written_at":null,"file_ids":[],'
    '"webhook":"hook","odd_fields":[],"user_id":null}}'
)


@pytest.mark.parametrize(
    ("job", "body"),
    [(FULL, FULL_BODY), (PostJob(post("112", timestamp=None), NOW), BARE_BODY)],
    ids=["full", "bare"],
)
def test_a_queued_post_is_byte_for_byte_what_the_release_before_queues(
    job: PostJob, body: str
) -> None:
    assert dumps(job) == body
    assert loads(body) == job


def test_what_sqs_does_not_take_is_not_in_a_queued_post() -> None:
    job = PostJob(post("112 \ufffe\uffff \x00 принтер 😀"), NOW)
    body = dumps(job)
    assert body.isascii()
    assert body.isprintable()
    assert loads(body) == job


def test_a_queued_post_is_versioned_and_holds_no_token() -> None:
    body = dumps(PostJob(post(), NOW))
    assert json.loads(body)["v"] == 1
    assert "token" not in body


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "5", '{"v": 1}', '{"v": 2}', '{"v": 1, "post": {}, "received_at": 1}']
)
def test_what_is_no_post_of_ours_is_unreadable(body: str) -> None:
    with pytest.raises(Unreadable):
        loads(body)


FIRST_VERSION = (
    '{"v":1,"received_at":1800000000.0,"post":{"ref":"mii9sqkmfp8btqx7sk43tk3xpy",'
    '"id":"mii9sqkmfp8btqx7sk43tk3xpy","text":"112 принтер","trigger_word":"112",'
    '"user_name":"alice","channel_id":"745i3akya3d9ierbsg6gsqmkfr","channel_name":"helpdesk",'
    '"team_domain":"acme","written_at":"2026-11-24T08:32:07.979000+00:00",'
    '"file_ids":["jcu8m79n6bbwbx94dbqj9dbtny"],"webhook":"helpdesk","odd_fields":[]}}'
)


def test_what_the_first_version_queued_is_still_read() -> None:
    job = loads(FIRST_VERSION)
    assert job.post.text == "112 принтер"
    assert job.post.file_ids == ("jcu8m79n6bbwbx94dbqj9dbtny",)
    assert job.post.user_id is None
    assert loads(dumps(job)) == job


def test_a_field_of_a_later_version_does_no_harm_after_a_rollback() -> None:
    queued = json.loads(FIRST_VERSION)
    queued["post"]["root_id"] = REF
    assert loads(json.dumps(queued)) == loads(FIRST_VERSION)
