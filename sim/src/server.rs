//! The process around the engine: one lock on its state, one socket, its connections, and its end.

use std::convert::Infallible;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, Uri};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::answers::bad_request;
use crate::engine::Engine;
use crate::faults::{Connection, Faults};
use crate::options::Options;
use crate::routes::{API_MINOR, API_VERSION, App, router};

/// The longest path that a Unix socket can have.
const LONGEST_SOCKET: usize = 107;

/// Why a pretended engine cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    #[error("a pretended engine works with {} already", .0.display())]
    Taken(PathBuf),
    #[error("{} is longer than the {LONGEST_SOCKET} characters that a socket's path may have", .0.display())]
    LongPath(PathBuf),
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

fn at(what: &str, path: &Path) -> impl FnOnce(io::Error) -> SimError {
    let what = format!("{} {what}", path.display());
    move |source| SimError::Io { what, source }
}

/// A pretended engine that listens.
#[derive(Debug)]
pub struct Sim {
    app: Arc<App>,
    listener: UnixListener,
    /// Held as long as it lives.
    _lock: File,
}

/// Whether somebody listens on the socket.
pub async fn answers_at(socket: &Path) -> bool {
    UnixStream::connect(socket).await.is_ok()
}

impl Sim {
    /// Takes the state's lock, reads the journal and listens: from then on calls are taken in, and answered once [`Self::run`] runs.
    ///
    /// # Errors
    /// [`SimError::Taken`] when another one has the state or the socket; otherwise what could not be opened.
    pub async fn open(options: Options) -> Result<Self, SimError> {
        let (socket, state) = (options.socket.clone(), options.state.clone());
        if socket.as_os_str().len() > LONGEST_SOCKET {
            return Err(SimError::LongPath(socket));
        }
        std::fs::create_dir_all(&state).map_err(at("cannot be made", &state))?;
        if let Some(folder) = socket.parent() {
            std::fs::create_dir_all(folder).map_err(at("cannot be made", folder))?;
        }
        let lock = lock(&state)?;
        if answers_at(&socket).await {
            return Err(SimError::Taken(socket));
        }
        // Left behind by one that was killed.
        match std::fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(at("cannot be removed", &socket)(error));
            }
            Ok(()) | Err(_) => {}
        }
        let faults = Faults::new(options.seed, options.fail);
        let engine = Engine::open(options).map_err(at("cannot be used", &state))?;
        let listener = UnixListener::bind(&socket).map_err(at("cannot be listened on", &socket))?;
        Ok(Self { app: Arc::new(App { engine: Arc::new(engine), faults }), listener, _lock: lock })
    }

    #[must_use]
    pub fn options(&self) -> &Options {
        &self.app.engine.options
    }

    /// Answers until `end`, or until it has had no client for as long as its options say. Then ends its containers, as an engine does.
    pub async fn run(self, end: CancellationToken) {
        let engine = Arc::clone(&self.app.engine);
        let socket = engine.options.socket.clone();
        let alone = async {
            match engine.options.linger {
                Some(linger) => engine.clients.gone_for(linger).await,
                None => std::future::pending().await,
            }
        };
        let connections = CancellationToken::new();
        tokio::select! {
            () = end.cancelled() => tracing::info!("told to end"),
            () = alone => tracing::info!("no client any more: ends"),
            () = accept(&self.listener, &self.app, &connections) => {}
        }
        let _ = std::fs::remove_file(&socket); // nobody finds it any more
        engine.end().await;
        connections.cancel();
    }
}

fn lock(state: &Path) -> Result<File, SimError> {
    let path = state.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(at("cannot be opened", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SimError::Taken(state.to_owned())),
        Err(TryLockError::Error(error)) => Err(at("cannot be locked", &path)(error)),
    }
}

async fn accept(listener: &UnixListener, app: &Arc<App>, connections: &CancellationToken) {
    let router = router(Arc::clone(app));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not taken");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        let (router, dropped) = (router.clone(), connections.child_token());
        let client = app.engine.clients.enter();
        tokio::spawn(async move {
            let _client = client;
            let connection = Connection(dropped.clone());
            let service = service_fn(move |request| serve(router.clone(), connection.clone(), request));
            let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
            tokio::select! {
                ended = served => {
                    if let Err(error) = ended {
                        tracing::trace!(%error, "a connection broke off");
                    }
                }
                () = dropped.cancelled() => {}
            }
        });
    }
}

async fn serve(
    router: Router,
    connection: Connection,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if let Err(words) = strip_version(request.uri_mut()) {
        return Ok(bad_request(words).into_response());
    }
    request.extensions_mut().insert(connection);
    router.oneshot(request.map(Body::new)).await
}

/// `/v1.41/info` → `/info`. A client that is newer than the engine is sent away, as Docker does.
fn strip_version(uri: &mut Uri) -> Result<(), String> {
    let whole = uri.path_and_query().map_or("/", |whole| whole.as_str());
    let Some((version, rest)) = whole.strip_prefix("/v1.").and_then(|tail| tail.split_once('/')) else { return Ok(()) };
    let Ok(minor) = version.parse::<u32>() else { return Ok(()) };
    if minor > API_MINOR {
        return Err(format!("client version 1.{minor} is too new. Maximum supported API version is {API_VERSION}"));
    }
    if let Ok(stripped) = format!("/{rest}").parse() {
        *uri = stripped;
    }
    Ok(())
}
