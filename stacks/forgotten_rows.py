"""What a plan says of a resource that is let go of: which one it is, and that no node is unsecured by it."""

from components.layer_words import spelled
from stacks.called import holder
from stacks.hook_rows import FORGOTTEN as LET_GO
from stacks.plan_rows import Row, Seen


def forgotten_rows(what: str, resource: Seen) -> list[Row]:
    """Return the row of it; none for a proof, of which nothing but the record ever was.

    Deleting a resource never unsecures a node, and its recorded steps are those of an earlier change.
    """
    if what == "proof":
        return []
    node, name = holder(resource), _name(resource)
    change = f"{LET_GO}: {name}" if name else LET_GO
    return [Row(what, (node,) if node else (), f"{change}; nothing is taken from the node" if node else change)]


def _name(resource: Seen) -> str:
    """Return which of its kind it is; empty where there is only one for each node, or for the cluster."""
    inputs, kind = resource.inputs, resource.token.rpartition(":")[2]
    match kind:
        case "CertificateAuthority":
            return f"{spelled(inputs['layer'])} CA g{inputs['generation']:.0f}"
        case "Certificate":
            return f"{spelled(inputs['layer'])} leaf"
        case "CertificateRequest":
            return f"{spelled(inputs['layer'])} key and certificate request"
        case "GeneratedPassword":
            return f"that of {inputs['purpose']}"
        case _:
            return str(inputs.get("file") or inputs.get("user") or "")
