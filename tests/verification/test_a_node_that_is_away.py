"""A node on whose ports nothing answers is one finding, not one for each rule."""

import pytest

from components.nodes.probes import Answer, Speech
from components.verification.rules import node_does_not_answer

AWAY = Answer(Speech.NOTHING, refusal="Connection refused")


def test_a_node_that_answers_on_neither_layer_is_named_once_with_what_to_do():
    found = node_does_not_answer(AWAY, AWAY, "es-3")
    assert found.reason == "NodeDoesNotAnswer"
    assert found.message == "es-3: nothing answers on its ports (Connection refused); start it, then run again"


@pytest.mark.parametrize("speech", [Speech.TLS, Speech.PLAIN])
def test_a_node_that_answers_on_one_layer_is_asked_everything(speech):
    assert node_does_not_answer(Answer(speech), AWAY, "es-3") is None
    assert node_does_not_answer(AWAY, Answer(speech), "es-3") is None
