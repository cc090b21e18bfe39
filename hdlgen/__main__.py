"""Run the command line by `python -m hdlgen`."""

from __future__ import annotations

import sys

from hdlgen.cli import main

if __name__ == "__main__":
    sys.exit(main())
