"""Checks of what tells people that something is wrong: alarms, their topic, and the logs."""

from operations.doctor.aws import MISSING, AwsSubject, Json
from operations.doctor.check import Check, Ok, Result, Trouble, together

ALARM_GONE = Trouble("Alarms are missing: {names}.", "Deploy again; they were deleted by hand.")
ALARM_MUTE = Trouble(
    "Alarms do not tell anybody: {names}.",
    "Enable their actions (cloudwatch enable-alarm-actions).",
)
RINGING = Trouble("The alarm {name} rings.", "{what}")
NOBODY = Trouble(
    "Nobody is told of alarms: the topic has no subscription.",
    "Deploy with AlarmEmail, or subscribe to the topic (output AlarmTopicArn).",
)
UNCONFIRMED = Trouble(
    "Nobody is told of alarms: {count} subscriptions wait for their confirmation.",
    "Confirm the mail from AWS (look into the spam folder), or subscribe again.",
)
NO_RETENTION = Trouble(
    "Logs of {name} are kept for ever.", "Set a retention, or deploy again (LogRetentionDays)."
)


def _alarms(aws: AwsSubject) -> tuple[dict[str, str], dict[str, Json]]:
    """Return the names of the stack's alarms by those of the template, and what there is."""
    wanted = aws.of_type("AWS::CloudWatch::Alarm")
    answer = aws.call(
        "cloudwatch", "describe_alarms", AlarmNames=list(wanted.values())[:100], MaxRecords=100
    )
    return wanted, {alarm["AlarmName"]: alarm for alarm in answer.get("MetricAlarms", [])}


def alarms(aws: AwsSubject) -> Result:
    """Say whether all alarms are there and may speak."""
    if not aws.of_type("AWS::CloudWatch::Alarm"):
        return MISSING.found(what="alarms")
    wanted, there = _alarms(aws)
    gone = sorted(name for name, real in wanted.items() if real not in there)
    mute = sorted(
        name
        for name, real in wanted.items()
        if real in there and not there[real].get("ActionsEnabled", True)
    )
    found = together(
        ALARM_GONE.found(names=", ".join(gone)) if gone else None,
        ALARM_MUTE.found(names=", ".join(mute)) if mute else None,
    )
    return found or Ok(f"{len(wanted)} are there")


def ringing(aws: AwsSubject) -> Result:
    """Say which alarms ring now; each of them says itself what to do."""
    wanted, there = _alarms(aws)
    found = [
        RINGING.found(name=name, what=_one_line(there[real].get("AlarmDescription", "")))
        for name, real in sorted(wanted.items())
        if there.get(real, {}).get("StateValue") == "ALARM"
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
        there = aws.call("logs", "describe_log_groups", logGroupNamePrefix=real)
        groups = [g for g in there.get("logGroups", []) if g.get("logGroupName") == real]
        if not groups:
            found.append(MISSING.found(what=f"log group {logical}"))
        elif not groups[0].get("retentionInDays"):
            found.append(NO_RETENTION.found(name=logical))
        else:
            days.add(groups[0]["retentionInDays"])
    return together(*found) or Ok(f"kept for {' or '.join(map(str, sorted(days)))} days")


_THERE = ("aws.stack",)

CHECKS: tuple[Check[AwsSubject], ...] = (
    Check("aws.alarms", "alarms", alarms, _THERE, (ALARM_GONE, ALARM_MUTE, MISSING)),
    Check("aws.ringing", "alarms that ring", ringing, _THERE, (RINGING,)),
    Check("aws.topic", "who is told", topic, _THERE, (NOBODY, UNCONFIRMED, MISSING)),
    Check("aws.logs", "logs", logs, _THERE, (NO_RETENTION, MISSING)),
)
