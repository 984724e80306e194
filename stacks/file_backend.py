"""The folder of a file backend, and what a killed engine may leave in it that the next one cannot read.

Beside every file the engine keeps another one with its attributes. The file itself is replaced at once; the attributes
are written in place, so that a kill in between leaves them empty, and another run may meet them so. That fails with
`EOF`, although the file is read all the same without them. Source: gocloud.dev, blob/fileblob/attrs.go, v0.46.0.
"""

import json
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

ATTRIBUTES = "*.attrs"
WITHOUT_ATTRIBUTES = "metadata=skip"
"""What its URL says where none are to be kept. Source: gocloud.dev, blob/fileblob/fileblob.go, read at v0.46.0."""


def state_folder(backend: str) -> Path | None:
    """Return the folder in which a file backend keeps everything; None for backends of other kinds.

    Args:
        backend: the backend's URL.
    """
    parsed = urlparse(backend)
    if parsed.scheme != "file":
        return None
    return (
        Path(url2pathname(parsed.netloc + parsed.path)).expanduser() / ".pulumi"
    )  # the engine takes `file://~` for home


def has_stack(backend: str, project: str, stack: str) -> bool:
    """Tell whether a file backend has a stack; False for backends of other kinds, which only the engine can ask.

    Args:
        backend: the backend's URL.
        project: the project's name.
        stack: the stack's name.
    """
    folder = state_folder(backend)
    return folder is not None and (folder / "stacks" / project / f"{stack}.json").is_file()


def remove_broken_attributes(backend: str) -> None:
    """Remove the attributes that a killed engine left half-written; nothing is lost with them.

    A run that is writing them at this moment loses nothing either.

    Args:
        backend: the backend's URL.
    """
    folder = state_folder(backend)
    for path in folder.rglob(ATTRIBUTES) if folder else ():
        if not _is_whole(path):
            path.unlink(missing_ok=True)


def _is_whole(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except FileNotFoundError:  # the engine removed it meanwhile
        return True
    except ValueError:
        return False
    return True
