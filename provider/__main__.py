"""`python -m provider`: the engine starts it so, with its own address as the only argument."""

from components.starting import imports_that_stay

with imports_that_stay():
    from provider.process import main

if __name__ == "__main__":
    main()
