"""The scenarios as tables: what each one adds, with its source, and what may not stand beside it."""

from itertools import pairwise, product

import pytest

from components.nodes.spec import Paths
from components.pki.spec import FileFormat, Layer
from components.settings.rendering import NETWORK_HOST, excluded, rendered
from components.settings.scenarios import (
    BOOTSTRAP_PASSWORD,
    OTHER_KEY_MATERIAL,
    PREFIXES,
    ROWS,
    TLS_PROTOCOLS,
    Choices,
    Scenario,
    VerificationMode,
    excluded_by,
    secure_entry_of_key_file,
    secure_entry_of_trust_file,
    settings_for,
    trust_file_of,
)

T = "xpack.security.transport.ssl."
H = "xpack.security.http.ssl."
PEM, PKCS12 = FileFormat.PEM, FileFormat.PKCS12
FULL, CERTIFICATE = VerificationMode.FULL, VerificationMode.CERTIFICATE
EVERY_CHOICE = [
    Choices(mode, trust, key_format=key) for mode, trust, key in product(VerificationMode, FileFormat, FileFormat)
]
EVERY_CASE = list(product(Scenario, EVERY_CHOICE))
TOGETHER_REFUSED = [
    ("keystore.path", "key"),
    ("keystore.path", "certificate"),
    ("truststore.path", "certificate_authorities"),
]
"""Keys of one layer that stop a node together. Source: libs/ssl-config SslConfigurationLoader."""

MINIMAL = {"xpack.security.enabled": True}
BASIC_PEM_FULL = {
    **MINIMAL,
    f"{T}enabled": True,
    f"{T}verification_mode": "full",
    f"{T}client_authentication": "required",
    f"{T}keystore.path": "certs/transport-key.p12",
    f"{T}certificate_authorities": ("certs/transport-trust.pem",),
    f"{T}supported_protocols": ("TLSv1.3", "TLSv1.2"),
}
BASIC_PKCS12_CERTIFICATE = {
    **MINIMAL,
    f"{T}enabled": True,
    f"{T}verification_mode": "certificate",
    f"{T}client_authentication": "required",
    f"{T}keystore.path": "certs/transport-key.p12",
    f"{T}truststore.path": "certs/transport-trust.p12",
    f"{T}supported_protocols": ("TLSv1.3", "TLSv1.2"),
}
HTTPS_ADDS = {
    f"{H}enabled": True,
    f"{H}keystore.path": "certs/http-key.p12",
    f"{H}supported_protocols": ("TLSv1.3", "TLSv1.2"),
}


def with_pem_keys(settings, prefix, layer):
    """Return a layer's settings with a key and a leaf in PEM in the place of the PKCS#12 file."""
    pem = {f"{prefix}key": f"certs/{layer}-key.pem", f"{prefix}certificate": f"certs/{layer}-leaf.pem"}
    found = {}
    for key, value in settings.items():
        found |= pem if key == f"{prefix}keystore.path" else {key: value}
    return found


BASIC_PEM_FULL_PEM_KEY = with_pem_keys(BASIC_PEM_FULL, T, "transport")
HTTPS_ADDS_PEM_KEY = with_pem_keys(HTTPS_ADDS, H, "http")


@pytest.mark.parametrize("choices", EVERY_CHOICE)
def test_a_key_file_is_pkcs12_or_pem_and_never_both(choices):
    settings, absent = settings_for(Scenario.BASIC_HTTPS, choices), excluded_by(Scenario.BASIC_HTTPS, choices)
    for prefix in (T, H):
        pkcs12, pem = {f"{prefix}keystore.path"}, {f"{prefix}key", f"{prefix}certificate"}
        there, gone = (pem, pkcs12) if choices.key_format is PEM else (pkcs12, pem)
        assert there <= settings.keys()
        assert gone.isdisjoint(settings)
        assert gone <= set(absent)


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(Scenario)))
@pytest.mark.parametrize("choices", EVERY_CHOICE)
def test_every_scenario_contains_the_settings_of_the_one_below_it(lower, higher, choices):
    below, above = settings_for(lower, choices), settings_for(higher, choices)
    below.pop("discovery.type", None)  # of a node that stands alone
    assert below.items() < above.items()
    assert list(above)[: len(below)] == list(below), "and writes them first"


@pytest.mark.parametrize(
    ("scenario", "contained"),
    [
        (Scenario.MINIMAL, {Scenario.MINIMAL}),
        (Scenario.BASIC, {Scenario.MINIMAL, Scenario.BASIC}),
        (Scenario.BASIC_HTTPS, {Scenario.MINIMAL, Scenario.BASIC, Scenario.BASIC_HTTPS}),
    ],
)
def test_a_scenario_contains_itself_and_every_lower_one(scenario, contained):
    assert {other for other in Scenario if scenario.contains(other)} == contained


