"""What runs on a machine that is reached by SSH: small scripts for its POSIX shell, as text.

A machine needs a shell, coreutils, util-linux and, where the login is not root, sudo. No value is ever put into the
text of a script: paths and names are its arguments, contents its standard input.
"""

import shlex
from collections.abc import Sequence

from components.nodes.entered import ENTER
from components.nodes.folder_lock import WITHIN

BEGIN = "essecurity: begin"
"""Stands between what a login shell or `sudo` takes or says on its own account, and what is ours."""
LOOK_SECONDS = 60
THERE = b"+"
"""Comes before the content of a file that is found: one that is empty is none that is missing."""
FAILED, NO_SUCH_USER, NO_FOLDER = 252, 253, 250
"""Exit statuses of the scripts for what they themselves find."""
KEEP_ACL, NO_ACL = "keep", "none"
"""What a file that is written has beside its mode: what the file before it had, or nothing."""

_PRELUDE = f"""
while IFS= read -r line; do [ "$line" = "{BEGIN}" ] && break; done
[ "$line" = "{BEGIN}" ] || exit {FAILED}
cd / && export LC_ALL=C.UTF-8
printf '%s\\n' "{BEGIN}"
printf '%s\\n' "{BEGIN}" >&2
"""
"""Leaves alone what `sudo` did not want of its password; without the mark, the connection broke before the content."""

RUN = (
    _PRELUDE
    + f"""
user=$1 seconds=$2; shift 2
if [ -n "$user" ] && [ "$user" != "$(id -un)" ]; then
  id -u -- "$user" >/dev/null 2>&1 || exit {NO_SUCH_USER}
  set -- setpriv --reuid="$(id -u -- "$user")" --regid="$(id -g -- "$user")" --init-groups -- "$@"
fi
timeout --kill-after=5 "$seconds" "$@"
status=$?
[ "$status" -eq 255 ] && status=254
exit "$status"
"""
)
"""Arguments: the user or nothing, seconds, and the command. 255 is what `ssh` says when the connection breaks."""

_STAT = f"""
stat_all() {{
  number=0
  for path do
    shift
    if [ -e "$path" ]; then set -- "$@" "$path"; printf '%s ' "$number"; fi
    number=$((number + 1))
  done
  echo
  [ $# -gt 0 ] || return 0
  stat -L -c "%f %u %g %.9Y %U:%G" -- "$@" || return {FAILED}
  for path do shift; [ ! -f "$path" ] || set -- "$@" "$path"; done
  [ $# -eq 0 ] || timeout --kill-after=5 {LOOK_SECONDS} sha256sum -- "$@" || return {FAILED}
}}
"""
"""Three processes for a look, however many paths it has: one for each would cost more than all digests."""

STAT = f'{_PRELUDE}{_STAT}stat_all "$@"\n'
"""Arguments: paths. A line with the numbers of those that are there; then for each of these a line with kind and mode
as one number, owners, time, and the owners' names, which may have blanks; then for each file a line that begins
with its digest.
"""

READ = _PRELUDE + f'cat -- "$1" || exit {FAILED}\n'
"""Argument: a path."""

LOOK = (
    _PRELUDE
    + _STAT
    + f"""
exec 2>/dev/null
while IFS= read -r verb && IFS= read -r mark && IFS= read -r count; do
  set --
  while [ $# -lt "$count" ]; do IFS= read -r path || exit; set -- "$@" "$path"; done
  case $verb in
    stat) stat_all "$@" ;;
    read) timeout --kill-after=5 {LOOK_SECONDS} cat -- "$1" </dev/null ;;
    find)
      if [ -e "$1" ]; then
        printf {THERE.decode()}
        timeout --kill-after=5 {LOOK_SECONDS} cat -- "$1" </dev/null
      fi ;;
    *) false ;;
  esac
  printf '\\n%s %s\\n' "$mark" "$?"
done
"""
)
"""No arguments. Looks again and again: a verb, a mark, a number of paths and so many paths, each a line of standard
input. After what a look shows come an empty line, the mark, and a status. It ends when its standard input does.
"""

