"""One list of what the functions need of AWS; every place that grants, bounds or admits has it."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from operations.doctor import network
from tests.conftest import ROOT, SHIPPED
from tests.deploy import test_ci_files as ci
from tests.deploy import test_template as sam_file
from tests.support.aws_calls import AwsCall, calls
from tests.support.guides import DOCS, named, rows, section
from tests.support.policies import (
    ATTACHING,
    LAMBDA,
    POLLER,
    ROLES,
    SECRETS_MANAGER,
    Need,
    Template,
    asked,
    faults,
    listed,
    service_of,
)

SOURCES = ("Queue", "LookQueue", "AlertQueue")
LEDGER, OPEN = ("Ledger",), ("Ledger/index/open",)

BOTH = {
    "dynamodb:BatchGetItem": Need(LEDGER),
    "dynamodb:GetItem": Need(LEDGER),
    "dynamodb:PutItem": Need(LEDGER),
    "secretsmanager:GetSecretValue": Need(("Secret",)),
    "kms:Decrypt": Need(("SecretKey",), SECRETS_MANAGER, "HasSecretKey"),
    "logs:CreateLogStream": Need(("FunctionLogGroup",), LAMBDA),
    "logs:PutLogEvents": Need(("FunctionLogGroup",), LAMBDA),
    "xray:PutTraceSegments": Need(("*",), LAMBDA),
    "xray:PutTelemetryRecords": Need(("*",), LAMBDA),
    "ec2:CreateNetworkInterface": Need(("*",), ATTACHING, "InVpc"),
    "ec2:DescribeNetworkInterfaces": Need(("*",), ATTACHING, "InVpc"),
    "ec2:DescribeSubnets": Need(("*",), ATTACHING, "InVpc"),
    "ec2:DeleteNetworkInterface": Need(("*",), ATTACHING, "InVpc"),
    "ec2:AssignPrivateIpAddresses": Need(("*",), ATTACHING, "InVpc"),
    "ec2:UnassignPrivateIpAddresses": Need(("*",), ATTACHING, "InVpc"),
}
NEEDED: dict[str, dict[str, Need]] = {
    "webhook": {**BOTH, "sqs:SendMessage": Need(("Queue",))},
    "worker": {
        **BOTH,
        "dynamodb:Query": Need(OPEN),
        "dynamodb:UpdateItem": Need(LEDGER),
        "sqs:ChangeMessageVisibility": Need(SOURCES),
        "sqs:DeleteMessage": Need(SOURCES, POLLER),
        "sqs:GetQueueAttributes": Need(SOURCES, POLLER),
        "sqs:ReceiveMessage": Need(SOURCES, POLLER),
        "sqs:SendMessage": Need(("DeadLetterQueue",)),
    },
}
"""What each function needs at run time: the actions, and on what."""

ACTIONS = {action for needs in NEEDED.values() for action in needs}
ASKED = {action for action, _ in asked(NEEDED)}


def unlisted(found: list[AwsCall]) -> list[str]:
    """Return a sentence for each call that no function has a permission for."""
    return [
        f"{call.where}: {call.method} takes {call.action}, which NEEDED gives to no function"
        for call in found
        if call.action not in ACTIONS
    ]


# ---- As it is


def test_roles_boundary_and_endpoints_have_what_the_functions_need_and_nothing_else() -> None:
    found = faults(NEEDED)
    assert not found, "\n".join(found)


def test_what_the_code_calls_is_on_the_list_and_what_it_does_not_is_not() -> None:
    found = calls({str(path.relative_to(ROOT)): path.read_text("utf-8") for path in SHIPPED})
    sentences = unlisted(found)
    assert not sentences, "\n".join(sentences)
    uncalled = ASKED - {call.action for call in found}
    assert not uncalled, f"{sorted(uncalled)}: nothing calls that any more"


def test_an_index_that_is_asked_is_one_of_the_tables() -> None:
    indexes = sam_file.RESOURCES["Ledger"]["Properties"]["GlobalSecondaryIndexes"]
    assert {f"Ledger/index/{index['IndexName']}" for index in indexes} == set(OPEN)


def test_the_boundary_has_one_condition_which_secrets_manager_meets() -> None:
    conditions = {s["Sid"]: s["Condition"] for s in ci.boundary()["Statement"] if "Condition" in s}
    by_secrets_manager = {"kms:ViaService": f"secretsmanager.{ci.REGION}.amazonaws.com"}
    assert conditions == {"KeyOfTokens": {"StringEquals": by_secrets_manager}}
    assert BOTH["kms:Decrypt"].by == SECRETS_MANAGER


def test_doctor_and_guide_know_every_service_that_the_code_asks() -> None:
    assert network.SERVICES.keys() == {service_of(action) for action in ASKED}
    for service in network.SERVICES.values():
        assert service in sam_file.PARAMETERS["CreateVpcEndpoints"]["Description"]
        assert service in section(DOCS / "network.md", "What has to reach what")


CALLED = {
    "the queue": ("Queue",),
    "the three queues that feed it": SOURCES,
    "the dead letter queue": ("DeadLetterQueue",),
    "the ledger": LEDGER,
    "the ledger's index `open`": OPEN,
}
"""What docs/security.md calls resources."""


@pytest.mark.parametrize("function", NEEDED)
def test_the_security_page_says_on_what_a_function_may_what(function: str) -> None:
    told, who = set(), ""
    for row in rows(section(DOCS / "security.md", "What each role may")):
        who = row[0] or who
        if who.removesuffix(" function") == function:
            told |= {(action, kind) for action in named(row[1]) for kind in CALLED[row[2]]}
    needs = {a: n for a, n in NEEDED[function].items() if service_of(a) in ("dynamodb", "sqs")}
    assert told == {(action, kind) for action, need in needs.items() for kind in need.on}


# ---- As it must not be: copies that are wrong on purpose

Spoil = Callable[[Template], object]


def statement(template: Template, name: str, sid: str = "") -> Any:
    """Return a statement of a role, a policy or an endpoint; "" for the first."""
    properties = template["Resources"][name]["Properties"]
    holder = properties["Policies"][0] if "Policies" in properties else properties
    found = holder["PolicyDocument"]["Statement"]
    return next(s for s in found if not sid or s.get("Sid") == sid)


def without(name: str, sid: str, action: str) -> Spoil:
    def spoil(template: Template) -> None:
        found = statement(template, name, sid)
        found["Action"] = [a for a in listed(found["Action"]) if a != action]

    return spoil


def with_more(name: str, sid: str, action: str) -> Spoil:
    def spoil(template: Template) -> None:
        found = statement(template, name, sid)
        found["Action"] = [*listed(found["Action"]), action]

    return spoil


def always(template: Template) -> None:
    """Take the condition off a statement that both functions share."""
    shared = template["Resources"]["CommonPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (number,) = [n for n, s in enumerate(shared) if s.get("Fn::If", [""])[0] == "HasSecretKey"]
    shared[number] = shared[number]["Fn::If"][1]


WRONG: dict[str, tuple[Spoil, set[str]]] = {
    "an action removed": (
        without("WorkerRole", "KeepTheLedger", "dynamodb:UpdateItem"),
        {"WorkerRole lacks dynamodb:UpdateItem on Ledger: the worker function needs it"},
    ),
    "an action added": (
        with_more("WebhookRole", "KeepTheLedger", "dynamodb:Scan"),
        {"WebhookRole grants dynamodb:Scan on Ledger: the webhook function has no need of it"},
    ),
    "a wildcard for actions": (
        with_more("WorkerRole", "Bury", "sqs:*"),
        {"WorkerRole grants sqs:* on DeadLetterQueue: the worker function has no need of it"},
    ),
    "a wildcard for resources": (
        lambda t: statement(t, "WebhookRole", "MakeSafe").update(Resource="*"),
        {
            "WebhookRole lacks sqs:SendMessage on Queue: the webhook function needs it",
            "WebhookRole grants sqs:SendMessage on *: the webhook function has no need of it",
        },
    ),
    "the index missing": (
        lambda t: statement(t, "WorkerRole", "FindWhatIsOpen").update(
            Resource={"Fn::GetAtt": ["Ledger", "Arn"]}
        ),
        {
            "WorkerRole lacks dynamodb:Query on Ledger/index/open: the worker function needs it",
            "WorkerRole grants dynamodb:Query on Ledger: the worker function has no need of it",
        },
    ),
    "a condition missing": (
        always,
        {
            f"{role} grants kms:Decrypt on SecretKey: the {function} function has no need of it "
            "unless HasSecretKey"
            for function, role in ROLES.items()
        },
    ),
    "an endpoint that lacks an action": (
        without("DynamoDbEndpoint", "", "dynamodb:BatchGetItem"),
        {
            "DynamoDbEndpoint does not let dynamodb:BatchGetItem on Ledger through: the "
            "functions' code asks for it"
        },
    ),
    "an endpoint with an action too many": (
        with_more("SqsEndpoint", "", "sqs:ReceiveMessage"),
        {"SqsEndpoint lets sqs:ReceiveMessage through: the functions' code does not ask for it"},
    ),
    "no endpoint": (
        lambda t: t["Resources"].pop("SqsEndpoint"),
        {"template.yaml has no endpoint for sqs: the functions' code asks it"},
    ),
    "an interface that the code may touch": (
        without("CommonPolicy", "OnlyLambdaAttaches", "ec2:DescribeSubnets"),
        {
            f"{role} does not deny ec2:DescribeSubnets to the code: only Lambda needs it"
            for role in ROLES.values()
        },
    ),
    "queues that refuse everybody": (
        lambda t: statement(t, "QueuePolicy").pop("Condition"),
        {"QueuePolicy denies sqs:* with TLS, too: the functions need it"},
    ),
    "a policy that nobody knows": (
        lambda t: t["Resources"].update(
            Other={"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": []}}}
        ),
        {"Other holds a policy that is held to nothing"},
    ),
}


@pytest.mark.parametrize(("spoil", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_in_the_template_is_said(spoil: Spoil, said: set[str]) -> None:
    wrong = copy.deepcopy(sam_file.TEMPLATE)
    spoil(wrong)
    assert set(faults(NEEDED, wrong)) == said


LACKS_QUERY = "Boundary of ci-role.yaml lacks dynamodb:Query on Ledger/index/open: the worker "


def tables_alone(template: Template) -> None:
    """Narrow the boundary to the table's own name, so that its index is outside of it."""
    found = statement(template, "Boundary", "TheStacksOwn")
    tables, *others = found["Resource"]
    named = tables["Fn::Sub"].replace("{StackName}-*", "{StackName}-Ledger-1ABCDEFGHIJKL")
    found["Resource"] = [{"Fn::Sub": named}, *others]


