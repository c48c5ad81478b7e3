-- The oldest schema that a binary may know and still work on this database. Migrations that only add leave it as it is; one that
-- takes something away raises it to its own number, or to that of the first one whose binaries do without.
CREATE TABLE schema_needs (
    only_row BIGINT PRIMARY KEY CONSTRAINT schema_needs_only_row CHECK (only_row = 1),
    oldest BIGINT NOT NULL
);
INSERT INTO schema_needs (only_row, oldest) VALUES (1, 1);
