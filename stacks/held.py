"""What a plan says of a rotation that waits: for whom, which waves are to come, what is next, and the way back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from components.layer_words import spelled
from components.pki.rotation import BACK, WaveName
from components.pki.spec import HoldAfter, Layer
from stacks.plan_rows import Seen, strings

UNPROVED = {
    (Layer.TRANSPORT, WaveName.COVER): "cover: every node takes a given leaf of {new}",
    (Layer.TRANSPORT, WaveName.PRESENT): "present: every node serves a leaf of {new}",
    (Layer.TRANSPORT, WaveName.RETIRE): "retire: every node that runs refuses a probe leaf of {old}",
    (Layer.HTTP, WaveName.PRESENT): "present: every node serves a leaf of {new}",
    (Layer.HTTP, WaveName.RETIRE): "retire: nodes ask clients for no certificate, so none can be refused; "
    "caCertificatePem and every Kibana's trust file hold {new} alone",
}
"""What has to be shown in a wave, and is not yet."""

SIGNED = "have the requests signed (output certificateRequests), and name the files in authorities.{layer}.own.leaves"
"""What is next where certificates are awaited, whoever else is waited for."""
CONFIRMED = {
    Layer.TRANSPORT: "hand out transportCaCertificatePem, which has both CAs; as soon as a remote cluster trusts it, "
    "set its `confirmed_generation: {wanted}` in remote_clusters",
    Layer.HTTP: "hand out caCertificatePem, which has both CAs; as soon as a client trusts it, set its "
    "`confirmed_generation: {wanted}` in unmanaged_clients",
}
"""What is next where somebody else has to trust the new CA first."""


@dataclass(frozen=True, slots=True)
class Held:
    """A rotation that is held.

    Attributes:
        authority: the CA, and from which generations to which.
        waits_for: whom it waits for.
        waves: the waves that are still to come.
        unproved: what each of them has to show.
        next_step: how it goes on.
        back: how it is reversed.
    """

    authority: str
    waits_for: str
    waves: tuple[str, ...]
    unproved: tuple[str, ...]
    next_step: str
    back: str

    def lines(self) -> tuple[str, ...]:
        """Return it as a person reads it."""
        return (
            f"{self.authority}: {' and '.join(self.waves)} {'wait' if len(self.waves) > 1 else 'waits'} "
            f"for {self.waits_for}",
            f"not yet proved: {' · '.join(self.unproved)}",
            f"next: {self.next_step}",
            f"way back: {self.back}",
        )


def held_rotations(resources: Iterable[Seen]) -> tuple[Held, ...]:
    """Return every rotation that is held, as the CAs' resources show them."""
    authorities = (resource for resource in resources if resource.token.endswith(":CertificateAuthority"))
    return tuple(_held(one.inputs, one.outputs) for one in authorities if one.outputs.get("heldWaves"))


def _held(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> Held:
    layer, wanted = Layer(inputs["layer"]), int(inputs["generation"])
    others = [int(number) for number in outputs["trustedGenerations"] if int(number) != wanted]
    old, new = " + ".join(f"g{number}" for number in others), f"g{wanted}"
    waves = strings(outputs["heldWaves"])
    clients, unsigned = strings(inputs.get("waitsFor")), strings(inputs.get("awaits"))
    awaited = (*clients, *([f"the certificates of {', '.join(unsigned)}"] if unsigned else []))
    return Held(
        authority=f"{spelled(layer)} CA {old} → {new}",
        waits_for=", ".join(awaited) or f"rollout.hold_after, which is `{inputs['holdAfter']}`",
        waves=waves,
        unproved=tuple(
            UNPROVED[layer, wave].format(old=old, new=new)
            for wave in (*_not_covered(layer, inputs), *map(WaveName, waves))
        ),
        next_step=_next_step(layer, inputs, waves),
        back=BACK.format(layer=layer, signer=others[0]),
    )


def _not_covered(layer: Layer, inputs: Mapping[str, Any]) -> tuple[WaveName, ...]:
    """Return *cover* as long as nobody between nodes can knock for it: every certificate is awaited."""
    unproved = layer is Layer.TRANSPORT and bool(inputs.get("awaits")) and not inputs.get("samplePem")
    return (WaveName.COVER,) if unproved else ()


def _next_step(layer: Layer, inputs: Mapping[str, Any], waves: tuple[str, ...]) -> str:
    """Return what is to be done by whoever is waited for; by the operator, where that is nobody else."""
    asked = [text for key, text in (("awaits", SIGNED), ("waitsFor", CONFIRMED[layer])) if inputs.get(key)]
    if asked:
        return (
            f"{'; '.join(text.format(layer=layer, wanted=int(inputs['generation'])) for text in asked)}; then run `up`"
        )
    there = inputs["holdAfter"] == HoldAfter.COVER and WaveName.PRESENT in waves
    return f"remove rollout.hold_after{', or set it to `present`,' if there else ''} and run `up`"
