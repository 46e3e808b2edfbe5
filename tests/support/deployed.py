"""A deployed stack for the tests: what AWS answers, held to AWS's own description of its API."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.validate import validate_parameters

from local import sam

NAME = "bridge"
ARN = "arn:aws:sns:eu-central-1:123456789012:alarms"

Answer = dict[str, Any] | Exception | Callable[..., Any]


@cache
def _operations(service: str) -> dict[str, Any]:
    """Return a service's operations by the names of boto3's methods."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): model.operation_model(name) for name in model.operation_names}


@cache
def _resources() -> dict[str, str]:
    """Return the types of the resources that CloudFormation makes of the template."""
    made = sam.transformed(sam.read(), {"GlpiUrl": "https://glpi.example"})
    return {name: resource["Type"] for name, resource in made["Resources"].items()}


def resources() -> dict[str, str]:
    """Return what a stack without a VPC has."""
    return {n: kind for n, kind in _resources().items() if not kind.startswith("AWS::EC2::")}


class Deployed:
    """AWS clients of a stack that is well; `answers` can be changed.

    Args:
        webhook_url: of the gateway.
        variables: the environment of the functions.
    """

    def __init__(self, webhook_url: str, variables: dict[str, str]) -> None:
        self.real: Any = boto3.client
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.resources = resources()
        self.parameters: dict[str, str] = {"VpcId": "", "SubnetIds": ""}
        self.outputs = {"WebhookUrl": webhook_url, "AlarmTopicArn": ARN}
        self.status = "UPDATE_COMPLETE"
        self.date = "Tue, 24 Nov 2026 12:00:00 GMT"
        function = {"State": "Active", "CodeSha256": "x", "Environment": {"Variables": variables}}
        queue = {"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesNotVisible": "0"}
        ledger = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
        subscription = {"SubscriptionArn": f"{ARN}:1", "Protocol": "email", "TopicArn": ARN}
        self.answers: dict[str, Answer] = {
            "describe_stacks": lambda **_: self._stack(),
            "list_stack_resources": self._page,
            "get_function_configuration": function,
            "list_event_source_mappings": {"EventSourceMappings": [{"State": "Enabled"}]},
            "get_queue_attributes": {"Attributes": {**queue, "RedrivePolicy": "{}"}},
            "describe_table": {"Table": {"TableStatus": "ACTIVE"}},
            "describe_time_to_live": {"TimeToLiveDescription": ledger},
            "describe_alarms": lambda **how: {"MetricAlarms": self.alarms(how["AlarmNames"])},
            "list_subscriptions_by_topic": {"Subscriptions": [subscription]},
            "describe_log_groups": lambda **how: {
                "logGroups": [{"logGroupName": how["logGroupNamePrefix"], "retentionInDays": 90}]
            },
            "describe_route_tables": {"RouteTables": []},
        }

    def alarms(self, names: list[str]) -> list[dict[str, Any]]:
        """Return alarms that are quiet."""
        quiet = {"StateValue": "OK", "ActionsEnabled": True}
        return [{"AlarmName": name, **quiet} for name in names]

    def change(self, method: str, **changes: Any) -> None:
        """Change some of an answer."""
        answer = copy.deepcopy(self.answers[method])
        assert isinstance(answer, dict)
        self.answers[method] = answer | changes

    def _stack(self) -> dict[str, Any]:
        stack = {
            "StackName": NAME,
            "CreationTime": 0,
            "StackStatus": self.status,
            "Outputs": [
                {"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()
            ],
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in self.parameters.items()
            ],
        }
        headers = {"HTTPHeaders": {"date": self.date}}
        return {"Stacks": [stack], "ResponseMetadata": headers}

    def _page(self, NextToken: str = "", **_: object) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Return one half of the resources."""
        listed = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": f"{NAME}-{name}",
                "ResourceType": kind,
                "LastUpdatedTimestamp": 0,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name, kind in self.resources.items()
        ]
        half = len(listed) // 2
        if NextToken:
            return {"StackResourceSummaries": listed[half:]}
        return {"StackResourceSummaries": listed[:half], "NextToken": "more"}

    def client(self, service: str, **how: Any) -> Any:
        """Stand in for boto3.client."""
        return self.real(service, **how) if service == "secretsmanager" else _Client(self, service)


class _Client:
    def __init__(self, deployed: Deployed, service: str) -> None:
        self._deployed = deployed
        self._service = service

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = _operations(self._service)[method]

        def call(**arguments: Any) -> Any:
            validate_parameters(arguments, operation.input_shape)
            self._deployed.asked.append((self._service, method, arguments))
            answer = self._deployed.answers[method]
            if isinstance(answer, Exception):
                raise answer
            found = answer(**arguments) if callable(answer) else answer
            if isinstance(found, Exception):
                raise found
            plain = {name: value for name, value in found.items() if name != "ResponseMetadata"}
            validate_parameters(plain, operation.output_shape)
            return found

        return call


def put(monkeypatch: pytest.MonkeyPatch, deployed: Deployed) -> None:
    """Let all clients of boto3 but that of the secret be the stack's."""
    monkeypatch.setattr(boto3, "client", deployed.client)


def routes(*targets: dict[str, str], subnet: str = "") -> dict[str, Any]:
    """Return a route table: of a subnet, or the main one."""
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
    association = {"SubnetId": subnet} if subnet else {"Main": True}
    return {"Routes": [local, *targets], "Associations": [association]}
