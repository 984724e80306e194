"""Rules on the section `kibana` of a stack file; each returns every mistake it finds, and `KIBANA_RULES` lists them."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

from components.nodes import hosts
from components.settings.scenarios import Scenario
from stacks.inventory import SSH_FILES
from stacks.machine_rules import place_of
from stacks.mistakes import Mistake, names_given_twice
from stacks.model import StackModel
from stacks.paths import mistakes_in_paths


def kibana_names_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Every Kibana needs a name of its own."""
    yield from names_given_twice("kibana", [kibana.name for kibana in model.kibana])


def kibana_addresses_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """No Kibana may listen where another one or a node does."""
    taken = {
        (node.address, port): f"nodes[{index}].{key}"
        for index, node in enumerate(model.nodes)
        for key, port in (("http_port", node.http_port), ("transport_port", node.transport_port))
    }
    for index, kibana in enumerate(model.kibana):
        place = f"kibana[{index}].port"
        first = taken.setdefault((kibana.address, kibana.port), place)
        if first != place:
            where = hosts.with_port(kibana.address, kibana.port)
            yield Mistake(
                place, f"is {kibana.port}, and {where} is that of {first} already", "give it another address or port"
            )


def kibana_can_be_dialled(model: StackModel) -> Iterator[Mistake]:
    """Kibana is asked at its one address how it is."""
    for index, kibana in enumerate(model.kibana):
        why = hosts.why_nobody_can_dial(kibana.address)
        if why:
            yield Mistake(
                f"kibana[{index}].address", f"is `{kibana.address}`, {why}", "name the one address where it listens"
            )


def kibana_paths_are_written_out(model: StackModel) -> Iterator[Mistake]:
    """Nobody is there to expand `~` or a variable in a Kibana's paths."""
    for index, kibana in enumerate(model.kibana):
        yield from mistakes_in_paths(f"kibana[{index}]", kibana)
        yield from mistakes_in_paths(f"kibana[{index}].ssh", kibana.ssh, SSH_FILES)


def kibana_folders_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Two Kibanas on one machine need two config folders."""
    taken: dict[str, int] = {}
    for index, kibana in enumerate(model.kibana):
        written = kibana.config or f"{kibana.home}/config"
        folder = posixpath.normpath(written.replace("{name}", kibana.name))
        first = taken.setdefault(f"{place_of(kibana.ssh, kibana.name, kibana.address)} {folder}", index)
        if first != index:
            yield Mistake(
                f"kibana[{index}].{'config' if kibana.config else 'home'}",
                f"leads to `{written}`, which kibana[{first}] has already",
                "give each its own, for example with `{name}` in it",
            )


def kibana_paths_on_other_machines_are_absolute(model: StackModel) -> Iterator[Mistake]:
    """A relative path is relative to this project, and other machines have none of it."""
    for index, kibana in enumerate(model.kibana):
        paths = {"home": kibana.home, "config": kibana.config, "pid_file": kibana.pid_file}
        if kibana.restart and "/" in kibana.restart[0]:
            paths["restart"] = kibana.restart[0]
        for key, path in paths.items() if kibana.ssh is not None else ():
            if path and not path.startswith("/"):
                yield Mistake(
                    f"kibana[{index}].{key}",
                    f"is `{path}`, and {kibana.name} is reached by SSH",
                    "write the absolute path there",
                )


def kibana_does_not_run_as_root(model: StackModel) -> Iterator[Mistake]:
    """Kibana refuses to start as root. Source: install-kibana-from-archive."""
    for index, kibana in enumerate(model.kibana):
        if kibana.user in {"root", "0", ""}:
            yield Mistake(
                f"kibana[{index}].user",
                f"is `{kibana.user}`, as whom Kibana refuses to run" if kibana.user else "is an empty text",
                "name the user that Kibana runs as, or leave it out: the owner of its config folder",
            )


def a_public_url_is_https_where_kibana_is(model: StackModel) -> Iterator[Mistake]:
    """With HTTPS on, browsers have to type it. Source: set-up-basic-security-plus-https (always https)."""
    if not model.cluster.scenario.contains(Scenario.BASIC_HTTPS):
        return
    for index, kibana in enumerate(model.kibana):
        if kibana.public_url and urlsplit(kibana.public_url).scheme != "https":
            yield Mistake(
                f"kibana[{index}].public_url",
                f"is `{kibana.public_url}`, and with scenario `basic-https` Kibana speaks HTTPS",
                f"write `https://{kibana.public_url.partition('://')[2]}`",
            )


def what_needs_https_at_kibana(model: StackModel) -> Iterator[Mistake]:
    """Names for a certificate that is not made would mislead, and HSTS over plain HTTP means nothing."""
    https = model.cluster.scenario.contains(Scenario.BASIC_HTTPS)
    for index, kibana in enumerate(model.kibana):
        if https and not kibana.own_certificate:
            continue
        for key in ("names", "strict_transport_security"):
            if getattr(kibana, key):
                without = "`own_certificate`" if https else f"scenario `{model.cluster.scenario}`"
                yield Mistake(
                    f"kibana[{index}].{key}",
                    f"is set, and with {without} Kibana gets no certificate from here",
                    "remove it" if https else "remove it, or use scenario `basic-https`",
                )


KIBANA_RULES: Mapping[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    kibana_names_are_distinct: ("kibana",),
    kibana_addresses_are_distinct: ("kibana", "nodes"),
    kibana_can_be_dialled: ("kibana",),
    kibana_paths_are_written_out: ("kibana",),
    kibana_paths_on_other_machines_are_absolute: ("kibana",),
    kibana_folders_are_distinct: ("kibana",),
    kibana_does_not_run_as_root: ("kibana",),
    a_public_url_is_https_where_kibana_is: ("kibana", "cluster"),
    what_needs_https_at_kibana: ("kibana", "cluster"),
}
"""Each rule, and the sections that it reads."""
