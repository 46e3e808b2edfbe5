"""The template does what the README promises: least privilege, and alarms that can ring."""

import json
import re
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.iam.access_control import IAMPolicy, PermissionResult

from bridge import telemetry
from bridge.config.settings import Settings
from bridge.config.timing import TIMINGS, WORKER_SECONDS
from bridge.endpoints.outgoing_webhook import PATH
from handler import ROUTES
from local import sam
from local.aws import create_queue_and_ledger
from local.gateway import FUNCTION_SECONDS
from local.worker import AT_ONCE, HIDDEN_SECONDS, QUEUES, WORKER_FUNCTION_SECONDS

TEMPLATE = sam.read()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
ACCOUNT = "123456789012"
SECRET = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:Secret-AbCdEf"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
LOGS = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:FunctionLogGroup:*"
QUEUE = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:Queue"
DEAD = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:DeadLetterQueue"
LEDGER = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/Ledger"
LOOKS = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:LookQueue"
ALERTS = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:AlertQueue"
ARNS = {
    "FunctionLogGroup": LOGS,
    "Queue": QUEUE,
    "LookQueue": LOOKS,
    "AlertQueue": ALERTS,
    "DeadLetterQueue": DEAD,
    "Ledger": LEDGER,
}

VPC_AND_KEY = {"CreateSecret": False, "HasSecretKey": True, "InVpc": True}


def of_type(kind: str) -> dict[str, Any]:
    return {name: r for name, r in RESOURCES.items() if r["Type"] == kind}


def resolve(value: Any, conditions: dict[str, bool]) -> Any:
    """Resolve the few intrinsic functions of the role, as CloudFormation would."""
    if isinstance(value, list):
        return [r for r in (resolve(v, conditions) for v in value) if r != "AWS::NoValue"]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, yes, no = value["Fn::If"]
        return resolve(yes if conditions[condition] else no, conditions)
    if "Ref" in value:
        known = {"Secret": SECRET, "ExistingSecretArn": SECRET, "ExistingSecretKeyArn": KEY}
        return known.get(value["Ref"], value["Ref"])
    if "Fn::GetAtt" in value:
        return ARNS[value["Fn::GetAtt"][0]]
    if isinstance(value.get("Fn::Sub"), str):
        return re.sub(r"\$\{(\w+)\.Arn\}", lambda found: ARNS[found[1]], value["Fn::Sub"])
    return {key: resolve(v, conditions) for key, v in value.items()}


def statements(name: str, resources: dict[str, Any] = RESOURCES) -> list[Any]:
    """Return all statements of a role: its own, and those that both functions share."""
    assert resources[name]["Properties"]["ManagedPolicyArns"] == [{"Ref": "CommonPolicy"}]
    (own,) = resources[name]["Properties"]["Policies"]
    common = resources["CommonPolicy"]["Properties"]["PolicyDocument"]
    return [*own["PolicyDocument"]["Statement"], *common["Statement"]]


def role(name: str = "WebhookRole", **conditions: bool) -> IAMPolicy:
    given = {"CreateSecret": True, "HasSecretKey": False, "InVpc": False, **conditions}
    # moto takes a Deny whose condition does not hold for a Deny; that statement has its own test.
    allowed = [s for s in resolve(statements(name), given) if s["Effect"] == "Allow"]
    document = {"Version": "2012-10-17", "Statement": allowed}
    return IAMPolicy({"policy_document": json.dumps(document)})


def may(policy: IAMPolicy, action: str, resource: str = "*") -> bool:
    return policy.is_action_permitted(action, resource) == PermissionResult.PERMITTED


@pytest.mark.parametrize(
    ("action", "resource", "conditions"),
    [
        ("secretsmanager:GetSecretValue", SECRET, {}),
        ("secretsmanager:GetSecretValue", SECRET, {"CreateSecret": False}),
        ("kms:Decrypt", KEY, {"HasSecretKey": True}),
        ("logs:CreateLogStream", LOGS, {}),
        ("logs:PutLogEvents", LOGS, {}),
        ("xray:PutTraceSegments", "*", {}),
        ("ec2:CreateNetworkInterface", "*", {"InVpc": True}),
        ("ec2:DeleteNetworkInterface", "*", {"InVpc": True}),
    ],
)
def test_both_functions_may_what_both_must(
    action: str, resource: str, conditions: dict[str, bool]
) -> None:
    for name in ("WebhookRole", "WorkerRole"):
        assert may(role(name, **conditions), action, resource)


