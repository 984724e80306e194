"""What a rollout keeps of a node, in a folder of the config folder: put there, looked at, put back, let go of.

With `archive` the config folder is the node's user's, and we are root. So what is kept is ours alone, a link is not
followed, and who owns the folder that one finds decides what is believed of it (docs/decisions/0032).
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter

from components.errors import ConfigurationRefused
from components.nodes.machine import SETTINGS_MODE, NodeMachine
from components.nodes.others_folder import BEGINS, script
from components.nodes.spec import Paths
from components.nodes.target import DesiredFile

KEPT = (Paths.SETTINGS, Paths.KEYSTORE)
_MANIFEST = "manifest.json"
MANIFEST = f"{Paths.ROLLOUT}/{_MANIFEST}"
"""Written last: what was kept is complete when it is there."""
NEVER_MORE = 0o666
"""The bits of a mode that are put back: nothing that is kept is ever run."""
OURS = "ours"
Access = tuple[str, str, int]
"""Owner, group and mode."""
_ACCESS = TypeAdapter(dict[str, Access])

_BEGINS = f"""{BEGINS}
kept=$here/{Paths.ROLLOUT}
enter() {{
  cd -P -- "$kept" || exit
  [ "$(pwd -P)" = "$kept" ] || {{ echo "$kept is a link" >&2; exit 1; }}
}}
"""

KEEP = f"""{_BEGINS}
ours "$here" && follow=1 || follow=
umask 077
opened=/proc/self/fd/8
rm -r -f -- "$kept" && mkdir -m 755 -- "$kept" || exit
enter
ours . || {{ echo "somebody else made $kept meanwhile" >&2; exit 1; }}
line=
for name do
  [ -e "$here/$name" ] || continue
  [ -f "$here/$name" ] && exec 8<"$here/$name" && [ "${{follow:-$(readlink $opened)}}" = "${{follow:-$here/$name}}" ] ||
    {{ echo "$here/$name is a link, or not a file" >&2; exit 1; }}
  access=$(stat -L -c '%u %g %a' $opened) && cat <&8 >"$name" || exit
  line="$line${{line:+, }}\\"$name\\": $(printf '["%s", "%s", %d]' ${{access% *}} "0${{access##* }}")"
done
printf '{{%s}}\\n' "$line" >new && sync -- * && mv -T -- new {_MANIFEST} && sync -- .
"""
"""Arguments: the config folder, and names of files in it. Nobody but us can change what is kept, or read it.

Its folder is open to be looked into: Elasticsearch walks its config folder, and older versions do not start where they
may not enter a folder of it. Source: github.com/elastic/elasticsearch issue 31741; 9.5.3 goes past it.

Owner, mode and content are those of one opened file, whatever comes in its place meanwhile.
"""

SHOW = f"""{_BEGINS}
[ -e "$kept" ] || [ -L "$kept" ] || exit 0
enter
[ -e "$1" ] || [ -L "$1" ] || exit 0
if ours .; then echo {OURS}; else echo theirs; fi
{{ dd if="$1" iflag=nofollow,nonblock bs=64k status=none && printf .; }} | base64
"""
"""Arguments: the config folder, and the name of what is kept. Writes whose the folder is, and the content in base64.

A dot behind the content tells that it is all of it.
"""

LET_GO = f"""{_BEGINS}
if [ -d "$kept" ] && [ ! -L "$kept" ]; then (enter; rm -f -- {_MANIFEST}) || exit; fi
rm -r -f -- "$kept"
"""
"""Argument: the config folder. The manifest goes first, so that half of it is never taken for all of it."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Something that is kept; `ours` where nobody else can have changed it."""

    content: bytes
    ours: bool


def keep(machine: NodeMachine) -> None:
    """Keep elasticsearch.yml and the keystore as they are, in place of what was kept before.

    Raises:
        CommandFailed: they cannot be kept, or one is a link of somebody else's; they are as they were.
    """
    script(machine, KEEP, *KEPT, doing="keep what is in")


def kept_settings(machine: NodeMachine) -> bytes:
    """Return the elasticsearch.yml that is kept; nothing where none is.

    Raises:
        CommandFailed: it cannot be read, or what is kept is a link.
    """
    found = _shown(machine, Paths.SETTINGS)
    return found.content if found else b""


def put_back(machine: NodeMachine) -> None:
    """Put back what is kept; a file that was not there is removed.

    Raises:
        ConfigurationRefused: what is kept is damaged; nothing was put back.
        CommandFailed: it cannot be read, or not be put back.
    """
    manifest = _shown(machine, _MANIFEST)
    if manifest is None:
        return
    access = _access(machine, manifest)
    contents = {name: _content(machine, name) for name in access}
    for name in KEPT:
        path = machine.path(name)
        if name not in contents:
            machine.target.remove(path)
        elif contents[name] != machine.read(name):
            owner, group, mode = access[name]
            machine.target.write(DesiredFile(path, contents[name], mode, owner, group))


def let_go(machine: NodeMachine) -> None:
    """Remove what is kept.

    Raises:
        CommandFailed: it cannot be removed.
    """
    script(machine, LET_GO, doing="remove what was kept in")


def _access(machine: NodeMachine, manifest: Shown) -> Mapping[str, Access]:
    """Return what was there, and how it is put back: as the node's other files where others can have changed this."""
    try:
        said = {name: one for name, one in _ACCESS.validate_json(manifest.content).items() if name in KEPT}
    except ValueError as error:
        raise _damaged(machine, f"{MANIFEST} is not what was written there") from error
    if manifest.ours:
        return {name: (owner, group, mode & NEVER_MORE) for name, (owner, group, mode) in said.items()}
    owner = machine.owner()
    return dict.fromkeys(said, (owner.user, owner.group, SETTINGS_MODE))


def _content(machine: NodeMachine, name: str) -> bytes:
    found = _shown(machine, name)
    if found is None:
        raise _damaged(machine, f"{MANIFEST} names {name}, which is not there")
    return found.content


def _shown(machine: NodeMachine, name: str) -> Shown | None:
    whose, _, text = script(machine, SHOW, name, doing="read what was kept in").partition("\n")
    if not whose:
        return None
    content = _decoded(text)
    if not content.endswith(b"."):
        raise _damaged(machine, f"{name} cannot be read there")
    return Shown(content.removesuffix(b"."), whose == OURS)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        return b""


def _damaged(machine: NodeMachine, why: str) -> ConfigurationRefused:
    folder = machine.path(Paths.ROLLOUT)
    return ConfigurationRefused(
        "what an earlier step kept of the node cannot be put back",
        where=f"{machine.name}: {folder}",
        why=why,
        next_step=f"look at {' and '.join(KEPT)}, and put back what is whole in {folder} by hand; remove that folder, "
        "start the node, then run again",
    )
