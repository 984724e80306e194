"""What a look at files by SSH shows; that real files are shown as they are is in `test_ssh_looks.py`."""

import pytest

from components.nodes.ssh_stats import stats_in
from components.nodes.target import FileStat

FOLDER = b"41e8 0 1000 1795910264.5 root:UNKNOWN\n"
FILE = b"81a0 7 0 1795910264.5 AD\\eve:domain users\n"
DIGEST = b"\\e3b0c44 /a name with \\\\\n"


def test_each_path_that_is_there_has_its_number_and_a_file_its_digest():
    assert dict(stats_in(b"0 3 \n" + FOLDER + FILE + DIGEST)) == {
        0: FileStat("", 0o750, "root", "1000", 1795910264.5),
        3: FileStat("e3b0c44", 0o640, "AD\\eve", "domain users", 1795910264.5),
    }
    assert dict(stats_in(b"\n")) == {}


@pytest.mark.parametrize(
    "out",
    [b"0 1 \n" + FILE + DIGEST, b"0 \n" + FILE, b"0 \n" + FOLDER + DIGEST, b"0 \n"],
    ids=["gone before it was looked at", "gone before its digest", "a file since then", "all gone"],
)
def test_what_came_or_went_meanwhile_is_no_answer(out):
    with pytest.raises(ValueError, match=r"shorter|unpack|digests"):
        dict(stats_in(out))
