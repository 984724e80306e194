"""A cluster can wait for its first certificates until its securing has begun, and never again."""

from components.errors import ConfigurationRefused


def refuse_to_wait_again(*, waits: bool, begun: bool) -> None:
    """Refuse to leave out of the program whatever a secured cluster needs: the engine would forget it.

    Args:
        waits: whether the program asks for requests only, since certificates are missing.
        begun: whether it was more than that once.

    Raises:
        ConfigurationRefused: with the ways that there are.
    """
    if not (waits and begun):
        return
    raise ConfigurationRefused(
        "a cluster whose securing has begun cannot wait for its first certificates again",
        where="authorities.transport.own.leaves",
        why="certificates are missing in it, which at `generation: 1` is how a cluster begins that nothing was signed "
        "for; of this one keys and passwords are recorded, and they would be forgotten",
        next_step="put back what `authorities.transport` had; leave out a node that is new until you can name its "
        "certificate and `key`. Where TLS between nodes is new, let a CA of ours sign first, without `own`, or name a "
        "certificate and its `key` for each node. Else, to come to a CA that signs elsewhere, or to await another "
        "certificate of it, write its next `generation`: then every node presents what it does now until all are there",
    )
