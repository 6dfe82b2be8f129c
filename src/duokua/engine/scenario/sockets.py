"""No sockets (套接字) for a process: a filter of its system calls (seccomp) that refuses to make one.

Landlock knows ports but not sockets with a path in the file system; who cannot make a socket needs
neither. A filter of classic BPF is a list of (code, jump if true, jump if false, value).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

_SET_FILTER, _MODE_FILTER = 22, 2
_LOAD_WORD, _SAME, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4  # where the kernel puts them (struct seccomp_data)
_ALLOW, _REFUSE, _END = 0x7FFF0000, 0x00050000 | errno.EACCES, 0x80000000
_QUEUE = 425  # io_uring_setup makes sockets too; the same number on every machine
_OTHER_CALLS = 0x40000000  # a second set of numbers that only x86-64 has, from here on
# The kernel's name of a machine (AUDIT_ARCH_*) and its number of `socket`.
_MACHINES = {
    "x86_64": (0xC000003E, 41),
    "aarch64": (0xC00000B7, 198),
    "riscv64": (0xC00000F3, 198),
    "loongarch64": (0xC0000102, 198),
}


def can_refuse_sockets() -> bool:
    """Tell whether the calls of this machine are known."""
    return platform.machine() in _MACHINES


def refuse_sockets(libc: ctypes.CDLL) -> bool:
    """Let this process make no socket any more; it must have given up new privileges before.

    Return whether that is so.
    """
    if not can_refuse_sockets():
        return False
    machine, socket = _MACHINES[platform.machine()]
    steps = [
        (_LOAD_WORD, 0, 0, _MACHINE_AT),
        (_SAME, 1, 0, machine),
        (_RETURN, 0, 0, _END),  # numbers of another machine mean other calls
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, 3, 0, _OTHER_CALLS),
        (_SAME, 2, 0, socket),
        (_SAME, 1, 0, _QUEUE),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    filter_ = ctypes.create_string_buffer(b"".join(struct.pack("<HBBI", *each) for each in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(filter_))
    return bool(libc.prctl(_SET_FILTER, _MODE_FILTER, program, 0, 0) == 0)
