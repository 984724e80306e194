"""How the plugin wakes to its end, whichever of its threads hears of it."""

import signal
import threading

import pytest

from provider.ending import SIGNALS, Ending


@pytest.fixture
def ending():
    """What the main thread waits for; the test's own signals are put back."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield Ending()
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_that_another_thread_is_given_wakes_the_main_one(number, ending):
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    asleep = threading.Timer(0.1, lambda: signal.pthread_kill(other.ident, number))
    asleep.start()
    ending.wait()
    done.set()
    other.join()


def test_another_thread_may_say_so_itself(ending):
    threading.Timer(0.1, ending.begin).start()
    ending.wait()


def test_what_was_said_before_anybody_waited_is_not_lost(ending):
    signal.raise_signal(signal.SIGINT)
    ending.wait()
