"""What the loop and the writer process say to each other over their socket pair."""

from __future__ import annotations

import struct

LENGTH = struct.Struct("<Q")  # of a batch: bodies joined by newlines; zero asks for the end
ACK = struct.Struct("<QQ")  # newest durable record, newest anchored record
HELLO_LENGTH = struct.Struct("<I")  # of the JSON hello
CLOSE = LENGTH.pack(0)
