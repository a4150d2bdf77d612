"""Who can walk to what within 15 minutes, where nobody can, and what to do about it."""

__version__ = "0.1.0"
