"""manage.py doctor: a deployed stack, and everything that can be missing or broken in it."""

import os
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest

import handler
from bridge import container
from bridge.endpoints.outgoing_webhook import PATH
from local.gateway import Gateway
from operations.installation import Source
from tests.conftest import Lab, kept_environment
from tests.support.deployed import ARN, NAME, Deployed, put, routes
from tests.support.doctor import Results, doctor
from tests.support.gateway import in_process
from tests.support.operator import refusal
from tests.support.operator import run as manage
from tests.support.ports import refusing_port

DEFAULT = "0.0.0.0/0"
NAT = {"DestinationCidrBlock": DEFAULT, "NatGatewayId": "nat-1", "State": "active"}
IGW = {"DestinationCidrBlock": DEFAULT, "GatewayId": "igw-1", "State": "active"}
VPN = {"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": "vgw-1", "State": "active"}
BLACKHOLE = {"DestinationCidrBlock": DEFAULT, "NatGatewayId": "nat-1", "State": "blackhole"}
ENDPOINTS = [
    {"ServiceName": f"com.amazonaws.eu-central-1.{name}", "State": "available"}
    for name in ("secretsmanager", "sqs", "dynamodb")
]


@pytest.fixture
def deployed(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    names = ("GLPI_URL", "SECRET_ID", "QUEUE_URL", "DEAD_LETTER_URL", "LEDGER_TABLE")
    gateway = Gateway(0, in_process(handler.lambda_handler), handler.ROUTES)
    with kept_environment(), gateway.serving():
        os.environ["POWERTOOLS_METRICS_DISABLED"] = "true"
        container.container()  # its clients are real ones
        url = f"http://127.0.0.1:{gateway.server_port}{PATH}"
        made = Deployed(url, {name: os.environ[name] for name in names})
        made.date = formatdate(usegmt=True)
        put(monkeypatch, made)
        yield made
    gateway.server_close()


def check() -> Results:
    return doctor(Source(stack=NAME))


def test_a_stack_that_is_well_is_well(deployed: Deployed) -> None:
    results = check()
    assert results.wrong == []
    assert results.well("aws.stack") == "bridge, UPDATE_COMPLETE"
    assert results.well("aws.gateway").startswith("refuses strangers (401) at http://127.0.0.1:")
    assert results.well("aws.alarms") == "15 are there"
    assert results.well("aws.topic") == "1 confirmed, by email"
    assert results.well("aws.logs") == "kept for 90 days"
    assert results.skipped("aws.network") == "the functions are not in a VPC"
    assert "the functions may have another" in results.well("glpi.client")


def test_nothing_is_changed_in_aws(deployed: Deployed) -> None:
    check()
    methods = {method for _, method, _ in deployed.asked}
    assert all(method.startswith(("describe_", "get_", "list_")) for method in methods)


def test_without_a_stack_none_of_it_is_asked(deployed: Deployed) -> None:
    for name, value in deployed.answers.items():
        if name == "get_function_configuration" and isinstance(value, dict):
            os.environ.update(value["Environment"]["Variables"])
    results = doctor()
    assert results.skipped("aws.stack") == results.skipped("aws.logs") == "only with --stack NAME"
    assert deployed.asked == []


def test_a_stack_that_is_not_there_is_no_diagnosis(deployed: Deployed) -> None:
    deployed.answers["get_function_configuration"] = refusal("ResourceNotFoundException")
    result = manage("--stack", "other", "doctor")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "AWS knows nothing of the function other-worker" in result.stderr


def per_function(webhook: dict[str, Any], worker: dict[str, Any], deployed: Deployed) -> None:
    base: Any = deployed.answers["get_function_configuration"]

    def answer(FunctionName: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        there: dict[str, Any] = base | (webhook if FunctionName.endswith("webhook") else worker)
        return there

    deployed.answers["get_function_configuration"] = answer


def test_functions_that_cannot_run_are_found(deployed: Deployed) -> None:
    failed = {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no address is free."}
    inactive = {"State": "Inactive", "StateReasonCode": "Idle"}
    per_function(inactive, failed, deployed)
    found = check().found("aws.functions")
    assert "The function bridge-webhook is Inactive: Idle." in found
    assert "The function bridge-worker is not updated: no address is free." in found


def test_functions_of_different_code_are_found(deployed: Deployed) -> None:
    per_function({"CodeSha256": "another"}, {}, deployed)
    assert "different code" in check().found("aws.code")


@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
def test_a_deployment_that_failed_is_found(deployed: Deployed, status: str) -> None:
    deployed.status = status
    assert f"did not end well ({status})" in check().found("aws.stack")


def test_hooks_should_call_the_stacks_gateway(deployed: Deployed) -> None:
    assert check().skipped("mattermost.hooks").endswith(deployed.outputs["WebhookUrl"])


def test_a_certificate_that_is_only_in_the_package_is_asked_for_here(deployed: Deployed) -> None:
    answer: Any = deployed.answers["get_function_configuration"]
    answer["Environment"]["Variables"]["GLPI_CA_BUNDLE"] = "certs/none.pem"
    results = check()
    found = results.found("settings.environment")
    assert "certs/none.pem', which is not a readable file of PEM certificates" in found
    assert "→ Put that file into certs/ of this folder, too." in found
    assert results.skipped("glpi.connection") == "GLPI_URL or GLPI_CA_BUNDLE is not usable"


def test_a_deployment_under_way_is_no_fault(deployed: Deployed) -> None:
    deployed.status = "UPDATE_IN_PROGRESS"
    assert check().well("aws.stack") == "bridge, UPDATE_IN_PROGRESS"


@pytest.mark.parametrize(
    ("method", "answer", "name", "said"),
    [
        ("list_event_source_mappings", {"EventSourceMappings": []}, "mapping", "mapping is gone"),
        (
            "list_event_source_mappings",
            {"EventSourceMappings": [{"State": "Disabled"}]},
            "mapping",
            "mapping is disabled",
        ),
        ("get_queue_attributes", {"Attributes": {}}, "queue", "no dead letter queue"),
        (
            "get_queue_attributes",
            {"Attributes": {"ApproximateNumberOfMessages": "2", "RedrivePolicy": "{}"}},
            "dead-letters",
            "2 messages lie in the dead letter queue. → ./manage dlq list",
        ),
        ("describe_table", {"Table": {"TableStatus": "DELETING"}}, "ledger", "is DELETING"),
        ("describe_time_to_live", {"TimeToLiveDescription": {}}, "ledger", "(TTL is off)"),
        ("list_subscriptions_by_topic", {"Subscriptions": []}, "topic", "Nobody is told"),
        (
            "list_subscriptions_by_topic",
            {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation", "TopicArn": ARN}]},
            "topic",
            "1 subscriptions wait for their confirmation",
        ),
        ("describe_alarms", {"MetricAlarms": []}, "alarms", "Alarms are missing: ApiClient"),
        ("describe_log_groups", {"logGroups": []}, "logs", "no log group ApiLogGroup"),
        (
            "describe_log_groups",
            lambda **how: {"logGroups": [{"logGroupName": how["logGroupNamePrefix"]}]},
            "logs",
            "Logs of FunctionLogGroup are kept for ever",
        ),
        ("describe_table", refusal("ResourceNotFoundException"), "ledger", "AWS knows nothing"),
    ],
)
def test_what_is_broken_is_found(
    deployed: Deployed, method: str, answer: Any, name: str, said: str
) -> None:
    deployed.answers[method] = answer
    assert said in check().found(f"aws.{name}")


def test_who_may_not_ask_has_found_nothing_wrong(deployed: Deployed) -> None:
    deployed.answers["describe_table"] = refusal("AccessDeniedException")
    deployed.answers["list_subscriptions_by_topic"] = refusal("AuthorizationError")
    results = check()
    assert results.wrong == []
    assert "may not ask AWS for it (AccessDenied" in results.skipped("aws.ledger")
    assert results.skipped("aws.topic")
    assert results.well("aws.logs")


def test_who_may_not_ask_for_the_stack_learns_of_nothing_else(deployed: Deployed) -> None:
    deployed.answers["describe_stacks"] = refusal("AccessDenied")
    results = check()
    assert results.wrong == []
    assert "AccessDenied" in results.skipped("aws.logs")
    assert results.well("glpi.session")


def test_alarms_that_ring_say_what_to_do(deployed: Deployed) -> None:
    def answer(AlarmNames: list[str], **_: object) -> dict[str, Any]:  # noqa: N803 - boto3's
        alarms = deployed.alarms(AlarmNames)
        alarms[0] |= {"StateValue": "ALARM", "AlarmDescription": "It burns.\n  Call somebody."}
        alarms[1] |= {"ActionsEnabled": False}
        return {"MetricAlarms": alarms}

    deployed.answers["describe_alarms"] = answer
    results = check()
    assert "The alarm FailedAlarm rings. → It burns. Call somebody." in results.found("aws.ringing")
    assert "do not tell anybody: RefusedTokenAlarm." in results.found("aws.alarms")


def test_a_machine_with_a_wrong_clock_is_found(deployed: Deployed) -> None:
    deployed.date = "Tue, 24 Nov 2020 12:00:00 GMT"
    assert "ahead of AWS's." in check().found("aws.clock")


# --- The gateway


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"statusCode": 200, "body": '{"text": "Hi"}'}, "gets a text, which Mattermost would post"),
        ({"statusCode": 500, "body": '{"message": "Internal"}'}, "answered with 500 instead"),
        ({"statusCode": 401, "body": "<html>"}, "answered with 401 instead"),
    ],
)
def test_a_gateway_that_answers_oddly_is_found(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], said: str
) -> None:
    headers = {"headers": {"content-type": "application/json"}}
    monkeypatch.setattr(Gateway, "invoke", lambda *_: answer | headers)
    assert said in check().found("aws.gateway")


