"""What a killed engine left half-written in the folder of its backend does not stop the next run."""

import pytest

from tests.engine.folders_run import FoldersRun

pytestmark = pytest.mark.engine


def test_attributes_that_were_being_written_are_no_obstacle(tmp_path):
    run = FoldersRun(tmp_path, ("es-1",))
    run.scenario("minimal")
    run.up()
    attributes = list(run.state_folder.rglob("*.attrs"))
    assert any(path.name == "test.json.attrs" for path in attributes)
    for path in attributes:
        path.write_text("")
    assert run.preview()["plan"]["rows"] == []
