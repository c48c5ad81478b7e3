//! What administrators do about jobs, from every state, and that lists offer just that.

use super::queue::{LONG, claimant, node, ready};
use berth_shared::both_databases;
use berth_shared::domain::desktop::{Reason, ReasonCode, Status};
use berth_shared::domain::job::{JobState, Kind};
use berth_shared::domain::steer::{Action, Refused};
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle::{self, Actor, Bulk, Steered, Steerer, StepDone, Wish};
use berth_shared::queue::jobs::{self, FilterFields, Found, JobRow};
use berth_shared::queue::{Class, End, Lease};
use berth_shared::store::desktops::Desktop;
use berth_shared::store::templates::Template;
use berth_shared::store::users::User;
use berth_shared::store::{Db, desktops, history};
use berth_shared::testing::{TestDb, desktop, limits, template, user};

const ROOT: Steerer<'_> =
    Steerer { username: "root", job_max_attempts: 8, trace_id: None, user_id: None, address: None };

/// A world with room for everything at once.
struct World {
    db: Db,
    signals: Signals,
    user: User,
    template: Template,
}

impl World {
    async fn new(db: &TestDb) -> Self {
        node(&db.db, 500).await;
        let (user, template) = (user(&db.db, "u", Role::User).await, template(&db.db, "i").await);
        Self { db: db.db.clone(), signals: Signals::default(), user, template }
    }

    async fn desktop(&self) -> String {
        desktop(&self.db, &self.signals, &self.user, &self.template).await.id
    }

    async fn row(&self, id: &str) -> Option<Desktop> {
        desktops::get(&mut self.db.read().await.unwrap(), id).await.unwrap()
    }

