"""A cluster that answers, and that nobody may or can log in to: what is said of it, and what helps."""

from collections.abc import Iterable

from components.errors import HttpsMissing, LoginsRefused

GIVE_IT = "pulumi config set --secret --path elasticsearch-security:takeover.elastic_password --stack ENVIRONMENT"
"""What asks for the present password of `elastic`, and writes it into the stack file, encrypted."""
IN_CLEAR = "answers in plain text"
SEE_WHO_ANSWERS = (
    "see whether the node runs, and what listens on its HTTP port; where HTTPS was switched off by hand, write "
    "`xpack.security.http.ssl.enabled: true` into its elasticsearch.yml again and restart it, or let `up` repair it, "
    "for which passwords cross the network in clear, by this line in the stack file, to be taken out afterwards: "
    "elasticsearch-security:consent: {traffic_in_clear: true}"
)


def refused(users: Iterable[str]) -> str:
    """Return that every login was refused, with the users that were tried; never a password."""
    return f"every login that is known was refused (users: {', '.join(dict.fromkeys(users)) or 'none'})"


def logins_refused(users: Iterable[str], nodes: Iterable[str], others: Iterable[str] = ()) -> LoginsRefused:
    """Return the error for a cluster that takes no login.

    A node that cannot read the index of its users, since other nodes or shards are missing, refuses right logins too
    (Elasticsearch, x-pack/plugin/security, authc/esnative/ReservedRealm.java).

    Args:
        users: who was tried.
        nodes: who refused them.
        others: what came of those that did not answer, each with its reason.
    """
    away = tuple(others)
    cause = "somebody else set the password of elastic"
    doubt = f"{cause}, or they cannot read their users while others are away ({'; '.join(away)})" if away else cause
    first = "see first that every node runs; if it stays so, " if away else ""
    return LoginsRefused(
        refused(users),
        where="cluster",
        why=f"{', '.join(nodes)} said so: {doubt}",
        next_step=f"{first}find out the present password of elastic, or set one on a node by "
        f"`bin/elasticsearch-reset-password -u elastic`, and give it as `takeover.elastic_password`: `{GIVE_IT}` asks "
        "for it; then run again",
    )


def with_https_in_force(nodes: Iterable[str]) -> str:
    """Return that these nodes answer in plain text, and were told no password."""
    names = tuple(nodes)
    answer = IN_CLEAR if len(names) == 1 else IN_CLEAR.replace("answers", "answer")
    return f"{', '.join(names)} {answer} although HTTPS is in force, so no password was sent there"


def https_missing(nodes: Iterable[str], reasons: Iterable[str]) -> HttpsMissing:
    """Return the error for a cluster that is known to serve HTTPS, and of which nothing but plain text answers.

    Args:
        nodes: who answers in plain text.
        reasons: what came of every node that was called.
    """
    return HttpsMissing(
        with_https_in_force(nodes),
        where="cluster",
        why="; ".join(reasons),
        next_step=SEE_WHO_ANSWERS,
    )


def in_one_line(error: LoginsRefused | HttpsMissing) -> str:
    """Return such an error as one line, in the words in which `up` ends with it."""
    return f"{error.what}: {error.why}; {error.next_step}"
