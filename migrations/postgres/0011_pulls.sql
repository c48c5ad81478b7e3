-- Images that are fetched from registries: a job for each node and image, and who Berth is at a registry.

ALTER TABLE jobs DROP CONSTRAINT jobs_kind_check;
ALTER TABLE jobs ADD CONSTRAINT jobs_kind_check
    CHECK (kind IN ('desktop.create', 'desktop.stop', 'desktop.cleanup', 'image.pull', 'noop'));
-- Of an image.pull. Its desktop_id stands for node and image, so that there is one at a time.
ALTER TABLE jobs ADD COLUMN image    TEXT;
ALTER TABLE jobs ADD COLUMN again    BOOLEAN NOT NULL DEFAULT false;   -- also when the node has it: there may be a newer one
ALTER TABLE jobs ADD COLUMN percent  BIGINT;                           -- of what is known of the download
ALTER TABLE jobs ADD COLUMN progress TEXT;                             -- the same in words

-- The pulls among the jobs: few, and read together.
CREATE INDEX jobs_pulls ON jobs (desktop_id, id) WHERE kind = 'image.pull';

CREATE TABLE registries (
    host       TEXT PRIMARY KEY,      -- as images' names carry it
    username   TEXT NOT NULL,
    password   TEXT NOT NULL,         -- sealed with the installation's key
    changed_by TEXT NOT NULL,         -- a username
    changed_at BIGINT NOT NULL
);
