//! What the tests of drift do to a whole installation, and what they ask of it.

use std::time::{Duration, Instant};

use berth_shared::domain::desktop::Status;
use berth_shared::domain::drift::{DriftAction, DriftItem, DriftKind};
use berth_shared::queue;
use berth_shared::store::drift::{self, Answer};
use berth_shared::store::{desktops, nodes};
use bollard::query_parameters::RemoveContainerOptionsBuilder;

use crate::berth::Berth;
use crate::rig::LIMIT;

impl Berth {
    pub(crate) async fn items(&self) -> Vec<DriftItem> {
        drift::list(&mut self.db.read().await.expect("a transaction")).await.expect("a list")
    }

    pub(crate) async fn kinds(&self) -> Vec<DriftKind> {
        self.items().await.iter().map(|item| item.kind).collect()
    }

    pub(crate) async fn comparison(&self) -> nodes::Comparison {
        nodes::comparison(&mut self.db.read().await.expect("a transaction"), "here")
            .await
            .expect("read")
            .expect("a node")
    }

    /// Asks for a comparison and waits until one that began afterwards is over.
    pub(crate) async fn compared(&self) -> nodes::Comparison {
        let mut tx = self.db.begin().await.expect("a transaction");
        let asked = tx.now().await.expect("the time");
        assert!(nodes::ask_compare(&mut tx, "here").await.expect("asked"), "the node is known");
        tx.commit().await.expect("a commit");
        self.signals.changed();
        let began = Instant::now();
        loop {
            let mut tx = self.db.read().await.expect("a transaction");
            let (now, state) = (tx.now().await.expect("the time"), self.comparison().await);
            let over = state.compare_asked_at.is_none() && state.begins_at(now).is_some();
            if over && state.compared_at.is_some_and(|at| at > asked) {
                return state;
            }
            assert!(began.elapsed() < LIMIT, "waited in vain for a comparison: {state:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn only(&self, kind: DriftKind) -> DriftItem {
        let of_it: Vec<_> = self.items().await.into_iter().filter(|item| item.kind == kind).collect();
        assert_eq!(of_it.len(), 1, "{kind}: {:?}", self.items().await);
        of_it.into_iter().next().expect("one")
    }

    pub(crate) async fn decide(&self, id: &str, action: DriftAction) -> Answer {
        let mut tx = self.db.begin().await.expect("a transaction");
        let answer = drift::ask(&mut tx, id, action, "root").await.expect("asked");
        tx.commit().await.expect("a commit");
        self.signals.changed();
        answer
    }

    /// Decides, and waits until the item is settled.
    pub(crate) async fn settle(&self, item: &DriftItem, action: DriftAction) {
        let answer = self.decide(&item.id, action).await;
        assert!(matches!(answer, Answer::Asked(_)), "{answer:?}");
        let began = Instant::now();
        loop {
            let left = drift::get(&mut self.db.read().await.expect("a transaction"), &item.id).await.expect("read");
            let Some(left) = left else { return };
            assert!(left.asked.as_ref().is_none_or(|asked| asked.error.is_none()), "{left:?}");
            assert!(began.elapsed() < LIMIT, "waited in vain for it to be settled: {left:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// As an older backup does.
    pub(crate) async fn lose_row(&self, id: &str) {
        let mut tx = self.db.begin().await.expect("a transaction");
        desktops::delete(&mut tx, id).await.expect("deleted");
        tx.commit().await.expect("a commit");
    }

    pub(crate) async fn running(&self) -> desktops::Desktop {
        let d = self.click().await;
        self.wait_for(&d.id, Status::Running).await
    }

    pub(crate) async fn pause(&self, by: &str) {
        let mut tx = self.db.begin().await.expect("a transaction");
        queue::overview::pause(&mut tx, by).await.expect("paused");
        tx.commit().await.expect("a commit");
        self.signals.changed();
    }

    pub(crate) async fn resume(&self) {
        let mut tx = self.db.begin().await.expect("a transaction");
        queue::overview::resume(&mut tx).await.expect("resumed");
        tx.commit().await.expect("a commit");
        self.signals.changed();
    }

    pub(crate) async fn remove_by_hand(&self, row: &desktops::Desktop) {
        let force = RemoveContainerOptionsBuilder::default().force(true).build();
        let id = row.container_id.as_deref().expect("a container");
        self.rig.docker.remove_container(id, Some(force)).await.expect("removed");
    }
}
