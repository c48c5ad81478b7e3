//! Query plans on full tables. PostgreSQL itself tells the plan of each statement that really ran (`auto_explain`), while a
//! script goes through the queue, the store and the events as workers, users and administrators do. None may read a table
//! that grows from end to end.

use crate::setup::{LONG, claim, claim_on, node, ready};
use berth_shared::domain::desktop::{QueueReasonCode, Reason, ReasonCode};
use berth_shared::domain::job::Kind;
use berth_shared::domain::user::Role;
use berth_shared::events::{self, Position, Signals};
use berth_shared::lifecycle::{self, ContainerEnd, StepDone, Wish};
use berth_shared::queue::keeper::Keeper;
use berth_shared::queue::line::Line;
use berth_shared::queue::{self, Class, End};
use berth_shared::store::ports::PortRange;
use berth_shared::store::users::User;
use berth_shared::store::{Db, desktops, drift, history, nodes, templates, workers};
use berth_shared::testing::{TestDb, desktop, eventually, limits, template, user};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What a database has after a busy week: 100,000 finished jobs, 10,000 that wait, and all that belongs to them.
const FILL: &[&str] = &[
    "INSERT INTO installation (only_row, id, epoch, key_check, created_at) VALUES (1, 'i', 'epoch', 'k', 1)",
    "INSERT INTO users (id, username, username_key, display_name, role, created_at) \
     SELECT 'u' || n, 'user' || n, 'user' || n, 'User ' || n, 'user', 1 FROM generate_series(0, 499) n",
    "INSERT INTO desktops (id, owner_id, template_id, name, status, desired, version, generation, node_id, crashes, attempt, \
     max_attempts, created_at) SELECT 'd' || lpad(n::text, 6, '0'), 'u' || n % 500, 'light', 'Desktop ' || n, \
     CASE WHEN n < 10000 THEN 'queued' WHEN n < 14000 THEN 'running' ELSE 'stopped' END, \
     CASE WHEN n < 14000 THEN 'running' ELSE 'stopped' END, 1, 1, CASE WHEN n >= 10000 THEN 'n' || n % 200 END, 0, 0, 8, \
     1790000000000000 + n FROM generate_series(0, 29999) n",
    "INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, claims, run_at, \
     worker_id, created_at, started_at, finished_at) SELECT 'j' || lpad(n::text, 6, '0'), \
     (ARRAY['desktop.create', 'desktop.stop', 'desktop.cleanup'])[1 + n % 3], 'd' || lpad((n % 30000)::text, 6, '0'), \
     'u' || n % 500, 1, CASE WHEN n % 50 = 0 THEN 'discarded' WHEN n % 20 = 0 THEN 'cancelled' ELSE 'completed' END, \
     CASE WHEN n % 3 = 0 THEN 1 ELSE 0 END, n, 1, 8, 1, t, 'w' || n % 300, t, t, t + 2000000 \
     FROM (SELECT n, (extract(epoch FROM now()) * 1000000)::bigint - (100001 - n) * 6000000::bigint AS t \
     FROM generate_series(1, 100000) n) n",
    "INSERT INTO jobs (id, kind, desktop_id, user_id, generation, state, priority, rank, attempt, max_attempts, claims, run_at, \
     created_at) SELECT 'q' || lpad(n::text, 6, '0'), 'desktop.create', 'd' || lpad(n::text, 6, '0'), 'u' || n % 500, 1, \
     'available', 1, n / 500 + 1, 0, 8, 0, t, t \
     FROM (SELECT n, (extract(epoch FROM now()) * 1000000)::bigint AS t FROM generate_series(0, 9999) n) n",
    "INSERT INTO attempts (job_id, n, worker_id, started_at, ended_at, outcome) \
     SELECT id, 1, worker_id, started_at, finished_at, 'done' FROM jobs WHERE finished_at IS NOT NULL",
    "INSERT INTO events (user_id, kind, payload, at) SELECT 'u' || n % 500, 'desktop', repeat('x', 400), 1790000000000000 + n \
     FROM generate_series(1, 50000) n",
    "INSERT INTO history (id, desktop_id, at, kind, status, desired) SELECT 'h' || lpad(n::text, 6, '0'), \
     'd' || lpad((n % 30000)::text, 6, '0'), 1790000000000000 + n, 'happened', 'running', 'running' FROM generate_series(1, 90000) n",
    "INSERT INTO drift (id, node_id, kind, subject, actions, explains, since, seen_at, forgotten_at) SELECT 'x' || n, 'n' || n % 200, \
     'container_without_desktop', 'c' || n, 'remove', '', n, n, n FROM generate_series(1, 5000) n",
];

const TABLES: [&str; 6] = ["jobs", "attempts", "events", "desktops", "history", "drift"];

/// What may: the figures count every job, at most once a second while an administrator looks.
const MAY: [&str; 1] = ["SELECT state, count(*) FROM jobs GROUP BY state"];
/// What is certain to be caught, or the test would be blind.
const CONTROL: &str = "SELECT count(*) FROM jobs WHERE trace_id = 'nobody'";

/// Hears what PostgreSQL tells beside its answers. For the whole process, because connections belong to no one thread.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Ear {
    fn enabled(&self, of: &tracing::Metadata<'_>) -> bool {
        of.target() == "sqlx::postgres::notice"
    }

    fn event(&self, event: &tracing::Event<'_>) {
        struct Words(String);
        impl tracing::field::Visit for Words {
            fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
                if field.name() == "message" {
                    self.0 = value.to_owned();
                }
            }

            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0 = format!("{value:?}");
                }
            }
        }
        let mut words = Words(String::new());
        event.record(&mut words);
        if words.0.contains("Query Text:") {
            self.0.lock().unwrap().push(words.0);
        }
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// A full database whose server tells each plan.
async fn full() -> Db {
    let made = TestDb::postgres().await;
    template(&made.db, "i").await;
    let Db::Postgres { pool, .. } = &made.db else { unreachable!("it is PostgreSQL") };
    for fill in FILL {
        sqlx::query(*fill).execute(pool).await.unwrap();
    }
    // VACUUM, as the server does by itself after so much was written; it takes no transaction.
    let mut direct = PgConnection::connect(&made.url).await.unwrap();
    sqlx::raw_sql("VACUUM ANALYZE").execute(&mut direct).await.unwrap();
    let (_, name) = made.url.rsplit_once('/').unwrap();
    for setting in [
        "session_preload_libraries = 'auto_explain'",
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_nested_statements = on",
        "auto_explain.log_level = 'notice'",
    ] {
        let sql = format!("ALTER DATABASE {name} SET {setting}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut direct).await.unwrap();
    }
    made.db.close().await;
    TestDb::connect(&made.url).await.unwrap()
}

async fn ask(db: &Db, owner: &User, id: &str, wish: Wish) {
    let mut tx = db.begin().await.unwrap();
    let d = desktops::lock(&mut tx, id).await.unwrap().unwrap();
    let actor = lifecycle::Actor { user_id: &owner.id, username: &owner.username };
    lifecycle::ask(&mut tx, d, wish, actor, &limits(), None).await.unwrap();
    tx.commit().await.unwrap();
}

/// Everything that users and workers make the queue do.
async fn live(db: &Db) {
    let signals = Signals::default();
    node(db, 9).await;
    let u = user(db, "newcomer", Role::User).await;
    let t = templates::all_enabled(&mut db.read().await.unwrap()).await.unwrap().remove(0);
    let mut own = Vec::new();
    for _ in 0..8 {
        own.push(desktop(db, &signals, &u, &t).await.id);
    }
    let now = db.read().await.unwrap().now().await.unwrap();
    let words = || ("Words.".to_owned(), "error".to_owned());
    let mut leases = Vec::new();
    for _ in 0..9 {
        leases.push(claim(db, Class::Starts).await.unwrap());
    }
    let keeper = Keeper::new(db.clone(), "w-a".into(), LONG);
    keeper.hold(leases[0].clone(), Instant::now());
    let end = CancellationToken::new();
    let kept = keeper.spawn(signals.clone(), end.clone()).unwrap();
    eventually("the lease is renewed", || async {
        let job = queue::get(&mut db.read().await.unwrap(), &leases[0].job_id).await.unwrap().unwrap();
        (job.lease_renewed_at > job.started_at).then_some(())
    })
    .await;
    end.cancel();
    kept.await.unwrap();

    let range = PortRange { first: 7000, last: 7100 };
    lifecycle::lease_port(db, &leases[0], "a", &range, "127.0.0.1").await.unwrap().unwrap();
    lifecycle::port_is_foreign(db, &leases[0], LONG).await.unwrap();
    ready(db, &leases[0]).await;
    let container = format!("c-{}", leases[0].job_id);
    let end = ContainerEnd::Lost;
    lifecycle::container_ended(db, &signals, &leases[0].desktop_id, &container, &end, 8).await.unwrap();
    let ((retry, retry_error), (snooze, snooze_error)) = (words(), words());
    let ends = [
        End::Retry { words: retry, error: retry_error, run_at: now },
        End::Snooze { code: QueueReasonCode::EngineDown, words: snooze, error: snooze_error, run_at: now },
        End::HandBack,
        End::Cancel,
    ];
    for (lease, end) in leases[1..].iter().zip(&ends) {
        lifecycle::hand_on(db, &signals, lease, end).await.unwrap();
    }
    let reason = Reason { code: ReasonCode::GaveUp, text: "Words.".to_owned() };
    lifecycle::give_up(db, &signals, &leases[5], reason, "error".to_owned()).await.unwrap();
    lifecycle::expire_leases(db, &signals).await.unwrap();
    lifecycle::heal(db, &signals, 8).await.unwrap();
    for _ in 0..3 {
        claim(db, Class::Starts).await; // what was put back is promoted
    }
    for wish in [Wish::Stop, Wish::Start, Wish::Stop, Wish::Delete] {
        ask(db, &u, &own[0], wish).await;
    }
    ready(db, &leases[6]).await;
    let mut tx = db.begin().await.unwrap();
    let d = desktops::lock(&mut tx, &leases[6].desktop_id).await.unwrap().unwrap();
    let owner = berth_shared::store::users::get(&mut tx, &d.owner_id).await.unwrap().unwrap();
    lifecycle::rename(&mut tx, d, "Another name".into()).await.unwrap();
    tx.commit().await.unwrap();
    ask(db, &owner, &leases[6].desktop_id, Wish::Delete).await;
    while let Some(lease) = claim_on(db, "a", Class::Ends).await {
        let gone = StepDone::ContainerGone { port_rest: LONG };
        lifecycle::step(db, &signals, &lease, &gone).await.unwrap();
        let last = if lease.kind == Kind::Stop { StepDone::Cleared } else { StepDone::Removed };
        lifecycle::step(db, &signals, &lease, &last).await.unwrap();
    }

    let mut tx = db.read().await.unwrap();
    drift::was_deleted(&mut tx, &leases[6].desktop_id).await.unwrap();
    Line::load(&mut tx, LONG).await.unwrap();
    for owner in [Some("u7"), None] {
        let page = desktops::page(&mut tx, owner, None, 50).await.unwrap();
        let last = page.last().unwrap();
        desktops::page(&mut tx, owner, Some((last.created_at, last.id.clone())), 50).await.unwrap();
    }
    desktops::on_node(&mut tx, "a").await.unwrap();
    lifecycle::limits_of(&mut tx, &u, &limits()).await.unwrap();
    history::page(&mut tx, "d000001", "", 50).await.unwrap();
    events::head(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
}

/// What administrators look at and steer.
async fn administer(db: &Db) {
    use berth_shared::domain::steer::Action;
    use berth_shared::queue::jobs::{self, FilterFields, Found};
    use berth_shared::queue::overview;

    let mut tx = db.read().await.unwrap();
    let ways = overview::Ways { silent_after: LONG, auto_slots: true };
    overview::live(&mut tx, ways).await.unwrap();
    overview::history(&mut tx).await.unwrap();
    let by = |set: fn(&mut FilterFields)| {
        let mut fields = FilterFields::default();
        set(&mut fields);
        fields.parse().unwrap()
    };
    let filters = [
        by(|_| {}),
        by(|f| f.state = Some("discarded".into())),
        by(|f| (f.state, f.kind) = (Some("available,running".into()), Some("desktop.create".into()))),
        by(|f| f.user = Some("user7".into())),
        by(|f| f.desktop = Some("d000007".into())),
        by(|f| f.worker = Some("w7".into())),
        by(|f| f.kind = Some("desktop.stop".into())),
        by(|f| f.since = Some("1h".into())),
    ];
    for filter in &filters {
        let (page, _) = jobs::page(&mut tx, filter, "", 50).await.unwrap();
        assert!(!page.is_empty(), "{filter:?}");
        let (_, _) = jobs::page(&mut tx, filter, &page.last().unwrap().view.id, 50).await.unwrap();
    }
    if let Some(Found::Job(row)) = jobs::find(&mut tx, "j000100").await.unwrap() {
        jobs::detail(&mut tx, *row).await.unwrap();
    }
    workers::views(&mut tx, LONG).await.unwrap();
    nodes::list(&mut tx).await.unwrap();
    drift::overview(&mut tx).await.unwrap();
    drift::open_count(&mut tx).await.unwrap();
    drift::decided(&mut tx, "n7").await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    drift::write(&mut tx, "n7", &[]).await.unwrap();
    drift::forget(&mut tx, "x1").await.unwrap();
    tx.commit().await.unwrap();
    let by = lifecycle::Steerer { username: "root", job_max_attempts: 8, trace_id: None, user_id: None, address: None };
    for (id, action) in [("q009000", Action::Cancel), ("j000050", Action::Retry)] {
        lifecycle::steer(db, &Signals::default(), id, action, by).await.unwrap();
    }
}

/// What readers of events ask, and what is forgotten by age.
async fn remember(db: &Db) {
    let hub = events::Hub::new(db.clone(), "epoch".to_owned());
    hub.can_resume(Position { xid: 1, id: 1 }).await.unwrap();
    let mut tx = db.read().await.unwrap();
    for user in [Some("u7"), None] {
        events::after(&mut tx, user, Position { xid: 1, id: 1 }, 100).await.unwrap();
    }
    tx.commit().await.unwrap();
    let days = |days: u64| Duration::from_secs(days * 24 * 3_600);
    let keep = lifecycle::Keep { jobs: days(6), events: days(1), audit: days(1) };
    assert!(lifecycle::forget(db, &keep).await.unwrap() > 1_000);
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "how much was looked at is for who reads the test's output")]
async fn no_statement_reads_a_growing_table_from_end_to_end() {
    let db = full().await;
    let ear = Ear::default();
    tracing::subscriber::set_global_default(ear.clone()).expect("nobody else listens");
    live(&db).await;
    administer(&db).await;
    remember(&db).await;
    let Db::Postgres { pool, .. } = &db else { unreachable!("it is PostgreSQL") };
    sqlx::query(CONTROL).execute(pool).await.unwrap();

    let plans = ear.0.lock().unwrap();
    let whole = |plan: &&String| {
        TABLES.iter().any(|table| {
            plan.lines().any(|line| {
                let line = line.trim_start_matches([' ', '-', '>']);
                ["Seq Scan on ", "Parallel Seq Scan on "]
                    .iter()
                    .any(|scan| line.strip_prefix(scan).and_then(|rest| rest.split_whitespace().next()) == Some(table))
            })
        })
    };
    assert!(plans.iter().filter(whole).any(|plan| plan.contains(CONTROL)), "the control was not caught");
    let may = |plan: &&String| plan.contains(CONTROL) || MAY.iter().any(|text| plan.contains(text));
    let bad: Vec<&String> = plans.iter().filter(whole).filter(|plan| !may(plan)).collect();
    println!("{} statements explained", plans.len());
    assert!(plans.len() > 300, "PostgreSQL told only {} plans", plans.len());
    for needed in ["FOR UPDATE SKIP LOCKED", "lease_until = clock.now", "INSERT INTO history", "DELETE FROM"] {
        assert!(plans.iter().any(|plan| plan.contains(needed)), "no statement with {needed} was seen");
    }
    assert!(
        bad.is_empty(),
        "{} statements read a whole table:\n{}",
        bad.len(),
        bad.iter().map(|plan| plan.as_str()).collect::<Vec<_>>().join("\n\n")
    );
}
