"""The policy pack: `pulumi preview --policy-pack policy`. Its policies stand in `policies/table.py`."""

from policies.pack import serve

serve()
