-- Each comparison of records and engine reads its own node's desktops, not everybody's.
CREATE INDEX desktops_by_node ON desktops (node_id);
-- Forgotten differences keep their rows; lists and counts are of the others.
CREATE INDEX drift_open ON drift (since, id) WHERE forgotten_at IS NULL;
