"""Stands for `pulumi-resource-command` 1.2.1, which is on no registry: `local.Command`, as far as hooks use it.

It refuses whatever the real one would not understand. What it does was compared with the real one by running
`tests/engine/test_hooks.py` against both (`ESSECURITY_COMMAND_PLUGIN` names the file of a real one).
"""