@pytest.mark.parametrize("row", ROWS[Scenario.BASIC_HTTPS], ids=lambda row: row.key)
def test_every_setting_says_where_elastic_says_so(row):
    assert row.citation.startswith(("deploy-manage/security/", "reference/elasticsearch/"))


def test_every_row_has_a_key_of_its_own_but_for_what_choices_tell_apart():
    for rows in ROWS.values():
        assert len({row.key for row in rows}) == len(rows)


@pytest.mark.parametrize(
    ("scenario", "choices", "expected"),
    [
        pytest.param(Scenario.MINIMAL, Choices(), {**MINIMAL, "discovery.type": "single-node"}, id="minimal"),
        pytest.param(Scenario.BASIC, Choices(), BASIC_PEM_FULL, id="basic, as by default"),
        pytest.param(Scenario.BASIC, Choices(FULL, PEM), BASIC_PEM_FULL, id="basic, PEM, full"),
        pytest.param(
            Scenario.BASIC,
            Choices(CERTIFICATE, PEM),
            {**BASIC_PEM_FULL, f"{T}verification_mode": "certificate"},
            id="basic, PEM, certificate",
        ),
        pytest.param(
            Scenario.BASIC,
            Choices(FULL, PKCS12),
            {**BASIC_PKCS12_CERTIFICATE, f"{T}verification_mode": "full"},
            id="basic, PKCS#12, full",
        ),
        pytest.param(
            Scenario.BASIC, Choices(CERTIFICATE, PKCS12), BASIC_PKCS12_CERTIFICATE, id="basic, PKCS#12, certificate"
        ),
        pytest.param(Scenario.BASIC_HTTPS, Choices(), {**BASIC_PEM_FULL, **HTTPS_ADDS}, id="basic-https"),
        pytest.param(
            Scenario.BASIC_HTTPS,
            Choices(CERTIFICATE, PKCS12),
            {**BASIC_PKCS12_CERTIFICATE, **HTTPS_ADDS},
            id="basic-https, PKCS#12, certificate",
        ),
        pytest.param(
            Scenario.BASIC_HTTPS, Choices(key_format=PEM), BASIC_PEM_FULL_PEM_KEY | HTTPS_ADDS_PEM_KEY, id="PEM keys"
        ),
    ],
)
def test_a_scenario_sets_exactly_this_in_this_order(scenario, choices, expected):
    assert list(settings_for(scenario, choices).items()) == list(expected.items())


@pytest.mark.parametrize(("scenario", "choices"), EVERY_CASE)
def test_what_stops_a_node_together_is_never_written_together(scenario, choices):
    settings = settings_for(scenario, choices)
    for prefix in PREFIXES.values():
        for one, other in TOGETHER_REFUSED:
            assert not {f"{prefix}{one}", f"{prefix}{other}"} <= settings.keys()


@pytest.mark.parametrize(("scenario", "choices"), EVERY_CASE)
def test_what_stops_a_node_beside_our_settings_is_taken_out_of_the_operators_file(scenario, choices):
    settings, absent = settings_for(scenario, choices), set(excluded_by(scenario, choices))
    for prefix in PREFIXES.values():
        for one, other in TOGETHER_REFUSED:
            if f"{prefix}{one}" in settings:
                assert f"{prefix}{other}" in absent
            if f"{prefix}{other}" in settings:
                assert f"{prefix}{one}" in absent
    assert not absent & settings.keys(), "what we write is never taken out"


@pytest.mark.parametrize(
    ("scenario", "choices", "expected"),
    [
        pytest.param(
            Scenario.MINIMAL, Choices(), {"cluster.initial_master_nodes", "discovery.seed_hosts"}, id="minimal"
        ),
        pytest.param(
            Scenario.BASIC,
            Choices(trust_format=PEM, several_nodes=False),
            {f"{T}truststore.{name}" for name in ("path", "password", "type", "algorithm")},
            id="basic, one node, which may stand alone",
        ),
        pytest.param(
            Scenario.BASIC,
            Choices(trust_format=PEM),
            {"discovery.type", *(f"{T}truststore.{name}" for name in ("path", "password", "type", "algorithm"))},
            id="basic, PEM",
        ),
        pytest.param(
            Scenario.BASIC,
            Choices(trust_format=PKCS12),
            {"discovery.type", f"{T}certificate_authorities", f"{T}truststore.password", f"{T}truststore.type"},
            id="basic, PKCS#12",
        ),
        pytest.param(
            Scenario.BASIC_HTTPS,
            Choices(trust_format=PEM),
            {
                "discovery.type",
                *(f"{T}truststore.{name}" for name in ("path", "password", "type", "algorithm")),
                *(f"{H}{name}" for name in OTHER_KEY_MATERIAL[PKCS12]),
            },
            id="basic-https, PEM",
        ),
        pytest.param(
            Scenario.BASIC_HTTPS,
            Choices(key_format=PEM),
            {
                "discovery.type",
                *(f"{T}truststore.{name}" for name in ("path", "password", "type", "algorithm")),
                *(f"{H}{name}" for name in OTHER_KEY_MATERIAL[PEM]),
            },
            id="basic-https, PEM keys",
        ),
    ],
)
def test_exactly_these_keys_may_not_stand_beside_a_scenario(scenario, choices, expected):
    transport = (
        {f"{T}{name}" for name in OTHER_KEY_MATERIAL[choices.key_format]} if scenario is not Scenario.MINIMAL else set()
    )
    found = excluded_by(scenario, choices)
    assert set(found) == expected | transport
    assert len(set(found)) == len(found)


