"""The pipelines deploy with the least rights, and go back when a deployment does not work."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from moto.iam.access_control import IAMPolicy, PermissionResult

from local import sam
from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ROLE_FILE = ROOT / "deploy/ci-role.yaml"
ROLE_TEMPLATE = sam.read(ROLE_FILE)
GITLAB: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text("utf-8"))
GUIDE = (ROOT / "docs/deployment-from-ci.md").read_text("utf-8")
DEPLOY_ONLY = {"contents": "read", "id-token": "write"}

ACCOUNT, REGION, STACK = "123456789012", "eu-central-1", "mattermost-glpi-bridge-staging"
OTHER = "mattermost-glpi-bridge-production"
GIVEN = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "StackName": STACK,
    "Environment": "staging",
    "GitHubRepository": "acme/bridge",
    "GitLabProject": "acme/tools/bridge",
    "Branch": "main",
    "VpcId": "vpc-0123456789abcdef0",
    "ExistingSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:tokens-AbCdEf",
    "Artifacts": "artifacts",
    "Artifacts.Arn": "arn:aws:s3:::artifacts",
    "Boundary": f"arn:aws:iam::{ACCOUNT}:policy/ci-Boundary-ABC",
}


def resolve(value: Any, **conditions: bool) -> Any:
    """Resolve the intrinsic functions of the role's template, as CloudFormation would."""
    if isinstance(value, list):
        return [r for r in (resolve(v, **conditions) for v in value) if r is not None]
    if not isinstance(value, dict):
        return value
    match next(iter(value.items())):
        case "Fn::If", [condition, yes, no]:
            return resolve(yes if conditions.get(condition, True) else no, **conditions)
        case "Ref", "AWS::NoValue":
            return None
        case "Ref", name:
            return GIVEN[name]
        case "Fn::GetAtt", path:
            return GIVEN[path if isinstance(path, str) else ".".join(path)]
        case "Fn::Sub", text:
            return re.sub(r"\$\{([\w.:]+)\}", lambda found: GIVEN[found[1]], text)
    return {key: resolve(v, **conditions) for key, v in value.items()}


def role(**conditions: bool) -> dict[str, Any]:
    properties: dict[str, Any] = resolve(
        ROLE_TEMPLATE["Resources"]["Role"]["Properties"], **conditions
    )
    return properties


def document(**conditions: bool) -> dict[str, Any]:
    (policy,) = role(**conditions)["Policies"]
    found: dict[str, Any] = policy["PolicyDocument"]
    return found


def boundary(template: dict[str, Any] = ROLE_TEMPLATE, **conditions: bool) -> dict[str, Any]:
    found: dict[str, Any] = resolve(
        template["Resources"]["Boundary"]["Properties"]["PolicyDocument"], **conditions
    )
    return found


def may(policy: dict[str, Any], action: str, resource: str) -> bool:
    """Tell what a policy allows; conditions, which moto does not know, have tests of their own."""
    decided = IAMPolicy({"policy_document": json.dumps(policy)}).is_action_permitted(
        action, resource
    )
    return decided == PermissionResult.PERMITTED


# ---- The pipelines


def workflow(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return found


def jobs() -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{path.stem}/{name}", job)
        for path in WORKFLOWS
        for name, job in workflow(path)["jobs"].items()
    ]


def steps() -> list[dict[str, Any]]:
    return [step for _, job in jobs() for step in job.get("steps", [])]


def test_every_action_is_pinned_to_a_commit_and_names_its_version() -> None:
    used = [
        line.partition("uses:")[2].strip()
        for path in WORKFLOWS
        for line in path.read_text("utf-8").splitlines()
        if "uses:" in line
    ]
    strangers = [use for use in used if not use.startswith("./")]
    assert len(strangers) == 5
    for use in strangers:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)
    assert len({use.partition("@")[0] for use in strangers}) == len(set(strangers)) == 3


