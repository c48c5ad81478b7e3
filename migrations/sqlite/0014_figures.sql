-- What each process says of itself, a row for each minute; the operations page reads them. Pruned after half an hour by whoever writes.
CREATE TABLE process_figures (
    process_id TEXT NOT NULL,
    minute     BIGINT NOT NULL,       -- since 1970
    part       TEXT NOT NULL,         -- serve, api or worker
    node_id    TEXT NOT NULL,
    at         BIGINT NOT NULL,       -- last written
    figures    TEXT NOT NULL,         -- JSON
    PRIMARY KEY (process_id, minute)
);
CREATE INDEX process_figures_by_minute ON process_figures (minute);
