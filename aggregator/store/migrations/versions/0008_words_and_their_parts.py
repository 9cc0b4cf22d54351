"""The search table knows `ä` from `a` and takes it for `ae`; the words that occur stand in a table of their own, by their parts.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _folded(column: str) -> str:
    for written, folded in (("ä", "ae"), ("Ä", "Ae"), ("ö", "oe"), ("Ö", "Oe"), ("ü", "ue"), ("Ü", "Ue"), ("ß", "ss"), ("ẞ", "SS")):
        column = f"replace({column}, '{written}', '{folded}')"
    return column


def _all(of: str = "") -> str:
    return ", ".join(_folded(f"{of}{name}") for name in ("title", "summary", "text"))


# As in 0001, but for the umlauts: `Förderung` and `Foerderung` are one word, `Forderung` is another. Other diacritics do not count.
_SEARCH = (
    "DROP TRIGGER items_search_delete",
    "DROP TRIGGER items_search_update",
    "DROP TABLE items_search",
    "DROP VIEW items_search_rows",
    f"""CREATE VIEW items_search_rows (number, title, summary, text) AS SELECT number, {_all()} FROM items
        WHERE NOT EXISTS (SELECT 1 FROM waiting WHERE item = number AND fresh = 1)""",
    """CREATE VIRTUAL TABLE items_search USING fts5(
        title, summary, text, content="items_search_rows", content_rowid="number",
        tokenize='unicode61 remove_diacritics 2')""",
    """INSERT INTO items_search (items_search, rank) VALUES ('hashsize', 8388608)""",
    f"""CREATE TRIGGER items_search_delete BEFORE DELETE ON items
    WHEN NOT EXISTS (SELECT 1 FROM waiting WHERE item = old.number AND fresh = 1) BEGIN
        INSERT INTO items_search (items_search, rowid, title, summary, text)
        VALUES ('delete', old.number, {_all("old.")});
    END""",
    f"""CREATE TRIGGER items_search_update AFTER UPDATE OF title, summary, text ON items
    WHEN NOT EXISTS (SELECT 1 FROM waiting WHERE item = old.number AND fresh = 1) BEGIN
        INSERT INTO items_search (items_search, rowid, title, summary, text)
        VALUES ('delete', old.number, {_all("old.")});
        INSERT INTO items_search (rowid, title, summary, text) VALUES (new.number, {_all("new.")});
    END""",
    "INSERT INTO items_search (items_search) VALUES ('rebuild')",
    # Every word that ever occurred, folded, and an index of its parts of three letters: what compounds are found by. Words are
    # only added: one that occurs no more finds nothing.
    """CREATE TABLE items_search_words (number INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE)""",
    """CREATE VIRTUAL TABLE items_search_parts USING fts5(
        word, content="items_search_words", content_rowid="number", tokenize='trigram', detail=none, columnsize=0)""",
    "CREATE VIRTUAL TABLE items_search_terms USING fts5vocab('items_search', 'row')",
    """INSERT INTO items_search_words (word) SELECT term FROM items_search_terms
        WHERE length(term) BETWEEN 3 AND 40 AND term NOT GLOB '*[0-9]*' ORDER BY term""",
    "DROP TABLE items_search_terms",
    "INSERT INTO items_search_parts (rowid, word) SELECT number, word FROM items_search_words",
)


def upgrade() -> None:
    for statement in _SEARCH:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("a store is never taken back: restore the backup")
