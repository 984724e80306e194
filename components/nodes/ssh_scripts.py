"""What runs on a machine that is reached by SSH: small scripts for its POSIX shell, as text.

A machine needs a shell, coreutils, util-linux and, where the login is not root, sudo. No value is ever put into the
text of a script: paths and names are its arguments, contents its standard input.
"""

import shlex
from collections.abc import Sequence

BEGIN = "essecurity: begin"
"""Stands between what a login shell or `sudo` takes or says on its own account, and what is ours."""
STARTED, FAILED, NO_SUCH_USER, NO_FOLDER, MAY_NOT = 251, 252, 253, 250, 249
"""Exit statuses of the scripts for what they themselves find; `STARTED` marks a command that could not be."""

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
  [ "$(id -u)" -eq 0 ] || exit {MAY_NOT}
  set -- setpriv --reuid="$(id -u -- "$user")" --regid="$(id -g -- "$user")" --init-groups -- "$@"
fi
timeout --kill-after=5 "$seconds" "$@"
status=$?
[ "$status" -eq 255 ] && status=254
exit "$status"
"""
)
"""Arguments: the user or nothing, seconds, and the command. 255 is what `ssh` says when the connection breaks."""

STAT = (
    _PRELUDE
    + f"""
number=0
for path do
  if [ -e "$path" ]; then
    digest=
    [ ! -f "$path" ] || digest=$(sha256sum <"$path") || exit {FAILED}
    stat -L -c "$number %a %u %g %.9Y ${{digest%% *}} %U %G" -- "$path" || exit {FAILED}
  fi
  number=$((number + 1))
done
"""
)
"""Arguments: paths. A line for each one that is there: its number, mode, owners, time, digest, owners' names."""

READ = _PRELUDE + f'cat -- "$1" || exit {FAILED}\n'
"""Argument: a path."""

WRITE = (
    _PRELUDE
    + f"""
path=$1 temporary=$2 size=$3 mode=$4 owner=$5
folder=$(dirname -- "$path")
[ -d "$folder" ] || exit {NO_FOLDER}
refuse() {{ rm -f -- "$temporary"; exit {FAILED}; }}
rm -f -- "$temporary" || exit {FAILED}
umask 077
set -C
cat >"$temporary" || refuse
[ "$(wc -c <"$temporary")" -eq "$size" ] || {{ echo "the connection broke in the middle of the file" >&2; refuse; }}
chown -- "$owner" "$temporary" && chmod -- "$mode" "$temporary" && sync -- "$temporary" || refuse
mv -f -T -- "$temporary" "$path" || refuse
sync -- "$folder"
"""
)
"""Arguments: path, temporary path, size in bytes, mode, `owner:group`. What is cut short never gets the file's name."""

MAKE_FOLDER = (
    _PRELUDE
    + f"""
folder=$1 temporary=$2 owner=$3
[ ! -d "$folder" ] || exit 0
rmdir -- "$temporary" 2>/dev/null
mkdir -m 0700 -- "$temporary" && chown -- "$owner" "$temporary" && chmod 0750 -- "$temporary" || exit {FAILED}
mv -T -- "$temporary" "$folder" || exit {FAILED}
"""
)
"""Arguments: folder, temporary path, `owner:group`. A folder has its owner before its name."""

REMOVE = (
    _PRELUDE
    + f"""
if [ -d "$1" ] && [ ! -L "$1" ]; then rm -r -f -- "$1"; else rm -f -- "$1"; fi || exit {FAILED}
"""
)
"""Argument: a path."""

HOLD = f'printf "%s\\n" "{BEGIN}"; exec cat >/dev/null'
"""What keeps a connection open: it ends with whoever holds the other end of its standard input."""

_AS_ROOT = 'if [ "$(id -u)" -eq 0 ]; then exec sh -c "$@"; fi; exec sudo {how} -- sh -c "$@"'
_AS_WE_ARE = 'exec sh -c "$@"'


def command_line(script: str, arguments: Sequence[str], *, as_root: bool, with_password: bool) -> str:
    """Return what `ssh` hands to the login shell.

    Args:
        script: one of this module's.
        arguments: what the script gets as `$1` and so on.
        as_root: whether it runs as root, by `sudo` where the login is somebody else.
        with_password: whether the first line of standard input is what `sudo` may ask for.
    """
    outer = _AS_ROOT.format(how='-S -p ""' if with_password else "-n") if as_root else _AS_WE_ARE
    return shlex.join(["sh", "-c", outer, "sh", script, "sh", *arguments])


def owner_and_group(owner: str, group: str) -> str:
    """Return both as `chown` takes them."""
    return f"{owner}:{group}"
