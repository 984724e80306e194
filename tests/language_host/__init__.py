"""Stands for `pulumi-language-python`, which is on no registry: the host that a released Pulumi has beside its engine.

It runs a program as the real one does: by the official executor, which comes with the Go module that the engine is
built from. A policy pack it runs with the SDK's own `pulumi.policy`, behind a proxy, as the real one does. It answers
what `pulumi preview`, `up` and `refresh` ask of it and nothing else, and refuses whatever it would not do like the real
one. `ESSECURITY_LANGUAGE_HOST` names the folder of a real one, to run the same tests against it.
"""
