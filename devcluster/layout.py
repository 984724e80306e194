"""What goes where in an Elasticsearch home, as tables. Pure: ``home.py`` does the work.

The product ships the same jars in the same folders; what is not on Maven Central has a stand-in here.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devcluster import eight

SOURCES = Path(__file__).parent
NETTY = (
    "netty-buffer",
    "netty-codec",
    "netty-codec-http",
    "netty-common",
    "netty-handler",
    "netty-resolver",
    "netty-transport",
    "netty-transport-native-unix-common",
)
MODULES: Mapping[str, tuple[str, ...]] = {
    "transport-netty4": ("transport-netty4", "elasticsearch-ssl-config", *NETTY),
    "x-pack-core": (
        "x-pack-core",
        "elasticsearch-ssl-config",
        "httpclient",
        "httpcore",
        "httpcore-nio",
        "httpasyncclient",
        "httpclient5",
        "httpcore5",
        "httpcore5-h2",
        "icu4j",
        "commons-logging",
        "log4j-1.2-api",
        "commons-codec",
        "unboundid-ldapsdk",
        "slf4j-api",
        "log4j-slf4j2-impl",
    ),
    "x-pack-security": (
        "x-pack-security",
        "transport-netty4",
        "jsr305",
        "xmlsec",
        "metrics-core",
        "cryptacular",
        "httpclient-cache",
        "oauth2-oidc-sdk",
        "nimbus-jose-jwt",
        "lang-tag",
        "jakarta.mail",
        "jcip-annotations",
        "json-smart",
        "accessors-smart",
        "asm",
        "guava",
        "failureaccess",
        "joda-time",
        "content-type",
        *NETTY,
    ),
}
"""Which jars each module of the server has of its own; every other jar belongs to the server itself."""

BRIDGE = "elasticsearch-entitlement-bridge"
"""Loaded with the JDK's own classes, so it must not lie on the module path."""

NOT_NEEDED = frozenset(
    (
        "woodstox-core",
        "stax2-api",
        "jakarta.xml.bind-api",
        "jakarta.activation-api",
        "jakarta.activation",
        "listenablefuture",
        "checker-qual",
        "error_prone_annotations",
        "j2objc-annotations",
    )
)
"""What Maven resolves along the way and the product does not ship."""

EMPTY_MODULES: Mapping[str, tuple[str, ...]] = {
    "x-pack-core": ("org.elasticsearch.xcore.templates",),
    "x-pack-security": (
        "net.shibboleth.utilities.java.support",
        "org.opensaml.core",
        "org.opensaml.saml",
        "org.opensaml.saml.impl",
        "org.opensaml.security",
        "org.opensaml.security.impl",
        "org.opensaml.xmlsec",
        "org.opensaml.xmlsec.impl",
    ),
}
"""Java modules that a module's descriptor requires and whose jars are not on Maven Central."""

EMPTY_INTERFACES: Mapping[str, tuple[str, ...]] = {
    "org.opensaml.core": ("org.opensaml.core.xml.XMLObject",),
    "org.opensaml.saml": (
        "org.opensaml.saml.common.SAMLObject",
        "org.opensaml.saml.saml2.core.RequestAbstractType",
        "org.opensaml.saml.saml2.core.StatusResponseType",
    ),
}
"""Types that the verifier must find when the (unused) SAML actions are registered; no SAML realm can work."""

TOOLS = ("elasticsearch-users", "elasticsearch-reset-password", "elasticsearch-service-tokens")
"""Names under which ``bin/elasticsearch-tool`` runs a real command of the security plugin."""

STANDINS_DESCRIPTOR = """\
name=standins
description=stands in for parts of modules that are not on Maven Central
version={version}
elasticsearch.version={version}
java.version=21
classname=devcluster.standins.StandIns
"""
AGENT_MANIFEST = """\
Manifest-Version: 1.0
Agent-Class: devcluster.agent.EntitlementAgent
Can-Retransform-Classes: true
Can-Redefine-Classes: true
"""
CLASS_ARCHIVE = "lib/tools/server/classes.jsa"
"""Where in a home the classes of a node lie as the JVM keeps them in memory; empty where the JVM makes no archive."""
SOURCE_FILES = (
    "pom.xml",
    "layout.py",
    "eight.py",
    "home.py",
    "compiling.py",
    "class_archive.py",
    "keystore.py",
    "bin/*",
    "java/**/*.java",
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A jar and the folder of the home it goes into.

    Attributes:
        jar: where Maven keeps it.
        folder: relative to the home.
    """

    jar: Path
    folder: str


def artifact_of(jar: Path) -> str:
    """Return the artifact's name; Maven keeps ``name/version/name-version.jar``."""
    return jar.parent.parent.name


def placed(jars: Iterable[Path], version: str) -> tuple[Placed, ...]:
    """Decide where each resolved jar goes; a second jar of the same artifact is left out.

    Args:
        jars: what Maven resolved.
        version: the Elasticsearch that is laid out.

    Raises:
        KeyError: a module needs a jar that was not resolved.
    """
    by_artifact: dict[str, Path] = {}
    for jar in jars:
        by_artifact.setdefault(artifact_of(jar), jar)
    of_modules = [
        Placed(by_artifact[artifact], f"modules/{module}")
        for module, artifacts in MODULES.items()
        for artifact in artifacts
        if not (eight.is_it(version) and artifact in eight.NOT_THERE)
    ]
    taken = {artifact for artifacts in MODULES.values() for artifact in artifacts} | NOT_NEEDED | {BRIDGE}
    of_server = [Placed(jar, "lib") for artifact, jar in by_artifact.items() if artifact not in taken]
    return (*of_server, Placed(by_artifact[BRIDGE], "lib/entitlement-bridge"), *of_modules)


def empty_module_sources(module: str) -> Mapping[str, str]:
    """Return the Java sources of a stand-in module, by their path below the module's source folder."""
    interfaces = EMPTY_INTERFACES.get(module, ())
    packages = sorted({name.rpartition(".")[0] for name in interfaces})
    sources = {"module-info.java": f"module {module} {{{''.join(f' exports {name};' for name in packages)} }}\n"}
    for name in interfaces:
        package, _, simple = name.rpartition(".")
        sources[f"{name.replace('.', '/')}.java"] = f"package {package};\n\npublic interface {simple} {{}}\n"
    return sources


def server_jar(home: Path) -> Path:
    """Return the server's own jar in a home that is being laid out."""
    return next((home / "lib").glob("elasticsearch-[0-9]*.jar"))


def digest_of_sources(folder: Path = SOURCES) -> str:
    """Return a short digest of everything that a home is made from, so that a change makes another home."""
    digest = hashlib.sha256()
    for path in sorted(found for pattern in SOURCE_FILES for found in folder.glob(pattern)):
        digest.update(f"{path.relative_to(folder)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