def test_no_pipeline_knows_a_secret() -> None:
    for path in [*WORKFLOWS, ROOT / ".gitlab-ci.yml"]:
        text = path.read_text("utf-8")
        assert not re.search(r"secrets\b|ACCESS_KEY|PASSWORD|github\.token|GITHUB_TOKEN", text)


def test_a_job_may_read_the_code_and_only_a_deployment_may_ask_for_a_token() -> None:
    for path in WORKFLOWS:
        assert workflow(path)["permissions"] == {}
    for name, job in jobs():
        wanted = {"contents": "read"} if name == "ci/test" else DEPLOY_ONLY
        assert job["permissions"] == wanted, name


def test_no_checkout_leaves_credentials_behind_and_no_script_takes_in_expressions() -> None:
    checkouts = [step for step in steps() if "checkout@" in step.get("uses", "")]
    assert len(checkouts) == 2
    for step in checkouts:
        assert step["with"]["persist-credentials"] is False
    for step in steps():
        assert "${{" not in step.get("run", "")


def test_every_job_ends() -> None:
    for name, job in jobs():
        assert "uses" in job or job["timeout-minutes"] <= 60, name
    assert GITLAB["test"]["timeout"] == "1h"
    assert GITLAB[".deploy"]["timeout"] == "55m"


def test_both_pythons_are_tested_in_both_pipelines() -> None:
    matrix = workflow(ROOT / ".github/workflows/ci.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.13", "3.11"]
    assert GITLAB["test"]["parallel"]["matrix"] == [{"PYTHON_VERSION": ["3.13", "3.11"]}]


def test_github_tests_then_deploys_main_to_staging_then_to_production() -> None:
    ci = workflow(ROOT / ".github/workflows/ci.yml")["jobs"]
    assert ci["staging"]["needs"] == "test"
    for condition in ("github.event_name == 'push'", "github.ref == 'refs/heads/main'"):
        assert condition in ci["staging"]["if"]
    assert ci["production"]["needs"] == "staging"
    assert ci["production"].get("if") is None  # or it would run when staging did not
    assert ci["test"]["concurrency"]["cancel-in-progress"] is True
    for stage in ("staging", "production"):
        assert ci[stage]["with"] == {"stage": stage}


def test_github_deploys_one_at_a_time_in_the_environment_that_the_role_trusts() -> None:
    job = workflow(ROOT / ".github/workflows/deploy.yml")["jobs"]["deploy"]
    assert job["environment"] == "${{ inputs.stage }}"
    assert job["concurrency"] == {
        "group": "deploy-${{ inputs.stage }}",
        "cancel-in-progress": False,
    }


def test_tools_are_installed_before_there_are_rights() -> None:
    job = workflow(ROOT / ".github/workflows/deploy.yml")["jobs"]["deploy"]
    order = [step.get("run") or step["uses"].partition("@")[0] for step in job["steps"]]
    assert order.index("make deploy-tools") < order.index("aws-actions/configure-aws-credentials")
    assert order[-1] == 'make deploy STAGE="$STAGE"'
    assert GITLAB[".deploy"]["before_script"][0] == "make deploy-tools"


@pytest.mark.parametrize("stage", ["staging", "production"])
def test_gitlab_deploys_main_one_at_a_time_in_an_environment(stage: str) -> None:
    job = GITLAB[stage]
    assert job["extends"] == ".deploy"
    assert GITLAB[".deploy"]["interruptible"] is False
    assert job["environment"] == job["resource_group"] == job["stage"] == stage
    (rule,) = job["rules"]
    assert '$CI_COMMIT_BRANCH == "main"' in rule["if"]
    assert '$CI_PIPELINE_SOURCE == "push"' in rule["if"]
    assert (rule.get("when") == "manual") is (stage == "production")
    assert rule.get("allow_failure") is (False if stage == "production" else None)
    assert GITLAB["stages"] == ["test", "staging", "production"]


# ---- The role


