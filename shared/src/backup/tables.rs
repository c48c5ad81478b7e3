//! What becomes of each table in a backup and in a move. In the order in which they can be filled: what is referenced comes first.
//!
//! A new table fails a test until it is written down here. What is left out is made again by who made it: workers tell of themselves
//! and their engines, apis of their connections, each process of its figures. Events are left out because nobody can resume from
//! them: the epoch is new afterwards.

/// Whether a table is taken along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// In each backup, and moved.
    Kept,
    /// Moved, but in no backup: brought back later it would do harm.
    Moved,
    /// Made again by who made it.
    Left,
}

impl Fate {
    pub(super) const fn is_in(self, what: What) -> bool {
        match (self, what) {
            (Self::Kept, _) | (Self::Moved, What::Move) => true,
            (Self::Moved, What::Backup) | (Self::Left, _) => false,
        }
    }
}

/// What tables are chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Backup,
    Move,
}

#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub fate: Fate,
}

const fn table(name: &'static str, fate: Fate) -> Table {
    Table { name, fate }
}

/// Every table of the schema.
pub const TABLES: &[Table] = &[
    // The migrations write it.
    table("schema_needs", Fate::Left),
    table("installation", Fate::Kept),
    table("groups", Fate::Kept),
    table("users", Fate::Kept),
    // One that was ended since the backup must not live again: everyone signs in anew.
    table("sessions", Fate::Moved),
    table("spent_refresh_tokens", Fate::Moved),
    table("spent_oidc_states", Fate::Kept),
    table("two_factor", Fate::Kept),
    table("recovery_codes", Fate::Kept),
    table("identities", Fate::Kept),
    table("invites", Fate::Kept),
    table("tokens", Fate::Kept),
    table("registries", Fate::Kept),
    table("templates", Fate::Kept),
    table("template_groups", Fate::Kept),
    table("nodes", Fate::Left),
    table("template_nodes", Fate::Left),
    table("workers", Fate::Left),
    table("desktops", Fate::Kept),
    table("starts", Fate::Kept),
    table("idempotency_keys", Fate::Kept),
    table("history", Fate::Kept),
    table("jobs", Fate::Kept),
    table("attempts", Fate::Kept),
    table("start_slots", Fate::Left),
    table("queue_control", Fate::Kept),
    table("port_leases", Fate::Kept),
    table("port_rests", Fate::Left),
    table("streams", Fate::Left),
    table("process_figures", Fate::Left),
    table("events", Fate::Left),
    // What was decided then is not to be carried out now: the next comparison lists what there is.
    table("drift", Fate::Moved),
    table("audit", Fate::Kept),
];

/// What else the schema has on PostgreSQL that goes with no table.
pub(super) const FUNCTIONS: &[&str] = &["audit_is_append_only()"];

/// The table that sqlx keeps of what was done to the schema.
pub(super) const MIGRATIONS: &str = "_sqlx_migrations";
