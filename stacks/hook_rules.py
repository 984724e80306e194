"""Rules on the section `hooks` of a stack file; each returns every mistake it finds, and `HOOK_RULES` lists them."""

from collections.abc import Callable, Iterator, Mapping

from components.hooks.spec import HookSpec
from stacks.inventory import SSH_FILES, machine_spec_of
from stacks.mistakes import Mistake, close_to, names_given_twice
from stacks.model import StackModel
from stacks.paths import mistakes_in_paths


def hook_names_are_distinct(model: StackModel) -> Iterator[Mistake]:
    """Two hooks of one list need two names; before and after a rollout the same one may stand."""
    for moment, hooks in model.hooks:
        yield from names_given_twice(f"hooks.{moment}", [hook.name for hook in hooks])


def hooks_have_a_command(model: StackModel) -> Iterator[Mistake]:
    """Without a first word there is nothing to run."""
    for place, hook in _hooks(model):
        if not hook.command or not hook.command[0].strip():
            wrong = "is an empty list" if not hook.command else "begins with an empty text"
            yield Mistake(f"{place}.command", wrong, "write the command, word by word: `[./hooks/silence.sh, 2h]`")
        elif hook.command[0].startswith(("~", "$")):
            wrong = f"begins with `{hook.command[0]}`"
            yield Mistake(f"{place}.command", wrong, "write the path out: `~` and variables are not expanded")
        elif len(hook.command) == 1 and " " in hook.command[0]:
            words = ", ".join(hook.command[0].split())
            yield Mistake(f"{place}.command", f"is one word, `{hook.command[0]}`", f"write `[{words}]`")


def hooks_run_on_machines_that_there_are(model: StackModel) -> Iterator[Mistake]:
    """A hook with a slip in its node would run nowhere."""
    known = [*(node.name for node in model.nodes), *(kibana.name for kibana in model.kibana)]
    for place, hook in _hooks(model):
        if hook.on is not None and hook.on not in known:
            meant = close_to(hook.on, known)
            right = f"did you mean `{meant}`?" if meant else f"known are {', '.join(f'`{name}`' for name in known)}"
            yield Mistake(f"{place}.on", f"is `{hook.on}`, and no node or Kibana is called so", right)


def hooks_run_in_one_place(model: StackModel) -> Iterator[Mistake]:
    """Either a machine of the cluster or another one, which has to be named."""
    for place, hook in _hooks(model):
        if hook.ssh is None:
            continue
        if hook.on is not None:
            yield Mistake(f"{place}.ssh", "stands beside `on`", "leave one of them out: it runs in one place")
        elif hook.ssh.host is None:
            yield Mistake(f"{place}.ssh.host", "is missing", "name the machine, or the node in `on`")
        elif "{name}" in hook.ssh.host:
            yield Mistake(f"{place}.ssh.host", f"is `{hook.ssh.host}`, and a hook is no node", "name one machine")
        yield from mistakes_in_paths(f"{place}.ssh", hook.ssh, SSH_FILES)


def hooks_on_other_machines_are_absolute(model: StackModel) -> Iterator[Mistake]:
    """A relative path is relative to this project, and other machines have none of it."""
    elsewhere = {node.name for node in model.nodes if machine_spec_of(node, model.machine).ssh is not None}
    elsewhere |= {kibana.name for kibana in model.kibana if kibana.ssh is not None}
    for place, hook in _hooks(model):
        first = hook.command[0] if hook.command else ""
        if (hook.ssh is not None or hook.on in elsewhere) and "/" in first and not first.startswith("/"):
            yield Mistake(
                f"{place}.command", f"begins with `{first}`, and it is run by SSH", "write the absolute path there"
            )


def _hooks(model: StackModel) -> Iterator[tuple[str, HookSpec]]:
    for moment, hooks in model.hooks:
        for index, hook in enumerate(hooks):
            yield f"hooks.{moment}[{index}]", hook


HOOK_RULES: Mapping[Callable[[StackModel], Iterator[Mistake]], tuple[str, ...]] = {
    hook_names_are_distinct: ("hooks",),
    hooks_have_a_command: ("hooks",),
    hooks_run_on_machines_that_there_are: ("hooks", "nodes", "kibana"),
    hooks_run_in_one_place: ("hooks",),
    hooks_on_other_machines_are_absolute: ("hooks", "nodes", "kibana", "machine"),
}
"""Each rule, and the sections that it reads."""
