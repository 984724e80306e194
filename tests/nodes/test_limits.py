"""What a machine grants a process: read from the kernel's own table, and told in Elasticsearch's words."""

import pytest

from components.nodes.limits import Limits, read_limits

ANSWER = """\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max file size             unlimited            unlimited            bytes     
Max processes             96365                99999                processes 
Max open files            1024                 524288               files     
Max locked memory         8388608              8388608              bytes     
Max address space         unlimited            unlimited            bytes     
Max nice priority         0                    0                    
65530
"""  # noqa: W291 (the kernel pads its lines)
ENOUGH = {"open_files": 65_535, "threads": 4_096, "address_space": None, "file_size": None, "memory_maps": 262_144}


def test_files_count_by_the_hard_limit_to_which_the_jvm_raises_itself_and_threads_by_the_soft_one():
    assert read_limits(ANSWER, "es") == Limits("es", 524_288, 96_365, None, None, 65_530)


def test_what_a_machine_does_not_tell_counts_as_unlimited():
    assert read_limits("", "es") == Limits("es", None, None, None, None, None)
    assert Limits("es", None, None, None, None, None).too_low({}) == ()


@pytest.mark.parametrize(
    ("differs", "words"),
    [
        pytest.param(
            {"open_files": 65_534},
            "max file descriptors [65534] for elasticsearch process is too low, increase to at least [65535]",
            id="open files",
        ),
        pytest.param(
            {"threads": 4_095},
            "max number of threads [4095] for user [es] is too low, increase to at least [4096]",
            id="threads",
        ),
        pytest.param(
            {"address_space": 2**40},
            "max size virtual memory [1099511627776] for user [es] is too low, increase to [unlimited]",
            id="address space",
        ),
        pytest.param(
            {"file_size": 2**30},
            "max file size [1073741824] for user [es] is too low, increase to [unlimited]",
            id="file size",
        ),
        pytest.param(
            {"memory_maps": 262_143},
            "max virtual memory areas vm.max_map_count [262143] is too low, increase to at least [262144]",
            id="memory maps",
        ),
    ],
)
def test_each_limit_is_enough_exactly_at_its_boundary(differs, words):
    assert Limits("es", **ENOUGH).too_low({}) == ()
    assert Limits("es", **{**ENOUGH, **differs}).too_low({}) == (words,)


def test_a_node_that_maps_no_files_needs_no_memory_maps():
    low = Limits("es", **{**ENOUGH, "memory_maps": 65_530})
    assert low.too_low({"node.store.allow_mmap": "false"}) == ()
