"""`essecurity:pki:Certificate`: a leaf and its key file, made here, recorded, and used by others."""

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import SecretStr, ValidationError

from components.errors import ConfigurationRefused, VerificationFailed
from components.findings import Finding, all_findings
from components.handling import Change, Context, Handler, Refusal
from components.layer_words import spelled
from components.pki.dates import iso
from components.pki.given import given_leaf_differs, given_leaf_ends, refuse_to_keep_a_leaf_of_another
from components.pki.inspect import authority_facts, leaf_facts
from components.pki.issue import IssuedAuthority, LeafRequest
from components.pki.keyfiles import ALIASES, check_key_file, key_file_p12, key_file_pem
from components.pki.keys import load_private_key, new_private_key, pem_of_key
from components.pki.leaf import CertificateInputs, CertificateOutputs, LeafRecord, PasswordThere
from components.pki.lifetimes import lifetime_end
from components.pki.own import KEY_ELSEWHERE
from components.pki.passwords import new_password
from components.pki.profiles import PROFILES, Profile, ProfileName
from components.pki.reissue import joined, reissue_was_forced
from components.pki.renewal import REISSUE_CHECKS, LeafView, signer_has_another_key, signer_was_replaced
from components.pki.sans import Sans
from components.pki.signers import AuthorityAtHand, SignedElsewhere, SignedLeaf, Signer, proof_of_key
from components.pki.spec import FileFormat
from components.values import UNKNOWN, MaybeUnknown, Unknown, is_known, known, reveal


class CertificateHandler(Handler[CertificateInputs, CertificateOutputs]):
    """Issues a leaf, and again when a check of `pki/renewal.py` finds a reason.

    Args:
        password_there: looks for the password of a key file of ours that a node has already, before its first leaf
            here: a node that comes back, or is called otherwise now, could not open one with another password.
    """

    token = "essecurity:pki:Certificate"  # noqa: S105 (a resource type, not a secret)
    summary = "A leaf certificate with its key file."
    inputs = CertificateInputs
    outputs = CertificateOutputs
    replace_on: ClassVar[frozenset[str]] = frozenset({"layer", "node"})
    places: ClassVar[frozenset[str]] = frozenset({"machine"})

    def __init__(self, password_there: PasswordThere = lambda *_: None) -> None:
        self.password_there = password_there

    def name(self, wanted: CertificateInputs) -> str:
        """Return the id."""
        return f"{wanted.node}/{wanted.layer}/leaf"

    def refusals(self, wanted: CertificateInputs) -> Sequence[Refusal]:
        """Refuse names that no certificate can carry."""
        try:
            Sans(dns=wanted.dns, ips=wanted.ips)
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False, include_context=False)
            return [Refusal(str(one["loc"][0]), one["msg"].removeprefix("Value error, ")) for one in problems]
        return ()

    def changes(self, recorded: LeafRecord, wanted: CertificateInputs, context: Context) -> Sequence[Change]:
        """Return why the leaf is issued anew."""
        if _is_signed_elsewhere(wanted):
            pem, now = reveal(wanted.given_certificate_pem or recorded.outputs.certificate_pem), context.clock.now()
            ends = given_leaf_ends(pem, wanted.node, wanted.renew_in_last, now)
            if ends:
                context.warn(ends.message)
        finding = self._finding(recorded, wanted, context.clock.now())
        return [Change(Finding(finding.reason, f"{self.name(wanted)}: {finding}"), on="notAfter")] if finding else []

    def preview(self, recorded: LeafRecord | None, wanted: CertificateInputs, context: Context) -> CertificateOutputs:
        """Return the leaf as it is, or what is known of the next one."""
        now = context.clock.now()
        finding = self._finding(recorded, wanted, now) if recorded else None
        if recorded is not None and finding is None:
            return recorded.outputs
        if _is_signed_elsewhere(wanted) and is_known(wanted.given_key_pem):
            _signed(wanted, now)  # what cannot be presented is refused by the preview already
        return CertificateOutputs(
            certificate_pem=UNKNOWN,
            key_file=UNKNOWN,
            key_file_password=self._password(recorded, wanted) or UNKNOWN,
            serial=UNKNOWN,
            not_before=UNKNOWN,
            not_after=iso(_ends(wanted, now)),
            reason=finding.message if finding else "",
        )

    def converge(self, recorded: LeafRecord | None, wanted: CertificateInputs, context: Context) -> CertificateOutputs:
        """Issue the leaf, unless the recorded one still serves."""
        now = context.clock.now()
        finding = self._finding(recorded, wanted, now) if recorded else None
        if recorded is not None and finding is None:
            return recorded.outputs
        key_pem, signed = _signed(wanted, now)
        password = self._password(recorded, wanted) or SecretStr(new_password())
        outputs = self._outputs(key_pem, signed, known(password), wanted)
        return outputs.model_copy(update={"reason": finding.message if finding else ""})

    def _password(self, recorded: LeafRecord | None, wanted: CertificateInputs) -> MaybeUnknown[SecretStr] | None:
        """Return the key file's password; None where a new one is to be made."""
        if recorded is not None:
            return recorded.outputs.key_file_password
        machine = wanted.machine
        there = self.password_there(machine, wanted.layer, wanted.key_format) if machine else None
        return None if there is None else SecretStr(there)

    def _finding(self, recorded: LeafRecord, wanted: CertificateInputs, now: datetime) -> Finding | None:
        """Return why the leaf is issued anew: every reason, in an order that is always the same."""
        signer = _signer_certificate(recorded, wanted)
        elsewhere = _is_signed_elsewhere(wanted)
        found = _why_given(recorded, wanted, signer) if elsewhere else _why_issued(recorded, wanted, signer, now)
        return joined([*_new_signer(wanted, signer), *found, *_other_form(recorded, wanted)])

    def _outputs(
        self, key_pem: str, leaf: SignedLeaf, password: SecretStr, wanted: CertificateInputs
    ) -> CertificateOutputs:
        facts = leaf_facts(leaf.certificate_pem)
        key_file = _key_file(key_pem, leaf, password.get_secret_value(), wanted)
        return CertificateOutputs(
            certificate_pem=SecretStr("".join((leaf.certificate_pem, *leaf.chain_pems))),
            key_file=SecretStr(base64.b64encode(key_file).decode()),
            key_file_password=password,
            serial=facts.serial,
            not_before=iso(facts.not_before),
            not_after=iso(facts.not_after),
        )


