"""A stand-in for docker, whose engine runs as root with namespaces or not at all: small, strict, and NOT docker.

It has containers that exist already, and knows of `docker` the words that we use, in our order; anything else is an
error, also what docker would take. Nothing is isolated: a container's process, its files, its network and its users are
the machine's, so that a path inside is the same path outside, where docker would mount a folder. What it does is what
docker's pages and its command line's sources say:

- `start` runs the container's command in the foreground, with the environment of image and container and nothing of the
  caller's, and returns as soon as there is a process; one that runs already is left alone;
- `stop` sends SIGTERM to the first process, and SIGKILL after the seconds of `-t`; one that has ended is left alone;
- one with a restart policy (`always`) runs again a moment after it has ended, until it is stopped, and between the two
  it says that it is running, as process 0;
- `inspect` fills the fields of the template that we ask for. A status is 128 and the signal's number where a signal
  ended the process; the process is 0 where there is none; times are RFC 3339 without zeros at the end of the fraction,
  and the year 1 before the first start. A container has ended when all that it said is kept;
- `exec` runs a program beside the first process, with the container's environment, and only while that one is there;
- `run` runs one with the image's environment alone, which has no part of the container's;
- `logs` keeps what came on standard output and on standard error apart, both counted by `--tail`, over all starts.

With docker the first process of the image is `tini`, and a first process takes no SIGTERM that it does not handle; here
it is the node itself.

Sources: docker container start, stop, inspect, exec, run, logs; docker/cli cli/command/container, cli/command/inspect.
"""
