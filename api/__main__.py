"""Entry of ``python -m api``."""

from __future__ import annotations

import sys

from api.main import main

sys.exit(main())
