-- So that purging reads only what it deletes.
CREATE INDEX emails_by_age ON emails (at);
