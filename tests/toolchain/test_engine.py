"""Which engine is taken, and how one is made; with commands that only pretend."""

import io
import shlex
import subprocess
import threading

import psutil
import pytest
import tenacity
from pulumi.automation import PulumiCommand

from components.errors import CommandFailed, ConfigurationRefused
from toolchain import engine, release
from toolchain.console import Console

PRETENDED_GO = """\
#!/bin/sh
printf '%s\\n' "$*" >>{log}
echo 'go: downloading github.com/example/one v1.0.0' >&2
echo github.com/example/one >&2
/bin/mkdir -p "$(/usr/bin/dirname "$4")"
echo '#!/bin/sh' >"$4"
/bin/chmod 755 "$4"
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with an empty path, an empty cache, and no network."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("ESSECURITY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ENGINE", raising=False)
    monkeypatch.setattr(engine, "install_release", lambda cache, task: None)
    (tmp_path / "path").mkdir()
    return tmp_path


def put_command(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)
    return folder / name


def put_pulumi(folder, version):
    return put_command(folder, "pulumi", f"#!/bin/sh\necho {version}\n")


def put_go(machine):
    put_command(machine / "path", "go", PRETENDED_GO.format(log=shlex.quote(str(machine / "go.log"))))


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        pytest.param("v3.258.9", False, id="one release too old"),
        pytest.param("v3.259.0", True, id="the oldest that fits"),
        pytest.param("3.272.0\n", True, id="without the letter"),
        pytest.param("v3.1000.0", True, id="numbers compare as numbers"),
        pytest.param("v3.260.0-alpha.1", True, id="an early one"),
        pytest.param("v4.0.0", False, id="the next major release"),
        pytest.param("", False, id="no answer"),
        pytest.param("pulumi: not found", False, id="nonsense"),
    ],
)
def test_only_engines_that_this_program_was_written_for_fit(version, fits):
    assert engine.version_fits(version) is fits


def test_a_fitting_engine_on_the_path_is_taken_as_it_is(machine, monkeypatch):
    found = put_pulumi(machine / "pulumi" / "bin", "v3.300.1")
    monkeypatch.setenv("PATH", str(found.parent))

    assert engine.engine() == found


def test_an_engine_in_a_folder_of_another_name_gets_a_link_in_one_named_bin(machine):
    found = put_pulumi(machine / "path", "v3.300.1")

    for _ in range(2):
        path = engine.engine()
        assert path.parent.name == "bin"
        assert path.resolve() == found


def test_an_engine_that_is_too_old_is_left_alone_and_named(machine, capsys):
    put_pulumi(machine / "path", "v3.100.0")
    put_go(machine)

    assert engine.engine() == engine.build_folder(machine / "cache") / "bin" / "pulumi"
    assert "pulumi v3.100.0" in capsys.readouterr().out


def test_a_built_engine_is_found_again_without_running_anything(machine):
    put_go(machine)
    built = engine.engine()
    (machine / "path" / "go").unlink()

    assert engine.engine() == built
    assert (machine / "go.log").read_text().count("\n") == 1


def test_a_release_that_was_fetched_before_is_preferred_to_a_built_engine(machine):
    put_go(machine)
    built = engine.engine()
    fetched = put_pulumi(machine / "cache" / "engine-release-official" / "bin", "v3.272.0")

    assert engine.engine() == fetched != built


def test_engine_build_goes_straight_to_the_built_one(machine, monkeypatch):
    put_pulumi(machine / "path", "v3.300.1")
    put_go(machine)
    monkeypatch.setenv("ENGINE", "build")

    assert engine.engine().parent.parent == engine.build_folder(machine / "cache")


def test_the_build_has_exactly_the_flags_that_go_has_in_its_cache(machine):
    put_go(machine)
    engine.engine()

    flags = "-ldflags -s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0"
    temporary = engine.build_folder(machine / "cache").name + ".new"
    output = machine / "cache" / temporary / "bin" / "pulumi"
    assert (machine / "go.log").read_text() == f"build -v -o {output} {flags} {engine.COMMAND_PACKAGE}\n"


def test_two_at_the_same_time_build_once(machine):
    put_go(machine)
    found = []
    threads = [threading.Thread(target=lambda: found.append(engine.engine())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 4
    assert len(set(found)) == 1
    assert (machine / "go.log").read_text().count("\n") == 1


def test_a_build_that_fails_says_what_go_said_and_leaves_nothing_half_made(machine):
    put_command(machine / "path", "go", "#!/bin/sh\necho 'go: github.com/x: dial tcp: no route' >&2\nexit 1\n")

    with pytest.raises(CommandFailed, match="no route") as failed:
        engine.engine()

    assert "run again" in failed.value.next_step
    assert not engine.build_folder(machine / "cache").exists()


def test_a_machine_without_go_is_told_how_to_get_it(machine):
    with pytest.raises(ConfigurationRefused, match="Go is missing") as refused:
        engine.engine()

    assert "install Go" in refused.value.next_step


def test_the_module_that_is_built_pins_the_version_that_we_name():
    assert f"github.com/pulumi/pulumi/pkg/v3 v{engine.BUILT}\n" in (engine.MODULE / "go.mod").read_text()


class Steps:
    """A clock on which every wait takes five seconds; real time passes only as long as ``real`` says."""

    def __init__(self, on_sleep=lambda: None):
        self.seconds, self.on_sleep = 0.0, on_sleep

    def monotonic(self):
        return self.seconds

    def sleep(self, seconds):
        self.seconds += 5
        self.on_sleep()


@pytest.fixture
def task():
    with Console(io.StringIO()).task("fetch") as one:
        yield one


HANG = """\
import pathlib, subprocess, sys
child = subprocess.Popen(["sleep", "600"])
pathlib.Path({ran!r}).write_text(str(child.pid))
child.wait()
"""


def test_an_installer_that_hangs_is_killed_with_everything_it_started(tmp_path, task, monkeypatch):
    ran = tmp_path / "ran"
    monkeypatch.setattr(release, "INSTALL", HANG.format(ran=str(ran)))
    clock = Steps(on_sleep=lambda: wait_until(lambda: ran.exists() and ran.read_text() != ""))

    assert release.install_release(tmp_path, task, clock) is None
    assert wait_until(lambda: has_ended(int(ran.read_text())))
    assert [path.name for path in tmp_path.iterdir()] == ["ran"]


def test_an_installer_that_fails_leaves_nothing(tmp_path, task, monkeypatch):
    monkeypatch.setattr(release, "INSTALL", "raise SystemExit(1)")

    assert release.install_release(tmp_path, task) is None
    assert list(tmp_path.iterdir()) == []


MAKE = """\
import pathlib, sys
pulumi = pathlib.Path(sys.argv[1], "bin", "pulumi")
pulumi.parent.mkdir(parents=True)
pulumi.touch(mode=0o700)
"""


def test_an_installer_that_succeeds_leaves_an_engine_that_everybody_may_run(tmp_path, task, monkeypatch):
    monkeypatch.setattr(release, "INSTALL", MAKE)

    folder = release.install_release(tmp_path, task)

    assert (folder / "bin" / "pulumi").stat().st_mode & 0o777 == 0o755
    assert list(tmp_path.iterdir()) == [folder]


def test_a_slow_network_is_waited_for_as_long_as_bytes_arrive(tmp_path, task):
    arriving = iter(range(1, 13))

    def one_more_byte():
        if (size := next(arriving, None)) is not None:
            (tmp_path / "release.tar.gz").write_bytes(b"x" * size)

    clock = Steps(on_sleep=one_more_byte)
    with subprocess.Popen(["sleep", "600"], text=True, start_new_session=True) as process:
        release._wait_while_bytes_arrive(process, tmp_path, task, clock)
        process.kill()

    assert clock.seconds == 12 * 5 + release.PATIENCE


@tenacity.retry(
    retry=tenacity.retry_if_result(lambda result: result is False),
    wait=tenacity.wait_fixed(0.05),
    stop=tenacity.stop_after_delay(60),
)
def wait_until(condition):
    return condition()


def has_ended(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.engine
def test_the_real_engine_is_accepted_by_the_automation_api():
    path = engine.engine()

    command = PulumiCommand(root=str(path.parent.parent))

    assert engine.version_fits(str(command.version))
    assert subprocess.run([path, "version"], capture_output=True, text=True, check=True).stdout.startswith("v3.")
