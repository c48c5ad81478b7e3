-- What administrators say about templates: what goes into the container, what becomes of the home, who may use them.

ALTER TABLE templates ADD COLUMN env      TEXT NOT NULL DEFAULT '[]';   -- JSON: [{"name", "value"}]
ALTER TABLE templates ADD COLUMN home     TEXT NOT NULL DEFAULT 'kept' CHECK (home IN ('kept', 'thrown_away'));
ALTER TABLE templates ADD COLUMN audience TEXT NOT NULL DEFAULT 'everyone' CHECK (audience IN ('everyone', 'groups'));

ALTER TABLE template_nodes ADD COLUMN image_id TEXT;   -- what the tag names on that node; null: nothing

ALTER TABLE desktops ADD COLUMN image_id TEXT;         -- what its container was made of
ALTER TABLE desktops ADD COLUMN home     TEXT NOT NULL DEFAULT 'kept' CHECK (home IN ('kept', 'thrown_away'));
CREATE INDEX desktops_by_template ON desktops (template_id);

-- What the engine has, so that a template which asks for more is refused when it is written.
ALTER TABLE nodes ADD COLUMN cpus       BIGINT;
ALTER TABLE nodes ADD COLUMN memory_mib BIGINT;

-- Ids of the built-in templates that were made once, with commas: one that was deleted stays away.
ALTER TABLE installation ADD COLUMN seeded TEXT NOT NULL DEFAULT '';