def test_the_role_trusts_one_environment_of_one_repository() -> None:
    trusted = role()["AssumeRolePolicyDocument"]["Statement"]
    github, gitlab = (statement["Condition"] for statement in trusted)
    assert github == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/bridge:environment:staging",
        }
    }
    assert gitlab == {
        "StringEquals": {
            "gitlab.com:aud": GITLAB["staging"]["id_tokens"]["AWS_TOKEN"]["aud"],
            "gitlab.com:sub": "project_path:acme/tools/bridge:ref_type:branch:ref:main",
        }
    }
    for statement in trusted:
        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert statement["Principal"].keys() == {"Federated"}
        assert "*" not in json.dumps(statement)


def test_without_github_or_gitlab_nobody_of_it_is_trusted() -> None:
    for system in ("OnGitHub", "OnGitLab"):
        (left,) = role(**{system: False})["AssumeRolePolicyDocument"]["Statement"]
        assert (system == "OnGitHub") is ("gitlab.com" in json.dumps(left))


def test_the_providers_admit_the_audiences_of_the_pipelines() -> None:
    resources = ROLE_TEMPLATE["Resources"]
    audiences = {GITLAB[s]["id_tokens"]["AWS_TOKEN"]["aud"] for s in ("staging", "production")}
    assert set(resources["GitLab"]["Properties"]["ClientIdList"]) == audiences
    assert resources["GitHub"]["Properties"]["ClientIdList"] == ["sts.amazonaws.com"]


