"""The stand-in's `docker`: `python -m tests.docker_standin.docker FOLDER WORD…`."""

import json
import os
import re
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tests.docker_standin.containers import IMAGE, Container, Containers, State
from tests.standin_parts.foreground import DEFAULT_PATH

FIELD = re.compile(r"\{\{(.*?)\}\}")
FIELDS: Mapping[str, Callable[[State], str]] = {
    ".State.Running": lambda state: str(state.running).lower(),
    ".State.Pid": lambda state: str(state.pid),
    ".State.ExitCode": lambda state: str(state.exit_code),
    ".Image": lambda _: IMAGE,
    "json .State.StartedAt": lambda state: json.dumps(state.started_at),
}
KILLED_WITHIN = 10.0
NUMBERS = re.compile(r"\d+:\d+")
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")


class Refused(Exception):
    """The command ends with a status, and says why."""

    def __init__(self, why: str, status: int = 1, said: str = "") -> None:
        super().__init__(why)
        self.status, self.said = status, said


def container_named(containers: Containers, name: str, *, status: int = 1, said: str = "", also: str = "") -> Container:
    container = containers.read(name)
    if container is None:
        raise Refused(f"Error response from daemon: No such container: {name}\n{also}".rstrip(), status, said)
    return container


def start(containers: Containers, name: str) -> None:
    failed = f"Error: failed to start containers: {name}"
    container_named(containers, name, also=failed)
    before = containers.state(name)
    containers.stopping(name).unlink(missing_ok=True)
    if not before.running:
        containers.supervise("tests.docker_standin.supervisor", name)
        error = containers.wait(name, lambda state: state.starts > before.starts).error
        if error:
            raise Refused(f"Error response from daemon: failed to create task for container: {error}\n{failed}")
    sys.stdout.write(f"{name}\n")


def stop(containers: Containers, seconds: float, name: str) -> None:
    container_named(containers, name)
    containers.stopping(name).touch()
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, KILLED_WITHIN)):
        if (state := containers.state(name)).running:
            with suppress(ProcessLookupError):
                if state.pid:
                    os.kill(state.pid, number)
            containers.wait(name, lambda state: not state.running, patience)
    if containers.state(name).running:
        raise Refused(f"Error response from daemon: cannot stop container: {name}: did not receive an exit event")
    sys.stdout.write(f"{name}\n")


def inspect(containers: Containers, template: str, name: str) -> None:
    unknown = [field for field in FIELD.findall(template) if field not in FIELDS]
    if unknown or "{{" in FIELD.sub("", template):
        raise Refused(f"template parsing error: {unknown or template}", 64)
    container_named(containers, name, said="\n")
    state = containers.state(name)
    sys.stdout.write(FIELD.sub(lambda found: FIELDS[found[1]](state), template) + "\n")


def nanoseconds(since: str) -> int:
    """Return the nanoseconds since 1970 of a time in RFC 3339 and in UTC, the only one of many ways that we use."""
    found = TIME.fullmatch(since)
    if found is None:
        raise Refused(f"the stand-in for docker does not know: --since {since}", 125)
    seconds, fraction = found.groups(default="")
    return int(datetime.fromisoformat(f"{seconds}Z").timestamp()) * 10**9 + int(fraction.ljust(9, "0"))


def logs(containers: Containers, since: int, most: int, name: str) -> None:
    container_named(containers, name)
    path = containers.log(name)
    kept = [line.split("\t", 2) for line in path.read_text().split("\n")[:-1]] if path.exists() else []
    for when, stream, text in kept[len(kept) - most if most < len(kept) else 0 :]:
        if int(when) >= since:
            getattr(sys, stream).write(f"{text}\n")


def execute(containers: Containers, user: str, name: str, words: Sequence[str]) -> None:
    container = container_named(containers, name)
    if not containers.state(name).running:
        raise Refused(f"Error response from daemon: container {name} is not running")
    become(user, words, {**container.image_environment, **container.environment})


def run(containers: Containers, user: str, other: str, rest: Sequence[str]) -> None:
    match rest:
        case ["--entrypoint", program, image, *arguments]:
            words = [program, *arguments]
        case _:
            raise unknown(["run", *rest])
    if image != IMAGE:
        raise Refused(f"Unable to find image '{image}' locally", 125)
    become(user, words, container_named(containers, other, status=125).image_environment)


def become(user: str, words: Sequence[str], environment: Mapping[str, str]) -> None:
    """Become a program, as somebody; it reads our standard input, and its status is ours."""
    if not NUMBERS.fullmatch(user):
        raise Refused(f"unable to find user {user}: no matching entries in passwd file", 126)
    uid, gid = map(int, user.split(":"))
    if (uid, gid) != (os.geteuid(), os.getegid()):
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.chdir("/")
    try:
        os.execve(words[0], list(words), {"PATH": DEFAULT_PATH, **environment})  # noqa: S606 (as docker does)
    except OSError as error:
        status = 127 if isinstance(error, FileNotFoundError) else 126
        raise Refused(f'OCI runtime exec failed: exec: "{words[0]}": {error.strerror}', status) from error


def obey(containers: Containers, words: Sequence[str]) -> None:
    match words:
        case ["start", name]:
            start(containers, name)
        case ["stop", "-t", seconds, name] if seconds.isdecimal():
            stop(containers, float(seconds), name)
        case ["inspect", "--type", "container", "--format", template, name]:
            inspect(containers, template, name)
        case ["logs", "--since", since, "--tail", most, name] if most.isdecimal():
            logs(containers, nanoseconds(since), int(most), name)
        case ["exec", "-i", "--user", user, name, program, *rest]:
            execute(containers, user, name, [program, *rest])
        case ["run", "--rm", "-i", "--user", user, "--volumes-from", other, "--network", "none", *rest]:
            run(containers, user, other, rest)
        case _:
            raise unknown(words)


def unknown(words: Sequence[str]) -> Refused:
    return Refused(f"the stand-in for docker does not know: {' '.join(words)}", 125)


def main(folder: Path, words: list[str]) -> int:
    containers = Containers(folder)
    containers.note(["docker", *words])
    try:
        obey(containers, words)
    except Refused as refused:
        sys.stdout.write(refused.said)
        sys.stderr.write(f"{refused}\n")
        return refused.status
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
