"""What holds for every test: whoever ends a test run, the nodes that it started are stopped first."""

import signal


def pytest_configure():
    """Let SIGTERM unwind like Ctrl-C, so that every fixture stops what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
