"""What a restart does to clients, beside what the rest of the plan does to them: one must not deny the other."""

from collections.abc import Collection, Iterable

from components.pki.handler import CLIENTS_NEED_THE_NEW_CA
from components.rollout.preflight import CLIENTS_GO_ON, Sign
from components.users.handler import SETS_THE_PASSWORD
from stacks.plan_rows import Row

COMFORT = f"{Sign.OPEN} {CLIENTS_GO_ON}"


def gates_beside(gates: Iterable[str], rows: Iterable[Row], warnings: Collection[str]) -> tuple[str, ...]:
    """Return the gates, without the one that clients notice nothing where something else changes for them.

    The restart tells it, and knows of no password and no CA.

    Args:
        gates: how they stand.
        rows: what the plan changes.
        warnings: what the plan warns of.
    """
    notice = any(_sets_a_password(row) for row in rows) or CLIENTS_NEED_THE_NEW_CA in warnings
    return tuple(gate for gate in gates if not (notice and gate == COMFORT))


def _sets_a_password(row: Row) -> bool:
    return row.what == "password" or (row.what == "user" and row.change.startswith(SETS_THE_PASSWORD))
