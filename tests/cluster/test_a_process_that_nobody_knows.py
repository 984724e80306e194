"""A real node that was started without a pid file: it is told with its process, and known once its number is there."""

import pytest

from components.clock import SystemClock
from tests.cluster.laid_out_anew import stack_of_one

pytestmark = [pytest.mark.cluster(nodes=1), pytest.mark.engine]


def test_it_is_neither_started_a_second_time_nor_changed_and_goes_on_when_its_number_is_written(tmp_path):
    with stack_of_one(tmp_path) as run:
        [node] = run.cluster.nodes
        node.start(run.cluster.home)
        process, number, before = node.process(), node.pid_file.read_text(), node.settings.read_text()
        node.pid_file.unlink()
        try:
            refused = run.run("up")
            assert refused.status == 2
            assert "its process is not known" in refused.stdout
            assert f"process {process.pid} was started without `-p`" in refused.stdout
            assert f"echo {process.pid} > {run.cluster.spec.folder}/es-1/config/" in refused.stdout
            assert "no node runs" not in refused.stdout
            assert (process.is_running(), node.settings.read_text()) == (True, before)
        finally:
            node.pid_file.write_text(number)
            node.account.take(node.pid_file, 0o644)

        assert run.preview()["plan"]["restart"]["procedure"] == "full stop"
        node.stop(SystemClock())