def arn(service: str, rest: str, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


def physical(service: str, prefix: str = "", region: str = REGION) -> str:
    """Return an ARN of what CloudFormation names by stack and logical id."""
    return arn(service, f"{prefix}{{stack}}-{{id}}-1ABCDEFGHIJKL", region)


FUNCTION = arn("lambda", "function:{stack}-{role}")
MAPPING = arn("lambda", "event-source-mapping:01234567-89ab-cdef-0123-456789abcdef")
API = arn("apigateway", "/apis/a1b2c3", account="")
QUEUE = physical("sqs")
LOG_GROUP = physical("logs", "log-group:")
IAM_ROLE = physical("iam", "role/", region="")
VPC_ENDPOINT = arn("ec2", "vpc-endpoint/vpce-0123456789abcdef0")
SECURITY_GROUP = arn("ec2", "security-group/sg-0123456789abcdef0")

NEEDED: dict[str, dict[str, list[str]]] = {
    "AWS::ApiGatewayV2::Api": {API: ["apigateway:PUT", "apigateway:PATCH", "apigateway:DELETE"]},
    "AWS::ApiGatewayV2::Stage": {
        API + "/stages": ["apigateway:POST"],
        API + "/stages/$default": ["apigateway:PATCH", "apigateway:DELETE"],
        "*": ["logs:CreateLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"],
    },
    "AWS::CloudWatch::Alarm": {
        physical("cloudwatch", "alarm:"): ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"]
    },
    "AWS::CloudWatch::Dashboard": {
        arn("cloudwatch", "dashboard/{stack}-eu-central-1", region=""): [
            "cloudwatch:PutDashboard",
            "cloudwatch:DeleteDashboards",
        ]
    },
    "AWS::DynamoDB::Table": {
        physical("dynamodb", "table/"): [
            "dynamodb:CreateTable",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
            "dynamodb:DescribeTable",
            "dynamodb:DeleteTable",
        ]
    },
    "AWS::EC2::SecurityGroup": {
        SECURITY_GROUP: [
            "ec2:CreateSecurityGroup",
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
            "ec2:CreateTags",
            "ec2:DeleteSecurityGroup",
        ],
        arn("ec2", "vpc/vpc-0123456789abcdef0"): ["ec2:CreateSecurityGroup"],
    },
    "AWS::EC2::VPCEndpoint": {
        VPC_ENDPOINT: [
            "ec2:CreateVpcEndpoint",
            "ec2:ModifyVpcEndpoint",
            "ec2:DeleteVpcEndpoints",
        ],
        arn("ec2", "subnet/subnet-0123456789abcdef0"): ["ec2:CreateVpcEndpoint"],
        SECURITY_GROUP: ["ec2:CreateVpcEndpoint"],
        "*": ["ec2:DescribeVpcEndpoints"],
    },
    "AWS::IAM::ManagedPolicy": {
        physical("iam", "policy/", region=""): [
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeletePolicyVersion",
            "iam:DeletePolicy",
        ]
    },
    "AWS::IAM::Role": {
        IAM_ROLE: [
            "iam:CreateRole",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:AttachRolePolicy",
            "iam:PassRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:DeleteRole",
        ]
    },
    "AWS::Lambda::EventSourceMapping": {
        MAPPING: [
            "lambda:CreateEventSourceMapping",
            "lambda:UpdateEventSourceMapping",
            "lambda:DeleteEventSourceMapping",
            "lambda:GetEventSourceMapping",
            "lambda:TagResource",
        ]
    },
    "AWS::Lambda::Function": {
        FUNCTION: [
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
            "lambda:GetFunction",
            "lambda:TagResource",
            "lambda:DeleteFunction",
        ]
    },
    "AWS::Lambda::Permission": {FUNCTION: ["lambda:AddPermission", "lambda:RemovePermission"]},
    "AWS::Logs::LogGroup": {
        LOG_GROUP: ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"]
    },
    "AWS::Logs::MetricFilter": {
        arn("logs", "log-group:{stack}-ApiLogGroup-1ABCDEFGHIJKL"): [
            "logs:PutMetricFilter",
            "logs:DeleteMetricFilter",
        ]
    },
    "AWS::SecretsManager::Secret": {  # it is retained, so never deleted; nothing in it changes
        arn("secretsmanager", "secret:{id}-1ABCDEFGHIJK-AbCdEf"): [
            "secretsmanager:CreateSecret",
            "secretsmanager:DescribeSecret",
            "secretsmanager:TagResource",
        ]
    },
    "AWS::SNS::Subscription": {
        arn("sns", "{stack}-AlarmTopic-1ABCDEFGHIJKL"): ["sns:Subscribe"],
        arn("sns", "{stack}-AlarmTopic-1ABCDEFGHIJKL:01234567"): ["sns:Unsubscribe"],
    },
    "AWS::SNS::Topic": {
        physical("sns"): ["sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic"]
    },
    "AWS::SQS::Queue": {
        QUEUE: [
            "sqs:CreateQueue",
            "sqs:SetQueueAttributes",
            "sqs:GetQueueAttributes",
            "sqs:DeleteQueue",
        ]
    },
    "AWS::SQS::QueuePolicy": {QUEUE.replace("{id}", "Queue"): ["sqs:SetQueueAttributes"]},
}
"""What creating, updating and deleting a resource of a type takes, on which ARN."""


@cache
def deployed() -> dict[str, str]:
    """Return the type of every resource that CloudFormation makes of the template, by its id."""
    transformed = sam.transformed(sam.read(), {"GlpiUrl": "https://glpi.example"})
    return {name: resource["Type"] for name, resource in transformed["Resources"].items()}


def test_the_needs_of_every_type_in_the_template_are_known() -> None:
    assert set(deployed().values()) == NEEDED.keys()


def test_the_role_may_create_update_and_delete_everything_in_the_template() -> None:
    policy = document()
    for name, kind in deployed().items():
        function = "worker" if name.startswith("Worker") else "webhook"
        for resource, actions in NEEDED[kind].items():
            target = resource.format(stack=STACK, id=name, role=function)
            refused = [action for action in actions if not may(policy, action, target)]
            assert not refused, f"{name}: {refused} on {target}"


BY_ID = {"AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage", "AWS::EC2::SecurityGroup"} | {
    "AWS::EC2::VPCEndpoint",
    "AWS::Lambda::EventSourceMapping",
    "AWS::SecretsManager::Secret",
}
"""Types that AWS names by ids, so that no policy can tell whose they are; the guide says so."""


def test_the_role_may_do_nothing_to_another_stack() -> None:
    policy = document()
    for name, kind in deployed().items():
        if kind in BY_ID:
            continue
        for resource, actions in NEEDED[kind].items():
            target = resource.format(stack=OTHER, id=name, role="webhook")
            allowed = [action for action in actions if may(policy, action, target)]
            assert not allowed, f"{name}: {allowed} on {target}"
    for stack in (OTHER, STACK + "-2"):
        assert not may(
            policy, "cloudformation:CreateChangeSet", arn("cloudformation", f"stack/{stack}/1")
        )


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudformation:CreateChangeSet", arn("cloudformation", f"stack/{STACK}/1")),
        ("cloudformation:ExecuteChangeSet", arn("cloudformation", f"stack/{STACK}/1")),
        ("cloudformation:DescribeStacks", arn("cloudformation", f"stack/{STACK}/1")),
        ("cloudformation:ListStackResources", arn("cloudformation", f"stack/{STACK}/1")),
        ("cloudwatch:DescribeAlarms", arn("cloudwatch", f"alarm:{STACK}-FailedAlarm-1")),
        (
            "cloudformation:CreateChangeSet",
            arn("cloudformation", "transform/Serverless-2016-10-31", account="aws"),
        ),
        ("s3:PutObject", f"arn:aws:s3:::artifacts/{STACK}/0123"),
        ("s3:GetObject", f"arn:aws:s3:::artifacts/{STACK}/0123"),
        ("lambda:InvokeFunction", arn("lambda", f"function:{STACK}-webhook")),
        ("lambda:InvokeFunction", arn("lambda", f"function:{STACK}-worker")),
        ("lambda:GetFunctionConfiguration", arn("lambda", f"function:{STACK}-worker")),
    ],
)
def test_the_role_may_deploy_and_try(action: str, resource: str) -> None:
    assert may(document(), action, resource)


