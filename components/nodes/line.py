"""How the cluster is called, as it travels to the plugin."""

from pydantic import SecretStr

from components.nodes.cluster_api import Endpoint, Line, Login
from components.nodes.spec import Node
from components.values import MaybeUnknown, Unknown, Wire, known


class LoginInputs(Wire):
    """A user and a password that may be right; the password is not known before it is made."""

    user: str
    password: MaybeUnknown[SecretStr]


class LineInputs(Wire):
    """What is needed to call the cluster, the likeliest login first.

    Attributes:
        authorities_pem: the CAs of the HTTP layer; absent where HTTP stays plain.
        logins: users and passwords that may be right.
    """

    authorities_pem: MaybeUnknown[SecretStr] | None = None
    logins: tuple[LoginInputs, ...] = ()

    def to(self, nodes: tuple[Node, ...]) -> Line:
        """Return the line to these nodes, as far as it is known."""
        pem = self.authorities_pem
        return Line(
            endpoints=tuple(Endpoint(node.name, node.address, node.http_port) for node in nodes),
            authorities_pem=None if pem is None or isinstance(pem, Unknown) else pem.get_secret_value(),
            logins=tuple(
                Login(login.user, known(login.password))
                for login in self.logins
                if not isinstance(login.password, Unknown)
            ),
        )
