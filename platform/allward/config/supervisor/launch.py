"""Become another program that ends when the process that started it does.

Run by its path with `python -I -S`: so it starts in a few milliseconds and imports nothing of the project.
`launch.py PARENT_PID DEATH_SIGNAL USER_ID GROUP_ID COMMAND...`, ids of -1 keep the present user.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""Ask the kernel for a signal when the parent dies. prctl(2); Linux only."""


def main(arguments: list[str]) -> None:
    """Change user, tie this process to its parent, and become the command."""
    parent, death_signal, user_id, group_id = (int(argument) for argument in arguments[:4])
    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)
    signal.signal(death_signal, signal.SIG_DFL)  # a shell's background jobs inherit some as ignored
    if user_id >= 0:
        os.setgroups([])
        os.setgid(group_id)
        os.setuid(user_id)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)  # a change of user clears it, so after that
    if os.getppid() != parent:  # it died before the kernel knew our wish
        sys.exit(128 + signal.SIGTERM)
    os.execvp(arguments[4], arguments[4:])  # noqa: S606  # a fixed program, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
