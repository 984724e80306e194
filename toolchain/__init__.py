"""What the project needs on a machine before it can run: an engine, a JDK, a cache, and calm output."""
