"""Puts documents into an open development cluster, so that there is something to lose."""

from collections.abc import Iterator, Sequence
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from devcluster.api import client
from devcluster.node import DevNode

INDEX = "books"
DOCUMENTS = 5000
SHARDS = 3
MAPPINGS = {
    "properties": {
        "title": {"type": "text"},
        "author": {"type": "keyword"},
        "year": {"type": "integer"},
        "copies": {"type": "integer"},
    }
}
ADJECTIVES = ("quiet", "broken", "northern", "second", "hidden", "late", "golden", "paper", "silent", "open")
NOUNS = ("harbour", "winter", "garden", "letter", "mirror", "river", "clock", "island", "staircase", "orchard")
AUTHORS = ("A. Lind", "B. Okafor", "C. Marsh", "D. Petrov", "E. Sato", "F. Nunes", "G. Weiss")


def seed(nodes: Sequence[DevNode], wanted: int = DOCUMENTS) -> int:
    """Make sure that the index holds at least so many documents.

    Args:
        nodes: nodes of an open cluster.
        wanted: how many documents.

    Returns:
        How many were put there by this call; 0 when they were there already.
    """
    with client(nodes) as elasticsearch:
        there = _count(elasticsearch)
        if there >= wanted:
            return 0
        if not elasticsearch.indices.exists(index=INDEX):
            replicas = min(1, len(nodes) - 1)  # a single node could never start one, and would stay yellow
            settings = {"number_of_shards": SHARDS, "number_of_replicas": replicas}
            elasticsearch.indices.create(index=INDEX, settings=settings, mappings=MAPPINGS)
        bulk(elasticsearch, documents(wanted), chunk_size=1000)
        return _count(elasticsearch) - there


def documents(wanted: int) -> Iterator[dict[str, Any]]:
    """Return the documents, always the same ones under the same ids, so that a second run adds nothing."""
    for number in range(wanted):
        adjective, noun = ADJECTIVES[number % len(ADJECTIVES)], NOUNS[number // len(ADJECTIVES) % len(NOUNS)]
        yield {
            "_index": INDEX,
            "_id": str(number),
            "title": f"The {adjective} {noun}, volume {number // (len(ADJECTIVES) * len(NOUNS)) + 1}",
            "author": AUTHORS[number % len(AUTHORS)],
            "year": 1900 + number % 125,
            "copies": number % 9,
        }


def count(nodes: Sequence[DevNode]) -> int:
    """Return how many documents the index holds; none when there is no index."""
    with client(nodes) as elasticsearch:
        return _count(elasticsearch)


def _count(elasticsearch: Elasticsearch) -> int:
    if not elasticsearch.indices.exists(index=INDEX):
        return 0
    elasticsearch.indices.refresh(index=INDEX)
    return int(elasticsearch.count(index=INDEX)["count"])
