"""The cluster's own API, through the official client: who is in it, how it is, and the few things we set.

The 8.x client is used on purpose: its compatibility header is taken by 8.19 and by 9.x, the 9.x client's only
by 9.x. Source: reference/rest-api-compatibility.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from components.clock import Clock
from components.errors import CommandFailed, TargetUnreachable
from components.nodes.cluster_facts import ClusterFacts, ask_facts
from components.nodes.endpoint import Endpoint, Login, client_for
from components.nodes.logins import IN_CLEAR, https_missing, logins_refused, refused
from components.nodes.probes import Speech
from components.nodes.waiting import within

if TYPE_CHECKING:  # a third of a second, which only runs that talk to a cluster should pay
    from elasticsearch import Elasticsearch

MASTER_TIMEOUT = "5s"
"""How long a node looks for a master before it answers 503."""
ALLOCATION = "cluster.routing.allocation.enable"
MARK = "cluster.metadata.essecurity_rollout"
"""Our note to the next run, set and removed in one request with the allocation that it is about."""
PRIMARIES = "primaries"
"""What a rollout holds allocation to."""
STILL_HELD = "an earlier rollout still keeps replicas from being moved"
NOTE_LEFT = "allocation is what somebody set since, but an earlier rollout's note is still in the cluster's settings"
OK, UNAUTHORIZED = 200, 401
NOT_READY = frozenset({408, 429, 502, 503, 504})
"""What a node answers while the cluster has no master, or too much to do."""

NOT_OURS = (
    "it speaks TLS already, and this stack has no CA for it: it was secured by hand or by another stack, or the state "
    "of this stack is elsewhere (see PULUMI_BACKEND_URL)"
)


@dataclass(frozen=True, slots=True)
class ClusterSummary:
    """How the cluster is, in the words of `GET /_cluster/health` and of the cluster state."""

    status: str
    nodes: frozenset[str]
    elected_master: str | None
    relocating: int
    initializing: int
    unassigned: int


def hold_left(persistent: Mapping[str, str]) -> str:
    """Return in words what a rollout that did not end left in the persistent settings; empty where it left nothing."""
    if MARK not in persistent:
        return ""
    return STILL_HELD if persistent.get(ALLOCATION) == PRIMARIES else NOTE_LEFT


class ClusterApi:
    """An open line to a cluster.

    Attributes:
        secured: whether it asks for a login.
        https: whether its HTTP layer speaks TLS.
    """

    def __init__(self, client: "Elasticsearch", *, secured: bool, https: bool) -> None:
        self.client, self.secured, self.https = client, secured, https

    def summary(self) -> ClusterSummary:
        """Return how the cluster is now."""
        health = self._body(self.client.cluster.health(timeout=MASTER_TIMEOUT, master_timeout=MASTER_TIMEOUT))
        state = self._body(self.client.cluster.state(metric=["nodes", "master_node"], master_timeout=MASTER_TIMEOUT))
        names = {key: node["name"] for key, node in state["nodes"].items()}
        return ClusterSummary(
            status=health["status"],
            nodes=frozenset(names.values()),
            elected_master=names.get(state.get("master_node", "")),
            relocating=health["relocating_shards"],
            initializing=health["initializing_shards"],
            unassigned=health["unassigned_shards"],
        )

    def facts(self, now: float) -> ClusterFacts:
        """Return what a preflight wants to know; `now` is this machine's time in seconds since 1970."""
        from elasticsearch import ApiError

        facts = ask_facts(self.client, now)
        try:
            return replace(facts, held=hold_left(self.persistent_settings()))
        except ApiError:
            return facts

    def documents(self) -> int:
        """Return the number of documents in indices that are not hidden."""
        self.client.indices.refresh(index="*", ignore_unavailable=True)
        return int(self._body(self.client.count(index="*", ignore_unavailable=True))["count"])

    def flush(self) -> None:
        """Write every index to disk, so that restarts are quick."""
        self.client.indices.flush(index="*", ignore_unavailable=True)

    def persistent_settings(self) -> dict[str, str]:
        """Return the persistent cluster settings, flat."""
        settings: dict[str, str] = self._body(
            self.client.cluster.get_settings(flat_settings=True, master_timeout=MASTER_TIMEOUT)
        )["persistent"]
        return settings

    def set_persistent(self, values: dict[str, str | None]) -> None:
        """Set persistent cluster settings in one request; None removes one."""
        self.client.cluster.put_settings(persistent=values, master_timeout=MASTER_TIMEOUT)

    def change_password(self, user: str, password: SecretStr) -> None:
        """Set a built-in user's password. Source: `POST /_security/user/{name}/_password`."""
        self.client.security.change_password(username=user, password=password.get_secret_value())

    def close(self) -> None:
        """Close the connections."""
        self.client.close()

    @staticmethod
    def _body(response: Any) -> dict[str, Any]:
        body: dict[str, Any] = response.body
        return body


@dataclass(frozen=True, slots=True)
class Line:
    """How a cluster is to be called.

    Attributes:
        endpoints: where; any one that answers will do.
        authorities_pem: which CAs may have signed what HTTPS serves; None while that is not known.
        logins: users and passwords that may be right, the likeliest first.
        https_only: whether HTTPS is in force: what answers in plain text is then asked nothing, being somebody else.
    """

    endpoints: tuple[Endpoint, ...]
    authorities_pem: str | None
    logins: tuple[Login, ...]
    https_only: bool = False

    def unfit(self, endpoint: Endpoint, *, https: bool) -> str:
        """Return why nobody logs in there, by what it speaks; empty where nothing speaks against it."""
        if https:
            return "" if self.authorities_pem is not None or endpoint.known else NOT_OURS
        return f"it {IN_CLEAR}" if self.https_only else ""


