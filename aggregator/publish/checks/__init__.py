"""What a feed validator or a reader may find fault with in a finished document, rule by rule.

The rules of RSS and Atom are those of the W3C feed validator, errors and warnings, under its own names
(https://validator.w3.org/feed/docs/); those of JSON Feed are its specification's. A rule that asks for something that these
documents never hold (podcasts, maps, RDF) is covered by refusing every element that is not known here. Where the validator looks
the other way, a rule may be stricter.
"""
