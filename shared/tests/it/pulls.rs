//! Starts that wait for an image, and the pulls that they wait for.

use crate::queue::{LONG, claim, claimant, node};
use berth_shared::both_databases;
use berth_shared::domain::desktop::{DesktopView, QueueReasonCode, Status};
use berth_shared::domain::job::JobState;
use berth_shared::domain::steer::Action;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Applied, Steered, Steerer, Wait};
use berth_shared::queue::line::Line;
use berth_shared::queue::pulls::{self, NewPull};
use berth_shared::queue::{self, Class, End, Lease};
use berth_shared::store::{Db, desktops};
use berth_shared::testing::{desktop, template, user};

const IMAGE: &str = "registry.example/x:1";

async fn a_start(db: &Db, name: &str) -> DesktopView {
    let u = user(db, name, Role::User).await;
    let t = berth_shared::store::templates::get(&mut db.read().await.unwrap(), "light").await.unwrap();
    let t = match t {
        Some(t) => t,
        None => template(db, IMAGE).await,
    };
    desktop(db, &Signals::default(), &u, &t).await
}

async fn waits(db: &Db, lease: &Lease) -> Wait {
    lifecycle::wait_for_image(db, &Signals::default(), lease, "a", IMAGE, 3).await.unwrap()
}

async fn end(db: &Db, lease: &Lease, end: End, image_id: Option<&str>) -> Applied {
    lifecycle::pull_ended(db, &Signals::default(), lease, &end, image_id).await.unwrap()
}

async fn status(db: &Db, id: &str) -> Status {
    desktops::get(&mut db.read().await.unwrap(), id).await.unwrap().unwrap().status
}

fn given_up() -> End {
    End::Discard { words: "It is not there.".into(), error: "manifest unknown".into() }
}