MATTERS = {
    ("sqs:SendMessage", QUEUE): {"WebhookRole"},
    ("sqs:SendMessage", DEAD): {"WorkerRole"},
    ("sqs:ReceiveMessage", QUEUE): {"WorkerRole"},
    ("sqs:DeleteMessage", QUEUE): {"WorkerRole"},
    ("sqs:GetQueueAttributes", QUEUE): {"WorkerRole"},
    ("sqs:ChangeMessageVisibility", QUEUE): {"WorkerRole"},
    **{
        (f"sqs:{action}", queue): {"WorkerRole"}
        for queue in (LOOKS, ALERTS)
        for action in (
            "ReceiveMessage",
            "DeleteMessage",
            "GetQueueAttributes",
            "ChangeMessageVisibility",
        )
    },
    ("sqs:SendMessage", LOOKS): set(),
    ("sqs:SendMessage", ALERTS): set(),
    ("sqs:ReceiveMessage", DEAD): set(),
    ("sqs:DeleteMessage", DEAD): set(),
    ("sqs:PurgeQueue", QUEUE): set(),
    ("sqs:SetQueueAttributes", QUEUE): set(),
    ("sqs:SendMessage", QUEUE + "x"): set(),
    ("dynamodb:PutItem", LEDGER): {"WebhookRole", "WorkerRole"},
    ("dynamodb:GetItem", LEDGER): {"WebhookRole", "WorkerRole"},
    ("dynamodb:DeleteItem", LEDGER): set(),
    ("dynamodb:Scan", LEDGER): set(),
    ("dynamodb:PutItem", LEDGER + "x"): set(),
}


@pytest.mark.parametrize(("action", "resource"), MATTERS)
def test_queue_and_ledger_are_open_to_those_who_need_them_only(action: str, resource: str) -> None:
    allowed = {n for n in ("WebhookRole", "WorkerRole") if may(role(n), action, resource)}
    assert allowed == MATTERS[action, resource]


def test_queues_keep_for_14_days_are_encrypted_and_want_tls() -> None:
    queues = {"Queue", "LookQueue", "AlertQueue", "DeadLetterQueue"}
    assert of_type("AWS::SQS::Queue").keys() == queues
    assert {ref["Ref"] for ref in RESOURCES["QueuePolicy"]["Properties"]["Queues"]} == queues
    for name in queues:
        queue = RESOURCES[name]["Properties"]
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600
        assert queue["SqsManagedSseEnabled"]
    for name in queues - {"DeadLetterQueue"}:
        redrive = RESOURCES[name]["Properties"]["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == 1000
        assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    (statement,) = RESOURCES["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert {resource["Fn::GetAtt"][0] for resource in statement["Resource"]} == queues
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_going_back_by_a_release_takes_away_nothing_that_a_newer_one_has_filled() -> None:
    for name in ("Ledger", "Queue", "LookQueue", "AlertQueue", "DeadLetterQueue"):
        assert RESOURCES[name]["DeletionPolicy"] == "Retain"
        assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


def test_the_worker_is_updated_before_those_who_send_to_it() -> None:
    assert RESOURCES["WebhookFunction"]["DependsOn"] == "WorkerFunction"


def test_what_is_open_can_be_found_without_reading_the_whole_table() -> None:
    table = RESOURCES["Ledger"]["Properties"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "open"
    assert index["KeySchema"] == [{"AttributeName": "open", "KeyType": "HASH"}]
    projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["seen", "status"]}
    assert index["Projection"] == projection
    emulated = boto3_table()
    assert emulated["KeySchema"] == table["KeySchema"]
    assert emulated["GlobalSecondaryIndexes"][0]["Projection"] == projection


def boto3_table() -> Any:
    """Return the table of `make run` and of the tests."""
    with mock_aws():
        name = create_queue_and_ledger()["LEDGER_TABLE"]
        return boto3.client("dynamodb").describe_table(TableName=name)["Table"]


def test_the_worker_gets_one_message_at_a_time_and_reports_each() -> None:
    worker = RESOURCES["WorkerFunction"]["Properties"]
    fed = set()
    for event in worker["Events"].values():
        source = event["Properties"]
        name = source["Queue"]["Fn::GetAtt"][0]
        fed.add(name)
        assert source["BatchSize"] == 1
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert RESOURCES[name]["Properties"]["VisibilityTimeout"] >= 6 * worker["Timeout"]
    assert fed == {"Queue", "LookQueue", "AlertQueue"}
    concurrency = [e["Properties"]["ScalingConfig"] for e in worker["Events"].values()]
    assert concurrency[1:] == [{"MaximumConcurrency": 2}] * 2
    assert worker["Timeout"] > WORKER_SECONDS
    for pauses in TIMINGS.values():
        assert pauses.worker_lease > worker["Timeout"]
        assert pauses.fast_lease > RESOURCES["WebhookFunction"]["Properties"]["Timeout"]


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("secretsmanager:GetSecretValue", SECRET + "x"),
        ("secretsmanager:GetSecretValue", SECRET.replace("Secret-", "Other-")),
        ("secretsmanager:PutSecretValue", SECRET),
        ("secretsmanager:DeleteSecret", SECRET),
        ("secretsmanager:ListSecrets", "*"),
        ("kms:Decrypt", KEY),
        ("logs:CreateLogGroup", "*"),
        ("logs:PutLogEvents", LOGS.replace("Function", "Other")),
        ("logs:GetLogEvents", LOGS),
        ("ec2:CreateNetworkInterface", "*"),
        ("lambda:InvokeFunction", "*"),
        ("s3:GetObject", "*"),
        ("iam:PassRole", "*"),
        ("sts:AssumeRole", "*"),
    ],
)
@pytest.mark.parametrize("everything", [True, False])
def test_the_function_may_nothing_else(action: str, resource: str, everything: bool) -> None:
    policy = role(HasSecretKey=everything, InVpc=everything)
    granted = everything and action in ("kms:Decrypt", "ec2:CreateNetworkInterface")
    assert may(policy, action, resource) is granted


