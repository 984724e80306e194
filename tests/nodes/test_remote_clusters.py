"""Remote clusters by certificates: their CAs are trusted beside ours, and a plan says whom a change would cut off."""

import pytest

from components.nodes.remote_clusters import aliases, beside
from components.pki.issue import new_authority, renew_authority
from components.pki.spec import KeyType, Layer
from tests.fake_elasticsearch import USER
from tests.fakes import FakeFile
from tests.nodes.waves import G1, G2, NAMES, Host, cover, pkcs12_host, retire
from tests.pki.makers import NOW, own_ca

ARCHIVE = new_authority(
    cluster="archive", layer=Layer.TRANSPORT, generation=2, key_type=KeyType.EC_P256, valid_for="10y", now=NOW
)
ARCHIVE_NAME = "archive transport CA g2"
HOSTS = [pytest.param(Host, id="PEM"), pytest.param(pkcs12_host, id="PKCS#12")]
UNNAMED = (
    "es-1: elasticsearch.yml has cluster.remote.archive, and `remote_clusters` does not name it: reached by "
    "certificates, its nodes and ours refuse each other after this; name it first, unless it is reached with an API key"
)


def with_settings(host, text):
    host.one.target.put(host.one.config / "elasticsearch.yml", FakeFile(text.encode(), 0o640, "root", USER))
    return host


@pytest.mark.parametrize("new_host", HOSTS)
def test_its_ca_is_trusted_beside_ours_and_stays_in_every_wave(doors, new_host):
    host = doors(new_host().trusting(G1, ARCHIVE))
    differs = {"generation": 2, "remote": {"archive": ARCHIVE}}
    covered = cover(host, G2, **differs).up()
    assert host.trusted() == (ARCHIVE_NAME, NAMES[G1], NAMES[G2])
    assert covered.steps[0].endswith(
        "transport CA g2 and that of remote cluster archive, beside what is trusted now (content differs)"
    )
    retired = retire(host, G2, **differs).up()
    assert host.trusted() == (ARCHIVE_NAME, NAMES[G2])
    assert retired.steps[0].endswith("nothing but transport CA g2 and that of remote cluster archive (content differs)")
    assert [wave(host, G2, **differs).changes() for wave in (cover, retire)] == [[], []]


def test_one_that_is_named_is_covered_and_one_that_is_named_no_more_is_retired(doors):
    host = doors(Host().trusting(G1))
    assert cover(host, G1, remote={"archive": ARCHIVE}).changes()[0].finding.reason == "AuthorityNotTrusted"
    cover(host, G1, remote={"archive": ARCHIVE}).up()
    assert host.trusted() == (ARCHIVE_NAME, NAMES[G1])
    retire(host, G1).up()
    assert host.trusted() == (NAMES[G1],)


def test_a_generation_of_theirs_is_not_taken_for_a_renewed_one_of_ours(doors):
    host = doors(Host().trusting(G1, ARCHIVE))
    renewed = renew_authority(ARCHIVE, valid_for="12y", now=NOW)
    for wants in ((), (G2,)):
        [step] = cover(host, *wants, generation=2, remote={"archive": renewed}).preview().steps
        assert "transport CA g2 and that of" in step


def test_before_a_new_ca_is_trusted_one_that_only_elasticsearch_knows_is_warned_of(doors):
    host = with_settings(doors(Host().trusting(G1)), "cluster.remote:\n  archive: {seeds: ['10.0.0.9:9300']}\n")
    cover(host, G2, generation=2).preview()
    assert host.context.warned == [UNNAMED]


@pytest.mark.parametrize(
    ("trusted", "settings", "remote"),
    [
        pytest.param((G1,), "cluster.remote.archive.seeds: ['10.0.0.9:9300']", {"archive": ARCHIVE}, id="named"),
        pytest.param((G2,), "cluster.remote.archive.seeds: ['10.0.0.9:9300']", {}, id="nothing changes"),
        pytest.param((G2,), "cluster.remote.old.seeds: ['a:9300']", {"archive": ARCHIVE}, id="another one is added"),
        pytest.param((G1,), "cluster.remote.archive.skip_unavailable: true", {}, id="nobody is dialled"),
    ],
)
def test_nothing_is_said_where_nobody_is_cut_off(doors, trusted, settings, remote):
    host = with_settings(doors(Host().trusting(*trusted)), settings)
    cover(host, G2, generation=2, remote=remote).preview()
    assert host.context.warned == []