both_databases! {
    async fn two_starts_wait_for_one_pull_and_its_end_wakes_both(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        let (one, two) = (a_start(db, "u").await, a_start(db, "v").await);
        for _ in 0..2 {
            let lease = claim(db, Class::Starts).await.unwrap();
            assert_eq!(waits(db, &lease).await, Wait::Waits);
            assert_eq!(waits(db, &lease).await, Wait::LeaseLost);
        }
        assert!(claim(db, Class::Starts).await.is_none() && claim(db, Class::Ends).await.is_none());
        assert_eq!((status(db, &one.id).await, status(db, &two.id).await), (Status::Queued, Status::Queued));
        let pull = claim(db, Class::Pulls).await.unwrap();
        assert!(claim(db, Class::Pulls).await.is_none(), "one pull for both");
        assert_eq!(lifecycle::pull_progress(db, &Signals::default(), &pull, Some(7), "7 % of 9 MB").await.unwrap(), Applied::Yes);
        let line = Line::load(&mut db.read().await.unwrap(), LONG).await.unwrap();
        let reason = line.info(&two.id).unwrap().reason.unwrap();
        assert_eq!((reason.code, reason.retry_at), (QueueReasonCode::ImagePulling, None));
        assert_eq!(reason.text, "Its image is being downloaded to the server: 7 % of 9 MB.");

        assert_eq!(end(db, &pull, End::Done, Some("sha256:1")).await, Applied::Yes);
        for _ in 0..2 {
            let lease = claim(db, Class::Starts).await.expect("woken");
            assert_eq!(lease.attempt, 1, "the wait was no try");
            crate::queue::ready(db, &lease).await;
        }
        assert_eq!((status(db, &one.id).await, status(db, &two.id).await), (Status::Running, Status::Running));
    }

    async fn a_pull_that_was_given_up_is_no_wait_for_those_that_asked_before(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        a_start(db, "u").await;
        assert_eq!(waits(db, &claim(db, Class::Starts).await.unwrap()).await, Wait::Waits);
        end(db, &claim(db, Class::Pulls).await.unwrap(), given_up(), None).await;
        let lease = claim(db, Class::Starts).await.expect("woken");
        assert_eq!(waits(db, &lease).await, Wait::Failed("It is not there.".into()));
        // Who asks now gets another try.
        let later = a_start(db, "v").await;
        let lease = claim(db, Class::Starts).await.unwrap();
        assert_eq!((lease.desktop_id.as_str(), waits(db, &lease).await), (later.id.as_str(), Wait::Waits));
        assert!(claim(db, Class::Pulls).await.is_some());
    }

    async fn a_wait_begun_in_the_moment_of_the_pulls_end_is_not_missed(db: TestDb) {
        let db = &db.db;
        node(db, 8).await;
        for n in 0..8 {
            a_start(db, &format!("u{n}")).await;
        }
        let mut leases = Vec::new();
        while let Some(lease) = claim(db, Class::Starts).await {
            leases.push(lease);
        }
        let first = leases.pop().unwrap();
        assert_eq!(waits(db, &first).await, Wait::Waits);
        let pull = claim(db, Class::Pulls).await.unwrap();
        let (at_once, _) = tokio::join!(
            futures_util::future::join_all(leases.iter().map(|lease| waits(db, lease))),
            end(db, &pull, End::Done, Some("sha256:1")),
        );
        assert!(at_once.iter().all(|wait| *wait == Wait::Waits), "{at_once:?}");
        // Whoever came too late for its end has asked for a pull anew.
        if let Some(pull) = claim(db, Class::Pulls).await {
            end(db, &pull, End::Done, Some("sha256:1")).await;
        }
        let mut woken = 0;
        while claim(db, Class::Starts).await.is_some() {
            woken += 1;
        }
        assert_eq!(woken, 8);
    }

    async fn a_stop_ends_the_wait(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        let d = a_start(db, "u").await;
        waits(db, &claim(db, Class::Starts).await.unwrap()).await;
        let mut tx = db.begin().await.unwrap();
        let row = desktops::lock(&mut tx, &d.id).await.unwrap().unwrap();
        let actor = lifecycle::Actor { user_id: &row.owner_id.clone(), username: "u" };
        lifecycle::ask(&mut tx, row, lifecycle::Wish::Stop, actor, &berth_shared::testing::limits(), None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(status(db, &d.id).await, Status::Stopped);
        end(db, &claim(db, Class::Pulls).await.unwrap(), End::Done, Some("sha256:1")).await;
        assert!(claim(db, Class::Starts).await.is_none());
    }

    async fn administrators_retry_and_end_pulls(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        let u = user(db, "u", Role::Admin).await;
        let by = Steerer { username: "u", job_max_attempts: 3, trace_id: None, user_id: None, address: None };
        let steer = async |id: &str, action| lifecycle::steer(db, &Signals::default(), id, action, by).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let new = NewPull { node: "a", image: IMAGE, user_id: &u.id, again: true, max_attempts: 3, trace_id: None };
        let id = pulls::ask(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        // One that waits goes at once; one that runs is told.
        assert_eq!(steer(&id, Action::Cancel).await, Steered::Done { job_id: id.clone(), changed: true });
        let Steered::Done { job_id: again, changed: true } = steer(&id, Action::Retry).await else { panic!("not retried") };
        assert_ne!(again, id);
        assert_eq!(steer(&id, Action::Retry).await, Steered::Done { job_id: id.clone(), changed: false });
        let lease = claim(db, Class::Pulls).await.unwrap();
        assert_eq!(lease.job_id, again);
        let told = async || lifecycle::pull_progress(db, &Signals::default(), &lease, None, "").await.unwrap();
        assert_eq!(told().await, Applied::Yes);
        assert_eq!(steer(&again, Action::Cancel).await, Steered::Done { job_id: again.clone(), changed: true });
        assert_eq!(told().await, Applied::Superseded);
        assert_eq!(steer(&again, Action::Cancel).await, Steered::Done { job_id: again.clone(), changed: false });
        end(db, &lease, End::Cancel, None).await;
        let pull = pulls::get(&mut db.read().await.unwrap(), &again).await.unwrap().unwrap();
        assert_eq!((pull.state, pull.ended_by.as_deref()), (JobState::Cancelled, Some("u")));
    }

    async fn a_dead_workers_pull_goes_on_elsewhere(db: TestDb) {
        let db = &db.db;
        node(db, 4).await;
        a_start(db, "u").await;
        waits(db, &claim(db, Class::Starts).await.unwrap()).await;
        let short = claimant("w", std::time::Duration::from_millis(1));
        let old = lifecycle::claim(db, &Signals::default(), &short, Class::Pulls).await.unwrap().unwrap();
        berth_shared::testing::eventually("its lease runs out", async || {
            (lifecycle::expire_leases(db, &Signals::default()).await.unwrap() > 0).then_some(())
        })
        .await;
        let new = claim(db, Class::Pulls).await.expect("another one takes it up");
        assert_eq!((&new.job_id, new.attempt), (&old.job_id, 1));
        assert_eq!(end(db, &old, End::Done, None).await, Applied::LeaseLost);
        assert_eq!(end(db, &new, End::Done, Some("sha256:1")).await, Applied::Yes);
        assert!(queue::get(&mut db.read().await.unwrap(), &new.job_id).await.unwrap().unwrap().finished_at.is_some());
        assert!(claim(db, Class::Starts).await.is_some());
    }
}
