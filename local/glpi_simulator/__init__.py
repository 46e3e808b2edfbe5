"""A GLPI to test and rehearse against: the legacy REST API of 10.0.14 and 11.0.6, and its faults.

Held to recordings of the real ones by tests/local/test_glpi_simulator_replay.py.
"""

from .faults import Fault
from .glpi_port import Exchange
from .simulator import GlpiSimulator
from .store import FIRST_TICKET_ID

__all__ = ["FIRST_TICKET_ID", "Exchange", "Fault", "GlpiSimulator"]