SECRET = arn("secretsmanager", "secret:Secret-1ABCDEFGHIJK-AbCdEf")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("secretsmanager:GetSecretValue", SECRET),
        ("secretsmanager:BatchGetSecretValue", "*"),
        ("secretsmanager:PutSecretValue", SECRET),
        ("secretsmanager:UpdateSecret", SECRET),
        ("secretsmanager:DeleteSecret", SECRET),
        ("secretsmanager:PutResourcePolicy", SECRET),
        ("secretsmanager:DescribeSecret", SECRET.replace("Secret-", "Other-")),
        ("kms:Decrypt", arn("kms", "key/1")),
        ("cloudformation:ListStackResources", arn("cloudformation", f"stack/{OTHER}/1")),
        ("cloudformation:DeleteStack", arn("cloudformation", f"stack/{STACK}/1")),
        ("cloudformation:SetStackPolicy", arn("cloudformation", f"stack/{STACK}/1")),
        ("s3:PutObject", f"arn:aws:s3:::artifacts/{OTHER}/0123"),
        ("s3:DeleteObject", f"arn:aws:s3:::artifacts/{STACK}/0123"),
        ("s3:GetObject", f"arn:aws:s3:::other/{STACK}/0123"),
        ("sqs:ReceiveMessage", QUEUE.format(stack=STACK, id="Queue")),
        ("sqs:SendMessage", QUEUE.format(stack=STACK, id="Queue")),
        ("sqs:PurgeQueue", QUEUE.format(stack=STACK, id="Queue")),
        ("dynamodb:GetItem", arn("dynamodb", f"table/{STACK}-Ledger-1")),
        ("dynamodb:Scan", arn("dynamodb", f"table/{STACK}-Ledger-1")),
        ("dynamodb:DeleteItem", arn("dynamodb", f"table/{STACK}-Ledger-1")),
        ("logs:GetLogEvents", LOG_GROUP.format(stack=STACK, id="FunctionLogGroup")),
        ("logs:FilterLogEvents", LOG_GROUP.format(stack=STACK, id="FunctionLogGroup")),
        ("sns:Publish", arn("sns", f"{STACK}-AlarmTopic-1")),
        ("lambda:InvokeFunction", arn("lambda", f"function:{STACK}-other")),
        ("iam:DeleteRolePermissionsBoundary", IAM_ROLE.format(stack=STACK, id="WebhookRole")),
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("iam:CreateRole", IAM_ROLE.format(stack=STACK, id="OtherRole")),
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("iam:CreatePolicyVersion", GIVEN["Boundary"]),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/x"),
        ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/x"),
        ("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/ci-Role-1"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/Admin"),
        ("ec2:RunInstances", "*"),
        ("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "vpc/vpc-1")),
    ],
)
def test_the_role_may_nothing_else(action: str, resource: str) -> None:
    assert not may(document(), action, resource)


