//! An engine that hangs: it takes calls and does not answer. Seen within seconds, said on the line, and nobody's try.

use std::path::Path;
use std::time::{Duration, Instant};

use berth_shared::domain::desktop::Status;
use berth_shared::queue::line::Line;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::berth::Berth;
use crate::engines::{Place, Which, both_engines};
use crate::rig::desktop_id;

/// Stands between a worker and the engine. While it is stopped it does what a stopped daemon does: the system takes
/// connections and bytes for it, and nothing comes back.
struct Stoppable {
    path: String,
    stopped: watch::Sender<bool>,
    carries: JoinHandle<()>,
}

impl Stoppable {
    fn before(engine: &str) -> Self {
        let path = std::env::temp_dir().join(format!("berth-test-{}.sock", desktop_id()));
        let listener = UnixListener::bind(&path).expect("bound");
        let (stopped, mut told) = watch::channel(false);
        let far = engine.to_owned();
        let carries = tokio::spawn(async move {
            let carrying = carry(listener, far);
            tokio::pin!(carrying);
            loop {
                // Who waits here does not carry.
                told.wait_for(|stopped| !stopped).await.expect("its owner lives");
                tokio::select! {
                    biased;
                    _ = told.changed() => {}
                    () = &mut carrying => return,
                }
            }
        });
        Self { path: path.to_string_lossy().into_owned(), stopped, carries }
    }
}

impl Drop for Stoppable {
    fn drop(&mut self) {
        self.carries.abort();
        let _ = std::fs::remove_file(Path::new(&self.path));
    }
}

/// Everything in one task, so that all of it stands still at once.
async fn carry(listener: UnixListener, far: String) {
    let mut open = FuturesUnordered::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (mut near, _) = accepted.expect("accepted");
                let far = far.clone();
                open.push(async move {
                    let mut far = UnixStream::connect(far).await.expect("the engine");
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
            Some(()) = open.next() => {}
        }
    }
}

async fn reason(berth: &Berth, id: &str) -> Option<&'static str> {
    let line = Line::load(&mut berth.db.read().await.unwrap(), Duration::from_secs(10)).await.unwrap();
    line.info(id).and_then(|info| info.reason).map(|reason| reason.code.as_str())
}

both_engines! {
    async fn a_hung_engine_is_seen_and_uses_up_no_try(which: Which, db: TestDb) {
        let place = Place::of(which).await;
        let bridge = Stoppable::before(&place.socket);
        let host = format!("--docker-host=unix://{}", bridge.path);
        let berth = Berth::on(which, db, &[&host, "--job-backoff=10ms..20ms"]).await;
        let _worker = berth.worker();
        let up = berth.click().await;
        berth.wait_for(&up.id, Status::Running).await;

        bridge.stopped.send_replace(true);
        let began = Instant::now();
        // Two tries of each would be used up many times over, were these held against the job.
        let waiting = [berth.click_with_tries(2).await, berth.click_with_tries(2).await];
        while reason(&berth, &waiting[1].id).await != Some("engine_down") {
            assert!(began.elapsed() < Duration::from_secs(15), "{:?}", reason(&berth, &waiting[1].id).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        eprintln!("said to be away {:?} after it hung", began.elapsed());
        // Long enough for every call that was under way to be given up.
        tokio::time::sleep(Duration::from_secs(5)).await;
        bridge.stopped.send_replace(false);
        let back = Instant::now();
        for d in &waiting {
            let row = berth.wait(&d.id, "begun again", |row| row.status != Status::Queued).await;
            assert_ne!(row.status, Status::Failed);
        }
        assert!(back.elapsed() < Duration::from_secs(4), "begun again {:?} after its return", back.elapsed());
        eprintln!("begun again {:?} after its return", back.elapsed());
        for d in &waiting {
            let row = berth.wait_for(&d.id, Status::Running).await;
            assert_eq!((row.attempt, row.generation), (1, 1), "no try was used up");
        }
    }
}
