"""The program as the engine would run it, with every resource made by a mock of ours."""