def test_no_password_may_stand_in_clear_in_the_operators_file():
    for choices in EVERY_CHOICE:
        absent = excluded_by(Scenario.BASIC_HTTPS, choices)
        assert {f"{T}keystore.password", f"{T}truststore.password", f"{H}keystore.password"} <= set(absent)
        assert {f"{T}key_passphrase", f"{H}key_passphrase"} <= set(absent)


@pytest.mark.parametrize("choices", EVERY_CHOICE)
@pytest.mark.parametrize("scenario", [Scenario.BASIC, Scenario.BASIC_HTTPS])
def test_trust_between_nodes_is_always_written_out_or_every_ca_of_the_jvm_would_do(scenario, choices):
    settings = settings_for(scenario, choices)
    trust = [key for key in (f"{T}certificate_authorities", f"{T}truststore.path") if key in settings]
    assert len(trust) == 1
    written = settings[trust[0]]
    assert (written[0] if isinstance(written, tuple) else written) == trust_file_of(Layer.TRANSPORT, choices)
    assert settings[f"{T}client_authentication"] == "required"
    assert settings[f"{T}verification_mode"] in {"full", "certificate"}


@pytest.mark.parametrize(("scenario", "choices"), EVERY_CASE)
def test_every_layer_with_tls_speaks_tls_1_2_and_1_3_and_nothing_older(scenario, choices):
    settings = settings_for(scenario, choices)
    for prefix in PREFIXES.values():
        assert (f"{prefix}enabled" in settings) is (f"{prefix}supported_protocols" in settings)
        assert settings.get(f"{prefix}supported_protocols", TLS_PROTOCOLS) == ("TLSv1.3", "TLSv1.2")


def test_trust_files_have_a_name_of_their_own_in_each_format():
    names = [trust_file_of(Layer.TRANSPORT, Choices(trust_format=form)) for form in FileFormat]
    assert names == [Paths.TRANSPORT_TRUST_FILE, Paths.TRANSPORT_TRUST_STORE]
    assert len(set(names)) == len(FileFormat)


def test_the_http_layer_has_no_trust_file():
    with pytest.raises(KeyError):
        trust_file_of(Layer.HTTP, Choices())


def test_passwords_of_files_are_entries_of_the_keystore():
    pem = Choices(key_format=PEM)
    assert secure_entry_of_key_file(Layer.TRANSPORT, Choices()) == f"{T}keystore.secure_password"
    assert secure_entry_of_key_file(Layer.HTTP, Choices()) == f"{H}keystore.secure_password"
    assert secure_entry_of_key_file(Layer.TRANSPORT, pem) == f"{T}secure_key_passphrase"
    assert secure_entry_of_key_file(Layer.HTTP, pem) == f"{H}secure_key_passphrase"
    assert secure_entry_of_trust_file(Layer.TRANSPORT) == "xpack.security.transport.ssl.truststore.secure_password"
    assert BOOTSTRAP_PASSWORD == "bootstrap.password"


@pytest.mark.parametrize(("scenario", "choices"), EVERY_CASE)
def test_no_secret_is_a_setting(scenario, choices):
    assert not [key for key in rendered(scenario, choices, None) if "password" in key or "passphrase" in key]


@pytest.mark.parametrize("scenario", Scenario)
def test_what_is_rendered_without_a_bind_is_the_scenario_alone(scenario):
    assert rendered(scenario, Choices(), None) == settings_for(scenario, Choices())
    assert NETWORK_HOST not in rendered(scenario, Choices(), None)
    assert excluded(scenario, Choices()) == excluded_by(scenario, Choices())


def test_a_bind_is_written_before_the_scenario():
    settings = rendered(Scenario.BASIC, Choices(), "_site_")
    assert list(settings.items()) == [("network.host", "_site_"), *BASIC_PEM_FULL.items()]


def test_every_layer_has_its_settings_prefix():
    assert {Layer.TRANSPORT: T, Layer.HTTP: H} == PREFIXES
