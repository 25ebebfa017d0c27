"""Puts a process's time of day off, by what a file says at the moment.

Python runs this first of all where its folder is on PYTHONPATH. What measures durations goes on. A
library that does so for every program (libfaketime) was tried: under it ``time.sleep`` fails.
"""

import os
import time

_off = os.open(os.environ["CLOCK_IS_OFF_BY"], os.O_RDONLY | os.O_CLOEXEC)
_now = time.time
time.time = lambda: _now() + int(os.pread(_off, 16, 0))
