//! Stands between a worker and the engine, so that a test can take the engine away.

use std::path::Path;

use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::rig::desktop_id;

pub(crate) struct Bridge {
    pub(crate) path: String,
    /// The engine's socket.
    far: String,
    carries: Option<JoinHandle<()>>,
}

impl Bridge {
    pub(crate) fn to(far: &str) -> Self {
        let path = std::env::temp_dir().join(format!("berth-test-{}.sock", desktop_id()));
        Self { path: path.to_string_lossy().into_owned(), far: far.to_owned(), carries: None }
    }

    pub(crate) fn open(&mut self) {
        let listener = UnixListener::bind(&self.path).expect("bound");
        let far = self.far.clone();
        self.carries = Some(tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let far = far.clone();
                open.spawn(async move {
                    let mut far = UnixStream::connect(far).await.expect("the engine");
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        }));
    }

    /// Ends every connection and refuses new ones.
    pub(crate) async fn close(&mut self) {
        if let Some(carries) = self.carries.take() {
            carries.abort();
            let _ = carries.await;
        }
        let _ = std::fs::remove_file(Path::new(&self.path));
    }
}
