"""The stand-in's `kibana-keystore`: one encrypted file, and values that are read as JSON."""

import base64
import json
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

COMMANDS = ("create", "list", "add", "remove")


class Keystore:
    """The entries of a keystore file without a password."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "kibana.keystore"
        self.entries = self._read() if self.path.exists() else {}

    def save(self) -> None:
        salt, nonce = os.urandom(64), os.urandom(12)
        sealed = AESGCM(_key(salt)).encrypt(nonce, json.dumps(self.entries).encode(), None)
        content = base64.b64encode(salt + nonce + sealed[-16:] + sealed[:-16]).decode()
        self.path.write_text(f"1:{content}")

    def _read(self) -> dict[str, object]:
        content = base64.b64decode(self.path.read_text().partition(":")[2])
        salt, nonce, tag, sealed = content[:64], content[64:76], content[76:92], content[92:]
        return json.loads(AESGCM(_key(salt)).decrypt(nonce, sealed + tag, None))


def _key(salt: bytes) -> bytes:
    return PBKDF2HMAC(SHA512(), 32, salt, 10_000).derive(b"")


def main(arguments: list[str]) -> int:
    """Run one command, as Kibana's own does."""
    command, *rest = arguments or [""]
    if command not in COMMANDS:
        print(f"\n ERROR  unknown command {command}\n", file=sys.stderr)
        return 64
    keystore = Keystore(Path(os.environ["KBN_PATH_CONF"]))
    if command == "create":
        keystore.entries = {}
        keystore.save()
        return 0
    if not keystore.path.exists():
        print("ERROR: Kibana keystore not found. Use 'create' command to create one.", file=sys.stderr)
        return 255 if command == "list" else 0
    if command == "list":
        print("\n".join(keystore.entries))
        return 0
    [key] = [word for word in rest if not word.startswith("-")]
    return _add(keystore, key, rest) if command == "add" else _remove(keystore, key)


def _add(keystore: Keystore, key: str, options: list[str]) -> int:
    if not {"--stdin", "-x"} & set(options):
        print("the stand-in asks no questions: use --stdin", file=sys.stderr)
        return 64
    if key in keystore.entries and not {"--force", "-f"} & set(options):
        print(f"Setting {key} already exists, exiting without modifying keystore.")
        return 0
    text = sys.stdin.read().strip()
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    keystore.entries[key] = text if value is None else value
    keystore.save()
    return 0


def _remove(keystore: Keystore, key: str) -> int:
    if keystore.entries.pop(key, None) is not None:
        keystore.save()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
