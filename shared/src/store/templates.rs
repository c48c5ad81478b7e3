//! Templates, and on which nodes their images are. Who may see which: [`super::audience`]; what administrators see of them:
//! [`crate::lifecycle::admin_templates`].

use super::audience::Viewer;
use super::{StoreError, Tx, all, exec, one, opt};
use crate::domain::desktop::{ConnectKind, Reason, ReasonCode};
use crate::domain::template::{Audience, Env, Home, TemplateView};
use crate::domain::time::Time;

/// Whether template `t` is for a viewer: `$1` all of them, `$2` the group.
macro_rules! visible {
    () => {
        "(t.audience = 'everyone' OR $1 OR EXISTS (SELECT 1 FROM template_groups g \
         WHERE g.template_id = t.id AND g.group_id = $2))"
    };
}

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
    #[sqlx(try_from = "String")]
    pub env: Env,
    #[sqlx(try_from = "String")]
    pub home: Home,
    #[sqlx(try_from = "String")]
    pub audience: Audience,
}

impl Template {
    fn env_text(&self) -> Result<String, StoreError> {
        Ok(serde_json::to_string(&self.env.0)?)
    }
}

/// # Errors
/// [`StoreError::Constraint`] `templates_name_taken`.
pub async fn insert(tx: &mut Tx, t: &Template) -> Result<(), StoreError> {
    exec!(
        tx,
        "INSERT INTO templates (id, name, name_key, description, icon, kind, image, container_port, memory_mib, \
         cpu_millis, pids, shm_mib, position, is_default, disabled_at, created_at, env, home, audience) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
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
        t.env_text()?,
        t.home.as_str(),
        t.audience.as_str(),
    )?;
    Ok(())
}

/// Writes all of it but its place among the others.
///
/// # Errors
/// [`StoreError::Constraint`] `templates_name_taken`.
pub async fn update(tx: &mut Tx, t: &Template) -> Result<(), StoreError> {
    exec!(
        tx,
        "UPDATE templates SET name = $2, name_key = $3, description = $4, icon = $5, kind = $6, image = $7, \
         container_port = $8, memory_mib = $9, cpu_millis = $10, pids = $11, shm_mib = $12, is_default = $13, \
         disabled_at = $14, env = $15, home = $16, audience = $17 WHERE id = $1",
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
        t.is_default,
        t.disabled_at,
        t.env_text()?,
        t.home.as_str(),
        t.audience.as_str(),
    )?;
    Ok(())
}

/// # Errors
/// [`StoreError::Constraint`] while a desktop was started from it.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "DELETE FROM templates WHERE id = $1", id)?;
    Ok(())
}

/// How many desktops were started from it, also those that are being deleted.
///
/// # Errors
/// When the database fails.
pub async fn desktops_of(tx: &mut Tx, id: &str) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT count(*) FROM desktops WHERE template_id = $1", id)?.0)
}

/// Makes this one the default, and no other.
///
/// # Errors
/// When the database fails.
pub async fn only_default(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    exec!(tx, "UPDATE templates SET is_default = (id = $1) WHERE is_default <> (id = $1)", id)?;
    Ok(())
}

/// The place after all others.
///
/// # Errors
/// When the database fails.
pub async fn last_position(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(one!(tx, (i64,), "SELECT coalesce(max(position) + 1, 0) FROM templates")?.0)
}

/// Puts one at this place.
///
/// # Errors
/// When the database fails.
pub async fn set_position(tx: &mut Tx, id: &str, position: i64) -> Result<(), StoreError> {
    exec!(tx, "UPDATE templates SET position = $2 WHERE id = $1", id, position)?;
    Ok(())
}

/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: &str) -> Result<Option<Template>, StoreError> {
    opt!(tx, Template, "SELECT * FROM templates WHERE id = $1", id)
}

/// Reads one and keeps others from changing it, or any template's place, until this transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, id: &str) -> Result<Option<Template>, StoreError> {
    if matches!(tx, Tx::Postgres(..)) {
        exec!(tx, "SELECT 1 FROM templates ORDER BY id FOR UPDATE")?;
    }
    get(tx, id).await
}

