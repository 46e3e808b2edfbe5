"""What runs beside the bridge on a laptop; nothing here ships."""

SAMPLE_TOKENS = {
    "helpdesk": "outgoingwebhooktoken00000a",
    "every-message": "outgoingwebhooktoken00000b",
}
"""The webhook tokens of events/*.json; the second hook has no trigger words."""
