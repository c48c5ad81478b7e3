//! Which engine a test runs against. [`both_engines`] makes each test twice (four times, with a database), so that the pretended
//! engine is held to the real one's answers: whatever passes here on one passes on the other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use berth_sim::{Options, Sim};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::http;
use crate::rig::desktop_id;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    Docker,
    Pretended,
}

/// Where a test's engine listens, and what must live as long as it is used.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) socket: String,
    pub(crate) pretended: Option<Arc<Pretended>>,
}

impl Place {
    pub(crate) async fn of(which: Which) -> Self {
        match which {
            Which::Docker => Self { socket: "/var/run/docker.sock".to_owned(), pretended: None },
            Which::Pretended => {
                let pretended = Pretended::shared();
                let socket = pretended.folder.join("engine.sock").to_string_lossy().into_owned();
                let missing = json!({"on": "any", "kind": "image_missing", "only": "no-such-image"});
                http::sim(&socket, "POST", "/sim/faults", &missing).await;
                Self { socket, pretended: Some(pretended) }
            }
        }
    }

    /// As the runtime and bollard name it.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.socket)
    }
}

/// One pretended engine for all tests that run at the same time, as the real one is. In a thread and a runtime of its own.
#[derive(Debug)]
pub(crate) struct Pretended {
    folder: PathBuf,
    end: CancellationToken,
    thread: Option<std::thread::JoinHandle<()>>,
}

static SHARED: Mutex<Weak<Pretended>> = Mutex::new(Weak::new());

impl Pretended {
    fn shared() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(alive) = shared.upgrade() {
            return alive;
        }
        let new = Arc::new(Self::new());
        *shared = Arc::downgrade(&new);
        new
    }

    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("berth-test-{}", desktop_id()));
        let options =
            Options { start: Duration::from_millis(400), linger: None, ..Options::at(&folder.join("engine.sock")) };
        let (end, (tell, listens)) = (CancellationToken::new(), std::sync::mpsc::channel());
        let until = end.clone();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let sim = Sim::open(options).await.expect("a pretended engine");
                tell.send(()).expect("somebody waits");
                sim.run(until).await;
            });
        });
        listens.recv().expect("it listens");
        Self { folder, end, thread: Some(thread) }
    }
}

impl Drop for Pretended {
    fn drop(&mut self) {
        self.end.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs each test against the real engine and against the pretended one; with a database, on both of those too.
macro_rules! both_engines {
    ($($(#[$meta:meta])* async fn $name:ident($rig:ident: Rig) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            $(#[$meta])*
            async fn test($rig: Rig) $body

            #[tokio::test]
            async fn docker() { test(Rig::on($crate::engines::Which::Docker).await).await; }

            #[tokio::test]
            async fn pretended() { test(Rig::on($crate::engines::Which::Pretended).await).await; }
        }
    )+ };
    ($($(#[$meta:meta])* async fn $name:ident($which:ident: Which, $db:ident: TestDb) $body:block)+) => { $(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use berth_shared::testing::TestDb;
            $(#[$meta])*
            async fn test($which: Which, $db: TestDb) $body

            #[tokio::test(flavor = "multi_thread")]
            async fn docker_sqlite() { test(Which::Docker, TestDb::sqlite().await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn docker_postgres() { test(Which::Docker, TestDb::postgres().await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn pretended_sqlite() { test(Which::Pretended, TestDb::sqlite().await).await; }

            #[tokio::test(flavor = "multi_thread")]
            async fn pretended_postgres() { test(Which::Pretended, TestDb::postgres().await).await; }
        }
    )+ };
}

pub(crate) use both_engines;