def test_the_functions_own_code_may_not_touch_network_interfaces() -> None:
    (denied,) = [s for s in statements("WebhookRole") if s.get("Effect") == "Deny"]
    allowed = resolve([s for s in statements("WebhookRole") if s != denied], VPC_AND_KEY)
    (attach,) = [s for s in allowed if s["Sid"] == "AttachToVpc"]
    assert (denied["Action"], denied["Resource"]) == (attach["Action"], "*")
    arns = denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]
    names = [
        RESOURCES[function]["Properties"]["FunctionName"]["Fn::Sub"]
        for function in ("WebhookFunction", "WorkerFunction")
    ]
    assert [arn["Fn::Sub"].rpartition("function:")[2] for arn in arns] == names


def test_no_statement_has_a_wildcard_action_and_a_wildcard_resource_says_why() -> None:
    text = sam.TEMPLATE.read_text("utf-8")
    for statement in [*statements("WebhookRole"), *statements("WorkerRole")]:
        for branch in statement.get("Fn::If", [statement]):
            if not isinstance(branch, dict) or "Sid" not in branch:
                continue
            assert "*" not in json.dumps(branch["Action"])
            if branch["Resource"] == "*":
                assert re.search(rf"Sid: {branch['Sid']} # \w+", text)


def test_only_lambda_may_take_the_role() -> None:
    for name in ("WebhookRole", "WorkerRole"):
        document = RESOURCES[name]["Properties"]["AssumeRolePolicyDocument"]
        (statement,) = document["Statement"]
        assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_transformed_api_routes_what_the_handler_knows_and_nothing_else() -> None:
    routes = sam.routes(sam.transformed(TEMPLATE, {"GlpiUrl": "https://glpi.example"}))
    assert routes.keys() == ROUTES.keys()
    assert TEMPLATE["Outputs"]["WebhookUrl"]["Value"]["Fn::Sub"].endswith(f"}}{PATH}")
    for integration in routes.values():
        assert integration["payloadFormatVersion"] == "2.0"
        assert integration["timeoutInMillis"] == 29_000
        assert integration["type"] == "aws_proxy"


def test_the_deadlines_nest() -> None:
    function = RESOURCES["WebhookFunction"]["Properties"]
    assert function["Timeout"] == FUNCTION_SECONDS < 29 < 30


