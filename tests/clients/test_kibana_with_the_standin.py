"""The room's handlers on this machine with the stand-in for Kibana as a process, and with a tiny Elasticsearch.

The stand-in (tests/kibana_standin) is not Kibana: what is shown here is what Kibana's documentation and source say.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from components.clients.content import (
    PASSPHRASE,
    PASSWORD,
    Case,
    KibanaContent,
    absent_of,
    defaults_of,
    secure_absent_of,
    settings_of,
)
from components.clients.handler import KibanaSettingsHandler, KibanaSettingsInputs
from components.clients.restart_handler import KibanaRestartHandler, KibanaRestartInputs
from components.clients.spec import Kibana
from components.clients.trust_handler import KibanaTrustHandler, KibanaTrustInputs
from components.clock import SystemClock
from components.handling import Recorded
from components.nodes.probes import handshake
from components.nodes.spec import Machine
from components.pki.profiles import ProfileName
from tests.clients.kibanas import PASSPHRASE_TEXT, inputs_of, serial_of
from tests.cluster_fixtures import free_ports
from tests.fakes import FakeContext
from tests.kibana_standin.service import KibanaService
from tests.nodes.tls import HOSTS, LOOPBACK, OURS, TODAY, context_of
from tests.nodes.web import Elastic, answering
from tests.pki.makers import leaf

FIRST, SECOND = "123456", "of-the-second-version"
LEAF, RENEWED = (
    leaf("kibana-1", signer=OURS, profile=ProfileName.HTTP, hosts=HOSTS, valid_for=life, at=TODAY)
    for life in ("1y", "2y")
)
KEY = "xpack.security.encryptionKey"
PATIENCE = 120
"""Seconds; it takes two, unless the machine is busy."""


class Context(FakeContext):
    """The real clock, since a process takes real time."""

    def __init__(self):
        super().__init__()
        self.clock = SystemClock()


class Stage:
    """A stand-in Kibana beside a tiny Elasticsearch, and what is recorded of it."""

    def __init__(self, service: KibanaService, elastic: Elastic) -> None:
        self.service, self.elastic, self.context = service, elastic, Context()
        machine = Machine(
            node="kibana-1",
            home=str(service.folder),
            config=str(service.config),
            pid_file=str(service.folder / "kibana.pid"),
        )
        self.kibana = Kibana(
            name="kibana-1",
            address=LOOPBACK,
            port=service.port,
            machine=machine,
            restart=tuple(service.command()),
        )
        self.trust: Recorded | None = None
        self.settings: Recorded | None = None
        self.restarted: Recorded | None = None

    def up(self, password: str, one=LEAF):
        """Bring Kibana to this password and leaf; return the steps."""
        case = Case(self.kibana, (f"https://{LOOPBACK}:{self.elastic.port}",), outbound=True, inbound=True)
        content = KibanaContent(
            settings=settings_of(case),
            absent=absent_of(case),
            defaults=defaults_of(case),
            secure={PASSWORD: SecretStr(password), PASSPHRASE: SecretStr(PASSPHRASE_TEXT)},
            secure_defaults={KEY: SecretStr("1" * 32)},
            secure_absent=secure_absent_of(case),
        )
        pem = SecretStr(OURS.certificate_pem)
        trusts = KibanaTrustInputs(kibana=self.kibana, authorities_pem=pem, generation=1)
        self.trust = Recorded(trusts, KibanaTrustHandler().converge(self.trust, trusts, self.context))
        wanted = KibanaSettingsInputs(kibana=self.kibana, content=content, authorities_pem=pem, **inputs_of(one))
        self.settings = Recorded(wanted, KibanaSettingsHandler().converge(self.settings, wanted, self.context))
        self.elastic.users = {"kibana_system": password}
        runs = KibanaRestartInputs(
            kibana=self.kibana,
            start_files=self.settings.outputs.start_files,
            serial=serial_of(one),
            authorities_pem=pem,
            ready_timeout=PATIENCE,
        )
        self.restarted = Recorded(runs, KibanaRestartHandler().converge(self.restarted, runs, self.context))
        return [*self.settings.outputs.steps, *self.restarted.outputs.steps]

    def drift(self):
        pairs = (
            (KibanaTrustHandler(), self.trust),
            (KibanaSettingsHandler(), self.settings),
            (KibanaRestartHandler(), self.restarted),
        )
        return [
            change.finding.message
            for handler, recorded in pairs
            for change in handler.changes(recorded, recorded.inputs, self.context)
        ]

    def pid(self):
        return self.service.process().pid


@contextmanager
def standing(folder) -> Iterator[Stage]:
    elastic = Elastic(users={"kibana_system": FIRST})
    with answering(elastic, tls=context_of()):
        [port] = free_ports(1)
        service = KibanaService(folder / "kibana-1", port)
        service.lay_out(f"server.port: {port}\nserver.host: {LOOPBACK}\n")
        try:
            yield Stage(service, elastic)
        finally:
            service.stop()


@pytest.fixture
def stage(tmp_path):
    with standing(tmp_path) as one:
        one.service.start()
        yield one


def test_the_standin_for_kibana_logs_in_over_https_with_a_password_of_digits_and_serves_its_leaf(stage):
    stage.up(FIRST)
    assert handshake(LOOPBACK, stage.service.port).serial == serial_of(LEAF)
    assert stage.restarted.outputs.status == "/api/status says available (status 200)"
    assert stage.restarted.outputs.pid == stage.pid()
    assert FIRST not in stage.service.settings.read_text()
    assert stage.drift() == []


def test_the_standin_for_kibana_is_restarted_for_a_password_and_reloaded_for_a_leaf(stage):
    stage.up(FIRST)
    first = stage.pid()
    assert stage.up(SECOND)[0] == "keystore: elasticsearch.password: other value"
    second = stage.pid()
    assert second != first
    assert "reload Kibana's certificate at SIGHUP" in stage.up(SECOND, RENEWED)
    assert (stage.pid(), handshake(LOOPBACK, stage.service.port).serial) == (second, serial_of(RENEWED))
    assert stage.drift() == []


def test_the_standin_for_kibana_that_was_restarted_by_somebody_is_no_drift(stage):
    stage.up(FIRST)
    stage.service.stop()
    stage.service.start()
    wait_until_it_serves(stage, LEAF)
    assert stage.drift() == []


def wait_until_it_serves(stage, one) -> None:
    """Return once a Kibana that was started serves a leaf, and has nothing against it any more."""
    deadline = stage.context.clock.monotonic() + PATIENCE
    while handshake(LOOPBACK, stage.service.port).serial != serial_of(one) or stage.drift():
        assert stage.context.clock.monotonic() < deadline, stage.drift()
        stage.context.clock.sleep(0.1)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as whom Kibana refuses to run")
def test_the_standin_for_kibana_refuses_to_run_as_root(tmp_path):
    with standing(tmp_path) as one:
        done = one.service.run("kibana")
        assert done.returncode == 1
        assert "should not be run as root" in done.stderr
