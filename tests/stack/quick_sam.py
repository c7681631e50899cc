"""Runs `sam` with the lightest compression: for uploads that go no further than this machine.

Zipping thirty functions takes SAM half a minute at zlib's usual level, and a quarter of that at its lightest. Run as a
script with SAM's own arguments.
"""

import functools
import sys
import zipfile

# zlib's fastest level that compresses at all.
LIGHTEST = 1

if __name__ == "__main__":
    zipfile.ZipFile.writestr = functools.partialmethod(zipfile.ZipFile.writestr, compresslevel=LIGHTEST)
    from samcli.cli.main import cli

    sys.exit(cli(prog_name="sam"))