def test_without_a_vpc_the_role_has_no_rights_in_ec2() -> None:
    assert "ec2:" not in json.dumps(document(InVpc=False))


def test_rights_are_given_to_bounded_roles_only_and_those_to_lambda_only() -> None:
    by_id = {s["Sid"]: s for s in document()["Statement"]}
    giving = {"iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"}
    for statement in by_id.values():
        if giving & set(statement["Action"]):
            bounded = {"StringEquals": {"iam:PermissionsBoundary": GIVEN["Boundary"]}}
            assert statement["Condition"] == bounded
        if "iam:PassRole" in statement["Action"]:
            passed = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
            assert statement["Condition"] == passed
    worker = arn("lambda", f"function:{STACK}-worker")
    assert by_id["Mapping"]["Condition"] == {"ArnEquals": {"lambda:FunctionArn": worker}}


def test_no_action_has_a_wildcard_and_every_statement_is_explained() -> None:
    text = ROLE_FILE.read_text("utf-8")
    for statement in document()["Statement"]:
        assert "*" not in json.dumps(statement["Action"])
        assert re.search(rf"# .+\n +- Sid: {statement['Sid']}\n", text), statement["Sid"]


def test_the_policies_fit_into_iams_quotas() -> None:
    assert len(re.sub(r"\s", "", json.dumps(document()))) <= 10_240
    assert len(re.sub(r"\s", "", json.dumps(boundary()))) <= 6_144


def test_every_role_of_the_template_has_the_boundary() -> None:
    roles = [
        r["Properties"] for r in sam.read()["Resources"].values() if r["Type"].endswith(":Role")
    ]
    assert len(roles) == 2
    for properties in roles:
        assert properties["PermissionsBoundary"]["Fn::If"][1] == {"Ref": "PermissionsBoundary"}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", f"arn:aws:iam::{ACCOUNT}:role/x"),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/x"),
        ("s3:GetObject", "arn:aws:s3:::artifacts/x"),
        ("secretsmanager:GetSecretValue", SECRET.replace("Secret-", "Other-")),
        ("secretsmanager:PutSecretValue", SECRET),
        ("sqs:ReceiveMessage", arn("sqs", f"{OTHER}-Queue-1")),
        ("dynamodb:GetItem", arn("dynamodb", f"table/{OTHER}-Ledger-1")),
        ("dynamodb:Query", arn("dynamodb", f"table/{OTHER}-Ledger-1/index/open")),
    ],
)
def test_the_boundary_ends_where_the_bridge_ends(action: str, resource: str) -> None:
    assert not may(boundary(), action, resource)


# ---- The guide


def test_the_guide_names_every_variable_and_parameter() -> None:
    text = (ROOT / ".github/workflows/deploy.yml").read_text("utf-8")
    for variable in [*re.findall(r"vars\.(\w+)", text), "DEPLOY"]:
        assert f"`{variable}`" in GUIDE, variable
    for name in ROLE_TEMPLATE["Parameters"]:
        assert f"{name}=" in GUIDE or f"`{name}`" in GUIDE, name
    for output in ROLE_TEMPLATE["Outputs"]:
        assert f"`{output}`" in GUIDE, output
    for target in re.findall(r"\]\((?!https:)([^)#]+)\)", GUIDE):
        assert (ROOT / "docs" / target).exists(), target


def test_the_release_before_is_a_commit() -> None:
    """`make rehearse` deploys it, then this one, and goes back."""
    commit = (ROOT / "deploy" / "release-before").read_text("utf-8")
    assert re.fullmatch(r"[0-9a-f]{40}\n", commit)
