//! Whose turn it is: a user with few starts does not wait behind one with many, and what comes back keeps its place. Time
//! passes by the tests' own clock.

use crate::setup::{LONG, claim, claim_on, node, node_is, ready, worker_on};
use berth_shared::both_databases;
use berth_shared::domain::desktop::QueueReasonCode;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Applied, Wish};
use berth_shared::queue::line::Line;
use berth_shared::queue::{Class, End};
use berth_shared::store::users::User;
use berth_shared::store::{Db, desktops};
use berth_shared::testing::{Clock, desktop, limits, template, user};
use std::time::Duration;

async fn ask(db: &Db, owner: &User, id: &str, wish: Wish) {
    let mut tx = db.begin().await.unwrap();
    let d = desktops::lock(&mut tx, id).await.unwrap().unwrap();
    let actor = lifecycle::Actor { user_id: &owner.id, username: &owner.username };
    lifecycle::ask(&mut tx, d, wish, actor, &limits(), None).await.unwrap();
    tx.commit().await.unwrap();
}

both_databases! {
    /// Slots come free one after the other; nothing of the second user's may be more than two starts behind those begun.
    async fn fifty_of_one_and_two_of_another(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        let (signals, t) = (Signals::default(), template(db, "i").await);
        let (many, few) = (user(db, "many", Role::User).await, user(db, "few", Role::User).await);
        for _ in 0..50 {
            desktop(db, &signals, &many, &t).await;
        }
        let mut begun = std::collections::VecDeque::new();
        let mut clock = Clock::new(db).await;
        for second in 1..=10 {
            while let Some(lease) = claim(db, Class::Starts).await {
                begun.push_back(lease);
            }
            clock.set(Duration::from_secs(second)).await;
            ready(db, &begun.pop_front().unwrap()).await;
        }
        let late = [desktop(db, &signals, &few, &t).await.id, desktop(db, &signals, &few, &t).await.id];
        // Four slots: one came free just now, three have a start under way.
        let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
        let told = late.each_ref().map(|id| line.info(id).unwrap().position.unwrap());
        let mut order = Vec::new();
        while order.len() < 10 {
            while let Some(lease) = claim(db, Class::Starts).await {
                order.push(lease.desktop_id.clone());
                begun.push_back(lease);
            }
            ready(db, &begun.pop_front().unwrap()).await;
        }
        let came = late.each_ref().map(|id| 1 + order.iter().position(|other| other == id).unwrap());
        assert_eq!(came.map(|place| i64::try_from(place).unwrap()), told, "each came when it was told");
        // Of the other user's, at most two go before the second of these.
        assert!(came[1] <= 4, "{came:?}");
    }

    async fn several_users_take_turns(db: TestDb) {
        let db = &db.db;
        node(db, 1).await;
        let (signals, t) = (Signals::default(), template(db, "i").await);
        let mut owner_of = std::collections::HashMap::new();
        for (name, starts) in [("a", 9), ("b", 6), ("c", 3), ("d", 1)] {
            let owner = user(db, name, Role::User).await;
            for _ in 0..starts {
                owner_of.insert(desktop(db, &signals, &owner, &t).await.id, name);
            }
        }
        let mut order = String::new();
        while let Some(lease) = claim(db, Class::Starts).await {
            order.push_str(owner_of[&lease.desktop_id]);
            ready(db, &lease).await;
        }
        assert_eq!(order, "abcdabcabcababab".to_owned() + "aaa");
    }

    async fn what_comes_back_keeps_its_rank_and_who_is_passed_hears_why(db: TestDb) {
        let db = &db.db;
        node(db, 1).await;
        let (signals, t) = (Signals::default(), template(db, "i").await);
        let (early, late) = (user(db, "early", Role::User).await, user(db, "late", Role::User).await);
        let first = desktop(db, &signals, &early, &t).await.id;
        let lease = claim(db, Class::Starts).await.unwrap();
        let waits = [desktop(db, &signals, &late, &t).await.id, desktop(db, &signals, &late, &t).await.id];
        let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
        assert_eq!(line.info(&waits[0]).unwrap().position, Some(1));

        let run_at = db.read().await.unwrap().now().await.unwrap().plus(Duration::from_secs(5));
        let end = End::Retry { words: "The port was taken.".into(), error: "bind".into(), run_at };
        assert_eq!(lifecycle::hand_on(db, &signals, &lease, &end).await.unwrap(), Applied::Yes);
        let next = claim(db, Class::Starts).await.unwrap();
        assert_eq!(next.desktop_id, waits[0], "its pause holds nobody up");
        let mut clock = Clock::new(db).await;
        clock.pass(Duration::from_secs(6)).await;
        let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
        let (back, passed) = (line.info(&first).unwrap(), line.info(&waits[1]).unwrap());
        assert_eq!((back.position, passed.position), (Some(1), Some(2)));
        assert_eq!(passed.reason.unwrap().code, QueueReasonCode::FairTurn);
        ready(db, &next).await;
        assert_eq!(claim(db, Class::Starts).await.unwrap().desktop_id, first);
    }

    async fn a_home_waits_for_its_node_and_holds_up_nobody_elsewhere(db: TestDb) {
        let db = &db.db;
        node(db, 1).await;
        node_is(db, "b", 1, true).await;
        worker_on(db, "b", 2, None).await;
        let (signals, t) = (Signals::default(), template(db, "i").await);
        let (u, v) = (user(db, "u", Role::User).await, user(db, "v", Role::User).await);
        let home = desktop(db, &signals, &u, &t).await.id;
        ready(db, &claim(db, Class::Starts).await.unwrap()).await;
        ask(db, &u, &home, Wish::Stop).await;
        let stop = claim(db, Class::Ends).await.unwrap();
        lifecycle::step(db, &signals, &stop, &lifecycle::StepDone::Cleared).await.unwrap();

        let busy = desktop(db, &signals, &u, &t).await.id;
        assert_eq!(claim(db, Class::Starts).await.unwrap().desktop_id, busy);
        ask(db, &u, &home, Wish::Start).await;
        let other = desktop(db, &signals, &v, &t).await.id;
        let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
        let (bound, free) = (line.info(&home).unwrap(), line.info(&other).unwrap());
        assert_eq!((bound.position, bound.reason.map(|r| r.code)), (Some(1), Some(QueueReasonCode::NoStartSlot)));
        assert_eq!((free.position, free.reason), (Some(1), None), "node b has a slot for it now");
        assert_eq!(claim_on(db, "b", Class::Starts).await.unwrap().desktop_id, other);
        assert!(claim_on(db, "b", Class::Starts).await.is_none(), "the home is on node a");

        node_is(db, "a", 1, false).await;
        let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
        let bound = line.info(&home).unwrap();
        assert_eq!((bound.eta_seconds, bound.reason.unwrap().code), (None, QueueReasonCode::EngineDown));
        assert!(line.held().is_none(), "starts move on node b");
    }
}
