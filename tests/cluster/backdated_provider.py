"""The plugin, as it is, but that its clock is set back by some days: what it issues may have expired already."""

import sys
from datetime import timedelta

from components.clock import SystemClock
from provider.process import main

if __name__ == "__main__":
    main(SystemClock(-timedelta(days=int(sys.argv.pop(2)))))
