//! A desktop's whole life through the functions that api and worker call.

use super::queue::{claim, node, ready};
use berth_shared::both_databases;
use berth_shared::domain::desktop::{DesktopView, ReasonCode, Status};
use berth_shared::domain::limits::parse_rates;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Actor, Applied, Asked, ContainerEnd, Denied, Limits, NewDesktop, StepDone, Wish};
use berth_shared::queue::{Class, End};
use berth_shared::store::users::{self, User};
use berth_shared::store::{Db, desktops, history};
use berth_shared::testing::{desktop, limits, template, user};
use std::time::Duration;

pub(crate) async fn ask(db: &Db, u: &User, id: &str, wish: Wish) -> DesktopView {
    let mut tx = db.begin().await.unwrap();
    let d = desktops::lock(&mut tx, id).await.unwrap().unwrap();
    let actor = Actor { user_id: &u.id, username: &u.username };
    let asked = lifecycle::ask(&mut tx, d, wish, actor, &limits(), None).await.unwrap();
    tx.commit().await.unwrap();
    match asked {
        Asked::Accepted(view) => *view,
        other => panic!("{other:?}"),
    }
}

async fn status(db: &Db, id: &str) -> Option<Status> {
    desktops::get(&mut db.read().await.unwrap(), id).await.unwrap().map(|d| d.status)
}