def test_a_gateway_that_is_gone_is_found(deployed: Deployed) -> None:
    with refusing_port() as port:
        deployed.outputs["WebhookUrl"] = f"http://127.0.0.1:{port}{PATH}"
        assert "does not answer at WebhookUrl (connect)" in check().found("aws.gateway")
    deployed.outputs.clear()
    results = check()
    assert "no output WebhookUrl" in results.found("aws.gateway")
    assert "no output AlarmTopicArn" in results.found("aws.topic")


def test_a_stack_without_alarms_is_found(deployed: Deployed) -> None:
    deployed.resources = {"HttpApi": "AWS::ApiGatewayV2::Api", "Queue": "AWS::SQS::Queue"}
    results = check()
    assert "The stack has no alarms." in results.found("aws.alarms")


# --- A VPC


def in_vpc(deployed: Deployed, *tables: dict[str, Any], endpoints: bool = False) -> Results:
    deployed.parameters |= {"VpcId": "vpc-1", "SubnetIds": "subnet-a,subnet-b"}
    deployed.answers["describe_route_tables"] = {"RouteTables": list(tables)}
    there = ENDPOINTS if endpoints else [ENDPOINTS[1] | {"State": "failed"}]
    deployed.answers["describe_vpc_endpoints"] = {"VpcEndpoints": there}
    return check()


