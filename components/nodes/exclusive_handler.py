"""The wave *retire* on a node: it trusts nothing but these CAs (DESIGN §2, §5)."""

from collections.abc import Iterator, Sequence

from components.findings import Finding
from components.handling import Change, Context
from components.nodes.handler import NodeTrustHandler, NodeTrustInputs, TrustRecord, former_of, ours_of, remote_of
from components.nodes.plan import WantedFile
from components.nodes.remote_clusters import strangers_that_go, without
from components.nodes.trust import NOTHING_BUT, Authorities, surplus_authorities
from components.pki.rotation import WaveName


class NodeTrustExclusiveHandler(NodeTrustHandler):
    """The wave *retire*: the node trusts nothing but these CAs."""

    wave = WaveName.RETIRE
    token = "essecurity:nodes:NodeTrustExclusive"  # noqa: S105 (a resource type, not a secret)
    summary = "A node trusts nothing but these CAs on a layer."

    def name(self, wanted: NodeTrustInputs) -> str:
        """Return the id."""
        return f"{wanted.node.name}/{wanted.layer}/trust-exclusive"

    def changes(self, recorded: TrustRecord, wanted: NodeTrustInputs, context: Context) -> Sequence[Change]:
        """Return what is trusted too much, unless that is held."""
        return () if wanted.held else super().changes(recorded, wanted, context)

    def finding(self, present: Authorities, wanted: Authorities) -> Finding | None:
        """Return what this wave has against the present trust; what is missing is the business of *cover*."""
        return surplus_authorities(present, wanted)

    def goal(self, present: Authorities, wanted: Authorities) -> Authorities:
        """Return what this wave makes of the present trust."""
        return wanted

    def _refuse_at_once(self, recorded: TrustRecord | None, wanted: NodeTrustInputs) -> None:
        """Leave that to *cover*: this wave comes after the restart."""

    def _told_of_others(self, recorded: TrustRecord | None, wanted: NodeTrustInputs) -> Iterator[str]:
        """Yield which CAs of others go."""
        present = without(self._present(wanted), remote_of(wanted))
        yield from strangers_that_go(present, ours_of(wanted), former_of(recorded))

    def about(self, wanted: NodeTrustInputs) -> str:
        """Return what an error calls the CAs that this wave is about: those that go."""
        return f"all but {super().about(wanted)}"

    def _former(self, recorded: TrustRecord | None, wanted: NodeTrustInputs) -> Authorities:
        """Return nothing: by now nobody presents a leaf of what was trusted before."""
        return ()

    def _files(
        self, wanted: NodeTrustInputs, kept: bytes | None, recorded: TrustRecord | None = None
    ) -> tuple[WantedFile, ...]:
        """Return the trust file as this wave wants it; none while it is held."""
        return () if wanted.held else super()._files(wanted, kept, recorded)

    def _shows(self, wanted: NodeTrustInputs, authorities: str, present: Authorities) -> str:
        """Return what a person reads of the file: this wave leaves nothing else."""
        return f"{NOTHING_BUT} {authorities}"

    def _unknown_files(self, file: WantedFile, present: Authorities) -> tuple[WantedFile, ...]:
        """Return what a preview shows of CAs that are not made yet: whatever is trusted now is surplus then."""
        return (file,) if present else ()