def test_make_run_brings_as_many_waiting_messages_at_once() -> None:
    worker = RESOURCES["WorkerFunction"]["Properties"]
    assert worker["Timeout"] == WORKER_FUNCTION_SECONDS < HIDDEN_SECONDS
    sources = [event["Properties"]["ScalingConfig"] for event in worker["Events"].values()]
    assert len(sources) == len(QUEUES)
    concurrency = {"Ref": "WorkerConcurrency"}, PARAMETERS["WorkerConcurrency"]["Default"]
    found = [source["MaximumConcurrency"] for source in sources]
    assert [concurrency[1] if one == concurrency[0] else one for one in found] == [AT_ONCE] * 3


def test_the_environment_is_what_settings_read() -> None:
    names = set(TEMPLATE["Globals"]["Function"]["Environment"]["Variables"])
    own = {
        "GLPI_URL",
        "MATTERMOST_URL",
        "GLPI_PUBLIC_URL",
        "GLPI_CA_BUNDLE",
        "MATTERMOST_CA_BUNDLE",
        "SECRET_ID",
        "QUEUE_URL",
        "LOOK_QUEUE_URL",
        "ALERT_QUEUE_URL",
        "DEAD_LETTER_URL",
        "LEDGER_TABLE",
        "LOG_LEVEL",
    }
    assert names - own == {
        "POWERTOOLS_SERVICE_NAME",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL_DYNAMODB",
    }
    required = {"SECRET_ID": SECRET, "QUEUE_URL": "q", "DEAD_LETTER_URL": "d", "LEDGER_TABLE": "l"}
    env = dict.fromkeys(names, "") | {"GLPI_URL": "https://glpi.example"} | required
    assert Settings.from_env(env).mattermost_url is None


def test_the_secret_has_no_value_in_the_template_and_outlives_the_stack() -> None:
    secret = RESOURCES["Secret"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert not secret["Properties"].keys() & {"SecretString", "GenerateSecretString", "Name"}


def test_access_logs_hold_no_body_and_no_query() -> None:
    logged = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    fields = set(re.findall(r"\$context\.([\w.]+)", logged))
    assert fields == {
        "requestId",
        "requestTime",
        "identity.sourceIp",
        "routeKey",
        "status",
        "error.message",
        "responseLatency",
        "integrationLatency",
        "integrationStatus",
    }
    json.loads(re.sub(r"\$context\.\w+(\.\w+)?", "-", logged))


def test_a_throttled_request_in_the_access_log_rings_the_alarm() -> None:
    throttled = RESOURCES["ApiThrottledFilter"]["Properties"]
    (metric,) = throttled["MetricTransformations"]
    alarm = RESOURCES["ApiThrottledAlarm"]["Properties"]
    assert throttled["LogGroupName"] == {"Ref": "ApiLogGroup"}
    assert alarm["Namespace"] == metric["MetricNamespace"]
    assert alarm["MetricName"] == metric["MetricName"]
    field = re.search(r"\$\.(\w+)", throttled["FilterPattern"])
    assert field
    access_log = RESOURCES["HttpApi"]["Properties"]["AccessLogSettings"]["Format"]
    assert f'"{field[1]}":"$context.status"' in access_log


def test_every_log_group_forgets() -> None:
    groups = of_type("AWS::Logs::LogGroup")
    assert len(groups) == 2
    for group in groups.values():
        assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_says_what_to_do_and_rings_only_for_what_happened(name: str) -> None:
    alarm = RESOURCES[name]["Properties"]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert len(alarm["AlarmDescription"]) > 80


def test_alarms_and_dashboard_watch_metrics_that_exist() -> None:
    counted = set(telemetry.METRICS)
    dimensions = [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}]
    own = [
        alarm["Properties"]
        for alarm in of_type("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"]["Namespace"] == telemetry.NAMESPACE
    ]
    assert {alarm["MetricName"] for alarm in own} == {
        "Failed",
        "RefusedToken",
        "GlpiLatency",
        "OldestWaiting",
        "SettingAtFault",
        "Twins",
    }
    for alarm in own:
        assert alarm["MetricName"] in counted
        assert alarm["Dimensions"] == dimensions
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    board = json.loads(re.sub(r"\$\{[\w:]+\}", "x", body))
    rows = [row for w in board["widgets"] for row in w["properties"].get("metrics", [])]
    shown = {row[1] for row in rows if row[0] in (telemetry.NAMESPACE, ".")}
    assert {"Filed", "NotConfirmed", "NotSaved", "RefusedToken", "GlpiLatency"} <= shown
    assert (
        shown - {"4xx", "5xx", "Errors", "Throttles"} <= counted
    )  # the gateway's and Lambda's own
    assert 'MetricName="FailedByCause"' in str(rows)


