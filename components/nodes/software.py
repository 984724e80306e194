"""What differs between the software that runs on machines: names of files and commands, and words for them."""

from dataclasses import dataclass

from components.nodes.spec import Paths


@dataclass(frozen=True, slots=True)
class Software:
    """What runs on a machine, as far as its files and commands have other names than those of another one.

    Attributes:
        folder: its config folder, as a message names it.
        any_folder: such a folder, as a message names what is true of all of them.
        settings: its settings file, relative to the config folder.
        keystore: its keystore, likewise.
        keystore_command: the program in `bin` that changes the keystore.
        folder_variable: the environment variable that names the config folder.
        folder_key: the key of the stack file that does.
        process_mark: what its command line holds, and that of an editor with its settings does not.
    """

    folder: str
    any_folder: str
    settings: str
    keystore: str
    keystore_command: str
    folder_variable: str
    folder_key: str
    process_mark: str


ELASTICSEARCH = Software(
    folder="the node's config folder",
    any_folder="a node's config folder",
    settings=Paths.SETTINGS,
    keystore=Paths.KEYSTORE,
    keystore_command="elasticsearch-keystore",
    folder_variable="ES_PATH_CONF",
    folder_key="`machine.config` in the stack file",
    process_mark="org.elasticsearch.",
)
