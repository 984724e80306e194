"""What `--debug` prints of the engine's log, without the secrets that the engine writes into it.

At verbosity 9 the engine logs every property that it sends or receives, secrets included: it takes the wrapper of a
secret apart, and logs the wrapper's member `value` as it is (sdk/go/common/resource/plugin/rpc.go, read at v3.259.0).
Only secrets of the stack's configuration are masked by itself. Plain `pulumi -v=9` therefore shows the secrets of any
provider; here every member of that name is masked, whoever's it is. Of a secret that is a list of maps, as the CAs that
were retired, the members are logged by their own names: each one that ends with `Pem` is masked as well.
"""

import re

MASKED = "{[secret]}"
_MEMBER = re.compile(
    r'(?P<lead>arshaling property for RPC\[.*\]: (?:value|\w+Pem)=)\{.*?(?P<end>","v":\d+\})?$', re.DOTALL
)


def masked(line: str) -> str:
    """Return a line of the engine's log without the value of a secret."""
    return _MEMBER.sub(lambda found: f"{found['lead']}{MASKED}{found['end'] or ''}", line)
