"""Rules on FIPS mode in a stack file, told before any machine is asked. Source: deploy-manage/security/fips-es."""

from collections.abc import Callable, Iterator, Mapping

from components.pki.spec import FileFormat
from stacks.inventory import machine_spec_of
from stacks.mistakes import Mistake
from stacks.model import StackModel


def fips_takes_pem_only(model: StackModel) -> Iterator[Mistake]:
    """A node opens neither PKCS#12 nor JKS files in FIPS mode."""
    for key in ("key_format", "trust_format"):
        if model.cluster.fips and getattr(model.certificates, key) is not FileFormat.PEM:
            yield Mistake(
                f"certificates.{key}", "is `pkcs12`, which no node opens with `cluster.fips: true`", "set it to `pem`"
            )


def fips_needs_a_keystore_with_a_password(model: StackModel) -> Iterator[Mistake]:
    """A node in FIPS mode does not start with a keystore without one."""
    without = [node.name for node in model.nodes if not machine_spec_of(node, model.machine).keystore_password_file]
    if model.cluster.fips and without:
        yield Mistake(
            "machine.keystore_password_file",
            f"is missing for {', '.join(without)}, and with `cluster.fips: true` every keystore needs a password",
            "name the file on each node that holds it (`ES_KEYSTORE_PASSPHRASE_FILE`)",
        )


FIPS_RULES: Mapping[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    fips_takes_pem_only: ("cluster", "certificates"),
    fips_needs_a_keystore_with_a_password: ("cluster", "nodes", "machine"),
}
"""Each rule, and the sections that it reads."""