def test_before_a_ca_goes_that_was_never_ours_its_leaves_are_warned_of(doors):
    theirs = own_ca("Archive CA")
    pem = G1.certificate_pem + G2.certificate_pem + theirs.pem
    host = doors(Host().holding("certs/transport-trust.pem", pem.encode()))
    retire(host, G2, generation=2).preview()
    assert host.context.warned == [
        "es-1: nodes that present leaves of Archive CA are refused after this: if a remote cluster's do, name it in "
        "`remote_clusters` first"
    ]


def test_a_remote_cluster_of_another_stack_is_told_from_our_own_former_ca(doors):
    host = doors(Host().trusting(G1, G2, ARCHIVE))
    retire(host, G2, generation=2).preview()
    assert len(host.context.warned) == 1
    assert f"leaves of {ARCHIVE_NAME} are refused" in host.context.warned[0]


def test_before_a_ca_is_made_every_other_one_than_our_former_ones_is_warned_of(doors):
    theirs = own_ca("Archive CA")
    pem = G1.certificate_pem + ARCHIVE.certificate_pem + theirs.pem
    host = doors(Host().holding("certs/transport-trust.pem", pem.encode()))
    retire(host, generation=2).preview(G1)
    assert f"leaves of {ARCHIVE_NAME}, Archive CA are refused" in host.context.warned[0]


@pytest.mark.parametrize("named", [{}, {"archive": ARCHIVE}], ids=["by hand", "by its name"])
def test_a_ca_of_another_stack_with_the_number_of_our_new_one_hides_nothing(doors, named):
    host = with_settings(doors(Host().trusting(G1, ARCHIVE)), "cluster.remote.old.seeds: ['10.0.0.9:9300']")
    cover(host, generation=2, remote=named).preview(G1)
    assert "elasticsearch.yml has cluster.remote.old" in host.context.warned[0]


def test_a_ca_that_stays_with_its_key_refuses_nobody(doors):
    renewed = renew_authority(G1, valid_for="12y", now=NOW)
    host = with_settings(doors(Host().trusting(G1)), "cluster.remote.archive.seeds: ['10.0.0.9:9300']")
    for wants in ((), (renewed,)):
        cover(host, *wants, generation=1).preview(G1)
    cover(host, renewed, generation=1).up()
    retire(host, renewed, generation=1).preview(G1)
    assert host.context.warned == []


def test_a_node_that_trusts_nobody_yet_tells_nothing_of_a_ca_that_the_others_know(doors):
    host = with_settings(doors(Host()), "cluster.remote.archive.seeds: ['10.0.0.9:9300']")
    cover(host, G1).preview()
    assert host.context.warned == []


def test_before_our_own_former_ca_goes_nothing_is_said(doors):
    host = doors(Host().trusting(G1, G2))
    retire(host, G2, generation=2).preview()
    assert host.context.warned == []


def test_a_remote_cluster_is_found_by_where_it_is_dialled_in_either_mode():
    settings = {
        "cluster.remote.archive.seeds": ["10.0.0.9:9300"],
        "cluster.remote.archive.mode": "sniff",
        "cluster.remote.far.proxy_address": "far.example.net:9300",
        "cluster.remote.old.skip_unavailable": True,
        "cluster.remote.connect": True,
        "cluster.name": "logs",
    }
    assert aliases(settings) == ("archive", "far")


@pytest.mark.parametrize(
    ("clusters", "words"),
    [
        ((), ""),
        (("archive",), " and that of remote cluster archive"),
        (("archive", "far"), " and those of remote clusters archive, far"),
    ],
)
def test_a_plan_names_whose_cas_are_trusted_beside_ours(clusters, words):
    assert beside(clusters) == words
