"""The check of a VPC: whoever asks AWS or GLPI from there needs a route."""

from collections.abc import Sequence

from operations.doctor.aws import AwsSubject, Json
from operations.doctor.check import Check, Ok, Result, Skipped, Trouble, Wrong, together

NO_WAY_OUT = Trouble(
    "Subnet {subnet} has no way out ({what}), and there is no endpoint for {service}.",
    "Give it a route to a NAT gateway, or deploy with CreateVpcEndpoints=true.",
)
NO_WAY_TO_GLPI = Trouble(
    "Subnet {subnet} has no route but those inside the VPC ({what}).",
    "Route it to where GLPI is: NAT, transit gateway, VPN or peering; else GLPI has to be inside.",
)


def network(aws: AwsSubject) -> Result:
    """Say whether the functions' subnets lead out of the VPC, or to endpoints."""
    vpc = aws.parameters.get("VpcId", "")
    if not vpc:
        return Skipped("the functions are not in a VPC")
    subnets = [s for s in aws.parameters.get("SubnetIds", "").split(",") if s]
    endpoints = set(aws.of_type("AWS::EC2::VPCEndpoint"))
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = aws.call("ec2", "describe_route_tables", Filters=filters).get("RouteTables", [])
    found: list[Wrong | None] = []
    for subnet in subnets:
        routes = _routes(tables, subnet)
        targets = {_target(route) for route in routes if route.get("State") == "active"} - {"local"}
        if not targets - {"igw"}:
            what = "only an internet gateway" if targets else "local routes"
            missing = _missing_endpoint(endpoints)
            trouble = NO_WAY_OUT if missing else NO_WAY_TO_GLPI
            found.append(trouble.found(subnet=subnet, what=what, service=missing))
        elif not any(route.get("DestinationCidrBlock") == "0.0.0.0/0" for route in routes):
            missing = _missing_endpoint(endpoints)
            if missing:
                found.append(
                    NO_WAY_OUT.found(subnet=subnet, what="no default route", service=missing)
                )
    way = "with endpoints" if endpoints else "by their routes"
    return together(*found) or Ok(f"{len(subnets)} subnets reach AWS {way}")


def _missing_endpoint(endpoints: set[str]) -> str:
    wanted = {
        "SecretsManagerEndpoint": "Secrets Manager",
        "SqsEndpoint": "SQS",
        "DynamoDbEndpoint": "DynamoDB",
    }
    return ", ".join(what for name, what in wanted.items() if name not in endpoints)


def _routes(tables: Sequence[Json], subnet: str) -> list[Json]:
    """Return the routes of a subnet: of its own table, else of the VPC's main one."""
    own = [t for t in tables if any(a.get("SubnetId") == subnet for a in t.get("Associations", []))]
    main = [t for t in tables if any(a.get("Main") for a in t.get("Associations", []))]
    return [route for table in (own or main)[:1] for route in table.get("Routes", [])]


def _target(route: Json) -> str:
    """Return the kind of what a route leads to; a Lambda has no public address for an igw."""
    gateway_id = str(route.get("GatewayId", ""))
    if gateway_id == "local" or gateway_id.startswith("vpce-"):
        return "local"
    return "igw" if gateway_id.startswith("igw-") else "out"


CHECKS: tuple[Check[AwsSubject], ...] = (
    Check(
        "aws.network",
        "way out of the VPC",
        network,
        ("aws.stack",),
        (NO_WAY_OUT, NO_WAY_TO_GLPI),
    ),
)
