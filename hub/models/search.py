"""The search index: tables that only `hub.core.index` writes, made of words and never shown.

They are declared as statements because full text has no common ground between the engines. Both hold the words that
`hub.core.words` cuts, so a query finds the same entries on either.
"""

SEARCH_SQLITE = [
    "CREATE TABLE search_entry (n INTEGER PRIMARY KEY, entry_id CHAR(32) NOT NULL UNIQUE, at DATETIME NOT NULL)",
    """CREATE VIRTUAL TABLE search_entry_words
       USING fts5(words, tokenize = 'unicode61 remove_diacritics 0', detail = none)""",
    "CREATE TABLE search_customer (n INTEGER PRIMARY KEY, customer_id CHAR(32) NOT NULL UNIQUE)",
    """CREATE VIRTUAL TABLE search_customer_words
       USING fts5(words, tokenize = 'unicode61 remove_diacritics 0', detail = none)""",
]

SEARCH_POSTGRESQL = [
    "CREATE TABLE search_entry (entry_id uuid PRIMARY KEY, at timestamptz NOT NULL, words tsvector NOT NULL)",
    # how often each word occurs decides between the two search plans
    "ALTER TABLE search_entry ALTER COLUMN words SET STATISTICS 500",
    "CREATE INDEX ix_search_entry_at ON search_entry (at DESC, entry_id DESC)",
    "CREATE INDEX ix_search_entry_words ON search_entry USING gin (words) WITH (gin_pending_list_limit = 1024)",
    "CREATE TABLE search_customer (customer_id uuid PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX ix_search_customer_words ON search_customer USING gin (words)",
]
