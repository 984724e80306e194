"""What Elasticsearch 8.19 has otherwise than 9.x, as tables; read off the jars of 8.19.21. Pure."""

NOT_THERE = frozenset(("httpclient5", "httpcore5", "httpcore5-h2", "icu4j"))
"""Jars of modules of 9.x that this version has not."""

SETTINGS = "org.elasticsearch.common.settings.Settings"
REST_HANDLERS_SERVICES = """\
org.elasticsearch.common.settings.Settings settings,
        org.elasticsearch.common.io.stream.NamedWriteableRegistry writeables,
        org.elasticsearch.rest.RestController controller,
        org.elasticsearch.common.settings.ClusterSettings ofCluster,
        org.elasticsearch.common.settings.IndexScopedSettings ofIndices,
        org.elasticsearch.common.settings.SettingsFilter filter,
        org.elasticsearch.cluster.metadata.IndexNameExpressionResolver resolver,"""
ACTION_HANDLER = (
    "ActionHandler<? extends org.elasticsearch.action.ActionRequest, ? extends org.elasticsearch.action.ActionResponse>"
)
JAVA: tuple[tuple[str, str], ...] = (
    ("org.elasticsearch.cli.terminal.Terminal", "org.elasticsearch.cli.Terminal"),
    ("super(name);", f"super(name, {SETTINGS}.EMPTY);"),
    ("new AbstractTokenizerFactory(name)", "new AbstractTokenizerFactory(index, settings, name)"),
    ("Collection<ActionHandler> getActions()", f"Collection<{ACTION_HANDLER}> getActions()"),
    ("new ActionHandler(", "new ActionHandler<>("),
    ("RestHandlersServices services,", REST_HANDLERS_SERVICES),
)
"""What our Java sources say for 9.x, and what they must say for this version."""


def is_it(version: str) -> bool:
    """Tell whether a version is one of 8.19."""
    return version.startswith("8.19.")


def rewritten(source: str) -> str:
    """Return a Java source of ours as it must read to compile against this version."""
    for for_nine, for_eight in JAVA:
        source = source.replace(for_nine, for_eight)
    return source