WRONG_BOUNDARY: dict[str, tuple[Spoil, set[str]]] = {
    "an action removed": (
        without("Boundary", "TheStacksOwn", "dynamodb:Query"),
        {f"{LACKS_QUERY}function needs it"},
    ),
    "an action added": (
        with_more("Boundary", "TheStacksOwn", "sqs:PurgeQueue"),
        {"Boundary of ci-role.yaml allows sqs:PurgeQueue: no function needs it"},
    ),
    "the index missing": (tables_alone, {f"{LACKS_QUERY}function needs it"}),
}


@pytest.mark.parametrize(("spoil", "said"), WRONG_BOUNDARY.values(), ids=WRONG_BOUNDARY)
def test_what_is_wrong_in_the_boundary_is_said(spoil: Spoil, said: set[str]) -> None:
    wrong = copy.deepcopy(ci.ROLE_TEMPLATE)
    spoil(wrong)
    assert set(faults(NEEDED, of_ci=wrong)) == said


CLIENT = "import boto3\nsqs = boto3.client('sqs')\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sqs.purge_queue()", "purge_queue takes sqs:PurgeQueue"),
        ("ask(5.0, sqs.purge_queue)", "purge_queue takes sqs:PurgeQueue"),
        ("sqs.get_paginator('list_queues')", "list_queues takes sqs:ListQueues"),
        ("boto3.client('dynamodb').scan()", "scan takes dynamodb:Scan"),
        ("boto3.client('s3').get_object()", "get_object takes s3:GetObject"),
    ],
)
def test_a_call_that_nobody_may_is_said_with_its_place(source: str, said: str) -> None:
    found = calls({"bridge/new.py": CLIENT + source})
    assert unlisted(found) == [f"bridge/new.py:3: {said}, which NEEDED gives to no function"]


def test_a_client_that_is_handed_on_is_seen_where_it_is_asked() -> None:
    found = calls({"bridge/new.py": CLIENT, "bridge/other.py": "def f(c):\n    c.purge_queue()"})
    assert [sentence.partition(" ")[0] for sentence in unlisted(found)] == ["bridge/other.py:2:"]


def test_one_permission_is_enough_for_one_and_for_several_messages() -> None:
    assert unlisted(calls({"bridge/new.py": f"{CLIENT}sqs.send_message_batch()"})) == []


@pytest.mark.parametrize(
    "source",
    [
        "import boto3\nboto3.resource('sqs')",
        "import boto3\nboto3.client(name)",
        "from boto3 import client",
        "import boto3\nboto3.Session()",
    ],
)
def test_a_source_that_hides_what_it_asks_for_is_refused(source: str) -> None:
    with pytest.raises(AssertionError, match=r"bridge/new.py:\d.*write boto3\.client\("):
        calls({"bridge/new.py": source})
