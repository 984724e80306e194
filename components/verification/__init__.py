"""After the fact: whether the cluster behaves as a secured one must."""
