"""How people are told of a layer: one spelling, in whatever sentence."""


def spelled(layer: str) -> str:
    """Return a layer as it stands in a sentence: `HTTP CA`, `transport leaf`; keys and paths keep `http`."""
    return layer.upper() if layer == "http" else layer
