"""Holds every policy of the templates to one list of what the functions need of AWS.

Each difference is a sentence that says what is missing, or too much, and where.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from botocore.session import get_session

from tests.deploy import test_ci_files as ci
from tests.deploy import test_template as sam_file

CODE, LAMBDA, POLLER = "the function's code", "Lambda", "Lambda's poller of queues"
SECRETS_MANAGER, ATTACHING = "Secrets Manager", "Lambda, when it attaches a function to a VPC"


@dataclass(frozen=True)
class Need:
    """What an action is needed for.

    Attributes:
        on: logical ids of the template's resources, or "*" where AWS knows no narrower.
        by: who calls it with the function's role; a VPC's endpoints see only what CODE calls.
        when: the template's condition under which it is needed, "" for always.
    """

    on: tuple[str, ...]
    by: str = CODE
    when: str = ""


Needs = Mapping[str, Need]
Template = dict[str, Any]
Pairs = set[tuple[str, str]]
Sentences = Iterator[str]

ROLES = {"webhook": "WebhookRole", "worker": "WorkerRole"}
FUNCTIONS = {"webhook": "WebhookFunction", "worker": "WorkerFunction"}
ENDPOINTS = {"SecretsManagerEndpoint", "SqsEndpoint", "DynamoDbEndpoint"}
PLACES = {*ROLES.values(), "CommonPolicy", "QueuePolicy", *ENDPOINTS}
"""What holds policies, all of which are looked at."""

KINDS = {arn: name for name, arn in sam_file.ARNS.items()} | {
    sam_file.SECRET: "Secret",
    sam_file.KEY: "SecretKey",
    f"{sam_file.LEDGER}/index/open": "Ledger/index/open",
}
CONDITIONS = ("CreateSecret", "HasSecretKey", "InVpc")
SETTINGS = [dict(zip(CONDITIONS, holds, strict=True)) for holds in product((True, False), repeat=3)]


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def service_of(action: str) -> str:
    return action.partition(":")[0]


def asked(needed: Mapping[str, Needs]) -> Pairs:
    """Return what the functions' code asks for, and on what; it passes through endpoints."""
    every = [item for needs in needed.values() for item in needs.items()]
    return {(action, kind) for action, need in every if need.by == CODE for kind in need.on}


def faults(
    needed: Mapping[str, Needs],
    template: Template = sam_file.TEMPLATE,
    of_ci: Template = ci.ROLE_TEMPLATE,
) -> list[str]:
    """Return a sentence for each difference between the list and the templates."""
    resources = template["Resources"]
    found = [*faults_of_places(resources), *faults_of_endpoints(asked(needed), template)]
    for function, needs in needed.items():
        found += faults_of_role(function, needs, resources)
        found += faults_of_denial(function, needs, resources)
        found += faults_of_boundary(function, needs, of_ci)
    return list(dict.fromkeys([*found, *excess_of_boundary(needed, of_ci)]))


def faults_of_role(function: str, needs: Needs, resources: dict[str, Any]) -> Sentences:
    """Hold what a role grants, under all conditions, to the list."""
    role, who = ROLES[function], f"the {function} function"
    if resources[FUNCTIONS[function]]["Properties"]["Role"] != {"Fn::GetAtt": [role, "Arn"]}:
        yield f"{FUNCTIONS[function]} does not run with {role}"
    conditions = {action: need.when for action, need in needs.items() if need.when}
    for given in SETTINGS:
        granted = admitted(sam_file.resolve(sam_file.statements(role, resources), given))
        due = {action: need for action, need in needs.items() if given.get(need.when, True)}
        wanted = {(action, kind) for action, need in due.items() for kind in need.on}
        for action, kind in sorted(wanted - granted):
            when = f" when {conditions[action]}" if action in conditions else ""
            yield f"{role} lacks {action} on {kind}: {who} needs it{when}"
        for action, kind in sorted(granted - wanted):
            when = f" unless {conditions[action]}" if action in conditions else ""
            yield f"{role} grants {action} on {kind}: {who} has no need of it{when}"


def admitted(statements: list[Any]) -> Pairs:
    """Return what resolved statements allow: actions, and on what."""
    plain = {"Sid", "Effect", "Principal", "Action", "Resource"}
    found: Pairs = set()
    for statement in statements:
        if statement["Effect"] == "Allow":
            assert statement.keys() <= plain, f"{statement} says more than is understood here"
            kinds = [KINDS.get(arn, arn) for arn in listed(statement["Resource"])]
            found |= set(product(listed(statement["Action"]), kinds))
    return found


