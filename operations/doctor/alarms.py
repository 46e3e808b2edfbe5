"""Checks of what tells people that something is wrong: alarms, their topic, and the logs."""

from operations.doctor.aws import MISSING, AwsSubject, Json
from operations.doctor.check import Check, Fault, Ok, Result, together

ALARM_GONE = Fault(
    "Alarms are missing: {names}.", "Deploy again; they were deleted by hand.", by_deployment=True
)
ALARM_MUTE = Fault(
    "Alarms do not tell anybody: {names}.",
    "Enable their actions (cloudwatch enable-alarm-actions).",
    by_deployment=True,
)
RINGING = Fault("The alarm {name} rings.", "{what}")
NOBODY = Fault(
    "Nobody is told of alarms: the topic has no subscription.",
    "Deploy with AlarmEmail, or subscribe to the topic (output AlarmTopicArn).",
)
UNCONFIRMED = Fault(
    "Nobody is told of alarms: {count} subscriptions wait for their confirmation.",
    "Confirm the mail from AWS (look into the spam folder), or subscribe again.",
)
NO_RETENTION = Fault(
    "Logs of {name} are kept for ever.",
    "Set a retention, or deploy again (LogRetentionDays).",
    by_deployment=True,
)


def _alarms(aws: AwsSubject) -> tuple[dict[str, str], dict[str, Json]]:
    """Return the alarms of the template with their names in AWS, and what AWS has, by name."""
    wanted = aws.of_type("AWS::CloudWatch::Alarm")
    answer = aws.call(
        "cloudwatch", "describe_alarms", AlarmNames=list(wanted.values())[:100], MaxRecords=100
    )
    return wanted, {alarm["AlarmName"]: alarm for alarm in answer.get("MetricAlarms", [])}


def alarms(aws: AwsSubject) -> Result:
    """Say whether all alarms are there and may speak."""
    if not aws.of_type("AWS::CloudWatch::Alarm"):
        return MISSING.found(what="alarms")
    wanted, deployed = _alarms(aws)
    gone = sorted(name for name, real in wanted.items() if real not in deployed)
    mute = sorted(
        name
        for name, real in wanted.items()
        if real in deployed and not deployed[real].get("ActionsEnabled", True)
    )
    found = together(
        ALARM_GONE.found(names=", ".join(gone)) if gone else None,
        ALARM_MUTE.found(names=", ".join(mute)) if mute else None,
    )
    return found or Ok(f"{len(wanted)} are there")


def ringing(aws: AwsSubject) -> Result:
    """Say which alarms ring now; each of them says itself what to do."""
    wanted, deployed = _alarms(aws)
    found = [
        RINGING.found(name=name, what=_one_line(deployed[real].get("AlarmDescription", "")))
        for name, real in sorted(wanted.items())
        if deployed.get(real, {}).get("StateValue") == "ALARM"
    ]
    return together(*found) or Ok("none rings")


def _one_line(text: str) -> str:
    return " ".join(text.split()) or "Look at it in CloudWatch."


def topic(aws: AwsSubject) -> Result:
    """Say whether somebody is told when an alarm rings."""
    arn = aws.outputs.get("AlarmTopicArn", "")
    if not arn:
        return MISSING.found(what="output AlarmTopicArn")
    answer = aws.call("sns", "list_subscriptions_by_topic", TopicArn=arn)
    all_of_them = answer.get("Subscriptions", [])
    real = [s for s in all_of_them if str(s.get("SubscriptionArn")).startswith("arn:")]
    if not real:
        return UNCONFIRMED.found(count=len(all_of_them)) if all_of_them else NOBODY.found()
    return Ok(f"{len(real)} confirmed, by {', '.join(sorted({s['Protocol'] for s in real}))}")


def logs(aws: AwsSubject) -> Result:
    """Say whether logs are deleted some day."""
    found, days = [], set[int]()
    for logical, real in sorted(aws.of_type("AWS::Logs::LogGroup").items()):
        answer = aws.call("logs", "describe_log_groups", logGroupNamePrefix=real)
        groups = [g for g in answer.get("logGroups", []) if g.get("logGroupName") == real]
        if not groups:
            found.append(MISSING.found(what=f"log group {logical}"))
        elif not groups[0].get("retentionInDays"):
            found.append(NO_RETENTION.found(name=logical))
        else:
            days.add(groups[0]["retentionInDays"])
    return together(*found) or Ok(f"kept for {' or '.join(map(str, sorted(days)))} days")


_NEEDS_STACK = ("aws.stack",)

CHECKS: tuple[Check[AwsSubject], ...] = (
    Check("aws.alarms", "alarms", alarms, _NEEDS_STACK, (ALARM_GONE, ALARM_MUTE, MISSING)),
    Check("aws.ringing", "alarms that ring", ringing, _NEEDS_STACK, (RINGING,)),
    Check("aws.topic", "who is told", topic, _NEEDS_STACK, (NOBODY, UNCONFIRMED, MISSING)),
    Check("aws.logs", "logs", logs, _NEEDS_STACK, (NO_RETENTION, MISSING)),
)
