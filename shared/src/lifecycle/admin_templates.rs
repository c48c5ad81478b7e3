//! Templates as administrators see them: the whole recipe, who may use it, on which nodes its image is, how many desktops it has.

use crate::domain::desktop::ConnectKind;
use crate::domain::job::JobState;
use crate::domain::template::{Audience, EnvVar, Home, ImageState};
use crate::domain::time::Time;
use crate::queue::pulls::{self, Pull};
use crate::store::audience::all_groups;
use crate::store::templates::{self, Template};
use crate::store::{StoreError, Tx, all};
use serde::Serialize;
use utoipa::ToSchema;

/// A template as administrators see it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AdminTemplate {
    pub id: String,
    pub name: String,
    pub description: String,
    /// The name of a picture that the page has.
    pub icon: String,
    pub kind: ConnectKind,
    pub image: String,
    pub container_port: i64,
    pub memory_mib: i64,
    pub cpus: f64,
    /// Processes and threads together.
    pub pids: i64,
    pub shm_mib: i64,
    pub env: Vec<EnvVar>,
    pub home: Home,
    pub audience: Audience,
    /// Ids of the groups that it is for.
    pub groups: Vec<String>,
    pub enabled: bool,
    pub default: bool,
    /// Its place among all templates, from 0.
    pub position: i64,
    pub nodes: Vec<TemplateNode>,
    pub desktops: i64,
    /// Desktops that run on another image than their next start would.
    pub desktops_on_older_image: i64,
}

/// A template's image on one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TemplateNode {
    pub node: String,
    pub state: ImageState,
    /// Null: it has none.
    pub image_id: Option<String>,
    /// While it is pulled.
    pub progress: Option<PullProgress>,
    /// Why the last pull was given up; null after one that was not.
    pub error: Option<String>,
    pub seen_at: Option<Time>,
}

/// How far a pull is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PullProgress {
    /// Null: not known yet.
    pub percent: Option<i64>,
    pub text: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Seen {
    template_id: String,
    node_id: String,
    image: String,
    image_id: Option<String>,
    seen_at: Time,
}

const COUNTS: &str = "SELECT d.template_id, count(*), count(CASE WHEN d.status = 'running' AND d.image_id <> n.image_id \
    THEN 1 END) FROM desktops d LEFT JOIN template_nodes n ON n.template_id = d.template_id AND n.node_id = d.node_id \
    GROUP BY d.template_id";

/// Every template, in their order.
///
/// # Errors
/// When the database fails.
pub async fn views(tx: &mut Tx) -> Result<Vec<AdminTemplate>, StoreError> {
    let templates = templates::all(tx).await?;
    seen_as(tx, templates).await
}

/// One of them.
///
/// # Errors
/// When the database fails.
pub async fn view(tx: &mut Tx, template: Template) -> Result<Option<AdminTemplate>, StoreError> {
    Ok(seen_as(tx, vec![template]).await?.pop())
}

async fn seen_as(tx: &mut Tx, templates: Vec<Template>) -> Result<Vec<AdminTemplate>, StoreError> {
    let groups = all_groups(&mut *tx).await?;
    let seen = all!(&mut *tx, Seen, "SELECT * FROM template_nodes ORDER BY template_id, node_id")?;
    let pulls = pulls::newest(&mut *tx).await?;
    let counts = all!(&mut *tx, (String, i64, i64), COUNTS)?;
    let views = templates.into_iter().map(|t| {
        let (desktops, older) = counts.iter().find(|(id, ..)| *id == t.id).map_or((0, 0), |(_, n, older)| (*n, *older));
        let groups = groups.iter().filter(|(id, _)| *id == t.id).map(|(_, group)| group.clone());
        AdminTemplate {
            nodes: nodes(&t, &seen, &pulls),
            groups: groups.collect(),
            desktops,
            desktops_on_older_image: older,
            id: t.id,
            name: t.name,
            description: t.description,
            icon: t.icon,
            kind: t.kind,
            image: t.image,
            container_port: t.container_port,
            memory_mib: t.memory_mib,
            #[allow(clippy::cast_precision_loss)] // thousandths of a CPU
            cpus: t.cpu_millis as f64 / 1000.0,
            pids: t.pids,
            shm_mib: t.shm_mib,
            env: t.env.0,
            home: t.home,
            audience: t.audience,
            enabled: t.disabled_at.is_none(),
            default: t.is_default,
            position: t.position,
        }
    });
    Ok(views.collect())
}

/// The nodes that have looked for the image as it is now, and those that are at it.
fn nodes(t: &Template, seen: &[Seen], pulls: &[Pull]) -> Vec<TemplateNode> {
    let looked = seen.iter().filter(|s| s.template_id == t.id && s.image == t.image);
    let mut nodes: Vec<TemplateNode> = looked
        .map(|s| TemplateNode {
            node: s.node_id.clone(),
            state: if s.image_id.is_some() { ImageState::Present } else { ImageState::Missing },
            image_id: s.image_id.clone(),
            progress: None,
            error: None,
            seen_at: Some(s.seen_at),
        })
        .collect();
    for pull in pulls.iter().filter(|pull| pull.image == t.image) {
        if pull.is_unfinished() && nodes.iter().all(|node| node.node != pull.node) {
            let (node, state) = (pull.node.clone(), ImageState::Pulling);
            nodes.push(TemplateNode { node, state, image_id: None, progress: None, error: None, seen_at: None });
        }
        if let Some(node) = nodes.iter_mut().find(|node| node.node == pull.node) {
            tell_of_pull(node, pull);
        }
    }
    nodes
}

fn tell_of_pull(node: &mut TemplateNode, pull: &Pull) {
    if pull.is_unfinished() {
        let runs = pull.state == JobState::Running;
        let waits = || pull.last_error.clone().unwrap_or_else(|| "waits for its turn".to_owned());
        node.state = ImageState::Pulling;
        node.progress = Some(PullProgress {
            percent: pull.percent.filter(|_| runs),
            text: if runs { pull.progress.clone() } else { Some(waits()) },
        });
    } else if pull.state == JobState::Discarded {
        node.error.clone_from(&pull.last_error);
        if node.state == ImageState::Missing {
            node.state = ImageState::Failed;
        }
    }
}
