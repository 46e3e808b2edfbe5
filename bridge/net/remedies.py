"""What an operator reads when a server gave no answer: one sentence, with what to check.

The sentences are the same for all servers but for their names. What only one server can be checked
for stands beside the code of that server, in its `Server`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.net.connections import Cause


@dataclass(frozen=True)
class Server:
    """A server as operators know it.

    Attributes:
        name: of the product.
        url: the setting that holds its address.
        ca_bundle: the setting that names the authorities to trust for it.
        checks: what to check instead of what is checked with every server, by the cause.
    """

    name: str
    url: str
    ca_bundle: str
    checks: Mapping[Cause, str] = field(default_factory=dict)


_SENTENCES: Mapping[Cause, tuple[str, str]] = {
    Cause.DNS: (
        "{name}'s host name could not be resolved{detail}",
        "check {url} and the name servers of the function's network",
    ),
    Cause.CONNECT: (
        "No connection to {name}{detail}",
        "check that it runs, its port in {url}, firewalls, and the function's VPC routes",
    ),
    Cause.TLS: (
        "The TLS handshake with {name} failed{detail}",
        "check that {url}'s port speaks https and supports TLS 1.2 or newer",
    ),
    Cause.CERTIFICATE: (
        "{name}'s certificate is not trusted{detail}",
        "name the CA's PEM file in {ca_bundle}, or give the server a certificate for the host in "
        "{url}",
    ),
    Cause.TIMEOUT: ("{name} did not answer in time", "look for an overloaded server"),
    Cause.CUT: (
        "{name} or a proxy cut the connection before answering",
        "look into its log",
    ),
    Cause.TOO_LARGE: (
        "The answer was larger than any of {name}'s",
        "check what answers at {url}",
    ),
}
"""What happened, and what to check."""


def no_answer_remedy(server: Server, cause: Cause, detail: str = "") -> str:
    """Return one sentence: why a server gave no answer, and what to check.

    Args:
        server: was asked.
        cause: at which step it ended.
        detail: what the operating system or TLS said, "" for nothing.
    """
    what, check = _SENTENCES[cause]
    sentence = f"{what}: {server.checks.get(cause, check)}."
    return sentence.format(
        name=server.name,
        url=server.url,
        ca_bundle=server.ca_bundle,
        detail=f" ({detail})" if detail else "",
    )
