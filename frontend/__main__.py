"""`python -m frontend` is `studio`."""

import sys

from frontend.studio import main

if __name__ == "__main__":
    sys.exit(main())
