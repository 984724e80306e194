"""What a rollout keeps in a folder of the node's user makes nobody root, and shows nothing that is root's."""

import json
import os

import pytest

from components.errors import CommandFailed, ConfigurationRefused
from components.nodes.local import LocalTarget
from components.nodes.others_folder import remove_inside
from components.nodes.ssh import SshTarget, close_connections
from components.nodes.ssh_spec import Ssh
from components.rollout import kept
from tests.cluster_fixtures import free_ports
from tests.rollout.kept_here import KEYSTORE, SECRET, THEIR_GROUP, THEIRS, kept_by_an_earlier_version, laid_out
from tests.sshd import NO_PASSWORD, logins, running_sshd, short_folder

PROGRAM = b"\x7fELF a program of their own"
MANIFEST = json.dumps({"elasticsearch.yml": ["root", "root", 0o6755], "elasticsearch.keystore": ["root", "root", 511]})

QUICK = """\
#!/bin/sh
/usr/bin/stat "$@" || exit
case "$*" in *%a*) ln -f {secret} {name} ;; esac
"""
"""A `stat` after which the folder's owner is quicker than the script."""


@pytest.fixture
def one(tmp_path):
    return laid_out(tmp_path, LocalTarget("es-1"))


@pytest.fixture(params=["here", "by SSH"])
def reached(request, tmp_path):
    if request.param == "here":
        yield laid_out(tmp_path, LocalTarget("es-1"))
        return
    with logins(), running_sshd("127.0.0.1", free_ports(1)[0]) as sshd:
        how = {"host": sshd.address, "port": sshd.port, "user": NO_PASSWORD, "config_file": "/dev/null"}
        ssh = Ssh(**how, identity_file=sshd.identity_file, host_key=sshd.host_key)
        yield laid_out(tmp_path, SshTarget("es-1", ssh))
        close_connections()


def changed(one):
    """Let a rollout change both files."""
    one.put("elasticsearch.yml", b"node.name: es-1\nxpack.security.enabled: true\n", 0o660)
    one.put("elasticsearch.keystore", b"another", 0o660)


def test_what_is_kept_is_ours_alone_and_comes_back_byte_for_byte(reached):
    reached.node.keep_previous()
    assert reached.access("essecurity-rollout") == ("root", "root", 0o755)
    assert {path.name: path.lstat().st_mode & 0o7777 for path in reached.kept.iterdir()} == dict.fromkeys(
        ("elasticsearch.yml", "elasticsearch.keystore", "manifest.json"), 0o600
    )
    changed(reached)
    reached.node.restore()
    assert (reached.config / "elasticsearch.keystore").read_bytes() == KEYSTORE
    assert reached.access("elasticsearch.keystore") == ("nobody", THEIR_GROUP, 0o600)
    assert reached.access("elasticsearch.yml") == ("nobody", THEIR_GROUP, 0o640)
    reached.node.discard_previous()
    assert not reached.kept.exists()


def test_the_node_may_look_into_the_folder_and_reads_and_changes_nothing_there():
    """Elasticsearch walks its config folder; older versions do not start where they may not enter a folder of it."""
    with short_folder() as home:
        home.chmod(0o755)
        one = laid_out(home, LocalTarget("es-1"))
        one.node.keep_previous()
        walk = one.target.run(["find", str(one.config), "-type", "f", "-size", "+0"], user=THEIRS.pw_name)
        assert walk.ok, walk.stderr
        assert "essecurity-rollout/elasticsearch.keystore" in walk.stdout
        keystore = str(one.kept / "elasticsearch.keystore")
        for words in (["cat", keystore], ["rm", "-f", keystore], ["touch", str(one.kept / "new")]):
            assert "Permission denied" in one.target.run(words, user=THEIRS.pw_name).stderr


def test_a_file_that_was_not_there_goes_again(one):
    (one.config / "elasticsearch.keystore").unlink()
    one.node.keep_previous()
    changed(one)
    one.node.restore()
    assert not (one.config / "elasticsearch.keystore").exists()


def test_a_link_in_a_folder_of_theirs_is_not_kept_for_them_to_read(one):
    one.link("elasticsearch.keystore", one.roots / "secret")
    with pytest.raises(CommandFailed, match=r"elasticsearch.keystore is a link"):
        one.node.keep_previous()
    assert not (one.kept / "manifest.json").exists()
    assert SECRET not in [path.read_bytes() for path in one.kept.iterdir() if not path.is_symlink()]


def test_a_link_in_a_folder_that_is_ours_alone_is_followed(one):
    os.chown(one.config, 0, 0)
    one.link("elasticsearch.keystore", one.roots / "secret")
    one.node.keep_previous()
    assert (one.kept / "elasticsearch.keystore").read_bytes() == SECRET


@pytest.mark.parametrize("mode", [0o775, 0o757])
def test_a_folder_of_roots_that_others_may_write_is_not_ours_alone(one, mode):
    os.chown(one.config, 0, 0)
    one.config.chmod(mode)
    one.link("elasticsearch.keystore", one.roots / "secret")
    with pytest.raises(CommandFailed, match="is a link"):
        one.node.keep_previous()


