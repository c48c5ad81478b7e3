//! Templates, and on which nodes their images are.

use super::{StoreError, Tx, all, exec, opt};
use crate::domain::desktop::{ConnectKind, Reason, ReasonCode};
use crate::domain::template::TemplateView;
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub description: String,
    pub icon: String,
    #[sqlx(try_from = "String")]
    pub kind: ConnectKind,
    pub image: String,
    pub container_port: i64,
    pub memory_mib: i64,
    pub cpu_millis: i64,
    pub pids: i64,
    pub shm_mib: i64,
    pub position: i64,
    pub is_default: bool,
    pub disabled_at: Option<Time>,
    pub created_at: Time,
}

/// # Errors
/// [`StoreError::Constraint`] `templates_name_taken`.
pub async fn insert(tx: &mut Tx, t: &Template) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO templates (id, name, name_key, description, icon, kind, image, container_port, memory_mib, \
         cpu_millis, pids, shm_mib, position, is_default, disabled_at, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        &t.id,
        &t.name,
        t.name.to_lowercase(),
        &t.description,
        &t.icon,
        t.kind.as_str(),
        &t.image,
        t.container_port,
        t.memory_mib,
        t.cpu_millis,
        t.pids,
        t.shm_mib,
        t.position,
        t.is_default,
        t.disabled_at,
        t.created_at,
    )?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Template>, StoreError> {
    opt!(tx, Template, "SELECT * FROM templates WHERE id = $1", id)
}

/// One that may be started, by its id or its name (any case).
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, id_or_name: &str) -> Result<Option<Template>, StoreError> {
    opt!(
        tx,
        Template,
        "SELECT * FROM templates WHERE (id = $1 OR name_key = $2) AND disabled_at IS NULL ORDER BY id <> $1 LIMIT 1",
        id_or_name,
        id_or_name.to_lowercase(),
    )
}

/// All that may be started, in their order.
///
/// # Errors
/// When the database fails.
pub async fn all_enabled(tx: &mut Tx) -> Result<Vec<Template>, StoreError> {
    all!(tx, Template, "SELECT * FROM templates WHERE disabled_at IS NULL ORDER BY position, id")
}

/// Notes whether a node has a template's image.
///
/// # Errors
/// When the database fails.
pub async fn set_on_node(tx: &mut Tx, t: &Template, node: &str, ready: bool, now: Time) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO template_nodes (template_id, node_id, image, ready, seen_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (template_id, node_id) DO UPDATE SET image = $3, ready = $4, seen_at = $5",
        &t.id,
        node,
        &t.image,
        ready,
        now,
    )?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Presence {
    template_id: String,
    image: String,
    ready: bool,
}

#[derive(sqlx::FromRow)]
struct Took {
    template_id: String,
    micros: i64,
}

/// What may be started, ready ones first, as the api shows it.
///
/// # Errors
/// When the database fails.
pub async fn views(tx: &mut Tx) -> Result<Vec<TemplateView>, StoreError> {
    let templates = all_enabled(tx).await?;
    let seen = all!(tx, Presence, "SELECT template_id, image, ready FROM template_nodes")?;
    // The last twenty starts of each template; the middle one of them is what is usual.
    let took = all!(
        tx,
        Took,
        "SELECT template_id, micros FROM (SELECT template_id, ready_at - claimed_at AS micros, \
         row_number() OVER (PARTITION BY template_id ORDER BY ready_at DESC) AS nth FROM desktops \
         WHERE ready_at IS NOT NULL AND claimed_at IS NOT NULL) AS starts WHERE nth <= 20 ORDER BY micros",
    )?;
    let mut views: Vec<TemplateView> = templates
        .into_iter()
        .map(|t| {
            let mut here = seen.iter().filter(|p| p.template_id == t.id && p.image == t.image).peekable();
            // A node that has not looked yet proves nothing: only a node that looked and found none does.
            let ready = here.peek().is_none() || here.any(|p| p.ready);
            let starts: Vec<i64> = took.iter().filter(|s| s.template_id == t.id).map(|s| s.micros).collect();
            TemplateView {
                reason: (!ready).then(|| Reason {
                    code: ReasonCode::ImageMissing,
                    text: format!("The image of “{}” is missing on the server.", t.name),
                }),
                typical_start_ms: starts.get(starts.len() / 2).map(|micros| micros / 1000),
                ready,
                id: t.id,
                name: t.name,
                description: t.description,
                icon: t.icon,
                kind: t.kind,
                memory_mib: t.memory_mib,
                #[allow(clippy::cast_precision_loss)] // thousandths of a CPU
                cpus: t.cpu_millis as f64 / 1000.0,
                default: t.is_default,
            }
        })
        .collect();
    views.sort_by_key(|view| !view.ready);
    Ok(views)
}
