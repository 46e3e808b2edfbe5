"""What a source asks AWS for, read off the methods of boto3's clients that stand in it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from botocore import xform_name
from botocore.session import get_session

PERMITTED_BY = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}
"""Operations that IAM knows by another name."""


@dataclass(frozen=True)
class AwsCall:
    """A method of a client, where it stands, and the action that it takes."""

    where: str
    method: str
    action: str


@cache
def operations(service: str) -> Mapping[str, str]:
    """Return a client's methods with the actions that they take."""
    model = get_session().get_service_model(service)
    prefix = model.signing_name
    found = {xform_name(name): f"{prefix}:{name}" for name in model.operation_names}
    return {method: PERMITTED_BY.get(action, action) for method, action in found.items()}


def clients(name: str, tree: ast.AST) -> Iterator[str]:
    """Return the services that a source makes clients of.

    Raises:
        AssertionError: it uses boto3 in a way that hides what it asks for.
    """
    wanted = 'write boto3.client("service")'
    values = "boto3.dynamodb.types"  # how values are stored; it asks nothing
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and (node.module or "").split(".")[0] == "boto3"
            and node.module != values
        ):
            raise AssertionError(f"{name}:{node.lineno} imports from boto3; {wanted}")
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if ast.unparse(node.func.value) != "boto3":
            continue
        service = node.args[0] if node.args else None
        if node.func.attr != "client" or not isinstance(service, ast.Constant):
            said = ast.unparse(node)
            raise AssertionError(f"{name}:{node.lineno} says {said}; {wanted}")
        yield str(service.value)


def calls(sources: Mapping[str, str]) -> list[AwsCall]:
    """Return the calls of AWS in all sources, by their names, whoever hands a client to whom.

    `getattr` with a name that is made while the program runs is not seen.
    """
    trees = {name: ast.parse(source) for name, source in sources.items()}
    services = {service for name, tree in trees.items() for service in clients(name, tree)}
    return [
        AwsCall(f"{name}:{line}", method, action)
        for name, tree in trees.items()
        for line, method in _mentioned(tree)
        for service in sorted(services)
        if (action := operations(service).get(method))
    ]


def _mentioned(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Return the attributes in a source that can be methods of a client.

    A method counts wherever it is mentioned, called or handed on; but `query` and `scan`, which
    other things are called, too, only where they are called.
    """
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ("_" in node.attr or id(node) in called):
            yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr == "get_paginator" and isinstance(first, ast.Constant):
                yield node.lineno, str(first.value)
