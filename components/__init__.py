"""The rooms of the house: each one a part of securing an Elasticsearch cluster."""