def test_subnets_with_nat_reach_everything(deployed: Deployed) -> None:
    results = in_vpc(
        deployed, routes(), routes(NAT, subnet="subnet-a"), routes(NAT, subnet="subnet-b")
    )
    assert results.well("aws.network") == "2 subnets reach AWS by routes"


def test_subnets_with_a_vpn_and_endpoints_reach_everything(deployed: Deployed) -> None:
    results = in_vpc(deployed, routes(VPN), endpoints=True)
    assert results.well("aws.network") == "2 subnets reach AWS with endpoints"


def test_subnets_with_endpoints_alone_suit_a_glpi_in_the_vpc(deployed: Deployed) -> None:
    told = in_vpc(deployed, routes(NAT, subnet="subnet-a"), routes(), endpoints=True)
    assert told.well("aws.network") == "endpoints; subnet-b reach GLPI only inside the VPC"


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ([], "Subnet subnet-b has no way out (local routes), and there is no endpoint for"),
        ([IGW], "(only an internet gateway), and there is no endpoint for Secrets Manager,"),
        ([BLACKHOLE], "has no way out (local routes)"),
        ([VPN], "has no way out (no default route), and there is no endpoint for Secrets"),
    ],
)
def test_subnets_without_a_way_out_are_found(
    deployed: Deployed, route: list[dict[str, str]], said: str
) -> None:
    results = in_vpc(deployed, routes(NAT, subnet="subnet-a"), routes(*route))
    found = results.found("aws.network")
    assert said in found
    assert "subnet-a" not in found
