"""Checks of a deployed stack: gateway, functions, queues and ledger.

They look at what CloudFormation says it made, so that something deleted by hand is noticed.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import boto3

from bridge.net.aws import ask, config
from bridge.net.deadline import Deadline
from bridge.net.http import Http, NoAnswer
from operations.doctor.check import Check, Fault, Ok, Result, Skipped, together
from operations.doctor.settings import Configuration
from operations.doctor.timed_http import SKEW_SECONDS, skew

CALL_SECONDS = 4.0
"""Seconds for one call of AWS, all in all."""

NO_STACK = "only with --stack NAME"

Json = Mapping[str, Any]

UNSETTLED = Fault(
    "The stack's last change did not end well ({status}).",
    "Look at the stack's events in CloudFormation, and deploy again.",
)
MISSING = Fault(
    "The stack has no {what}.",
    "Deploy the template again; somebody removed it, or it is older.",
    by_deployment=True,
)
NO_GATEWAY = Fault(
    "API Gateway does not answer at WebhookUrl ({cause}).",
    "Look whether the API still exists, and at this machine's way to the internet.",
)
SILENT_GATEWAY = Fault(
    "API Gateway takes a message without a token and does not answer ({cause}).",
    "Look at the function's log: it may hang.",
    by_deployment=True,
)
ODD_GATEWAY = Fault(
    "A message without a token is answered with {status} instead of the function's 401.",
    "Look at the route and at the function's log: it may crash, or lack its permission.",
    by_deployment=True,
)
SPEAKS = Fault(
    "A message without a token gets a text, which Mattermost would post.",
    "Look at what answers at WebhookUrl; it is not this bridge.",
    by_deployment=True,
)
INACTIVE = Fault(
    "The function {name} is {state}: {why}.",
    "Deploy again; in a VPC look at subnets and role.",
    by_deployment=True,
)
OTHER_CODE = Fault(
    "The two functions run different code.",
    "Deploy again (sam build, sam deploy).",
    by_deployment=True,
)
NO_REDRIVE = Fault(
    "The queue has no dead letter queue.",
    "Deploy again; its redrive policy was changed by hand.",
    by_deployment=True,
)
DEAD = Fault(
    "{count} messages lie in the dead letter queue.",
    "./manage dlq list shows why; mend that, then ./manage dlq replay --all.",
)
NO_TABLE = Fault(
    "The table of the ledger is {state}.", "Wait, or deploy again.", by_deployment=True
)
NO_TTL = Fault(
    "Old posts are never deleted from the ledger (TTL is {state}).",
    "Switch TTL on for the attribute “expires”, or deploy again.",
    by_deployment=True,
)
NO_MAPPING = Fault(
    "The worker does not take messages: its event source mapping is {state}.",
    "Enable the trigger of the worker function (Lambda > Configuration > Triggers).",
    by_deployment=True,
)
CLOCK = Fault(
    "This machine's clock is {seconds} s {direction} AWS's.", "Let it follow a time server (NTP)."
)

Client = Any
"""A client of boto3; for several of these services there are no stubs."""


class AwsSubject:
    """A deployed stack.

    Args:
        configuration: the settings, whose source names the stack.
        deadline: for everything.
        now: seconds since the epoch.
    """

    def __init__(
        self, configuration: Configuration, deadline: Deadline, now: Callable[[], float] = time.time
    ) -> None:
        self.configuration = configuration
        self.name = configuration.source.stack or ""
        self.deadline = deadline
        self.skew: float | None = None
        self.outputs: dict[str, str] = {}
        self.parameters: dict[str, str] = {}
        self.status = ""
        self.resources: dict[str, tuple[str, str]] = {}
        self._now = now
        self._clients: dict[str, Client] = {}

    def call(self, service: str, method: str, **arguments: object) -> Json:
        """Ask AWS.

        Raises:
            AwsError: it refused, or did not answer.
        """

        def make() -> Json:
            client: Client = self._clients.get(service)
            if client is None:
                client = boto3.client(service, config=config(CALL_SECONDS))  # type: ignore[call-overload]
                self._clients[service] = client
            found: Json = getattr(client, method)(**arguments)
            return found

        return ask(min(CALL_SECONDS, self.deadline.remaining()), make)

    def read(self) -> None:
        """Ask CloudFormation what there is, once.

        Raises:
            AwsError: it refused, or did not answer.
        """
        if self.resources:
            return
        answer = self.call("cloudformation", "describe_stacks", StackName=self.name)
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        self.skew = skew(headers.get("date", ""), self._now())
        stack = answer["Stacks"][0]
        self.status = stack["StackStatus"]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        self.parameters = {
            p["ParameterKey"]: p.get("ParameterValue", "") for p in stack.get("Parameters", [])
        }
        more: dict[str, object] = {}
        while True:
            page = self.call("cloudformation", "list_stack_resources", StackName=self.name, **more)
            for r in page["StackResourceSummaries"]:
                physical = r.get("PhysicalResourceId", "")
                self.resources[r["LogicalResourceId"]] = (r["ResourceType"], physical)
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def physical(self, logical: str) -> str:
        """Return the name that a resource has in AWS, "" if there is none."""
        return self.resources.get(logical, ("", ""))[1]

    def of_type(self, kind: str) -> dict[str, str]:
        """Return the resources of a type, by their names in the template."""
        return {name: real for name, (type_, real) in self.resources.items() if type_ == kind}


def stack(aws: AwsSubject) -> Result:
    """Say whether the stack is there and settled."""
    if not aws.name:
        return Skipped(NO_STACK)
    aws.read()
    if aws.status.endswith("FAILED") or "ROLLBACK" in aws.status:
        return UNSETTLED.found(status=aws.status)
    return Ok(f"{aws.name}, {aws.status}")


def gateway(aws: AwsSubject) -> Result:
    """Send a message without a token, which does nothing, and look at the answer."""
    url = aws.outputs.get("WebhookUrl", "")
    if not url:
        return MISSING.found(what="output WebhookUrl")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    http = Http()
    try:
        answer = http.request(
            "POST", url, deadline=aws.deadline.within(10), headers=headers, body=b"text=doctor"
        )
    except NoAnswer as error:
        fault = SILENT_GATEWAY if error.sent else NO_GATEWAY
        return fault.found(cause=error.cause.value)
    finally:
        http.close()
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and value.get("text"):
        return SPEAKS.found()
    if answer.status != 401 or not isinstance(value, dict):
        return ODD_GATEWAY.found(status=answer.status)
    return Ok(f"refuses strangers (401) at {url}")


def _functions(aws: AwsSubject) -> dict[str, Json]:
    names = [f"{aws.name}-webhook", f"{aws.name}-worker"]
    return {n: aws.call("lambda", "get_function_configuration", FunctionName=n) for n in names}


def functions(aws: AwsSubject) -> Result:
    """Say whether both functions can run."""
    found = []
    for name, function in _functions(aws).items():
        state = function.get("State", "Active")
        update = function.get("LastUpdateStatus", "Successful")
        if state != "Active":
            code = function.get("StateReasonCode", "no reason is told")
            reason = function.get("StateReason") or code
            found.append(INACTIVE.found(name=name, state=state, why=str(reason).rstrip(".")))
        elif update == "Failed":
            reason = function.get("LastUpdateStatusReason", "no reason is told")
            found.append(
                INACTIVE.found(name=name, state="not updated", why=str(reason).rstrip("."))
            )
    return together(*found) or Ok("both are active")


def code(aws: AwsSubject) -> Result:
    """Say whether both functions run the same code."""
    deployed = list(_functions(aws).values())
    if len({function.get("CodeSha256") for function in deployed}) > 1:
        return OTHER_CODE.found()
    built = str(deployed[0].get("LastModified", "?"))[:16].replace("T", " ")
    return Ok(f"the same in both, since {built} UTC")


def _queue(aws: AwsSubject, url: str) -> Mapping[str, str]:
    answer = aws.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    found: Mapping[str, str] = answer.get("Attributes", {})
    return found


def queue(aws: AwsSubject) -> Result:
    """Say whether the queue is there, and bound to the dead letter queue."""
    attributes = _queue(aws, aws.configuration.settings.queue_url)
    if not attributes.get("RedrivePolicy"):
        return NO_REDRIVE.found()
    ready = int(attributes.get("ApproximateNumberOfMessages", 0))
    paused = int(attributes.get("ApproximateNumberOfMessagesNotVisible", 0))
    return Ok(f"{ready} ready, {paused} paused or being worked on")


def dead_letters(aws: AwsSubject) -> Result:
    """Say whether the dead letter queue is empty."""
    attributes = _queue(aws, aws.configuration.settings.dead_letter_url)
    count = int(attributes.get("ApproximateNumberOfMessages", 0))
    count += int(attributes.get("ApproximateNumberOfMessagesNotVisible", 0))
    return DEAD.found(count=count) if count else Ok("none")


def ledger(aws: AwsSubject) -> Result:
    """Say whether the ledger is there, and forgets old posts."""
    table = aws.configuration.settings.ledger_table
    state = aws.call("dynamodb", "describe_table", TableName=table)["Table"]["TableStatus"]
    if state != "ACTIVE":
        return NO_TABLE.found(state=state)
    answer = aws.call("dynamodb", "describe_time_to_live", TableName=table)
    ttl = answer.get("TimeToLiveDescription", {})
    if ttl.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        return NO_TTL.found(state=str(ttl.get("TimeToLiveStatus", "off")).lower())
    return Ok("active, forgets old posts")


def mapping(aws: AwsSubject) -> Result:
    """Say whether the queue feeds the worker."""
    answer = aws.call("lambda", "list_event_source_mappings", FunctionName=f"{aws.name}-worker")
    states = [m.get("State", "?") for m in answer.get("EventSourceMappings", [])]
    if not any(state in ("Enabled", "Enabling", "Creating", "Updating") for state in states):
        return NO_MAPPING.found(state=states[0].lower() if states else "gone")
    return Ok("enabled")


def clock(aws: AwsSubject) -> Result:
    """Compare this machine's clock with AWS's."""
    if aws.skew is None:
        return Skipped("AWS did not tell the time")
    if abs(aws.skew) > SKEW_SECONDS:
        direction = "behind" if aws.skew > 0 else "ahead of"
        return CLOCK.found(seconds=round(abs(aws.skew)), direction=direction)
    return Ok(f"{abs(aws.skew):.0f} s from AWS's")


_NEEDS_STACK = ("aws.stack",)

CHECKS: tuple[Check[AwsSubject], ...] = (
    Check("aws.stack", "stack", stack, (), (UNSETTLED,)),
    Check("aws.clock", "clock", clock, _NEEDS_STACK, (CLOCK,)),
    Check(
        "aws.gateway",
        "API Gateway",
        gateway,
        _NEEDS_STACK,
        (NO_GATEWAY, SILENT_GATEWAY, ODD_GATEWAY, SPEAKS, MISSING),
    ),
    Check("aws.functions", "functions", functions, _NEEDS_STACK, (INACTIVE,)),
    Check("aws.code", "code", code, _NEEDS_STACK, (OTHER_CODE,)),
    Check("aws.mapping", "queue feeds worker", mapping, _NEEDS_STACK, (NO_MAPPING,)),
    Check("aws.queue", "queue", queue, _NEEDS_STACK, (NO_REDRIVE,)),
    Check("aws.dead-letters", "dead letters", dead_letters, _NEEDS_STACK, (DEAD,)),
    Check("aws.ledger", "ledger", ledger, _NEEDS_STACK, (NO_TABLE, NO_TTL)),
)