def connect(line: Line) -> ClusterApi:
    """Return an open line through the first endpoint that answers, with the first login that is taken.

    Raises:
        LoginsRefused: those that answer refuse every login, and none of them says that it is not ready.
        HttpsMissing: HTTPS is in force, those that answer speak plain text, and none of the others is not ready.
        TargetUnreachable: no endpoint answers, none serves a certificate of a CA we trust, or some are not ready
            yet; the text says which, for each endpoint.
    """
    reasons: list[str] = []
    refusals: list[_Refused] = []
    others: list[str] = []
    for endpoint in line.endpoints:
        answer = endpoint.greet()
        if answer.speech is Speech.NOTHING or (line.https_only and answer.hung_up):
            reasons.append(f"{endpoint}: {answer.refusal}")
            others.append(reasons[-1])
            continue
        try:
            return _log_in(endpoint, line, https=answer.speech is Speech.TLS)
        except _Refused as refusal:
            refusals.append(refusal)
            reasons.append(f"{endpoint}: {refusal}")
    refusing = [one.node for one in refusals if isinstance(one, _NoLoginTaken)]
    in_clear = [one.node for one in refusals if isinstance(one, _InClear)]
    not_ready = any(isinstance(one, _NotReady) for one in refusals)
    if refusing and not not_ready:
        raise logins_refused((login.user for login in line.logins), refusing, others)
    if in_clear and not not_ready:
        raise https_missing(in_clear, reasons)
    raise TargetUnreachable(
        "no node answers on its HTTP layer",
        where="cluster",
        why="; ".join(reasons),
        next_step="start the nodes, or correct their `address` and `http_port` in the stack file",
    )


def connect_within(seconds: float, line: Line, clock: Clock, waiting: Callable[[str], None]) -> ClusterApi:
    """Connect, trying again while the cluster comes up.

    Raises:
        TargetUnreachable: it did not answer in time.
    """
    return within(seconds, clock, waiting, lambda: connect(line))


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn the client's exceptions into ours.

    Raises:
        TargetUnreachable: the node went away in the middle of a request, or the cluster is not ready for it.
        CommandFailed: the API refused a request.
    """
    from elasticsearch import ApiError, TransportError

    try:
        yield
    except ApiError as error:
        if error.meta.status in NOT_READY:
            raise TargetUnreachable(
                f"the cluster is not ready (status {error.meta.status})",
                where="cluster",
                why=str(error.message),
                next_step="wait until its nodes have found each other; then run again",
            ) from error
        raise CommandFailed(
            f"Elasticsearch refused a request with status {error.meta.status}",
            where="cluster",
            why=str(error.message),
            next_step="mend what it names, then run again",
        ) from error
    except TransportError as error:
        raise TargetUnreachable(
            "the cluster stopped answering",
            where="cluster",
            why=str(error.message),
            next_step="see whether the nodes run; then run again",
        ) from error


def answers_with(endpoint: Endpoint, authorities_pem: str | None, login: Login | None, *, https: bool) -> int:
    """Return the HTTP status that one node answers, with or without a login; 0 when there is no answer.

    Without a login it is asked for `/`, which an open cluster gives to anybody; with one, who that is.
    """
    from elasticsearch import ApiError, TransportError, UnsupportedProductError

    client = client_for(endpoint, authorities_pem, login, https=https)
    try:
        path = "/_security/_authenticate" if login else "/"
        return int(client.perform_request("GET", path, headers={"accept": "application/json"}).meta.status)
    except (UnsupportedProductError, TransportError):  # what answers there is no Elasticsearch, or nothing does
        return 0
    except ApiError as error:
        return int(error.meta.status)
    finally:
        client.close()


class _Refused(Exception):
    """Why one endpoint will not do."""

    def __init__(self, why: str, node: str) -> None:
        super().__init__(why)
        self.node = node


class _NotReady(_Refused):
    """It answers, and not yet as it should: whom it takes is not known before it does."""


class _InClear(_Refused):
    """It speaks plain text, and HTTPS is in force."""


class _NoLoginTaken(_Refused):
    """It takes none of the logins."""


def _log_in(endpoint: Endpoint, line: Line, *, https: bool) -> ClusterApi:
    if why := line.unfit(endpoint, https=https):
        raise (_Refused if https else _InClear)(why, endpoint.node)
    status = answers_with(endpoint, line.authorities_pem, None, https=https)
    if status == OK:
        return ClusterApi(client_for(endpoint, line.authorities_pem, None, https=https), secured=False, https=https)
    if not status:
        raise _Refused(_no_answer(https=https), endpoint.node)
    if status != UNAUTHORIZED:
        raise _NotReady(f"GET / was answered with status {status}", endpoint.node)
    for login in line.logins:
        status = answers_with(endpoint, line.authorities_pem, login, https=https)
        if status == OK:
            client = client_for(endpoint, line.authorities_pem, login, https=https)
            return ClusterApi(client, secured=True, https=https)
        if status != UNAUTHORIZED:  # it has said nothing of the login, which may be right
            raise _NotReady(f"a login was answered with status {status}" if status else "it hung up", endpoint.node)
    raise _NoLoginTaken(refused(login.user for login in line.logins), endpoint.node)


def _no_answer(*, https: bool) -> str:
    if https:
        return "it speaks TLS, but with no certificate of a CA that is trusted here, for this address and for today"
    return "it did not answer GET /"
