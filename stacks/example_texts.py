"""Texts of stack files: the smallest one, and one with every key. The page on the stack file shows both."""

SMALLEST = """\
config:
  elasticsearch-security:cluster: {name: logs, scenario: basic-https}
  elasticsearch-security:machine: {home: /opt/elasticsearch}
  elasticsearch-security:nodes:
    - {name: es-1, address: es-1.example.net}
"""
FULL = """\
config:
  elasticsearch-security:cluster: {name: logs, scenario: basic-https, production: true, fips: false, running: true}
  elasticsearch-security:nodes:
    - name: es-1
      address: es-1.example.net
      names: [10.0.0.11]
      bind: 10.0.0.11
      machine: # only what differs from the section `machine`
        layout: deb
        home: /usr/share/elasticsearch
        config: /etc/elasticsearch
        unit: elasticsearch@{name}.service
        commands: # only where systemd is told otherwise on your machines
          start: [/usr/local/bin/service, start, "{name}"]
          stop: [/usr/local/bin/service, stop, "{name}"]
          status: [/usr/local/bin/service, pid, "{name}"]
          keystore: [/usr/local/bin/keystore, "{name}"]
    - name: es-2
      address: es-2.example.net
      names: [10.0.0.12]
      bind: 10.0.0.12
      machine: {layout: docker, config: "/srv/{name}/config", user: "1000:0", container: "{name}", runtime: podman}
    - name: es-3
      address: es-3.example.net
      names: [10.0.0.13, logs-3.example.net]
      bind: _site_
      http_port: 9203
      transport_port: 9303
      machine:
        layout: archive
        home: /srv/elasticsearch
        config: /srv/elasticsearch/config
        user: search
        pid_file: /run/elasticsearch/es-3.pid
        keystore_password_file: /etc/elasticsearch/es-3.keystore-password
        ssh:
          host: logs-3
          port: 2222
          user: root
          identity_file: keys/logs-3
          jump: [ops@outer.example.net, bastion.example.net:2222]
          config_file: ssh/config
          host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBO0x1EDhpdIdz00icLTO9a7XkZe2/1WtMyuE9lRCCFe
          sudo_password_file: keys/logs-3.sudo
  elasticsearch-security:machine:
    layout: archive
    home: /opt/elasticsearch
    config: /etc/elasticsearch/{name}
    user: elasticsearch
    pid_file: /run/elasticsearch/{name}.pid # with layout `archive`, where no unit runs it
    unit: elasticsearch.service # with layout `deb`, `rpm`, or `archive` where systemd runs it
    container: elasticsearch-{name} # with layout `docker`
    runtime: docker # likewise
    commands: {start: [rc-service, es, start], stop: [rc-service, es, stop], status: [es-pid], keystore: [es-keystore]}
    keystore_password_file: /etc/elasticsearch/{name}.keystore-password # only if the keystore has a password
    ssh: # only where it is another machine; what is left out is as in ~/.ssh/config
      host: "{name}.mgmt.example.net" # where the nodes' addresses are not what is dialled by SSH
      port: 22
      user: ops # root, or somebody who may use sudo
      identity_file: keys/ops
      jump: [ops@bastion.example.net]
      config_file: ssh/config
      host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBO0x1EDhpdIdz00icLTO9a7XkZe2/1WtMyuE9lRCCFe
      sudo_password_file: keys/ops.sudo # only if sudo asks for a password
  elasticsearch-security:transport: {verification_mode: full}
  elasticsearch-security:http: {names: [es.example.net]} # what clients dial, such as a load balancer
  elasticsearch-security:authorities:
    transport:
      generation: 1 # raise it by one for a new key
      valid_for: 10y
      key: ec-p256
      own: # only where a CA of yours signs in place of ours
        key: ca/elastic-stack-ca.p12
        certificate: ca/above.pem
        leaves: [{node: es-1, certificate: ca/es-1.pem, key: ca/es-1.key}] # signed elsewhere
        password: {secure: "v1:YGzqNhJ9xm1y0W8Z:oVZ3Yb0qk7m6mGqD"}
        only_for_this_cluster: true
    http:
      generation: 1
      valid_for: 10y
      key: ec-p256
      own:
        key: ca/http.key
        certificate: ca/http.pem
        leaves: [{node: es-1, certificate: ca/es-1-http.pem, key: ca/es-1-http.key}]
        password: {secure: "v1:m1y0W8ZYGzqNhJ9x:b0qk7m6mGqDoVZ3Y"}
        only_for_this_cluster: false
  elasticsearch-security:certificates:
    valid_for: 1y
    key: ec-p256
    renew_in_last: 1/3
    trust_format: pem
    key_format: pkcs12
    reissue: {es-1/http: 1} # raise the number to have a leaf made anew at once
  elasticsearch-security:users:
    elastic: {version: 1, password: {secure: "v1:7mGqDoVZ3Yb0qk7m:GzqNhJ9x"}} # raise the version for a new password;
    kibana_system: {version: 1, password: {secure: "v1:Vb0qk7mGqDoZ3Y7m:JGzqNh9x"}} # or give your own, encrypted
    logstash_system: {version: 1, password: {secure: "v1:DoVZ3Yb0qk7mGq7m:hJ9xGzqN"}} # (this one and the next three
    beats_system: {version: 1, password: {secure: "v1:3Yb0qk7mGqDoVZ7m:qNhJGz9x"}} # get none unless they are named)
    apm_system: {version: 1, password: {secure: "v1:b0qk7mGqDoVZ3Y7m:NhJ9Gzqx"}}
    remote_monitoring_user: {version: 1, password: {secure: "v1:k7mGqDoVZ3Yb0q7m:J9xGzqNh"}}
  elasticsearch-security:kibana:
    - name: kibana-1
      address: kibana-1.example.net
      port: 5601
      public_url: https://kibana.example.net # what people type
      names: [10.0.0.21]
      home: /opt/kibana
      config: /etc/kibana
      user: kibana
      pid_file: /run/kibana/kibana.pid
      restart: [systemctl, restart, kibana]
      ssh: # only where it is on another machine
        host: kibana-1.mgmt.example.net
        port: 22
        user: ops
        identity_file: keys/ops
        jump: [ops@bastion.example.net]
        config_file: ssh/config
        host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBO0x1EDhpdIdz00icLTO9a7XkZe2/1WtMyuE9lRCCFe
        sudo_password_file: keys/ops.sudo
      own_certificate: false
      strict_transport_security: false
  elasticsearch-security:unmanaged_clients: # no node presents a leaf of a new HTTP CA before they trust it
    - {name: billing, owner: team-x, confirmed_generation: 1}
  elasticsearch-security:remote_clusters: # no node presents a leaf of a new transport CA before they trust it
    - {name: archive, owner: team-y, authorities: remote/archive.pem, confirmed_generation: 1}
  elasticsearch-security:rollout:
    start_timeout: 300 # of one node, as the next one; left out, it is 900 where systemd starts them
    stop_timeout: 120
    join_timeout: 300
    health_timeout: 600
    machines_at_once: 32
    hold_after: cover # only while a rotation of a CA is to wait for you
    waivers: [{gate: health_is_green, until: 2027-01-31}] # begins a restart in spite of it, until that day
  elasticsearch-security:hooks: # commands of yours; each reads the plan as JSON from its standard input
    before: # a rollout that does not begin unless they succeed
      - {name: silence-alerts, command: [./hooks/silence.sh, 2h], timeout: 60}
      - {name: pause-ingest, command: [systemctl, stop, ingest], on: es-1} # on the machine of a node or a Kibana
      - name: stop-collector
        command: [systemctl, stop, collector]
        ssh: &collector # on any other machine
          host: collector.example.net
          port: 22
          user: ops
          identity_file: keys/ops
          jump: [ops@bastion.example.net]
          config_file: ssh/config
          host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBO0x1EDhpdIdz00icLTO9a7XkZe2/1WtMyuE9lRCCFe
          sudo_password_file: keys/ops.sudo
    after:
      - {name: start-collector, command: [systemctl, start, collector], timeout: 300, ssh: *collector}
      - {name: resume-ingest, command: [systemctl, start, ingest], on: es-1}
  elasticsearch-security:consent:
    full_cluster_restart: true # all nodes stop once, when transport TLS goes on
    traffic_in_clear: false
  elasticsearch-security:takeover: # only to take over a cluster that is secured already, and only until that is done
    elastic_password: {secure: "v1:GzqNhJ9xm1y0W8Zs:6mGqDoVZ3Yb0qk7m"} # by `pulumi config set --secret --path …`
    old_files: keep
  elasticsearch-security:exposure: {allow_public_addresses: false, allow_wildcard_bind: false}
"""
