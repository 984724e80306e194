"""Every certificate of a cluster over its whole life, one `up` a day: each is renewed once, on its day, else nothing.

Here are the handlers themselves, with a clock that a test sets, so that ten years of days take seconds.
"""

from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction

import pytest

from components.handling import Recorded
from components.nodes.sight import look
from components.pki.authority import AuthorityInputs
from components.pki.handler import AuthorityHandler
from components.pki.inspect import authority_facts
from components.pki.leaf_handler import CertificateHandler, CertificateInputs
from components.pki.renewal import AuthorityView, authority_renewal_opens, renewal_opens
from components.pki.spec import Layer
from components.values import reveal
from tests.fakes import FakeClock, FakeContext
from tests.pki.makers import NOW

DAY = timedelta(days=1)
NODES = ("es-1", "es-2")


class Years:
    """The CAs of both layers with a leaf for each node, brought up again and again."""

    def __init__(self, clock_at, *, authority_life, leaf_life, share):
        self.now, self.share = clock_at, Fraction(share)
        self.authority_handler, self.leaf_handler = AuthorityHandler(look, list), CertificateHandler()
        self.authorities, self.leaves = {}, {}
        self.lives = {"valid_for": leaf_life, "renew_in_last": share}
        for layer in Layer:
            wanted = AuthorityInputs(
                cluster="logs",
                layer=layer,
                generation=1,
                key_type="ec-p256",
                valid_for=authority_life,
                leaf_valid_for=leaf_life,
                renew_in_last=share,
            )
            self.authorities[layer] = Recorded(wanted, self.authority_handler.converge(None, wanted, self.context))
            for node in NODES:
                leaf = self.wanted(layer, node)
                made = self.leaf_handler.converge(None, leaf, self.context)
                self.leaves[layer, node] = Recorded(leaf, made)

    @property
    def context(self):
        return FakeContext(clock=FakeClock(self.now))

    def wanted(self, layer, node):
        signer = self.authorities[layer].outputs
        return CertificateInputs(
            subject=node,
            node=node,
            layer=layer,
            dns=(f"{node}.example.net",),
            key_type="ec-p256",
            generation=1,
            signer_certificate_pem=signer.signer_certificate_pem,
            signer_key_pem=signer.signer_key_pem,
            **self.lives,
        )

    def up(self):
        """Do what a run does, as far as anything differs; return what was renewed by the clock."""
        renewed = []
        for layer, recorded in self.authorities.items():
            if self.authority_handler.changes(recorded, recorded.inputs, self.context):
                outputs = self.authority_handler.converge(recorded, recorded.inputs, self.context)
                self.authorities[layer] = Recorded(recorded.inputs, outputs)
                renewed.append(layer)
        for (layer, node), recorded in self.leaves.items():
            wanted = self.wanted(layer, node)
            if self.leaf_handler.changes(recorded, wanted, self.context):
                outputs = self.leaf_handler.converge(recorded, wanted, self.context)
                self.leaves[layer, node] = Recorded(wanted, outputs)
                renewed.append((layer, node))
        return renewed

    def day_of(self, certificate):
        """Return the day on whose `up` a certificate is due: the first one in its window."""
        if isinstance(certificate, Layer):
            facts = authority_facts(reveal(self.authorities[certificate].outputs.signer_certificate_pem))
            opens = authority_renewal_opens(AuthorityView(facts, self.lives["valid_for"], self.share, self.now))
        else:
            outputs = self.leaves[certificate].outputs
            opens = renewal_opens(at(outputs.not_before), at(outputs.not_after), self.share)
        return self.now + -((opens - self.now) // -DAY) * DAY


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("authority_life", "leaf_life", "share"),
    [
        pytest.param("10y", "1y", "1/3", id="the defaults"),
        pytest.param("2y", "90D", "1/4", id="short lives"),
        pytest.param("3y", "18M", "1/3", id="an authority that lives twice as long as its leaves"),
    ],
)
def test_each_certificate_is_renewed_once_on_its_day_and_on_all_other_days_nothing_is(authority_life, leaf_life, share):
    cluster = Years(NOW, authority_life=authority_life, leaf_life=leaf_life, share=share)
    ends = at(cluster.authorities[Layer.HTTP].outputs.not_after)
    due = {certificate: cluster.day_of(certificate) for certificate in (*cluster.authorities, *cluster.leaves)}
    renewals = Counter()

    while cluster.now <= ends:
        renewed = cluster.up()
        assert set(renewed) == {certificate for certificate, day in due.items() if day == cluster.now}, cluster.now
        renewals.update(renewed)
        due.update({certificate: cluster.day_of(certificate) for certificate in renewed})
        for (layer, _), recorded in cluster.leaves.items():
            signer = cluster.authorities[layer].outputs
            assert cluster.now < at(recorded.outputs.not_after) <= at(signer.not_after)
        cluster.now += DAY

    assert set(renewals) == set(due), "each one at least once"