def faults_of_denial(function: str, needs: Needs, resources: dict[str, Any]) -> Sentences:
    """Hold what a function's own code may not do to interfaces to what Lambda alone needs."""
    role = ROLES[function]
    own = {action for action, need in needs.items() if need.by == ATTACHING}
    denials = [s for s in sam_file.statements(role, resources) if s.get("Effect") == "Deny"]
    denied = {action for statement in denials for action in listed(statement["Action"])}
    for action in sorted(own - denied):
        yield f"{role} does not deny {action} to the code: only Lambda needs it"
    for action in sorted(denied - own):
        yield f"{role} denies {action}: that is not for Lambda alone, to attach to a VPC"


def faults_of_places(resources: dict[str, Any]) -> Sentences:
    """Find policies that nothing else looks at, and those of queues that refuse what is needed."""
    for name, resource in resources.items():
        if name not in PLACES and '"Statement":' in json.dumps(resource):
            yield f"{name} holds a policy that is held to nothing"
        if resource["Type"] == "AWS::Serverless::Function":
            for key in sorted({"Policies", "Connectors"} & resource["Properties"].keys()):
                yield f"{name} gets rights by {key}, which are held to nothing"
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}
    for statement in resources["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]:
        if statement["Effect"] == "Allow":
            yield f"QueuePolicy grants {statement['Action']}: that is for roles to do"
        elif statement.get("Condition") != without_tls:
            yield f"QueuePolicy denies {statement['Action']} with TLS, too: the functions need it"


def faults_of_endpoints(asked: Pairs, template: Template) -> Sentences:
    """Hold the endpoints of a VPC, and the variables that lead to them, to what the code asks."""
    services = {service_of(action) for action, _ in asked}
    endpoints = {
        resource["Properties"]["ServiceName"]["Fn::Sub"].rpartition(".")[2]: name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::EC2::VPCEndpoint"
    }
    for service in sorted(services - endpoints.keys()):
        yield f"template.yaml has no endpoint for {service}: the functions' code asks it"
    for service in sorted(endpoints.keys() - services):
        yield f"{endpoints[service]} is for {service}: the functions' code does not ask it"
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    for service in sorted(services & endpoints.keys()):
        name = endpoints[service]
        service_id = str(get_session().get_service_model(service).service_id)
        variable = f"AWS_ENDPOINT_URL_{service_id.upper().replace(' ', '_')}"
        if f'["{name}", "DnsEntries"]' not in json.dumps(variables.get(variable)):
            yield f"{variable} does not lead to {name}"
        document = template["Resources"][name]["Properties"]["PolicyDocument"]
        for given in SETTINGS:
            passed = admitted(sam_file.resolve(document["Statement"], given))
            due = {pair for pair in asked if service_of(pair[0]) == service}
            yield from faults_of_endpoint(name, due, passed)


def faults_of_endpoint(name: str, due: Pairs, passed: Pairs) -> Sentences:
    """Hold what an endpoint lets through to what is asked of its service."""
    for action, kind in sorted(due - passed):
        yield f"{name} does not let {action} on {kind} through: the functions' code asks for it"
    for action in sorted({a for a, _ in passed} - {a for a, _ in due}):
        yield f"{name} lets {action} through: the functions' code does not ask for it"
    for kind in sorted({k for _, k in passed} - {k for _, k in due}):
        yield f"{name} lets calls on {kind} through: the functions' code has none"


def faults_of_boundary(function: str, needs: Needs, of_ci: Template) -> Sentences:
    """Hold the most that roles may do, in an installation from CI, to what a function needs."""
    for creates in (True, False):
        document = ci.boundary(of_ci, CreatesSecret=creates)
        for action, need in needs.items():
            for kind in need.on:
                if not ci.may(document, action, deployed(kind, creates_secret=creates)):
                    who = f"the {function} function needs it"
                    yield f"Boundary of ci-role.yaml lacks {action} on {kind}: {who}"


def excess_of_boundary(needed: Mapping[str, Needs], of_ci: Template) -> Sentences:
    """Find what the boundary allows though neither function needs it."""
    actions = {action for needs in needed.values() for action in needs}
    statements = ci.boundary(of_ci)["Statement"]
    for action in sorted({a for s in statements for a in listed(s["Action"])} - actions):
        yield f"Boundary of ci-role.yaml allows {action}: no function needs it"


def deployed(kind: str, *, creates_secret: bool) -> str:
    """Return the ARN that CloudFormation gives to a resource of the stack, or to its index."""
    name, _, index = kind.partition("/")
    match name:
        case "*":
            return "*"
        case "Secret":
            return ci.SECRET if creates_secret else ci.GIVEN["ExistingSecretArn"]
        case "SecretKey":
            return ci.arn("kms", "key/01234567-89ab-cdef-0123-456789abcdef")
        case "FunctionLogGroup":
            arn = ci.physical("logs", "log-group:") + ":*"
        case "Ledger":
            arn = ci.physical("dynamodb", "table/")
        case _:
            arn = ci.physical("sqs")
    return arn.format(stack=ci.STACK, id=name) + (f"/{index}" if index else "")
