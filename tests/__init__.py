"""The tests, in the same tree as the code, and the command that runs them."""