both_databases! {
    async fn from_click_to_gone(db: TestDb) {
        node(&db.db, 2).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &signals, &u, &t).await;
        assert_eq!((d.status, d.name.as_str()), (Status::Queued, "Light desktop"));
        let lease = claim(&db.db, Class::Starts).await.unwrap();
        assert_eq!(ready(&db.db, &lease).await, Applied::Yes);
        let view = desktops::get(&mut db.db.read().await.unwrap(), &d.id).await.unwrap().unwrap().view();
        assert_eq!((view.status, view.steps.len()), (Status::Running, 5));
        assert!(view.connect.is_some());

        assert_eq!(ask(&db.db, &u, &d.id, Wish::Stop).await.status, Status::Stopping);
        assert_eq!(ask(&db.db, &u, &d.id, Wish::Stop).await.status, Status::Stopping);
        let stop = claim(&db.db, Class::Ends).await.unwrap();
        let gone = StepDone::ContainerGone { port_rest: Duration::ZERO };
        assert_eq!(lifecycle::step(&db.db, &signals, &stop, &gone).await.unwrap(), Applied::Yes);
        assert_eq!(lifecycle::step(&db.db, &signals, &stop, &StepDone::Cleared).await.unwrap(), Applied::Yes);
        let view = desktops::get(&mut db.db.read().await.unwrap(), &d.id).await.unwrap().unwrap().view();
        assert_eq!((view.status, view.stopped_by.as_deref()), (Status::Stopped, Some("u")));
        assert_eq!(view.reason.unwrap().code, ReasonCode::ByUser);

        assert_eq!(ask(&db.db, &u, &d.id, Wish::Delete).await.status, Status::Deleting);
        let cleanup = claim(&db.db, Class::Ends).await.unwrap();
        assert_eq!(lifecycle::step(&db.db, &signals, &cleanup, &StepDone::Removed).await.unwrap(), Applied::Yes);
        assert_eq!(status(&db.db, &d.id).await, None);
        let told = history::page(&mut db.db.read().await.unwrap(), &d.id, "", 50).await.unwrap();
        assert_eq!(told[0].status, Status::Deleting, "what happened to it is kept for administrators");
    }

    async fn a_queued_start_is_cancelled_at_once_and_a_running_one_is_superseded(db: TestDb) {
        node(&db.db, 2).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &signals, &u, &t).await;
        assert_eq!(ask(&db.db, &u, &d.id, Wish::Stop).await.status, Status::Stopped);
        assert!(claim(&db.db, Class::Starts).await.is_none());

        assert_eq!(ask(&db.db, &u, &d.id, Wish::Start).await.status, Status::Queued);
        let create = claim(&db.db, Class::Starts).await.unwrap();
        assert_eq!(create.generation, 2);
        assert_eq!(ask(&db.db, &u, &d.id, Wish::Stop).await.status, Status::Stopping);
        assert!(claim(&db.db, Class::Ends).await.is_none(), "one running job a desktop");
        assert_eq!(lifecycle::step(&db.db, &signals, &create, &StepDone::Ready).await.unwrap(), Applied::Superseded);
        assert_eq!(lifecycle::hand_on(&db.db, &signals, &create, &End::Cancel).await.unwrap(), Applied::Yes);
        let stop = claim(&db.db, Class::Ends).await.unwrap();
        assert_eq!(lifecycle::step(&db.db, &signals, &stop, &StepDone::Cleared).await.unwrap(), Applied::Yes);
        assert_eq!(status(&db.db, &d.id).await, Some(Status::Stopped));
    }

    async fn containers_that_end_are_dealt_with_by_cause(db: TestDb) {
        node(&db.db, 9).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        for (end, after, code) in [
            (ContainerEnd::Cleanly, Status::Stopping, ReasonCode::EndedInside),
            (ContainerEnd::Crashed { code: 3 }, Status::Queued, ReasonCode::Crashed),
            (ContainerEnd::OutOfMemory, Status::Queued, ReasonCode::OutOfMemory),
            (ContainerEnd::Lost, Status::Queued, ReasonCode::EngineLost),
        ] {
            let d = desktop(&db.db, &signals, &u, &t).await;
            let lease = claim(&db.db, Class::Starts).await.unwrap();
            assert_eq!(lease.desktop_id, d.id);
            ready(&db.db, &lease).await;
            let other = lifecycle::container_ended(&db.db, &signals, &d.id, "another", &end, 8).await.unwrap();
            assert_eq!(other, Applied::Superseded);
            let told = lifecycle::container_ended(&db.db, &signals, &d.id, "c", &end, 8).await.unwrap();
            assert_eq!(told, Applied::Yes);
            let view = desktops::get(&mut db.db.read().await.unwrap(), &d.id).await.unwrap().unwrap().view();
            assert_eq!((view.status, view.reason.map(|r| r.code)), (after, Some(code)));
            ask(&db.db, &u, &d.id, Wish::Delete).await;
        }
    }

    async fn crashes_end_in_failed_after_three_more_starts(db: TestDb) {
        node(&db.db, 2).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &signals, &u, &t).await;
        for round in 0..=3 {
            let lease = berth_shared::testing::eventually("its backoff is over", || claim(&db.db, Class::Starts)).await;
            ready(&db.db, &lease).await;
            let crash = ContainerEnd::Crashed { code: 1 };
            lifecycle::container_ended(&db.db, &signals, &d.id, "c", &crash, 8).await.unwrap();
            let expected = if round < 3 { Status::Queued } else { Status::Failed };
            assert_eq!(status(&db.db, &d.id).await, Some(expected), "round {round}");
        }
        let stop = claim(&db.db, Class::Ends).await.expect("what is left is cleared");
        lifecycle::step(&db.db, &signals, &stop, &StepDone::Cleared).await.unwrap();
        assert_eq!(status(&db.db, &d.id).await, Some(Status::Failed));
    }

    async fn quota_and_windows_are_exact_under_forty_clicks_at_once(db: TestDb) {
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let strict = Limits { max_desktops: 9, starts: parse_rates("7/minute,50/hour").unwrap(), ..limits() };
        let mut clicks = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let (db, u, t, strict) = (db.db.clone(), u.clone(), t.clone(), strict.clone());
            clicks.spawn(async move {
                let mut tx = db.begin().await.unwrap();
                let owner = users::lock(&mut tx, &u.id).await.unwrap().unwrap();
                let new = NewDesktop { template: &t, name: None, trace_id: None };
                let asked = lifecycle::create(&mut tx, &owner, new, &strict).await.unwrap();
                tx.commit().await.unwrap();
                asked
            });
        }
        let asked = clicks.join_all().await;
        let accepted = asked.iter().filter(|a| matches!(a, Asked::Accepted(_))).count();
        let limited = asked.iter().filter(|a| matches!(a, Asked::Denied(Denied::Rate { .. }))).count();
        assert_eq!((accepted, limited), (7, 33));
        let mut tx = db.db.read().await.unwrap();
        let (desktops, windows) = lifecycle::limits_of(&mut tx, &u, &strict).await.unwrap();
        assert_eq!((desktops, windows[0].used, windows[1].used), ((9, 7), 7, 7));
    }

    async fn a_desktop_without_work_gets_it_back(db: TestDb) {
        node(&db.db, 2).await;
        let signals = Signals::default();
        let (u, t) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        let d = desktop(&db.db, &signals, &u, &t).await;
        assert_eq!(lifecycle::heal(&db.db, &signals, 8).await.unwrap(), 0);
        let mut tx = db.db.begin().await.unwrap();
        berth_shared::queue::cancel_waiting(&mut tx, &d.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(lifecycle::heal(&db.db, &signals, 8).await.unwrap(), 1);
        assert!(claim(&db.db, Class::Starts).await.is_some());
    }
}