def test_everything_of_a_vpc_hangs_on_the_vpc() -> None:
    assert RESOURCES["FunctionSecurityGroup"]["Condition"] == "InVpc"
    assert RESOURCES["EndpointSecurityGroup"]["Condition"] == "WithEndpoints"
    endpoints = of_type("AWS::EC2::VPCEndpoint")
    assert len(endpoints) == 3
    for endpoint in endpoints.values():
        assert endpoint["Condition"] == "WithEndpoints"
        assert endpoint["Properties"]["PrivateDnsEnabled"] is False
    transformed = sam.transformed(TEMPLATE, {"GlpiUrl": "https://glpi.example"})
    function = transformed["Resources"]["WebhookFunction"]["Properties"]
    assert function["VpcConfig"]["Fn::If"][0] == "InVpc"


@pytest.mark.parametrize("name", PARAMETERS)
def test_the_consoles_form_explains_every_parameter(name: str) -> None:
    interface = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]
    assert len(PARAMETERS[name]["Description"]) > 30
    assert name in interface["ParameterLabels"]
    assert sum(name in group["Parameters"] for group in interface["ParameterGroups"]) == 1
    if "AllowedPattern" in PARAMETERS[name]:
        assert PARAMETERS[name]["ConstraintDescription"]


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("GlpiUrl", "https://helpdesk.example.com/glpi", True),
        ("GlpiUrl", "http://10.0.0.5:8080", True),
        ("GlpiUrl", "helpdesk.example.com", False),
        ("GlpiUrl", "https://user:pw@helpdesk.example.com", False),
        ("MattermostUrl", "", True),
        ("GlpiPublicUrl", "", True),
        ("GlpiPublicUrl", "https://helpdesk.example.com/glpi/", True),
        ("GlpiPublicUrl", "https://user:pw@helpdesk.example.com", False),
        ("ExistingSecretArn", SECRET, True),
        ("ExistingSecretArn", "my-secret", False),
        ("ExistingSecretArn", SECRET.removesuffix("-AbCdEf"), False),
        ("ExistingSecretKeyArn", KEY, True),
        ("VpcId", "vpc-0123456789abcdef0", True),
        ("SubnetIds", "subnet-0123456789abcdef0,subnet-0123456789abcdef1", True),
        ("SubnetIds", "subnet-0123456789abcdef0, subnet-0123456789abcdef1", False),
        ("GlpiCaBundle", "certs/company-ca.pem", True),
        ("GlpiCaBundle", "/etc/ssl/ca.pem", False),
        ("AlarmEmail", "it@example.com", True),
        ("Commit", "84e4c5b", False),
        ("PermissionsBoundary", f"arn:aws:iam::{ACCOUNT}:policy/bridge-Boundary-ABC", True),
    ],
)
def test_a_parameter_takes_what_it_should(name: str, value: str, fits: bool) -> None:
    assert bool(re.fullmatch(PARAMETERS[name]["AllowedPattern"], value)) is fits


def test_defaults_fit_their_patterns_and_only_the_address_of_glpi_is_asked_for() -> None:
    required = {name for name, parameter in PARAMETERS.items() if "Default" not in parameter}
    assert required == {"GlpiUrl"}
    for parameter in PARAMETERS.values():
        if "AllowedPattern" in parameter and "Default" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"])


def test_the_outputs_are_what_a_person_needs_next() -> None:
    assert TEMPLATE["Outputs"].keys() == {
        "WebhookUrl",
        "SecretArn",
        "StoreSecret",
        "DashboardUrl",
        "FunctionLogs",
        "DeadLetters",
        "FunctionSecurityGroupId",
        "AlarmTopicArn",
        "Commit",
    }
