"""A stand-in for Kibana, which is on no registry: small, strict, and NOT Kibana.

It has the same command lines (`bin/kibana-keystore`, `bin/kibana`) and reads the same kibana.yml and keystore. What it
does is what Kibana's documentation and source say:

- keystore values are read as JSON; `add` and `remove` are silent about what they did not do; no command shows a value;
- a setting that is not known, or of the wrong type, ends it with status 78; so do settings that exclude each other;
- relative paths of certificates are relative to where it was started;
- it logs in to Elasticsearch as `elasticsearch.username`, with `elasticsearch.ssl.certificateAuthorities` and nothing
  else to trust, and `/api/status` says 503 until that succeeds, and whenever it fails again;
- SIGHUP reads kibana.yml again, and the files of `server.ssl`; not the keystore, not `elasticsearch.*`, and it turns
  TLS neither on nor off;
- it refuses to run as root without `--allow-root`.

Sources: kibana general-settings; secure-settings (kibana-keystore); GET /api/status; elastic/kibana#171823 (SIGHUP);
elastic/kibana#157359 and #171535 (keystore commands).
"""
