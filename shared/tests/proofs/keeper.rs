//! A process that lost a job while it slept, and claims the same job again when it wakes: the work it began before must not
//! take the new lease for its own.

use crate::setup::{LONG, node};
use berth_shared::both_databases;
use berth_shared::domain::user::Role;
use berth_shared::events::Signals;
use berth_shared::lifecycle;
use berth_shared::queue::keeper::{Go, Keeper};
use berth_shared::queue::{Claimant, Class};
use berth_shared::testing::{Clock, desktop, template, user};
use std::time::Instant;

both_databases! {
    async fn a_lease_claimed_again_is_not_the_old_works(db: TestDb) {
        node(&db.db, 1).await;
        let (signals, t) = (Signals::default(), template(&db.db, "i").await);
        desktop(&db.db, &signals, &user(&db.db, "u", Role::User).await, &t).await;
        let by = Claimant { worker_id: "w".into(), node_id: "a".into(), lease_ttl: LONG };
        let claim = async || lifecycle::claim(&db.db, &signals, &by, Class::Starts).await.unwrap().unwrap();
        let keeper = Keeper::new(db.db.clone(), "w".into(), LONG);

        let old = claim().await;
        keeper.hold(old.clone(), Instant::now());
        let (_, before) = keeper.take(&old.job_id).unwrap();
        assert_eq!(before.go(), Go::On);

        Clock::new(&db.db).await.pass(LONG + LONG).await;
        assert_eq!(lifecycle::expire_leases(&db.db, &signals).await.unwrap(), 1);
        node(&db.db, 1).await;
        let new = claim().await;
        assert_eq!(new.job_id, old.job_id);
        keeper.hold(new.clone(), Instant::now());
        let (_, now) = keeper.take(&new.job_id).unwrap();

        assert_eq!(before.go(), Go::Lost, "the old work goes on under the new lease");
        assert!(before.time_left().is_zero());
        assert_eq!(before.stopped().await, Go::Lost);
        drop(before);
        assert_eq!((now.go(), keeper.count()), (Go::On, 1), "the old work took the new lease along when it ended");
        drop(now);
        assert_eq!(keeper.count(), 0);
    }
}
