-- What keeps the queue quick while it is long and after it was: fewer indices to write, and rows cleared away in time.

-- A renewal changes nothing that an index knows, so that it is written in place.
DROP INDEX jobs_to_expire;
CREATE INDEX jobs_running ON jobs (worker_id) WHERE state = 'running';
DROP INDEX jobs_by_end;
CREATE INDEX jobs_by_end ON jobs (finished_at) WHERE finished_at IS NOT NULL;
ALTER TABLE jobs SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500,
    autovacuum_analyze_scale_factor = 0.05, autovacuum_analyze_threshold = 200, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE attempts SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_threshold = 200);
ALTER TABLE desktops SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_threshold = 200);
ALTER TABLE start_slots SET (fillfactor = 50, autovacuum_vacuum_threshold = 50);
ALTER TABLE events SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
-- What is forgotten by age.
CREATE INDEX history_by_age ON history (at);
