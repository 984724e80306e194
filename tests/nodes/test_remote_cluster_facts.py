"""Which remote clusters are reached without an API key, as the cluster's API tells, or does not."""

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, ObjectApiResponse
from elasticsearch import ApiError, BadRequestError

from components.nodes.cluster_facts import remote_clusters

SEEDS = {"connected": True, "mode": "sniff", "seeds": ["10.0.0.9:9300"]}
WITH_A_KEY = {**SEEDS, "cluster_credentials": "::es_redacted::"}


class Client:
    """A client of a cluster that answers so; `cluster` is itself."""

    def __init__(self, told, settings=None):
        self.cluster, self.told, self.settings = self, told, settings or {}

    def remote_info(self):
        if isinstance(self.told, Exception):
            raise self.told
        return answer(200, self.told)

    def get_settings(self, *, flat_settings, master_timeout):
        assert (flat_settings, master_timeout) == (True, "5s")
        return answer(200, {"persistent": {}, "transient": {}, **self.settings})


def meta(status):
    return ApiResponseMeta(status, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "127.0.0.1", 9200))


def answer(status, body):
    return ObjectApiResponse(body, meta(status))


def refusal(kind, status):
    return kind("no role", meta(status), {})


def test_those_with_credentials_have_an_api_key():
    assert remote_clusters(Client({"metrics": SEEDS, "archive": SEEDS, "safe": WITH_A_KEY})) == (
        ("archive", "metrics"),
        (),
    )
    assert remote_clusters(Client({})) == ((), ())


def test_a_node_without_the_role_knows_the_names_alone():
    settings = {
        "persistent": {
            "cluster.remote.archive.seeds": ["10.0.0.9:9300"],
            "cluster.remote.archive.skip_unavailable": "true",
        },
        "transient": {"cluster.remote.metrics.proxy_address": "10.0.0.8:9300", "cluster.max_shards_per_node": "1000"},
    }
    client = Client(refusal(BadRequestError, 400), settings)
    assert remote_clusters(client) == ((), ("archive", "metrics"))


def test_a_cluster_that_does_not_answer_is_not_taken_for_one_without_any():
    with pytest.raises(ApiError):
        remote_clusters(Client(refusal(ApiError, 503)))
