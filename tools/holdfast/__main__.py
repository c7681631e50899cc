"""`python -m holdfast`: the same program as `holdfast`."""

from holdfast.cli import program

if __name__ == "__main__":
    program(prog_name="holdfast")
