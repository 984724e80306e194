"""A stand-in for systemd, which runs as process 1 or not at all: small, strict, and NOT systemd.

It knows one kind of unit, a service of `Type=notify`, and of `systemctl` and `journalctl` the words that we use;
anything else is an error. What it does is what systemd's pages and Elasticsearch's unit say:

- `start` runs `ExecStart` in the foreground, as `User` and `Group`, with a runtime folder made for that user, and with
  the environment of the unit, its `EnvironmentFile` as it is then, and nothing of the caller's; it returns when the
  service is ready, or has failed, and says no more than that. In place of `READY=1` it takes the mark that
  Elasticsearch writes to its standard error when it is ready, since the development home is without the module that
  tells systemd;
- with `ES_KEYSTORE_PASSPHRASE_FILE` in the unit's environment that file is the standard input, else there is none;
- `stop` sends SIGTERM to the main process only, and never SIGKILL; with `--no-block` it does not wait;
- a start while the unit is ending waits for that first; status 143 is a success, any other one but 0 is `failed`;
- what the service prints goes to a journal with the second at which it came.

Sources: systemctl(1), journalctl(1), systemd.service(5); elasticsearch distribution/packages elasticsearch.service and
systemd-entrypoint.
"""
