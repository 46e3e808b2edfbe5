"""A Mattermost on 127.0.0.1, as far as the bridge speaks to one; held to recordings of 5.37.0.

Bots and incoming webhooks come in through the REST API, outgoing webhooks go out, and whoever sits
at the machine can write as anybody.
"""

from .model import MattermostFault, User
from .outgoing import OutgoingWebhook
from .simulator import MattermostSimulator

__all__ = ["MattermostFault", "MattermostSimulator", "OutgoingWebhook", "User"]
