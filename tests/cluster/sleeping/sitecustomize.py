"""Lets Python sleep below libfaketime 0.9.10; every Python runs this at its start that has the folder in PYTHONPATH.

Python sleeps until a moment on the monotonic clock. That version of the library takes it for one of the time that it
makes up, even where it is to leave that clock alone, and the sleep ends at once with `Invalid argument`. A wait for an
event takes another way.
"""

import threading
import time


def sleep(seconds):
    threading.Event().wait(seconds)


time.sleep = sleep
