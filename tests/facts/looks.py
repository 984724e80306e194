"""Looks at made-up machines, as lists of lines."""

MACHINE = [
    "host=es-1.example.net",
    "host=es-1",
    "inet=127.0.0.1",
    "inet=10.0.0.11",
    "inet=192.168.7.1",
    "inet=10.0.0.11",
    "inet6=::1",
    "inet6=fd00::11",
    "inet6=fe80::1",
]
ARCHIVE = [
    "process=4711",
    "user=search",
    "parent=1",
    "type=tar",
    "modules=/opt/es/lib",
    "main=org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch",
    "pid_file=/run/es-1.pid",
    "environment=read",
    "variable=/srv/es-1/config",
]
LAUNCHER = [
    "process=800",
    "user=elasticsearch",
    "parent=1",
    "tool=server",
    "home=/usr/share/elasticsearch",
    "config=/etc/es",
    "type=deb",
    "pid_file=/run/es.pid",
]
DEB_SERVER = [
    "process=801",
    "user=elasticsearch",
    "parent=800",
    "type=deb",
    "modules=/usr/share/elasticsearch/lib",
    "main=org.elasticsearch.server/org.elasticsearch.bootstrap.Elasticsearch",
    "unit=es.service",
    "MainPID=800",
    "Transient=no",
    "above=800 java",
    "above=1 systemd",
]


def look(*parts):
    """Return lines as a look prints them."""
    return "".join(f"{line}\n" for part in parts for line in part)
