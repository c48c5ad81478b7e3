-- What keeps the queue quick while it is long and after it was: fewer indices to write.

-- A renewal changes nothing that an index knows.
DROP INDEX jobs_to_expire;
CREATE INDEX jobs_running ON jobs (worker_id) WHERE state = 'running';
DROP INDEX jobs_by_end;
CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;
-- What is forgotten by age.
CREATE INDEX history_by_age ON history (at);
