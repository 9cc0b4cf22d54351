"""Which clusters and topics a story belongs to, by rules, and the words that say so.

`compiled` turns a taxonomy into rules once a pass, `tag` reads a story with them. Pure: the same story and the same rules give
the same tags. How rules are written stands in docs/writing-rules.md.
"""

from aggregator.tagging.rules import Rules, compiled
from aggregator.tagging.weigh import tag

__all__ = ["Rules", "compiled", "tag"]
