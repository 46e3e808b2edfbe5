"""The secret: what is wrong with it is said, what is in it never."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from mypy_boto3_secretsmanager import SecretsManagerClient

from bridge.config.credentials import (
    Credentials,
    GlpiTokens,
    MattermostAccess,
    Secret,
    parse_secret,
    secrets_manager,
)
from bridge.config.settings import SettingsError
from bridge.config.timing import SECRET_AGE_SECONDS, SECRET_PAUSE_SECONDS, STRANGER_PAUSE_SECONDS
from tests.support.limits import PLENTY
from tests.support.ports import refusing_port

GOOD: dict[str, Any] = {
    "glpi_app_token": "canary-app",
    "glpi_user_token": "canary-user",
    "mattermost_webhook_tokens": {"helpdesk": "canary-hook"},
}


def secret(**changes: Any) -> str:
    return json.dumps({k: v for k, v in {**GOOD, **changes}.items() if v is not None})


class Store:
    """Secrets Manager, as far as `Credentials` sees it."""

    def __init__(self) -> None:
        self.value = secret()
        self.down = False
        self.reads = 0

    def __call__(self) -> str:
        self.reads += 1
        if self.down:
            raise SettingsError("SECRET_ID", "Secrets Manager did not answer")
        return self.value


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_complete_secret_is_understood() -> None:
    assert parse_secret(secret()) == Secret(
        GlpiTokens("canary-app", "canary-user"), {"helpdesk": "canary-hook"}
    )
    assert parse_secret(secret(mattermost_bot_token="later"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "SECRET_ID: the secret's value is not a JSON object"),
        ("canary", "SECRET_ID: the secret's value is not a JSON object"),
        ('["canary"]', "SECRET_ID: the secret's value is not a JSON object"),
        ("[" * 100_000, "SECRET_ID: the secret's value is not a JSON object"),
        (secret(glpi_app_token=None), "secret key glpi_app_token: is missing or empty"),
        (secret(glpi_user_token=""), "secret key glpi_user_token: is missing or empty"),
        (secret(glpi_user_token=["canary"]), "secret key glpi_user_token: is missing or empty"),
        (secret(glpi_app_token="canary x"), "glpi_app_token: holds blanks or characters"),
        (secret(glpi_app_token="canary\n"), "glpi_app_token: holds blanks or characters"),
        (secret(glpi_app_token="canaryё"), "glpi_app_token: holds blanks or characters"),
        (secret(mattermost_webhook_tokens=None), "mattermost_webhook_tokens: is not an object"),
        (secret(mattermost_webhook_tokens={}), "that names at least one token"),
        (secret(mattermost_webhook_tokens="canary"), "mattermost_webhook_tokens: is not an object"),
        (
            secret(mattermost_webhook_tokens={"it": 5}),
            "secret key mattermost_webhook_tokens.it: is missing or empty",
        ),
    ],
)
def test_a_mistake_in_the_secret_names_the_key_and_shows_no_value(text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_secret(text)
    assert said in str(caught.value)
    assert "canary" not in str(caught.value)


def test_tokens_do_not_show_in_representations() -> None:
    assert "canary" not in repr(parse_secret(secret()))


def test_a_bot_and_an_incoming_webhook_are_optional() -> None:
    assert parse_secret(secret()).mattermost == MattermostAccess("", "")
    assert parse_secret(secret(mattermost_bot_token="")).mattermost == MattermostAccess("", "")
    url = "https://chat.example.com/hooks/canary"
    both = parse_secret(secret(mattermost_bot_token="canary", mattermost_incoming_webhook=url))
    assert both.mattermost == MattermostAccess("canary", url)
    assert "canary" not in repr(both)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mattermost_bot_token", 5),
        ("mattermost_bot_token", "canary x"),
        ("mattermost_incoming_webhook", "canary"),
        ("mattermost_incoming_webhook", "https://canary:x@chat.example.com/hooks/x"),
        ("mattermost_incoming_webhook", ["https://canary.example.com"]),
    ],
)
def test_a_mistake_in_an_optional_key_names_it_and_shows_nothing(key: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"secret key {key}: ") as caught:
        parse_secret(secret(**{key: value}))
    assert "canary" not in str(caught.value)


def test_the_secret_is_read_once_and_again_when_it_is_old() -> None:
    store, clock = Store(), Clock()
    credentials = Credentials(store, clock=clock)
    for _ in range(3):
        credentials.glpi_tokens()
        credentials.webhook_tokens()
    assert store.reads == 1
    clock.now += SECRET_AGE_SECONDS + 1
    store.value = secret(mattermost_webhook_tokens={"new": "new"})
    assert credentials.webhook_tokens() == {"new": "new"}
    assert store.reads == 2


def test_renewed_tokens_are_read_at_once() -> None:
    store = Store()
    credentials = Credentials(store)
    assert credentials.glpi_tokens().user == "canary-user"
    store.value = secret(glpi_user_token="new")
    assert credentials.glpi_tokens().user == "canary-user"
    assert credentials.glpi_tokens(renew=True).user == "new"


def test_strangers_cannot_drive_reads() -> None:
    store, clock = Store(), Clock()
    credentials = Credentials(store, clock=clock)
    for _ in range(100):
        credentials.webhook_tokens(renew=True)
    assert store.reads == 1
    clock.now += STRANGER_PAUSE_SECONDS
    credentials.webhook_tokens(renew=True)
    assert store.reads == 2


def test_a_secret_that_worked_outlives_an_outage_of_secrets_manager() -> None:
    store, clock = Store(), Clock()
    credentials = Credentials(store, clock=clock)
    tokens = credentials.glpi_tokens()
    store.down = True
    clock.now += SECRET_AGE_SECONDS + 1
    assert credentials.glpi_tokens() == tokens
    assert credentials.glpi_tokens(renew=True) == tokens


def test_a_mistake_in_a_new_secret_is_told_while_the_old_one_is_kept() -> None:
    store, told = Store(), list[SettingsError]()
    credentials = Credentials(store, told.append)
    tokens = credentials.glpi_tokens()
    store.value = secret(glpi_app_token="canary x")
    assert credentials.glpi_tokens(renew=True) == tokens
    assert [problem.key for problem in told] == ["secret key glpi_app_token"]


def test_a_failed_read_is_tried_again_sooner_than_a_good_one() -> None:
    store, clock = Store(), Clock()
    credentials = Credentials(store, clock=clock)
    credentials.glpi_tokens()
    store.down = True
    clock.now += SECRET_AGE_SECONDS + 1
    credentials.glpi_tokens()
    store.down = False
    store.value = secret(glpi_user_token="new")
    clock.now += SECRET_PAUSE_SECONDS
    assert credentials.glpi_tokens().user == "new"


def test_without_a_secret_the_error_is_the_stores_and_strangers_cannot_drive_reads() -> None:
    store, clock = Store(), Clock()
    store.down = True
    credentials = Credentials(store, clock=clock)
    for _ in range(50):
        with pytest.raises(SettingsError, match="did not answer"):
            credentials.webhook_tokens()
    assert store.reads == 1
    clock.now += SECRET_PAUSE_SECONDS
    store.down = False
    assert credentials.webhook_tokens()


# --- AWS Secrets Manager


@pytest.fixture
def bridge_secret(aws: SecretsManagerClient) -> str:
    aws.create_secret(Name="bridge")
    return "bridge"


def problem(secret_id: str) -> str:
    with pytest.raises(SettingsError) as caught:
        secrets_manager(secret_id)()
    return str(caught.value)


def test_the_current_value_is_fetched(bridge_secret: str, aws: SecretsManagerClient) -> None:
    fetch = secrets_manager(bridge_secret)
    for value in ("one", "two"):
        aws.put_secret_value(SecretId=bridge_secret, SecretString=value)
        assert fetch() == value


def test_a_secret_without_a_value_says_how_to_store_one(bridge_secret: str) -> None:
    assert "put-secret-value" in problem(bridge_secret)
    assert "put-secret-value" in problem("no such secret")


def test_a_binary_secret_is_not_text(bridge_secret: str, aws: SecretsManagerClient) -> None:
    aws.put_secret_value(SecretId=bridge_secret, SecretBinary=b"x")
    assert "binary" in problem(bridge_secret)


def test_a_refusal_names_its_code_and_the_role(
    bridge_secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")

    monkeypatch.setattr(BaseClient, "_make_api_call", denied)
    said = problem(bridge_secret)
    assert "AccessDeniedException" in said
    assert "role" in said


def test_a_secrets_manager_out_of_reach_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        assert "did not answer (EndpointConnectionError)" in problem("bridge")


def test_without_a_region_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert "did not answer (NoRegionError): check the region" in problem("bridge")


def test_a_slow_secrets_manager_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    slow = SimpleNamespace(get_secret_value=lambda **_: over.wait(PLENTY))
    monkeypatch.setattr(boto3, "client", lambda *_, **__: slow)
    monkeypatch.setattr("bridge.config.timing.SECRET_SECONDS", 0.05)
    assert "did not answer (TimeoutError)" in problem("bridge")
    over.set()
