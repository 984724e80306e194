"""How the cluster is called, as it travels to the plugin."""

from pydantic import SecretStr

from components.nodes.cluster_api import Line
from components.nodes.endpoint import Endpoint, Login
from components.nodes.spec import Node
from components.nodes.taking_over import fingerprints_served
from components.nodes.targets import dial_of, machine_of
from components.values import MaybeUnknown, Unknown, Wire


class LoginInputs(Wire):
    """A user and passwords that may be right: the present one, not known before it is made, and those before it."""

    user: str
    password: MaybeUnknown[SecretStr]
    formers: MaybeUnknown[tuple[SecretStr, ...]] = ()

    def passwords(self) -> tuple[SecretStr, ...]:
        """Return those that are known, the likeliest first."""
        present = () if isinstance(self.password, Unknown) else (self.password,)
        return (*present, *(() if isinstance(self.formers, Unknown) else self.formers))


class LineInputs(Wire):
    """What is needed to call the cluster, the likeliest login first.

    Attributes:
        authorities_pem: the CAs of the HTTP layer; absent where HTTP stays plain.
        logins: users and passwords that may be right.
        takes_over: whether what somebody else's files serve is taken for the cluster's own.
        in_clear: whether passwords may be sent in plain text although HTTPS is in force (`consent.traffic_in_clear`).
    """

    authorities_pem: MaybeUnknown[SecretStr] | None = None
    logins: tuple[LoginInputs, ...] = ()
    takes_over: bool = False
    in_clear: bool = False

    @property
    def https(self) -> bool:
        """Whether nodes serve HTTPS once they are as this line was made for."""
        return self.authorities_pem is not None

    def to(self, nodes: tuple[Node, ...], *, https_in_force: bool = False) -> Line:
        """Return the line to these nodes, as far as it is known.

        Args:
            nodes: who is called.
            https_in_force: whether they serve HTTPS already, as far as it is recorded.
        """
        pem = self.authorities_pem
        return Line(
            endpoints=tuple(self._endpoint(node) for node in nodes),
            authorities_pem=None if pem is None or isinstance(pem, Unknown) else pem.get_secret_value(),
            logins=tuple(Login(login.user, password) for login in self.logins for password in login.passwords()),
            https_only=https_in_force and not self.in_clear,
        )

    def until_done(
        self, nodes: tuple[Node, ...], before: "LineInputs | None", retired: SecretStr | None = None
    ) -> Line:
        """Return the line while nodes follow: a CA or password may not be made, or nodes may not serve it, yet.

        Args:
            nodes: who is called.
            before: the line of when they were last done, whose HTTPS is in force therefore; None where they never were.
            retired: CAs that came between the two, in runs that were interrupted; as soon as nodes follow, no more.
        """
        if before is None:
            return self.to(nodes)
        return self.filled_from(before, retired).to(nodes, https_in_force=before.https)

    def filled_from(self, before: "LineInputs", retired: SecretStr | None = None) -> "LineInputs":
        """Return the line as it is until nodes have followed: they may serve what a CA of before signed.

        A login that is not known yet is what it was before.

        Args:
            before: the line as it was when nodes had followed last.
            retired: CAs that came between the two, in runs that were interrupted; as soon as nodes follow, no more.
        """
        unmade = any(isinstance(login.password, Unknown) for login in self.logins)
        filled = {
            "authorities_pem": self._trusting_all_until(before, retired),
            "logins": (*self.logins, *before.logins) if unmade else self.logins,
        }
        return self.model_copy(update=filled)

    def _trusting_all_until(self, before: "LineInputs", retired: SecretStr | None) -> MaybeUnknown[SecretStr] | None:
        both = _trusting_both(self.authorities_pem, before.authorities_pem)
        if self.authorities_pem == before.authorities_pem or not isinstance(both, SecretStr):
            return both
        return _trusting_both(both, retired)

    def _endpoint(self, node: Node) -> Endpoint:
        known = fingerprints_served(node, machine_of(node.machine)) if self.takes_over else frozenset()
        return endpoint_of(node, known)


def _trusting_both(
    now: MaybeUnknown[SecretStr] | None, before: MaybeUnknown[SecretStr] | None
) -> MaybeUnknown[SecretStr] | None:
    """Return the CAs of now and of before, as far as there are any and they are known."""
    if now is None or isinstance(now, Unknown):
        return before
    if before is None or isinstance(before, Unknown) or before == now:
        return now
    return SecretStr(now.get_secret_value() + before.get_secret_value())


def endpoint_of(node: Node, known: frozenset[str] = frozenset()) -> Endpoint:
    """Return where a node's HTTP layer is called, and from where; `known` is what it may serve besides our leaves."""
    return Endpoint(node.name, node.address, node.http_port, known, dial_of(node.machine))