def test_what_is_kept_has_the_owner_of_what_was_read_whatever_takes_its_name_meanwhile(one, tmp_path):
    """With `fs.protected_hardlinks` 0 the node's user may give a file of root's that name."""
    name = one.config / "elasticsearch.keystore"
    (tmp_path / "stat").write_text(QUICK.format(secret=one.roots / "secret", name=name))
    (tmp_path / "stat").chmod(0o755)
    words = ["sh", "-c", kept.KEEP, "sh", str(one.config), "elasticsearch.keystore"]
    done = one.target.run(words, environment={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert done.ok, done.stderr
    assert name.read_bytes() == SECRET
    one.node.restore()
    assert (name.read_bytes(), *one.access("elasticsearch.keystore")) == (KEYSTORE, "nobody", THEIR_GROUP, 0o600)


def test_what_is_put_back_never_runs_as_its_owner(one):
    one.put("elasticsearch.keystore", PROGRAM, 0o6755)
    one.node.keep_previous()
    changed(one)
    one.node.restore()
    assert one.access("elasticsearch.keystore") == ("nobody", THEIR_GROUP, 0o644)


def test_what_an_earlier_version_kept_is_put_back_whatever_owner_it_names(one):
    kept_by_an_earlier_version(one, MANIFEST.encode(), yml=b"cluster.name: a\n", keystore=PROGRAM)
    one.node.keep_previous()  # it is in hand already
    one.node.restore()
    assert (one.config / "elasticsearch.yml").read_bytes() == b"cluster.name: a\n"
    for name in ("elasticsearch.yml", "elasticsearch.keystore"):
        assert one.access(name) == ("nobody", THEIR_GROUP, 0o660)
    one.node.discard_previous()
    assert not one.kept.exists()


def test_a_link_that_lies_among_what_an_earlier_version_kept_is_not_put_back(one):
    kept_by_an_earlier_version(one, MANIFEST.encode(), yml=b"")
    one.link("essecurity-rollout/elasticsearch.keystore", one.roots / "secret")
    with pytest.raises(ConfigurationRefused, match=r"elasticsearch.keystore cannot be read there"):
        one.node.restore()
    assert (one.config / "elasticsearch.keystore").read_bytes() == KEYSTORE


@pytest.mark.parametrize("manifest", [b"{", b"", b"[]", b"\xff", b'{"elasticsearch.yml": ["root", "root"]}'])
def test_a_manifest_that_is_not_whole_puts_nothing_back_and_says_what_to_do(one, manifest):
    kept_by_an_earlier_version(one, manifest, yml=b"", keystore=b"")
    with pytest.raises(ConfigurationRefused, match=r"manifest.json is not what was written there") as refused:
        one.node.restore()
    assert "by hand" in refused.value.next_step
    assert (one.config / "elasticsearch.keystore").read_bytes() == KEYSTORE


def test_a_manifest_that_names_what_is_not_kept_removes_nothing(one):
    kept_by_an_earlier_version(one, MANIFEST.encode(), keystore=b"older")
    with pytest.raises(ConfigurationRefused, match=r"names elasticsearch.yml, which is not there"):
        one.node.restore()
    assert (one.config / "elasticsearch.keystore").read_bytes() == KEYSTORE
    assert (one.config / "elasticsearch.yml").exists()


def test_a_link_in_place_of_the_folder_leads_us_nowhere(one):
    (one.roots / "manifest.json").write_text(MANIFEST)
    (one.roots / "elasticsearch.yml").write_bytes(SECRET)
    one.link("essecurity-rollout", one.roots)
    with pytest.raises(CommandFailed, match="essecurity-rollout is a link"):
        kept.kept_settings(one.machine)
    with pytest.raises(CommandFailed, match="essecurity-rollout is a link"):
        one.node.restore()
    one.node.discard_previous()
    assert not one.kept.is_symlink()
    assert sorted(path.name for path in one.roots.iterdir()) == ["elasticsearch.yml", "manifest.json", "secret"]
    one.link("essecurity-rollout", one.roots)
    kept.keep(one.machine)
    assert one.access("essecurity-rollout") == ("root", "root", 0o755)
    assert (one.roots / "elasticsearch.yml").read_bytes() == SECRET


def test_of_old_files_those_stay_that_a_link_puts_elsewhere(one):
    one.put("certs/http.p12", b"old")
    one.link("pki", one.roots)
    one.link("certs/beside.p12", one.roots / "secret")
    for path in ("certs/http.p12", "certs/beside.p12", "pki/secret", "no/such"):
        remove_inside(one.machine, path)
    assert list((one.config / "certs").iterdir()) == []
    assert (one.roots / "secret").exists()


def test_whoever_is_not_root_keeps_what_is_theirs():
    """As where a person runs it for a node of their own."""
    with short_folder() as home:
        home.chmod(0o755)
        one = laid_out(home, LocalTarget("es-1"))
        words = ["sh", "-c", kept.KEEP, "sh", str(one.config), *kept.KEPT]
        assert one.target.run(words, user=THEIRS.pw_name).ok
        assert one.access("essecurity-rollout") == ("nobody", THEIR_GROUP, 0o755)
        words = ["sh", "-c", kept.SHOW, "sh", str(one.config), "manifest.json"]
        assert one.target.run(words, user=THEIRS.pw_name).stdout.startswith("ours\n")


@pytest.mark.parametrize("swapped", ['mkdir "$kept" && chown nobody "$kept"', 'ln -s "$here/../roots" "$kept"'])
def test_a_folder_that_is_swapped_before_we_are_in_it_is_not_written_to(one, swapped):
    script = kept.KEEP.replace('mkdir -m 755 -- "$kept"', f"{{ {swapped}; }}")
    assert swapped in script
    done = one.target.run(["sh", "-c", script, "sh", str(one.config), *kept.KEPT])
    assert not done.ok
    assert done.stderr.strip()
    assert [path.name for path in one.kept.resolve().iterdir() if path.name != "secret"] == []
