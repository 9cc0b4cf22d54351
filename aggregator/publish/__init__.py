"""From stories to files: which stories stand in which feed, what the documents say, and writing them.

Everything here but `files` is pure: the same stories give the same bytes, on every machine and at any time.
"""
