"""The template does what the README promises: least privilege, and alarms that can ring."""

import json
import re
from typing import Any

import pytest
from moto.iam.access_control import IAMPolicy, PermissionResult

import telemetry
from handler import ROUTES
from local import sam
from local.gateway import FUNCTION_SECONDS
from settings import Settings

TEMPLATE = sam.read()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
PARAMETERS: dict[str, Any] = TEMPLATE["Parameters"]
ACCOUNT = "123456789012"
SECRET = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:Secret-AbCdEf"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/01234567-89ab-cdef-0123-456789abcdef"
LOGS = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:FunctionLogGroup:*"

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
    if value.get("Fn::GetAtt") == ["FunctionLogGroup", "Arn"]:
        return LOGS
    return {key: resolve(v, conditions) for key, v in value.items()}


def role(**conditions: bool) -> IAMPolicy:
    (policy,) = RESOURCES["WebhookRole"]["Properties"]["Policies"]
    given = {"CreateSecret": True, "HasSecretKey": False, "InVpc": False, **conditions}
    document = resolve(policy["PolicyDocument"], given)
    # moto takes a Deny whose condition does not hold for a Deny; that statement has its own test.
    document["Statement"] = [s for s in document["Statement"] if s["Effect"] == "Allow"]
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
def test_the_function_may_what_it_must(
    action: str, resource: str, conditions: dict[str, bool]
) -> None:
    assert may(role(**conditions), action, resource)


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
        ("sqs:SendMessage", "*"),
        ("dynamodb:PutItem", "*"),
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
    (policy,) = RESOURCES["WebhookRole"]["Properties"]["Policies"]
    (denied,) = [s for s in policy["PolicyDocument"]["Statement"] if s.get("Effect") == "Deny"]
    allowed = resolve(policy["PolicyDocument"]["Statement"], VPC_AND_KEY)
    (attach,) = [s for s in allowed if s["Sid"] == "AttachToVpc"]
    assert (denied["Action"], denied["Resource"]) == (attach["Action"], "*")
    name = RESOURCES["WebhookFunction"]["Properties"]["FunctionName"]["Fn::Sub"]
    arn = denied["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]["Fn::Sub"]
    assert arn.endswith(f":function:{name}")


def test_no_statement_has_a_wildcard_action_and_a_wildcard_resource_says_why() -> None:
    text = sam.TEMPLATE.read_text("utf-8")
    (policy,) = RESOURCES["WebhookRole"]["Properties"]["Policies"]
    for statement in policy["PolicyDocument"]["Statement"]:
        for branch in statement.get("Fn::If", [statement]):
            if not isinstance(branch, dict) or "Sid" not in branch:
                continue
            assert "*" not in json.dumps(branch["Action"])
            if branch["Resource"] == "*":
                assert re.search(rf"Sid: {branch['Sid']} # \w+", text)


def test_only_lambda_may_take_the_role() -> None:
    document = RESOURCES["WebhookRole"]["Properties"]["AssumeRolePolicyDocument"]
    (statement,) = document["Statement"]
    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_the_transformed_api_routes_what_the_handler_knows_and_nothing_else() -> None:
    routes = sam.routes(sam.transformed(TEMPLATE, {"GlpiUrl": "https://glpi.example"}))
    assert routes.keys() == ROUTES.keys()
    for integration in routes.values():
        assert integration["payloadFormatVersion"] == "2.0"
        assert integration["timeoutInMillis"] == 29_000
        assert integration["type"] == "aws_proxy"


def test_the_deadlines_nest() -> None:
    function = RESOURCES["WebhookFunction"]["Properties"]
    assert function["Timeout"] == FUNCTION_SECONDS < 29 < 30


def test_the_environment_is_what_settings_read() -> None:
    variables = RESOURCES["WebhookFunction"]["Properties"]["Environment"]["Variables"]
    names = set(variables)
    assert names == {
        "GLPI_URL",
        "MATTERMOST_URL",
        "GLPI_CA_BUNDLE",
        "SECRET_ID",
        "LOG_LEVEL",
        "POWERTOOLS_SERVICE_NAME",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    }
    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    env = dict.fromkeys(names, "") | {"GLPI_URL": "https://glpi.example", "SECRET_ID": SECRET}
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
    assert {alarm["MetricName"] for alarm in own} == {"Failed", "RefusedToken", "GlpiLatency"}
    for alarm in own:
        assert alarm["MetricName"] in counted
        assert alarm["Dimensions"] == dimensions
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    board = json.loads(re.sub(r"\$\{[\w:]+\}", "x", body))
    rows = [row for w in board["widgets"] for row in w["properties"].get("metrics", [])]
    shown = {row[1] for row in rows if row[0] in (telemetry.NAMESPACE, ".")}
    assert {"Filed", "NotConfirmed", "NotSaved", "RefusedToken", "GlpiLatency"} <= shown
    assert shown - {"4xx", "5xx", "Errors"} <= counted  # the gateway's and Lambda's own
    assert 'MetricName="FailedByCause"' in str(rows)


def test_everything_of_a_vpc_hangs_on_the_vpc() -> None:
    for name in ("FunctionSecurityGroup", "EndpointSecurityGroup", "SecretsManagerEndpoint"):
        assert RESOURCES[name]["Condition"] in ("InVpc", "WithEndpoints")
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
        "FunctionSecurityGroupId",
        "AlarmTopicArn",
    }
