"""The plugin, as it is, on a machine with more programs: `python -m tests.cluster.standin_provider FOLDER`.

Programs in the folder's `bin` are found before those of the system: stand-ins for what cannot run here.
"""

import sys
from pathlib import Path

from components.nodes.local import MINIMAL_ENVIRONMENT
from provider.process import main

if __name__ == "__main__":
    folder = Path(sys.argv.pop(1))
    MINIMAL_ENVIRONMENT["PATH"] = f"{folder / 'bin'}:{MINIMAL_ENVIRONMENT['PATH']}"
    main()