def _signer_certificate(recorded: LeafRecord, wanted: CertificateInputs) -> SecretStr | Unknown:
    """Return the CA's certificate; while it is about to be renewed with the same key, the one that it has now."""
    same_key = wanted.signer_key_pem == recorded.inputs.signer_key_pem
    renewed = isinstance(wanted.signer_certificate_pem, Unknown) and same_key
    return recorded.inputs.signer_certificate_pem if renewed else wanted.signer_certificate_pem


def _new_signer(wanted: CertificateInputs, signer: SecretStr | Unknown) -> Iterator[Finding]:
    """Yield that a CA signs whose key is about to be made."""
    if isinstance(signer, Unknown):
        yield Finding("SignerReplaced", f"generation {wanted.generation} of the {spelled(wanted.layer)} CA signs now")


def _why_issued(
    recorded: LeafRecord, wanted: CertificateInputs, signer: SecretStr | Unknown, now: datetime
) -> Iterator[Finding]:
    """Yield why another leaf is to be signed here; another signer has other CAs above it, which is not told besides."""
    view = LeafView(
        issued=leaf_facts(reveal(recorded.outputs.certificate_pem)),
        subject=wanted.subject,
        sans=Sans(dns=wanted.dns, ips=wanted.ips),
        profile=_profile(wanted),
        key_type=wanted.key_type,
        signer=None if isinstance(signer, Unknown) else authority_facts(reveal(signer)),
        renew_in_last=wanted.renew_in_last,
        now=now,
    )
    yield from all_findings(REISSUE_CHECKS, view)
    if view.signer and not signer_was_replaced(view) and not signer_has_another_key(view):
        yield from _other_chain(recorded, wanted)
    asked = reissue_was_forced(recorded.inputs.reissue, wanted.reissue)
    if asked:
        yield asked