    async fn ask(&self, id: &str, wish: Wish) {
        let mut tx = self.db.begin().await.unwrap();
        let d = desktops::lock(&mut tx, id).await.unwrap().unwrap();
        let actor = Actor { user_id: &self.user.id, username: &self.user.username };
        lifecycle::ask(&mut tx, d, wish, actor, &limits(), None).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Claims until this desktop's turn comes.
    async fn claim(&self, id: &str, class: Class) -> Lease {
        loop {
            let lease = lifecycle::claim(&self.db, &self.signals, &claimant("w", LONG), class).await.unwrap();
            let lease = lease.expect("its turn comes");
            if lease.desktop_id == id {
                return lease;
            }
        }
    }

    async fn running(&self) -> String {
        let id = self.desktop().await;
        let lease = self.claim(&id, Class::Starts).await;
        ready(&self.db, &lease).await;
        id
    }

    async fn end(&self, lease: &Lease, end: End) {
        lifecycle::hand_on(&self.db, &self.signals, lease, &end).await.unwrap();
    }

    async fn clear(&self, id: &str) {
        let lease = self.claim(id, Class::Ends).await;
        for done in [StepDone::ContainerGone { port_rest: LONG }, self.last_step(&lease)] {
            lifecycle::step(&self.db, &self.signals, &lease, &done).await.unwrap();
        }
    }

    fn last_step(&self, lease: &Lease) -> StepDone {
        if lease.kind == Kind::Cleanup { StepDone::Removed } else { StepDone::Cleared }
    }

    /// The newest job of a desktop.
    async fn newest(&self, id: &str) -> JobRow {
        self.found(&FilterFields { desktop: Some(id.to_owned()), ..FilterFields::default() }).await.remove(0)
    }

    async fn found(&self, fields: &FilterFields) -> Vec<JobRow> {
        let mut tx = self.db.read().await.unwrap();
        jobs::page(&mut tx, &fields.parse().unwrap(), "", 200).await.unwrap().0
    }

    async fn job(&self, id: &str) -> JobRow {
        match jobs::find(&mut self.db.read().await.unwrap(), id).await.unwrap() {
            Some(Found::Job(row)) => *row,
            other => panic!("{id}: {other:?}"),
        }
    }

    async fn steer(&self, id: &str, action: Action) -> Steered {
        lifecycle::steer(&self.db, &self.signals, id, action, ROOT).await.unwrap()
    }

    async fn all(&self, fields: &FilterFields, action: Action, dry_run: bool) -> Bulk {
        lifecycle::steer_all(&self.db, &self.signals, &fields.parse().unwrap(), action, ROOT, dry_run).await.unwrap()
    }

    /// A fresh desktop with a newest job of this kind in this state. None: no such job ever is.
    async fn bring(&self, kind: Kind, state: JobState) -> Option<JobRow> {
        let retry = async |lease: &Lease| {
            let run_at = self.db.begin().await.unwrap().now().await.unwrap().plus(LONG);
            self.end(lease, End::Retry { words: "Not now.".into(), error: "EAGAIN".into(), run_at }).await;
        };
        let wish = match kind {
            Kind::Stop => Some(Wish::Stop),
            Kind::Cleanup => Some(Wish::Delete),
            Kind::Create | Kind::Pull | Kind::Noop => None,
        };
        let id = match wish {
            None => self.desktop().await,
            Some(wish) => {
                let id = self.running().await;
                self.ask(&id, wish).await;
                id
            }
        };
        let class = if wish.is_some() { Class::Ends } else { Class::Starts };
        let job = self.newest(&id).await.view.id;
        match state {
            JobState::Available => {}
            JobState::Scheduled if wish.is_some() => return None,
            JobState::Scheduled => {
                // It crashed as soon as it ran, and its next start waits a little.
                ready(&self.db, &self.claim(&id, class).await).await;
                let crash = lifecycle::ContainerEnd::Crashed { code: 1 };
                loop {
                    lifecycle::container_ended(&self.db, &self.signals, &id, "c", &crash, 8).await.unwrap();
                    let newest = self.newest(&id).await;
                    if newest.view.state == JobState::Scheduled {
                        return Some(newest);
                    }
                    // The pause was drawn at random, and none came out.
                    ready(&self.db, &self.claim(&id, class).await).await;
                }
            }
            JobState::Running => _ = self.claim(&id, class).await,
            JobState::Retryable => retry(&self.claim(&id, class).await).await,
            JobState::Completed if wish.is_some() => self.clear(&id).await,
            JobState::Completed => _ = ready(&self.db, &self.claim(&id, class).await).await,
            JobState::Cancelled if kind == Kind::Cleanup => {
                _ = self.steer(&job, Action::Cancel).await;
            }
            JobState::Cancelled => {
                self.ask(&id, if wish.is_some() { Wish::Start } else { Wish::Stop }).await;
            }
            JobState::Discarded if wish.is_some() => {
                let lease = self.claim(&id, class).await;
                self.end(&lease, End::Discard { words: "No.".into(), error: "EPERM".into() }).await;
            }
            JobState::Discarded => {
                let lease = self.claim(&id, class).await;
                let reason = Reason { code: ReasonCode::GaveUp, text: "It did not come up.".into() };
                lifecycle::give_up(&self.db, &self.signals, &lease, reason, "EPERM".into()).await.unwrap();
            }
        }
        let row = self.job(&job).await;
        assert_eq!((row.view.kind, row.view.state), (kind, state));
        Some(row)
    }
}

fn code(refused: &Refused) -> String {
    format!("{refused:?}").split([' ', '{', '(']).next().unwrap().to_owned()
}

both_databases! {
    async fn every_action_from_every_state(db: TestDb) {
        let world = World::new(&db).await;
        let mut table = String::new();
        for kind in [Kind::Create, Kind::Stop, Kind::Cleanup] {
            for state in JobState::ALL {
                for action in Action::ALL {
                    let Some(before) = world.bring(kind, *state).await else { continue };
                    let id = &before.view.id;
                    let only = FilterFields {
                        desktop: Some(before.view.desktop_id.clone()),
                        state: Some(state.as_str().to_owned()),
                        q: Some(id.clone()),
                        ..FilterFields::default()
                    };
                    let dry = world.all(&only, *action, true).await;
                    let steered = world.steer(id, *action).await;
                    // What the list offered and the dry run said is what came.
                    let changed = matches!(steered, Steered::Done { changed: true, .. });
                    assert_eq!(before.view.actions.contains(action), changed, "{kind} {state} {action}");
                    assert_eq!((dry.matched, dry.eligible, dry.changed), (1, u64::from(changed), 0));
                    let said = match &steered {
                        Steered::Done { job_id, changed } => {
                            let (old, stands) = (world.job(id).await, world.job(job_id).await);
                            let by_root = *action == Action::Cancel || before.view.ended_by.is_some();
                            assert_eq!(old.view.ended_by.as_deref(), by_root.then_some("root"));
                            let new = if job_id == id { String::new() } else {
                                format!(", then {} {}", stands.view.kind, stands.view.state)
                            };
                            let status = world.row(&before.view.desktop_id).await.map_or("gone", |d| d.status.as_str());
                            format!("{} {}{new}; desktop {status}", if *changed { "now" } else { "still" }, old.view.state)
                        }
                        Steered::Refused(why) => {
                            assert_eq!(dry.refused, [(id.clone(), why.clone())]);
                            assert_eq!(world.job(id).await, before, "nothing changed");
                            format!("refused: {}", code(why))
                        }
                        Steered::NoSuchJob => panic!("{id} was there"),
                    };
                    table.push_str(&format!("{kind:15} {state:10} {action:7} → {said}\n"));
                }
            }
        }
        insta::assert_snapshot!("every_action_from_every_state", table);
    }

    async fn two_administrators_come_one_after_the_other(db: TestDb) {
        let world = World::new(&db).await;
        for _ in 0..5 {
            let job = world.bring(Kind::Create, JobState::Available).await.unwrap().view.id;
            let (a, b) = tokio::join!(world.steer(&job, Action::Cancel), world.steer(&job, Action::Cancel));
            let refused = match (&a, &b) {
                (Steered::Done { changed: true, .. }, Steered::Refused(why))
                | (Steered::Refused(why), Steered::Done { changed: true, .. }) => why,
                other => panic!("{other:?}"),
            };
            assert!(refused.to_string().starts_with("It was cancelled by root at 20"), "{refused}");

            let job = world.bring(Kind::Create, JobState::Running).await.unwrap().view.id;
            let (a, b) = tokio::join!(world.steer(&job, Action::Cancel), world.steer(&job, Action::Cancel));
            let changed = [a, b].map(|s| matches!(s, Steered::Done { changed: true, .. }));
            assert!(changed == [true, false] || changed == [false, true], "one of them did it: {changed:?}");

            // A retry and a cancellation: whoever is second meets what the first made.
            let job = world.bring(Kind::Create, JobState::Retryable).await.unwrap().view.id;
            let (a, b) = tokio::join!(world.steer(&job, Action::Retry), world.steer(&job, Action::Cancel));
            assert!(matches!(b, Steered::Done { changed: true, .. }), "{b:?}");
            assert!(matches!(a, Steered::Done { .. } | Steered::Refused(Refused::JobFinished { .. })), "{a:?}");
            assert_eq!(world.job(&job).await.view.state, JobState::Cancelled);
        }
    }

    async fn a_start_that_is_cancelled_stops_its_desktop_for_its_owner_to_see(db: TestDb) {
        let world = World::new(&db).await;
        let job = world.bring(Kind::Create, JobState::Available).await.unwrap().view;
        assert!(matches!(world.steer(&job.id, Action::Cancel).await, Steered::Done { changed: true, .. }));
        let d = world.row(&job.desktop_id).await.unwrap();
        assert_eq!((d.status, d.stopped_by.as_deref()), (Status::Stopped, Some("root")));
        assert_eq!(d.view().reason.unwrap().code, ReasonCode::ByAdmin);

        // One that runs aborts, and what it had is cleared away.
        let job = world.bring(Kind::Create, JobState::Running).await.unwrap().view;
        assert!(matches!(world.steer(&job.id, Action::Cancel).await, Steered::Done { changed: true, .. }));
        assert_eq!(world.row(&job.desktop_id).await.unwrap().status, Status::Stopping);
        let stop = world.newest(&job.desktop_id).await.view;
        assert_eq!((stop.kind, stop.state), (Kind::Stop, JobState::Available));
        // That stop ends a start that was under way: it is not taken back.
        let refused = world.steer(&stop.id, Action::Cancel).await;
        assert!(matches!(refused, Steered::Refused(Refused::CannotCancel { .. })), "{refused:?}");
    }

    async fn a_stop_and_a_deletion_that_have_not_begun_leave_the_desktop_as_it_was(db: TestDb) {
        let world = World::new(&db).await;
        let running = world.running().await;
        let before = world.row(&running).await.unwrap();
        for wish in [Wish::Stop, Wish::Delete, Wish::Stop] {
            world.ask(&running, wish).await;
            let job = world.newest(&running).await.view.id;
            assert_eq!(world.steer(&job, Action::Cancel).await, Steered::Done { job_id: job.clone(), changed: true });
            let after = world.row(&running).await.unwrap();
            assert_eq!((after.status, after.container_id), (Status::Running, before.container_id.clone()));
            assert_eq!((after.started_at, after.generation), (before.started_at, before.generation));
            assert_eq!((after.reason_code, after.stopped_by), (None, None));
            let told = history::page(&mut world.db.read().await.unwrap(), &running, "", 1).await.unwrap().remove(0);
            assert_eq!((told.text.as_str(), told.actor.as_deref()), ("Taken back by", Some("root")));
            assert!(lifecycle::claim(&world.db, &world.signals, &claimant("w", LONG), Class::Ends).await.unwrap().is_none());
        }
        // A deletion over a stop that has not begun: the stop is wanted again.
        world.ask(&running, Wish::Stop).await;
        world.ask(&running, Wish::Delete).await;
        let job = world.newest(&running).await.view.id;
        let Steered::Done { job_id, changed: true } = world.steer(&job, Action::Cancel).await else { panic!("refused") };
        assert_eq!((world.row(&running).await.unwrap().status, world.job(&job_id).await.view.kind), (Status::Stopping, Kind::Stop));
        world.clear(&running).await;
        assert_eq!(world.row(&running).await.unwrap().status, Status::Stopped);

        // A stopped one is stopped again, a failed one has failed again, for the reason it had.
        world.ask(&running, Wish::Delete).await;
        world.steer(&world.newest(&running).await.view.id, Action::Cancel).await;
        let after = world.row(&running).await.unwrap();
        assert_eq!((after.status, after.stopped_by.as_deref()), (Status::Stopped, Some("u")));
        assert_eq!(after.reason_code.as_deref(), Some("by_user"));
        let failed = world.bring(Kind::Create, JobState::Discarded).await.unwrap().view.desktop_id;
        world.ask(&failed, Wish::Delete).await;
        world.steer(&world.newest(&failed).await.view.id, Action::Cancel).await;
        let after = world.row(&failed).await.unwrap();
        assert_eq!((after.status, after.reason_code.as_deref()), (Status::Failed, Some("gave_up")));
    }

    async fn what_is_over_is_asked_for_again_unless_something_stands_against_it(db: TestDb) {
        let world = World::new(&db).await;
        let job = world.bring(Kind::Create, JobState::Cancelled).await.unwrap().view;
        let counted = async || {
            let mut tx = world.db.read().await.unwrap();
            lifecycle::limits_of(&mut tx, &world.user, &limits()).await.unwrap().1[0].used
        };
        let starts = counted().await;
        let Steered::Done { job_id, changed: true } = world.steer(&job.id, Action::Retry).await else { panic!("refused") };
        assert_ne!(job_id, job.id);
        assert_eq!(counted().await, starts, "its owner did not ask");
        assert_eq!(world.row(&job.desktop_id).await.unwrap().generation, 2);
        let live = world.steer(&job.id, Action::Retry).await;
        assert_eq!(live, Steered::Refused(Refused::LiveJob { id: job_id.clone(), kind: Kind::Create }));
        ready(&world.db, &world.claim(&job.desktop_id, Class::Starts).await).await;
        let running = world.steer(&job.id, Action::Retry).await;
        assert_eq!(running, Steered::Refused(Refused::NothingToDo { status: Status::Running }));
        world.ask(&job.desktop_id, Wish::Delete).await;
        world.clear(&job.desktop_id).await;
        assert!(world.row(&job.desktop_id).await.is_none());
        for action in Action::ALL {
            let gone = world.steer(&job.id, *action).await;
            let expected = match action {
                Action::Retry => "Its desktop is gone",
                Action::Cancel => "It was cancelled",
            };
            assert!(matches!(&gone, Steered::Refused(why) if why.to_string().starts_with(expected)), "{gone:?}");
        }
    }

    async fn what_is_no_job_is_no_job(db: TestDb) {
        let world = World::new(&db).await;
        let d = world.desktop().await;
        for id in [d.as_str(), "", "garbage", "01J00000000000000000000000", &"x".repeat(1_000), "a\u{7}b"] {
            for action in Action::ALL {
                assert_eq!(world.steer(id, *action).await, Steered::NoSuchJob, "{id}");
            }
        }
    }

    async fn many_at_once_are_what_the_dry_run_said(db: TestDb) {
        let world = World::new(&db).await;
        for state in JobState::ALL {
            for kind in [Kind::Create, Kind::Stop, Kind::Cleanup] {
                for _ in 0..2 {
                    world.bring(kind, *state).await;
                }
            }
        }
        // One desktop with two starts that are over: only the newest is asked for again.
        let twice = world.desktop().await;
        for wish in [Wish::Stop, Wish::Start, Wish::Stop] {
            world.ask(&twice, wish).await;
        }
        let nothing = FilterFields { user: Some("nobody".into()), ..FilterFields::default() };
        assert_eq!(world.all(&nothing, Action::Retry, false).await, Bulk::default());
        let of_twice = FilterFields { desktop: Some(twice.clone()), ..FilterFields::default() };
        let refused = world.all(&of_twice, Action::Retry, true).await.refused;
        assert!(matches!(refused.as_slice(), [(_, Refused::JustDealtWith)]), "{refused:?}");

        let states: Vec<&str> = JobState::ALL.iter().map(|state| state.as_str()).collect();
        let everything = FilterFields { state: Some(states.join(",")), ..FilterFields::default() };
        for action in Action::ALL {
            let said = world.all(&everything, *action, true).await;
            assert!(said.eligible > 5 && said.matched > said.eligible, "{said:?}");
            assert_eq!(world.all(&everything, *action, true).await, said, "a dry run changes nothing");
            let done = world.all(&everything, *action, false).await;
            assert_eq!((done.matched, done.eligible, done.changed), (said.matched, said.eligible, said.eligible), "{action}");
            let ids = |bulk: &Bulk| bulk.refused.iter().map(|(id, why)| (id.clone(), code(why))).collect::<Vec<_>>();
            assert_eq!(ids(&done), ids(&said));
        }
        // After everything was cancelled no start waits or runs on.
        let starts = FilterFields { state: Some("available,scheduled,retryable".into()), kind: Some("desktop.create".into()), ..FilterFields::default() };
        assert!(world.found(&starts).await.is_empty());
    }
}
