"""The peer of bench/passes.py: an afternoon with httpx, feedparser and sqlite3. It neither merges nor tags nor publishes."""

import calendar
import sqlite3
import sys
from pathlib import Path

import feedparser
import httpx

store = sqlite3.connect(sys.argv[1])
store.execute("PRAGMA journal_mode=WAL")
store.execute("CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT, modified TEXT)")
store.execute(
    "CREATE TABLE IF NOT EXISTS entries (feed TEXT, id TEXT, title TEXT, link TEXT, summary TEXT, published INTEGER, "
    "PRIMARY KEY (feed, id))"
)
with httpx.Client(follow_redirects=True, timeout=5) as client:
    for url in Path(sys.argv[2]).read_text().split():
        etag, modified = store.execute("SELECT etag, modified FROM feeds WHERE url = ?", (url,)).fetchone() or (
            None,
            None,
        )
        headers = {}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        try:
            answer = client.get(url, headers=headers)
        except httpx.HTTPError as error:
            print(url, error, file=sys.stderr)
            continue
        if answer.status_code != 200:
            continue
        feed = feedparser.parse(answer.content)
        for entry in feed.entries:
            published = entry.get("published_parsed") or entry.get("updated_parsed")
            content = entry.content[0].value if "content" in entry else entry.get("summary")
            row = (url, entry.get("id") or entry.get("link"), entry.get("title"), entry.get("link"), content)
            store.execute(
                "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)",
                (*row, calendar.timegm(published) if published else None),
            )
        new = (url, answer.headers.get("etag"), answer.headers.get("last-modified"))
        store.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", new)
        store.commit()
