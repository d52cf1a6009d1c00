"""`python -m sidecar`: the same as the command `sidecar`."""

import sys

from sidecar.cli import main

sys.exit(main())
