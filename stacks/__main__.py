"""`python -m stacks`."""

import os
import sys
import traceback

from components.starting import imports_that_stay

with imports_that_stay():
    from stacks.cli import main
    from stacks.statuses import BROKEN, INTERRUPTED

try:
    sys.exit(main())
except BrokenPipeError:  # whoever read this has gone, as `head` does
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python writes once more at its end
    sys.exit(BROKEN)
except KeyboardInterrupt:  # what was in hand has said so
    sys.exit(INTERRUPTED)
except Exception:  # noqa: BLE001 (Python ends with 1 here, which a pipeline would take for "something is due")
    traceback.print_exc()
    sys.exit(BROKEN)