def _why_given(recorded: LeafRecord, wanted: CertificateInputs, signer: SecretStr | Unknown) -> Iterator[Finding]:
    """Yield why a leaf that was signed elsewhere takes the place of the one that is there."""
    pem = reveal(recorded.outputs.certificate_pem)
    if wanted.given_certificate_pem is not None:
        differs = given_leaf_differs(pem, reveal(wanted.given_certificate_pem))
        yield from (differs,) if differs else _other_chain(recorded, wanted)
    elif not isinstance(signer, Unknown):  # its successor waits, and nobody here could sign another one
        refuse_to_keep_a_leaf_of_another(pem, reveal(signer), wanted.node, wanted.layer)


def _other_form(recorded: LeafRecord, wanted: CertificateInputs) -> Iterator[Finding]:
    """Yield that key and leaf are laid out in files of another form."""
    if recorded.inputs.key_format is not wanted.key_format:
        text = f"key files are {wanted.key_format} now, they were {recorded.inputs.key_format}"
        yield Finding("KeyFormatDiffers", text)


def _is_signed_elsewhere(wanted: CertificateInputs) -> bool:
    """Tell whether somebody else signs: as a leaf that is given shows, or a CA whose key is not here."""
    return wanted.given_certificate_pem is not None or wanted.signer_key_pem == SecretStr(KEY_ELSEWHERE)


def _signed(wanted: CertificateInputs, now: datetime) -> tuple[str, SignedLeaf]:
    """Return a leaf and its key: a new one, or what was given."""
    request = LeafRequest(
        wanted.subject, Sans(dns=wanted.dns, ips=wanted.ips), _profile(wanted), wanted.key_type, wanted.valid_for
    )
    if _is_signed_elsewhere(wanted) and wanted.given_certificate_pem is None:
        raise ConfigurationRefused(
            f"there is no certificate of {wanted.node} for the {spelled(wanted.layer)} layer",
            where=f"authorities.{wanted.layer}.own.leaves",
            why="the CA that signs has its key elsewhere",
            next_step="have a key and a certificate made there, and name both files; or leave the node out until then",
        )
    given = wanted.given_key_pem
    key = new_private_key(wanted.key_type) if given is None else load_private_key(reveal(given))
    return pem_of_key(key), _signer(wanted).sign(request, proof_of_key(request, key), now)


def _signer(wanted: CertificateInputs) -> Signer:
    chain = reveal(wanted.chain_pem) if wanted.chain_pem else ""
    if wanted.given_certificate_pem is not None and wanted.given_trust_pem is not None:
        return SignedElsewhere(reveal(wanted.given_certificate_pem), chain, reveal(wanted.given_trust_pem))
    return AuthorityAtHand(IssuedAuthority(reveal(wanted.signer_key_pem), reveal(wanted.signer_certificate_pem)), chain)


def _ends(wanted: CertificateInputs, now: datetime) -> datetime:
    """Return when the next leaf ends, as far as its signer is known: no leaf outlives it."""
    if wanted.given_certificate_pem is not None:
        return leaf_facts(reveal(wanted.given_certificate_pem)).not_after
    ends = lifetime_end(wanted.valid_for, now)
    if isinstance(wanted.signer_certificate_pem, Unknown):
        return ends
    return min(ends, authority_facts(reveal(wanted.signer_certificate_pem)).not_after)


def _other_chain(recorded: LeafRecord, wanted: CertificateInputs) -> Iterator[Finding]:
    """Yield that a node sends the leaf with other CAs than the ones between it and the root now."""
    if recorded.inputs.chain_pem != wanted.chain_pem:
        yield Finding("ChainDiffers", "the CAs between it and the root have other certificates now")


def _key_file(key_pem: str, leaf: SignedLeaf, password: str, wanted: CertificateInputs) -> bytes:
    if wanted.key_format is FileFormat.PEM:
        return key_file_pem(key_pem, leaf.certificate_pem, leaf.chain_pems, password).private_key.encode()
    alias = ALIASES[wanted.layer]
    key_file = key_file_p12(key_pem, leaf.certificate_pem, leaf.chain_pems, password, alias)
    flaw = check_key_file(key_file, password, leaf.certificate_pem)
    if flaw:
        raise VerificationFailed(
            "a key file was made that a node could not use",
            where=wanted.subject,
            why=flaw.message,
            next_step="run again; if it happens twice, report it with the versions of cryptography and OpenSSL",
        )
    return key_file


def _profile(wanted: CertificateInputs) -> Profile:
    return PROFILES[ProfileName(wanted.layer.value)]
