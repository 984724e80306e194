"""A cluster as far as passwords go: who may log in, which nodes answer, and everything that was asked of it."""

from dataclasses import dataclass, field

from pydantic import SecretStr

from components.errors import TargetUnreachable
from components.nodes.cluster_api import Line
from components.nodes.dialling import Dial
from components.nodes.endpoint import Endpoint, Login
from components.nodes.line import LineInputs, LoginInputs
from components.nodes.logins import https_missing, logins_refused
from components.nodes.probes import Answer, Speech
from components.nodes.spec import Machine, Node
from components.users.handler import UserPasswordInputs
from components.values import UNKNOWN, Unknown
from tests.fakes import FakeClock

OK, UNAUTHORIZED = 200, 401
BOOTSTRAP, CURRENT, NEW = "b00tstrap-pw", "curr3nt-pw", "n3w-pw"
SECRETS = (BOOTSTRAP, CURRENT, NEW)
CA = "PEM of the HTTP CA"


def node(name: str) -> Node:
    machine = Machine(node=name, home="/opt/es", config="/etc/es", pid_file="/run/es.pid")
    return Node(name=name, address=name, http_port=9200, transport_port=9300, machine=machine)


@dataclass
class FakeUsers:
    """The cluster, its doors, and what it was asked. Every node that is up answers the same.

    Attributes:
        passwords: what each user's password is.
        nodes: what each node's HTTP layer speaks.
        statuses: what a node answers instead of looking at the login.
        deaf: whether a new password is accepted and then does not log in.
        not_ready: how often the next requests to set a password find the cluster not ready.
        asked: users that logged in or tried to, with the node.
        changed: whose password was set, by which login.
    """

    passwords: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Speech] = field(default_factory=lambda: {"es-1": Speech.TLS, "es-2": Speech.TLS})
    statuses: dict[str, int] = field(default_factory=dict)
    deaf: bool = False
    not_ready: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)
    pems: set[str | None] = field(default_factory=set)
    changed: list[tuple[str, str]] = field(default_factory=list)
    closed: int = 0
    logged_in: str = ""

    def greet(self, host: str, port: int, dial: Dial) -> Answer:
        """Stand in for `handshake`."""
        assert port == 9200, "the HTTP layer"
        speech = self.nodes[host]
        return Answer(speech, refusal="Connection refused" if speech is Speech.NOTHING else "")

    def answer(self, endpoint: Endpoint, authorities_pem: str | None, login: Login | None, *, https: bool) -> int:
        """Stand in for `answers_with`."""
        assert https is (self.nodes[endpoint.host] is Speech.TLS)
        self.asked.append((endpoint.node, login.user))
        self.pems.add(authorities_pem)
        if endpoint.node in self.statuses:
            return self.statuses[endpoint.node]
        return OK if self._takes(login) else UNAUTHORIZED

    def connect(self, seconds: float, line: Line, clock: FakeClock, waiting) -> "FakeUsers":
        """Stand in for `connect_within`: the first login that is taken."""
        taken = [login.password.get_secret_value() for login in line.logins if self._takes(login)]
        fit = (Speech.TLS,) if line.https_only else (Speech.TLS, Speech.PLAIN)
        up = [name for name, speech in self.nodes.items() if speech in fit]
        if up and not taken:
            raise logins_refused((login.user for login in line.logins), up)
        in_clear = [name for name, speech in self.nodes.items() if speech is Speech.PLAIN]
        if in_clear and not up:
            raise https_missing(in_clear, [f"{name}: plain text" for name in in_clear])
        if not up:
            raise TargetUnreachable(
                "no node answers on its HTTP layer", where="cluster", why="Connection refused", next_step="start them"
            )
        self.logged_in = taken[0]
        return self

    def change_password(self, user: str, password: SecretStr) -> None:
        if self.not_ready:
            self.not_ready -= 1
            raise TargetUnreachable("the cluster is not ready", where="cluster", why="503", next_step="wait")
        self.changed.append((user, self.logged_in))
        if not self.deaf:
            self.passwords[user] = password.get_secret_value()

    def close(self) -> None:
        self.closed += 1

    def _takes(self, login: Login) -> bool:
        return self.passwords.get(login.user) == login.password.get_secret_value()


def fresh_cluster(**differs) -> FakeUsers:
    """Return a cluster in which only the bootstrap password works yet."""
    return FakeUsers({"elastic": BOOTSTRAP}, **differs)


def wanted(
    user: str = "elastic", password: str | Unknown = NEW, *, pem: str | None = CA, logins: tuple[str, ...] | None = None
) -> UserPasswordInputs:
    """Return what the program wants: the password, called with it, with the one before it, or with bootstrap's."""
    known = (NEW, CURRENT, BOOTSTRAP) if logins is None else logins
    return UserPasswordInputs(
        user=user,
        password=UNKNOWN if isinstance(password, Unknown) else SecretStr(password),
        nodes=(node("es-1"), node("es-2")),
        line=LineInputs(
            authorities_pem=None if pem is None else SecretStr(pem),
            logins=tuple(LoginInputs(user="elastic", password=SecretStr(one)) for one in known),
        ),
    )