/// One that this viewer may start, by its id or its name (any case).
///
/// # Errors
/// When the database fails.
pub async fn find(tx: &mut Tx, id_or_name: &str, viewer: &Viewer) -> Result<Option<Template>, StoreError> {
    opt!(
        tx,
        Template,
        concat!(
            "SELECT t.* FROM templates t WHERE (t.id = $3 OR t.name_key = $4) AND t.disabled_at IS NULL AND ",
            visible!(),
            " ORDER BY t.id <> $3 LIMIT 1"
        ),
        viewer.all,
        &viewer.group,
        id_or_name,
        id_or_name.to_lowercase(),
    )
}

/// All that this viewer may start, in their order.
///
/// # Errors
/// When the database fails.
pub async fn all_for(tx: &mut Tx, viewer: &Viewer) -> Result<Vec<Template>, StoreError> {
    const SQL: &str = concat!(
        "SELECT t.* FROM templates t WHERE t.disabled_at IS NULL AND ",
        visible!(),
        " ORDER BY t.position, t.id"
    );
    all!(tx, Template, SQL, viewer.all, &viewer.group)
}

/// All that may be started by somebody, in their order.
///
/// # Errors
/// When the database fails.
pub async fn all_enabled(tx: &mut Tx) -> Result<Vec<Template>, StoreError> {
    all!(tx, Template, "SELECT * FROM templates WHERE disabled_at IS NULL ORDER BY position, id")
}

/// Every one, in their order.
///
/// # Errors
/// When the database fails.
pub async fn all(tx: &mut Tx) -> Result<Vec<Template>, StoreError> {
    all!(tx, Template, "SELECT * FROM templates ORDER BY position, id")
}

/// Notes which image a node has for a template; none: it has none. False: that was known already.
///
/// # Errors
/// When the database fails.
pub async fn set_on_node(
    tx: &mut Tx,
    t: &Template,
    node: &str,
    image_id: Option<&str>,
    now: Time,
) -> Result<bool, StoreError> {
    let before = "SELECT image, image_id FROM template_nodes WHERE template_id = $1 AND node_id = $2";
    let before = opt!(&mut *tx, (String, Option<String>), before, &t.id, node)?;
    let news = before.is_none_or(|(image, id)| image != t.image || id.as_deref() != image_id);
    exec!(
        tx,
        "INSERT INTO template_nodes (template_id, node_id, image, ready, seen_at, image_id) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (template_id, node_id) DO UPDATE SET image = $3, ready = $4, seen_at = $5, image_id = $6",
        &t.id,
        node,
        &t.image,
        image_id.is_some(),
        now,
        image_id,
    )?;
    Ok(news)
}

/// Whether there is a template whose image this node has not been looked through for.
///
/// # Errors
/// When the database fails.
pub async fn unseen_on_node(tx: &mut Tx, node: &str) -> Result<bool, StoreError> {
    let sql = "SELECT t.id FROM templates t WHERE NOT EXISTS (SELECT 1 FROM template_nodes n \
               WHERE n.template_id = t.id AND n.node_id = $1 AND n.image = t.image) LIMIT 1";
    Ok(opt!(tx, (String,), sql, node)?.is_some())
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

/// What this viewer may start, ready ones first, as the api shows it. `comes`: whether an image that is not there would be pulled.
///
/// # Errors
/// When the database fails.
pub async fn views(
    tx: &mut Tx,
    viewer: &Viewer,
    comes: impl Fn(&str) -> bool,
) -> Result<Vec<TemplateView>, StoreError> {
    let templates = all_for(tx, viewer).await?;
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
            let ready = here.peek().is_none() || here.any(|p| p.ready) || comes(&t.image);
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
                home: t.home,
                default: t.is_default,
            }
        })
        .collect();
    views.sort_by_key(|view| !view.ready);
    Ok(views)
}
