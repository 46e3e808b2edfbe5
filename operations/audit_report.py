"""What an audit has found, in lines to read."""

from collections.abc import Callable, Iterator

from operations.audit import Finding, Kind, Report

EXPLAINED = {
    Kind.MISSING: "The ledger calls these filed, but GLPI does not have the ticket (purged?):",
    Kind.TWINS: "These posts have several tickets; close all but one:",
    Kind.OTHER: "People were told another number than that of the ticket:",
    Kind.WAITING: (
        "These wait in the ledger, but have a ticket. The worker finds that of a tried\n"
        "one by itself; for an open one it would create another:"
    ),
}


def lines(report: Report, days: int, ticket_url: Callable[[int], str]) -> Iterator[str]:
    """Tell of a report, worst first, with the sum at the end.

    Args:
        report: what was found.
        days: how old the posts may have been.
        ticket_url: tells the address of a ticket's page.
    """
    for kind in Kind:
        found = [finding for finding in report.findings if finding.kind is kind]
        if found:
            yield from EXPLAINED[kind].split("\n")
            for finding in found:
                yield from _finding(finding, ticket_url)
            yield ""
    for ref, tickets in report.trashed.items():
        yield f"in the trash: {ref}, {' and '.join(f'#{ticket.number}' for ticket in tickets)}"
    if report.unmarked:
        yield (
            "Tickets that exist, but no longer end with their post's name or are out of sight "
            f"(their text was changed, or a rule moved them): {report.unmarked}"
        )
    if report.unreadable:
        yield f"Left out, since of a later version of the bridge: {report.unreadable}"
    if report.unlinked:
        yield (
            "Threads whose ticket has no link (an earlier release filed it, or the link was not "
            f"recorded): {report.unlinked}"
        )
    yield f"Linked tickets, of whatever age: {report.linked}"
    added = f" ({report.added} of them as followups)" if report.added else ""
    yield (
        f"{days} days: {report.filed} posts called filed{added}, {report.marked} tickets of posts. "
        f"Findings: {len(report.findings) or 'none'}"
    )


def _finding(finding: Finding, ticket_url: Callable[[int], str]) -> Iterator[str]:
    state = finding.state or "not in the ledger"
    told = f", told #{finding.told}" if finding.told else ""
    yield f"  {finding.ref}  {state}{told}"
    for ticket in finding.tickets:
        where = "  in the trash" if ticket.trashed else ""
        yield f"    #{ticket.number}  {ticket_url(ticket.number)}{where}"
