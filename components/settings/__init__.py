"""What stands in elasticsearch.yml: scenarios as tables, and the merge into the operator's own file."""
