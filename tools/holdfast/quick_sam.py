"""Runs `sam` with the lightest compression: for uploads that go no further than this machine.

Zipping thirty functions takes SAM half a minute at zlib's usual level, and a quarter of that at its lightest. It says nothing meanwhile, so a line is
printed for each file that was uploaded. Run as a script with SAM's own arguments.
"""

import functools
import sys
import zipfile
from typing import Any

# zlib's fastest level that compresses at all.
LIGHTEST = 1
# Begins the line of a file that was uploaded; `deploy.py` counts them.
UPLOADED = "Uploaded"


def tell_uploads() -> None:
    """Prints a line for each function and template that has been uploaded."""
    from samcli.lib.package.s3_uploader import S3Uploader

    upload = S3Uploader.upload_with_dedup

    def told(self: Any, file_name: str, *args: Any, **kwargs: Any) -> Any:
        where = upload(self, file_name, *args, **kwargs)
        print(UPLOADED, where, flush=True)
        return where

    S3Uploader.upload_with_dedup = told


if __name__ == "__main__":
    setattr(zipfile.ZipFile, "writestr", functools.partialmethod(zipfile.ZipFile.writestr, compresslevel=LIGHTEST))  # noqa: B010 (as a typed assignment it would be no method)
    from samcli.cli.main import cli

    tell_uploads()
    sys.exit(cli(prog_name="sam"))
