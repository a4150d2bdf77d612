"""``python -m servicecircle``."""

from servicecircle.cli import main

main()
