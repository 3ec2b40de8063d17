-- So that purging reads only what it deletes.
CREATE INDEX inbox_by_age ON inbox (received_at);
