"""The check of a VPC: whoever asks AWS or GLPI from there needs a route."""

from collections.abc import Sequence

from operations.doctor.aws import AwsSubject, Json
from operations.doctor.check import Check, Fault, Ok, Result, Skipped, Wrong, together

SERVICES = {"secretsmanager": "Secrets Manager", "sqs": "SQS", "dynamodb": "DynamoDB"}
"""What the functions ask, by the last part of an endpoint's service name."""

LOCAL = "local routes"

NO_WAY_OUT = Fault(
    "Subnet {subnet} has no way out ({what}), and there is no endpoint for {service}.",
    "Give it a route to a NAT gateway, or deploy with CreateVpcEndpoints=true.",
    by_deployment=True,
)


def network(aws: AwsSubject) -> Result:
    """Say whether the functions' subnets lead out of the VPC, or to endpoints."""
    vpc = aws.parameters.get("VpcId", "")
    if not vpc:
        return Skipped("the functions are not in a VPC")
    subnets = [s for s in aws.parameters.get("SubnetIds", "").split(",") if s]
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    tables = aws.call("ec2", "describe_route_tables", Filters=filters).get("RouteTables", [])
    endpoints = aws.call("ec2", "describe_vpc_endpoints", Filters=filters).get("VpcEndpoints", [])
    missing = _missing(endpoints)
    found, enclosed = list[Wrong](), list[str]()
    for subnet in subnets:
        what = _confined(_routes(tables, subnet))
        if what and missing:
            found.append(NO_WAY_OUT.found(subnet=subnet, what=what, service=missing))
        elif what == LOCAL:
            enclosed.append(subnet)
    if found:
        return together(*found) or Ok()
    if enclosed:
        return Ok(f"endpoints; {', '.join(enclosed)} reach GLPI only inside the VPC")
    return Ok(f"{len(subnets)} subnets reach AWS {'by routes' if missing else 'with endpoints'}")


def _confined(routes: Sequence[Json]) -> str:
    """Say why routes do not lead to AWS, "" when they do."""
    active = [route for route in routes if route.get("State") == "active"]
    targets = {_target(route) for route in active} - {"local"}
    if not targets:
        return LOCAL
    if targets == {"igw"}:
        return "only an internet gateway"
    everywhere = [r for r in active if r.get("DestinationCidrBlock") == "0.0.0.0/0"]
    return "" if everywhere else "no default route"


def _missing(endpoints: Sequence[Json]) -> str:
    """Name the services without an endpoint in the VPC, whoever made it."""
    available = {
        str(endpoint.get("ServiceName", "")).rpartition(".")[2]
        for endpoint in endpoints
        if str(endpoint.get("State", "")).lower() == "available"
    }
    return ", ".join(what for name, what in SERVICES.items() if name not in available)


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
        (NO_WAY_OUT,),
    ),
)
