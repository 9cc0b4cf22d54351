"""Members of enumerations as Python 3.11.0 to 3.11.3 pickles them: `getattr(Kind, "FEED")` (Debian 12 has 3.11.2)."""

from __future__ import annotations

import pickle
from enum import Enum, EnumMeta

GETATTR = ("builtins", "getattr")


def member(kind: object, name: object) -> Enum:
    """What takes the place of `getattr` where a pickle is read: it gives members of enumerations and nothing else."""
    if not isinstance(kind, EnumMeta) or name not in kind.__members__:
        raise pickle.UnpicklingError(f"{name!r} is no member of an enumeration")
    found: Enum = kind.__members__[str(name)]
    return found
