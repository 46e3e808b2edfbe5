"""GLPI's own address, as it is given to people. Pure."""

import ipaddress
from urllib.parse import urlsplit

from bridge.config.settings import SettingsError, base_url


def openable(told: str, api: str) -> str:
    """Return the address that GLPI gives itself, "" if it is none that people can open.

    A GLPI that nobody has told otherwise calls itself localhost.

    Args:
        told: GLPI's setting url_base.
        api: base URL of its API.
    """
    try:
        address = base_url("url_base", told)
    except SettingsError:
        return ""
    is_elsewhere = _is_this_machine(address) and not _is_this_machine(api)
    return "" if is_elsewhere else address


def _is_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified
