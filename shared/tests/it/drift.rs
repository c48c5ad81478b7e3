//! Differences between records and engines: listed, kept, gone; one comparison of a node at a time; what settles them.

use super::queue::{LONG, claim, node, ready};
use berth_shared::both_databases;
use berth_shared::domain::desktop::Status;
use berth_shared::domain::drift::{DriftAction, DriftKind, DriftSide};
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, ContainerEnd, LeaseFate, NotAdopted, Orphan, StepDone, Wish};
use berth_shared::queue::Class;
use berth_shared::store::drift::{self, Answer, Found};
use berth_shared::store::nodes::{self, COMPARE_LIMIT, CompareTurn};
use berth_shared::store::ports::{self, PortLease, PortRange};
use berth_shared::store::{Db, desktops, history};
use berth_shared::testing::{desktop, template, user};
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(30);
const RANGE: PortRange = PortRange { first: 7000, last: 7004 };

fn found(subject: &str, words: &str) -> Found {
    Found {
        kind: DriftKind::ContainerWithoutDesktop,
        subject: subject.to_owned(),
        record: None,
        engine: Some(DriftSide { title: words.to_owned(), ..DriftSide::default() }),
        actions: vec![DriftAction::Remove, DriftAction::Forget],
        explains: "Cannot be adopted: it has ended.".to_owned(),
    }
}

async fn write(db: &Db, found: &[Found]) -> bool {
    let mut tx = db.begin().await.unwrap();
    let news = drift::write(&mut tx, "a", found).await.unwrap();
    tx.commit().await.unwrap();
    news
}

async fn ids(db: &Db) -> Vec<String> {
    drift::list(&mut db.read().await.unwrap()).await.unwrap().into_iter().map(|item| item.id).collect()
}

async fn ask(db: &Db, id: &str, action: DriftAction) -> Answer {
    let mut tx = db.begin().await.unwrap();
    let answer = drift::ask(&mut tx, id, action, "root").await.unwrap();
    tx.commit().await.unwrap();
    answer
}

async fn take(db: &Db) -> Option<CompareTurn> {
    let mut tx = db.begin().await.unwrap();
    let turn = nodes::take_compare(&mut tx, "a", "w", LONG).await.unwrap();
    tx.commit().await.unwrap();
    turn
}

async fn end(db: &Db, turn: CompareTurn) -> bool {
    let mut tx = db.begin().await.unwrap();
    let ours = nodes::end_compare(&mut tx, "a", turn, PAUSE, Some((1, 1))).await.unwrap();
    tx.commit().await.unwrap();
    ours
}

async fn ask_compare(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    assert!(nodes::ask_compare(&mut tx, "a").await.unwrap());
    assert!(!nodes::ask_compare(&mut tx, "nowhere").await.unwrap());
    tx.commit().await.unwrap();
}

fn orphan(desktop: &str, owner: &str, port: u16) -> Orphan {
    Orphan {
        desktop_id: desktop.to_owned(),
        generation: 3,
        owner_id: owner.to_owned(),
        template_id: "light".to_owned(),
        name: None,
        node: "a".to_owned(),
        container_id: format!("container-of-{desktop}"),
        port,
        connect_address: "127.0.0.1".to_owned(),
        started_at: None,
    }
}

async fn lease(db: &Db, desktop: &str) -> PortLease {
    let mut tx = db.begin().await.unwrap();
    let lease = ports::lease(&mut tx, "a", &RANGE, (desktop, 1), "127.0.0.1").await.unwrap().expect("a port");
    tx.commit().await.unwrap();
    lease
}

both_databases! {
    async fn a_difference_keeps_its_first_sight_and_goes_when_it_is_missed(db: TestDb) {
        node(&db.db, 2).await;
        assert!(write(&db.db, &[found("x", "up 1 s"), found("y", "up 1 s")]).await);
        let first = drift::list(&mut db.db.read().await.unwrap()).await.unwrap();
        assert!(!write(&db.db, &[found("y", "up 2 s"), found("x", "up 2 s")]).await, "the same list, in other words");
        let second = drift::list(&mut db.db.read().await.unwrap()).await.unwrap();
        assert_eq!(second.len(), 2);
        for (before, after) in first.iter().zip(&second) {
            assert_eq!((&before.id, before.since), (&after.id, after.since));
            assert_eq!(after.engine.as_ref().map(|side| side.title.as_str()), Some("up 2 s"));
        }
        // Forgotten: off the list for as long as it is there, and counted no more.
        let mut tx = db.db.begin().await.unwrap();
        drift::forget(&mut tx, &first[0].id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(!write(&db.db, &[found("x", "up 3 s"), found("y", "up 3 s")]).await);
        assert_eq!(ids(&db.db).await, [second[1].id.clone()]);
        assert_eq!(drift::open_count(&mut db.db.read().await.unwrap()).await.unwrap(), 1);
        assert_eq!(ask(&db.db, &first[0].id, DriftAction::Remove).await, Answer::Unknown);
        assert!(write(&db.db, &[]).await);
        assert!(write(&db.db, &[found("x", "up 1 s")]).await);
        assert_eq!(ids(&db.db).await.len(), 1, "there again: listed again");
        // Another node's comparison does not touch it.
        let mut tx = db.db.begin().await.unwrap();
        assert!(!drift::write(&mut tx, "b", &[]).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(ids(&db.db).await.len(), 1);
    }

    async fn a_decision_stands_until_it_is_carried_out_or_fails(db: TestDb) {
        node(&db.db, 2).await;
        write(&db.db, &[found("x", "up 1 s")]).await;
        let id = ids(&db.db).await.remove(0);
        let Answer::Asked(asked) = ask(&db.db, &id, DriftAction::Remove).await else { panic!("refused") };
        assert_eq!(ask(&db.db, &id, DriftAction::Remove).await, Answer::Asked(asked.clone()), "twice is once");
        let offered = asked.actions.clone();
        assert_eq!(ask(&db.db, &id, DriftAction::Adopt).await, Answer::NotOffered { offered });
        let decided = drift::decided(&mut db.db.read().await.unwrap(), "a").await.unwrap();
        assert_eq!((decided.len(), decided[0].subject.as_str(), decided[0].by.as_str()), (1, "x", "root"));
        // A comparison in between leaves it standing.
        write(&db.db, &[found("x", "up 2 s")]).await;
        let mut tx = db.db.begin().await.unwrap();
        drift::failed(&mut tx, &decided[0], "It is in use.").await.unwrap();
        tx.commit().await.unwrap();
        assert!(drift::decided(&mut db.db.read().await.unwrap(), "a").await.unwrap().is_empty(), "not tried for ever");
        let Answer::Asked(again) = ask(&db.db, &id, DriftAction::Forget).await else { panic!("refused") };
        assert_eq!(again.asked.map(|a| (a.action, a.error)), Some((DriftAction::Forget, None)));
        // The late word about the decision before does not spoil this one.
        let mut tx = db.db.begin().await.unwrap();
        drift::failed(&mut tx, &decided[0], "late").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(drift::decided(&mut db.db.read().await.unwrap(), "a").await.unwrap().len(), 1);
    }

    async fn a_decision_in_the_middle_of_a_comparisons_end_waits_for_it(db: TestDb) {
        node(&db.db, 2).await;
        write(&db.db, &[found("x", "up 1 s")]).await;
        let id = ids(&db.db).await.remove(0);
        let turn = take(&db.db).await.expect("due");
        let mut ending = db.db.begin().await.unwrap();
        assert!(nodes::end_compare(&mut ending, "a", turn, PAUSE, Some((1, 1))).await.unwrap());
        let own = db.db.clone();
        let asking = tokio::spawn(async move { ask(&own, &id, DriftAction::Remove).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        drift::write(&mut ending, "a", &[found("x", "up 2 s")]).await.unwrap();
        ending.commit().await.unwrap();
        assert!(matches!(asking.await.unwrap(), Answer::Asked(_)));
    }

    async fn one_worker_at_a_time_compares_a_node(db: TestDb) {
        assert!(take(&db.db).await.is_none(), "a node that nobody has heard of");
        node(&db.db, 2).await;
        let mut takes = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let db = db.db.clone();
            takes.spawn(async move { take(&db).await });
        }
        let taken: Vec<_> = takes.join_all().await.into_iter().flatten().collect();
        assert_eq!(taken.len(), 1);
        // Asked for while it is under way: it is let finish, and followed at once.
        ask_compare(&db.db).await;
        assert!(take(&db.db).await.is_none());
        assert!(end(&db.db, taken[0]).await);
        let next = take(&db.db).await.expect("asked for meanwhile");
        assert!(!end(&db.db, taken[0]).await, "a turn ends once");
        assert!(end(&db.db, next).await);
        assert!(take(&db.db).await.is_none(), "not before its pause is over");
        ask_compare(&db.db).await;
        assert!(take(&db.db).await.is_some(), "unless somebody asks");
    }

    async fn a_turn_that_nobody_ends_is_had_again(db: TestDb) {
        node(&db.db, 2).await;
        let first = take(&db.db).await.expect("the first");
        let state = nodes::comparison(&mut db.db.read().await.unwrap(), "a").await.unwrap().unwrap();
        let taken_at = state.comparing_until.unwrap().minus(COMPARE_LIMIT);
        let at = |after: Duration| taken_at.plus(after);
        let moment = Duration::from_millis(1);
        assert!(!state.due(at(COMPARE_LIMIT - moment), LONG), "it is let finish");
        assert!(state.due(at(COMPARE_LIMIT), LONG), "its time is over");
        assert!(state.due(taken_at.minus(Duration::from_secs(3_600)), LONG), "the clock was set back");
        assert_eq!(state.begins_at(at(moment)), None, "under way");
        let seen_at = state.comparer_seen_at.expect("its worker lives");
        let silent = Duration::from_secs(2);
        assert!(!state.due(seen_at.plus(silent - moment), silent));
        assert!(state.due(seen_at.plus(silent), silent), "its worker fell silent");
        // A process that is known to be dead holds nothing up.
        assert_eq!(lifecycle::take_over(&db.db, &Signals::default()).await.unwrap(), 0);
        let second = take(&db.db).await.expect("at once");
        assert!(!end(&db.db, first).await, "and writes nothing any more");
        assert!(end(&db.db, second).await);
    }

    async fn an_orphan_is_adopted_once_and_only_where_nothing_stands_against_it(db: TestDb) {
        node(&db.db, 2).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "ada", Role::User).await, template(&db.db, "i").await);
        let taken = lease(&db.db, "another").await;
        let adopt = async |drift_id: &str, o: &Orphan| {
            lifecycle::adopt(&db.db, &signals, drift_id, o, ("root", 8)).await.unwrap()
        };
        let good = orphan("01JDLOST", &u.id, 7003);
        for (o, why) in [
            (orphan("01JDLOST", "nobody", 7003), NotAdopted::NoOwner),
            (Orphan { template_id: "gone".to_owned(), ..good.clone() }, NotAdopted::NoTemplate),
            (orphan("01JDLOST", &u.id, u16::try_from(taken.port).unwrap()), NotAdopted::PortTaken(7000)),
        ] {
            assert_eq!(adopt("", &o).await, Err(why));
            assert!(desktops::get(&mut db.db.read().await.unwrap(), "01JDLOST").await.unwrap().is_none());
        }
        write(&db.db, &[found(&good.container_id, "up 1 s")]).await;
        let id = ids(&db.db).await.remove(0);
        let mut adopts = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let (db, signals, id, good) = (db.db.clone(), signals.clone(), id.clone(), good.clone());
            adopts.spawn(async move { lifecycle::adopt(&db, &signals, &id, &good, ("root", 8)).await });
        }
        let outcomes = adopts.join_all().await;
        assert!(outcomes.iter().any(|outcome| matches!(outcome, Ok(Ok(())))), "{outcomes:?}");
        let row = desktops::get(&mut db.db.read().await.unwrap(), "01JDLOST").await.unwrap().expect("a row");
        assert_eq!((row.status, row.generation, row.name.as_str(), row.job_id), (Status::Running, 3, t.name.as_str(), None));
        assert_eq!((row.node_id.as_deref(), row.container_id.as_ref()), (Some("a"), Some(&good.container_id)));
        let lease = ports::of_desktop(&mut db.db.read().await.unwrap(), "01JDLOST").await.unwrap().expect("its port");
        assert_eq!((lease.port, lease.generation), (7003, 3));
        assert!(ids(&db.db).await.is_empty(), "settled");
        assert_eq!(history::page(&mut db.db.read().await.unwrap(), "01JDLOST", "", 9).await.unwrap().len(), 1);
        assert_eq!(adopt("", &good).await, Ok(()), "again: it is so already");
        let other = Orphan { generation: 2, container_id: "older".to_owned(), ..good };
        assert_eq!(adopt("", &other).await, Err(NotAdopted::Known(Status::Running)));
    }

    async fn only_what_is_still_lost_is_stopped_or_deleted(db: TestDb) {
        node(&db.db, 9).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "ada", Role::User).await, template(&db.db, "i").await);
        let settle = async |id: &str, wish| lifecycle::settle_lost(&db.db, &signals, id, wish, "root").await.unwrap();
        let status = async |id: &str| desktops::get(&mut db.db.read().await.unwrap(), id).await.unwrap().map(|d| d.status);
        let running = async || {
            let d = desktop(&db.db, &signals, &u, &t).await;
            assert!(!settle(&d.id, Wish::Stop).await, "it only waits for its first start");
            ready(&db.db, &claim(&db.db, Class::Starts).await.unwrap()).await;
            assert!(!settle(&d.id, Wish::Delete).await, "it runs");
            d
        };
        let (stopped, deleted, begun) = (running().await, running().await, running().await);
        for d in [&stopped, &deleted, &begun] {
            lifecycle::container_ended(&db.db, &signals, &d.id, "c", &ContainerEnd::Lost, 8).await.unwrap();
        }
        assert!(settle(&stopped.id, Wish::Stop).await && settle(&deleted.id, Wish::Delete).await);
        assert_eq!((status(&stopped.id).await, status(&deleted.id).await), (Some(Status::Stopping), Some(Status::Deleting)));
        assert!(!settle(&stopped.id, Wish::Delete).await, "somebody has decided already");
        let lease = claim(&db.db, Class::Starts).await.expect("started again by itself");
        assert_eq!(lease.desktop_id, begun.id);
        assert!(!settle(&begun.id, Wish::Stop).await);
        assert_eq!(status(&begun.id).await, Some(Status::Starting));
        assert!(!settle("01JDNEVER", Wish::Stop).await);
    }

    async fn a_lease_is_released_only_when_nothing_is_to_come_for_it(db: TestDb) {
        node(&db.db, 9).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "ada", Role::User).await, template(&db.db, "i").await);
        let unused = async |lease: &PortLease, held| {
            lifecycle::release_unused(&db.db, lease, held, Duration::from_secs(60)).await.unwrap()
        };
        let d = desktop(&db.db, &signals, &u, &t).await;
        let held = lease(&db.db, &d.id).await;
        assert_eq!(unused(&held, false).await, LeaseFate::Kept, "queued");
        ready(&db.db, &claim(&db.db, Class::Starts).await.unwrap()).await;
        assert_eq!(unused(&held, false).await, LeaseFate::Kept, "running");
        let mut tx = db.db.begin().await.unwrap();
        let row = desktops::lock(&mut tx, &d.id).await.unwrap().unwrap();
        let actor = lifecycle::Actor { user_id: &u.id, username: "ada" };
        lifecycle::ask(&mut tx, row, Wish::Stop, actor, &berth_shared::testing::limits(), None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(unused(&held, false).await, LeaseFate::Kept, "its stop will see to it");
        let stop = claim(&db.db, Class::Ends).await.unwrap();
        lifecycle::step(&db.db, &signals, &stop, &StepDone::Cleared).await.unwrap();
        assert_eq!(unused(&held, true).await, LeaseFate::Stuck, "a container has the port");
        let older = PortLease { port: held.port + 1, ..held.clone() };
        assert_eq!(unused(&older, false).await, LeaseFate::Kept, "it is another lease by now");
        assert_eq!(unused(&held, false).await, LeaseFate::Released);
        assert_eq!(unused(&held, false).await, LeaseFate::Kept);
        let next = lease(&db.db, "01JDNEVER").await;
        assert_ne!(next.port, held.port, "it rests");
        assert!(lifecycle::release_held(&db.db, &next, Duration::from_secs(60)).await.unwrap());
        let foreign = ports::foreign_on(&mut db.db.read().await.unwrap(), "a").await.unwrap();
        assert_eq!(foreign.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [next.port], "kept away from");
        let mut tx = db.db.begin().await.unwrap();
        ports::try_again(&mut tx, "a", u16::try_from(next.port).unwrap()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(lease(&db.db, "01JDLATER").await.port, next.port);
    }
}
