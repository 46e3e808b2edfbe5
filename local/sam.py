"""The template as CloudFormation sees it: read, and with SAM's shorthand written out."""

import copy
from pathlib import Path
from typing import Any

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = Path(__file__).parent.parent / "template.yaml"

Template = dict[str, Any]


class _NoManagedPolicies:
    """The managed policies that SAM asks for: none, since the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def read(path: Path = TEMPLATE) -> Template:
    """Return the template as it is written, intrinsic functions in their long form."""
    template: Template = yaml_parse(path.read_text("utf-8"))
    return template


def transformed(template: Template, parameters: dict[str, Any] | None = None) -> Template:
    """Return the template as SAM's transform makes it, for these parameter values.

    The code is pretended to be uploaded already, as `sam deploy` does before.
    """
    given = copy.deepcopy(template)
    for resource in given["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    result: Template = transform(given, parameters or {}, _NoManagedPolicies())
    return result


def routes(template: Template) -> dict[str, dict[str, Any]]:
    """Return the HTTP API's routes in a transformed template: `POST /path` to its integration."""
    body = template["Resources"]["HttpApi"]["Properties"]["Body"]
    return {
        f"{method.upper()} {path}": operation["x-amazon-apigateway-integration"]
        for path, operations in body["paths"].items()
        for method, operation in operations.items()
    }
