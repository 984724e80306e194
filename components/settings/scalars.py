"""Single values: what Elasticsearch reads where one stands, how to write one for it, how to show one.

Read off Elasticsearch 9.5.3 and 8.19.0 themselves (``Settings.Builder.loadFromPath``).
"""

import io
import json
from typing import TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

from components.errors import ConfigurationRefused
from components.settings.yaml_text import Mapping, Scalar, parse

SettingValue: TypeAlias = str | bool | int | tuple[str, ...]  # as planned by a program
Value: TypeAlias = str | tuple[str, ...]  # as Elasticsearch holds it: everything is text, or a list of texts


class Opaque(str):
    """What another program than Elasticsearch takes for a value, as the text that stands in its file.

    It equals no value that Elasticsearch reads, not even one of the same letters.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Opaque) and str(self) == str(other)

    def __ne__(self, other: object) -> bool:
        return not self == other


_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TAGS = "tag:yaml.org,2002:"
_TAGS_REFUSED = frozenset({"null", "binary"})
_JAVA_BLANKS = "".join(map(chr, range(0x21)))  # what Java's String.trim() removes
_SECRET_MARKS = (".secure_", "password", "passphrase", "accounttoken", "encryptionkey", "secret_key", "client_secret")


def read_scalar(scalar: Scalar, *, in_list: bool) -> str | None:
    """Return the text that Elasticsearch holds for a value, or None for a null.

    Outside a list the YAML 1.1 words ``yes``, ``on``, ``no``, ``off`` (not ``y``, ``n``) become ``true`` and
    ``false``; in a list every text stays as written. Numbers stay as written: ``0777``, ``1_000``, ``1e3``.
    """
    tag = (scalar.tag or "").removeprefix(_TAGS).split(",")[0]
    if tag in _TAGS_REFUSED or (_decides_by_text(scalar) and scalar.text in _NULL):
        return None
    if in_list:
        return scalar.text
    if tag == "bool":
        return _boolean(scalar.text, also_letters=True)
    return _boolean(scalar.text, also_letters=False) if _decides_by_text(scalar) else scalar.text


def _decides_by_text(scalar: Scalar) -> bool:
    return scalar.implicit and scalar.tag in {None, "!"}


def _boolean(text: str, *, also_letters: bool) -> str:
    if text in _TRUE or (also_letters and text in {"y", "Y"}):
        return "true"
    if text in _FALSE or (also_letters and text in {"n", "N"}):
        return "false"
    return text


def held(value: SettingValue) -> Value:
    """Return a planned value as Elasticsearch holds it: booleans and numbers are text there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str | tuple) else str(value)


def same(standing: Value, wanted: Value) -> bool:
    """Tell whether a standing value already means the wanted one.

    A planned list is also met by a text with commas, as Elasticsearch's list settings split one
    (``Settings.getAsList``: ``String.split(",")``, each part trimmed). A planned text is met by that text
    only: ``True`` in quotes is no boolean for Elasticsearch, and a list is no text. What is opaque means nothing here.
    """
    if isinstance(standing, Opaque):
        return False
    if isinstance(wanted, tuple) and isinstance(standing, str):
        return standing != "" and split_list(standing) == wanted  # an empty value counts as not set at all
    return standing == wanted


def split_list(text: str) -> tuple[str, ...]:
    """Return what a list setting makes of a text with commas."""
    parts = text.split(",")
    while parts and not parts[-1]:  # Java drops empty parts at the end, and keeps those inside
        parts.pop()
    return tuple(part.strip(_JAVA_BLANKS) for part in parts)


def write_scalar(text: str, *, flow: bool, like: str = "") -> str:
    """Return the text as one line of YAML that Elasticsearch reads back as exactly that text.

    Args:
        text: the value, or a key.
        flow: whether it goes into ``{…}`` or ``[…]``, where more characters need quotes.
        like: the quotes that the operator used there (``'`` or ``"``), to be kept if they can be.
    """
    plain, single, double = _plain(text), SingleQuotedScalarString(text), DoubleQuotedScalarString(text)
    orders = {"'": (single, plain, double), '"': (double, plain, single)}
    for styled in orders.get(like, (plain, single)):
        written = _dump(styled, flow=flow)
        if _reads_back(written, text, flow=flow):
            return written
    return _dump(double, flow=flow)


def _plain(text: str) -> object:
    """Booleans and plain integers as themselves, so that they are written without quotes."""
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isascii() and text.isdecimal() and str(int(text)) == text else text


def _reads_back(written: str, text: str, *, flow: bool) -> bool:
    line = f"{{k: {written}}}" if flow else f"k: {written}"
    try:
        root = parse(line, where="a value to write").root
    except ConfigurationRefused:
        return False
    value = root.entries[0].value if isinstance(root, Mapping) else root
    return "\n" not in written and isinstance(value, Scalar) and read_scalar(value, in_list=False) == text


def _dump(value: object, *, flow: bool) -> str:
    yaml = YAML()
    yaml.default_flow_style = flow
    yaml.width = 2**31
    out = io.StringIO()
    yaml.dump({"k": value}, out)
    line = out.getvalue().removesuffix("\n")
    return line.removeprefix("{k: ").removesuffix("}") if flow else line.removeprefix("k: ")


def write_list(values: tuple[str, ...]) -> str:
    """Return a list as one line of YAML in flow style."""
    return "[" + ", ".join(write_scalar(value, flow=True) for value in values) + "]"


def is_secret(key: str) -> bool:
    """Tell whether values of this setting must never be shown."""
    return any(mark in key.lower() for mark in _SECRET_MARKS)


def shown(key: str, value: Value) -> str:
    """Return the value as a preview may show it: on one line, and ``***`` for what looks secret."""
    if is_secret(key):
        return "***"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_one_line, value)) + "]"
    return _one_line(value)


def _one_line(text: str) -> str:
    return text if text.isprintable() and text == text.strip() != "" else json.dumps(text, ensure_ascii=False)
