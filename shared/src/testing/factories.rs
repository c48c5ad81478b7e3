//! Rows for tests, written through the same functions that the product uses.

use crate::domain::desktop::{ConnectKind, DesktopView};
use crate::domain::limits::parse_rates;
use crate::domain::template::{Audience, Env, Home};
use crate::domain::time::Time;
use crate::domain::user::{Role, username_key};
use crate::events::Signals;
use crate::lifecycle::{self, Asked, Limits, NewDesktop};
use crate::store::templates::{self, Template};
use crate::store::users::{self, User};
use crate::store::{Db, Tx, exec};

/// Limits that are in nobody's way.
#[must_use]
pub fn limits() -> Limits {
    let starts = parse_rates("1000/minute").unwrap_or_default();
    Limits { max_desktops: 1_000, starts, max_streams: 1_000, job_max_attempts: 8 }
}

async fn begin(db: &Db) -> (Tx, Time) {
    let mut tx = db.begin().await.expect("a transaction");
    let now = tx.now().await.expect("the time");
    (tx, now)
}

/// A user of this name.
///
/// # Panics
/// When it cannot be written.
pub async fn user(db: &Db, name: &str, role: Role) -> User {
    let (mut tx, now) = begin(db).await;
    let user = User::new(name, role, now);
    users::insert(&mut tx, &user, &username_key(name).expect("a good name")).await.expect("a user");
    tx.commit().await.expect("a commit");
    user
}

/// A template `light` with this image.
///
/// # Panics
/// When it cannot be written.
pub async fn template(db: &Db, image: &str) -> Template {
    let (mut tx, now) = begin(db).await;
    let template = Template {
        id: "light".into(),
        name: "Light desktop".into(),
        description: "For tests.".into(),
        icon: "terminal".into(),
        kind: ConnectKind::Vnc,
        image: image.into(),
        container_port: 5900,
        memory_mib: 256,
        cpu_millis: 500,
        pids: 128,
        shm_mib: 64,
        position: 0,
        is_default: true,
        disabled_at: None,
        created_at: now,
        env: Env::default(),
        home: Home::Kept,
        audience: Audience::Everyone,
    };
    templates::insert(&mut tx, &template).await.expect("a template");
    tx.commit().await.expect("a commit");
    template
}

/// A desktop that this user asked for just now.
///
/// # Panics
/// When it was refused.
pub async fn desktop(db: &Db, signals: &Signals, user: &User, template: &Template) -> DesktopView {
    let (mut tx, _) = begin(db).await;
    let owner = users::lock(&mut tx, &user.id).await.expect("a user").expect("the user");
    let new = NewDesktop { template, name: None, trace_id: None };
    let asked = lifecycle::create(&mut tx, &owner, new, &limits()).await.expect("a desktop");
    tx.commit().await.expect("a commit");
    signals.changed();
    match asked {
        Asked::Accepted(view) => *view,
        refused => panic!("the desktop was refused: {refused:?}"),
    }
}

/// A group of this id and name, with this user in it.
///
/// # Panics
/// When it cannot be written.
pub async fn group_with(db: &Db, id: &str, username: &str) {
    let (mut tx, now) = begin(db).await;
    let sql = "INSERT INTO groups (id, name, name_key, description, created_at) VALUES ($1, $1, $1, '', $2)";
    exec!(&mut tx, sql, id, now).expect("a group");
    exec!(&mut tx, "UPDATE users SET group_id = $1 WHERE username = $2", id, username).expect("a member");
    tx.commit().await.expect("a commit");
}
