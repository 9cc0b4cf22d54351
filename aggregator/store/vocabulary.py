"""The words that occur in what is stored: kept as items come in, asked when somebody searches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from aggregator.store import forms, sqlite

_CANDIDATES = 300  # words with the part in question that are looked at; `bau` stands in some thousands


def learn(connection: Connection, texts: Iterable[Sequence[str]]) -> None:
    """The words of these texts can be searched for by their parts from now on."""
    sqlite.learn(connection, forms.words(part for row in texts for part in row))


def forms_of(connection: Connection, word: str) -> tuple[str, ...]:
    """The word, its inflected forms and the compounds it stands in, as far as they occur; the word itself is the first."""
    lemmas = forms.lemmas(word, sqlite.known_words(connection, forms.stems(word)))
    candidates = {
        each
        for part in forms.sought(lemmas)
        for each in sqlite.words_with(connection, part, _CANDIDATES)
        if len(each) <= len(word) + forms.LONGER
    }
    parted = forms.parted(candidates, lemmas)
    known = sqlite.known_words(connection, {each for one in parted for each in (*one.heads, *one.tails)})
    return forms.forms(word, lemmas, candidates, parted, known)


def inflected(connection: Connection, word: str) -> tuple[str, ...]:
    """The word and its inflected forms alone."""
    lemmas = forms.lemmas(word, sqlite.known_words(connection, forms.stems(word)))
    candidates = {each for part in forms.sought(lemmas) for each in sqlite.words_with(connection, part, _CANDIDATES)}
    return forms.forms(word, lemmas, {each for each in candidates if len(each) <= len(word) + 3}, (), ())
