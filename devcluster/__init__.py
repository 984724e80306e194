"""A real Elasticsearch cluster for a laptop and for tests, laid out from Maven Central and run on this machine."""