WRITE = (
    _PRELUDE
    + ENTER
    + f"""
path=./$(basename -- "$1") suffix=$2 size=$3 mode=$4 owner=$5 acl=$6
folder=$(dirname -- "$1")
[ -d "$folder" ] || exit {NO_FOLDER}
enter "${{7:-$folder}}" "$folder" && exec 9<. || exit {FAILED}
flock -w {WITHIN:.0f} 9 || {{ echo "another run writes into this folder, and has not ended" >&2; exit {FAILED}; }}
for left in ./*"$suffix"; do
  if [ -L "$left" ] || [ ! -d "$left" ]; then rm -f -- "$left" || exit {FAILED}; fi
done
temporary=$(mktemp --suffix="$suffix" -- "$path.XXXXXX") || exit {FAILED}
refuse() {{
  rm -f -- "$temporary" # first: where nobody listens any more, the next line ends this shell
  [ $# -eq 0 ] || echo "$1" >&2
  exit {FAILED}
}}
exec 8<"$temporary" && new=/proc/self/fd/8
[ "$(stat -c '%h %u %d:%i' -- "$temporary")" = "1 $(id -u) $(stat -L -c '%d:%i' "$new")" ] ||
  refuse "something else took its temporary name"
if [ "$acl" = "{KEEP_ACL}" ]; then
  [ ! -f "$path" ] || cp --attributes-only --preserve=mode -- "$path" "$new" || refuse
elif command -v setfacl >/dev/null; then
  setfacl -b "$new" 2>/dev/null # fails where the file system knows none
fi
chown -- "$owner" "$new" && chmod -- "$mode" "$new" || refuse
dd of="$new" bs=64k iflag=fullblock conv=nocreat,fsync status=none || refuse
[ "$(stat -L -c %s "$new")" -eq "$size" ] || refuse "the connection broke in the middle of the file"
mv -f -T -- "$temporary" "$path" || refuse
sync -- .
"""
)
"""Arguments: path, ending of temporary names, size in bytes, mode, `owner:group`, what becomes of an ACL, and the
folder that the file must not be led out of, or nothing.

What is cut short never gets the file's name; one write at a time in a folder, also of a run that was given up. So
whatever has a temporary name there while the folder is ours was left by a writer that is gone, and is removed. The
folder may be the node's user's, and we are root: so it is entered, the file is made anew, and from then on it is spoken
of by what is open, never by a name that may have become a link. It is nobody else's to open until it has its mode, and
it has its mode before its content: a default ACL of the folder overrules every umask. Source: acl(5), object creation.
"""

MAKE_FOLDER = (
    _PRELUDE
    + ENTER
    + f"""
folder=./$(basename -- "$1") around=$(dirname -- "$1") owner=$3
[ ! -d "$1" ] || exit 0
enter "${{4:-$around}}" "$around" || exit {FAILED}
temporary=$folder$2
rmdir -- "$temporary" 2>/dev/null
mkdir -m u=rwx,g=rx,g-s,o= -- "$temporary" || exit {FAILED}
at=$(pwd -P)
(
  cd -P -- "$temporary" && [ "$(pwd -P):$(ls -A)" = "${{at%/}}/${{temporary#./}}:" ] || {{
    echo "something else took its temporary name" >&2
    exit 1
  }}
  chown -- "$owner" .
) || exit {FAILED}
mv -T -- "$temporary" "$folder" || exit {FAILED}
"""
)
"""Arguments: folder, ending of its temporary name, `owner:group`, and the folder that it must not be led out of, or
nothing. A folder has its owner before its name, and 0750 in any folder; what is set is what was entered, and empty.

A new folder takes over the bit for the group (2750, as packages have it) unless a mode takes it away by a letter.
Source: coreutils manual (Directories and the Set-User-ID and Set-Group-ID Bits).
"""

REMOVE = (
    _PRELUDE
    + f"""
if [ -d "$1" ] && [ ! -L "$1" ]; then rm -r -f -- "$1"; else rm -f -- "$1"; fi || exit {FAILED}
"""
)
"""Argument: a path."""

SAY = f'printf "%s\\n" "{BEGIN}"'
"""Says that it was begun, by whoever it is begun."""

HOLD = f'printf "%s\\n" "{BEGIN}"; exec cat >/dev/null'
"""What keeps a connection open: it ends with whoever holds the other end of its standard input."""

_AS_ROOT = 'if [ "$(id -u)" -eq 0 ]; then exec {limit} sh -c "$@"; fi; exec sudo {how} -- {limit} sh -c "$@"'
KILLED_AFTER, FOR_EVER = 5, 0


def command_line(script: str, arguments: Sequence[str], *, seconds: int, with_password: bool) -> str:
    """Return what `ssh` hands to the login shell: it runs as root, by `sudo` where the login is somebody else.

    Args:
        script: one of this module's.
        arguments: what the script gets as `$1` and so on.
        seconds: after which it is ended there, whatever became of the connection; `FOR_EVER` for what ends by itself.
        with_password: whether the first line of standard input is what `sudo` may ask for.
    """
    limit = f"timeout --kill-after={KILLED_AFTER} {seconds}"
    outer = _AS_ROOT.format(how='-S -p ""' if with_password else "-n", limit=limit)
    return shlex.join(["sh", "-c", outer, "sh", script, "sh", *arguments])


def owner_and_group(owner: str, group: str) -> str:
    """Return both as `chown` takes them."""
    return f"{owner}:{group}"
