"""`python -m stacks`."""

import sys
import traceback

from stacks.cli import main
from stacks.statuses import BROKEN

try:
    sys.exit(main())
except Exception:  # noqa: BLE001 (Python ends with 1 here, which a pipeline would take for "something is due")
    traceback.print_exc()
    sys.exit(BROKEN)
