"""What is compared with what: protocol files, their validation, expansion and fingerprint. Nothing runs here."""

from fpbench.protocol.comparison import Comparison, Paper, named
from fpbench.protocol.fingerprint import canonical_json, digest
from fpbench.protocol.load import load_protocol, parse_protocol
from fpbench.protocol.matrix import SystemSpec, expand
from fpbench.protocol.model import Primary, Protocol, SystemEntry, Tasks
from fpbench.protocol.source import ProtocolError, Source

__all__ = [
    "Comparison",
    "Paper",
    "Primary",
    "Protocol",
    "ProtocolError",
    "Source",
    "SystemEntry",
    "SystemSpec",
    "Tasks",
    "canonical_json",
    "digest",
    "expand",
    "load_protocol",
    "named",
    "parse_protocol",
]
