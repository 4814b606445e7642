"""The tables of a ledger, and how those of before become them. Knows nothing of what is done with them."""

VERSION = 4
SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
    text TEXT NOT NULL, lang TEXT NOT NULL, source TEXT NOT NULL, as_of TEXT NOT NULL,
    sha256 TEXT NOT NULL, recipe TEXT NOT NULL, origin TEXT NOT NULL, file TEXT NOT NULL DEFAULT '');
CREATE INDEX documents_of_file ON documents (file);
CREATE INDEX documents_of_origin ON documents (origin);
CREATE TABLE withdrawn (id TEXT PRIMARY KEY, origin TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE chunks (
    label INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    document INTEGER NOT NULL REFERENCES documents (ordinal) ON DELETE CASCADE,
    text TEXT NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, title TEXT NOT NULL,
    key BLOB NOT NULL);
CREATE INDEX chunks_of_document ON chunks (document);
CREATE INDEX chunks_of_vector ON chunks (key);
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL);
CREATE VIEW passages AS
    SELECT c.label, c.id, d.id AS document_id, c.text, c.start, c.stop, c.title, d.lang, c.key
    FROM chunks c JOIN documents d ON d.ordinal = c.document;
"""
UPGRADES = {
    1: "ALTER TABLE documents ADD COLUMN file TEXT NOT NULL DEFAULT '';"
    "CREATE INDEX documents_of_file ON documents (file)",
    # Uploads were named by their contents and had no origin: a corrected file stood beside the wrong one.
    2: "UPDATE documents SET origin = 'uploads/' || source WHERE origin = '' AND id LIKE 'uploads/%'",
    # The origin of the domain's own was `domain`, whatever the file; the next ingest notes which one it is.
    3: "CREATE INDEX IF NOT EXISTS documents_of_origin ON documents (origin);"
    "CREATE TABLE IF NOT EXISTS withdrawn (id TEXT PRIMARY KEY, origin TEXT NOT NULL) WITHOUT ROWID",
}
