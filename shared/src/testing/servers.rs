//! Servers of a test's own, on free ports, gone when they are dropped: a Redis that may be killed, frozen and started again, and a
//! PgBouncer in front of the test PostgreSQL. Both are the distribution's.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Not what a URL can carry as it is: it has to be escaped there.
const PASSWORD: &str = "a/pass:word@";
const ESCAPED: &str = "a%2Fpass%3Aword%40";

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("berth-{name}-{}", crate::domain::new_id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn wait_for(port: u16) {
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(10), "nobody listens on {port}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let told = Command::new("kill").args([name, &child.id().to_string()]).status().expect("kill");
    assert!(told.success());
}

/// A Redis with a password.
pub struct RedisServer {
    child: Option<Child>,
    port: u16,
    folder: PathBuf,
    tls: bool,
}

impl RedisServer {
    /// # Panics
    /// When there is none to start.
    #[must_use]
    pub fn start() -> Self {
        let mut server = Self { child: None, port: free_port(), folder: folder("redis"), tls: false };
        server.again();
        server
    }

    /// One that speaks TLS only, with a certificate that only [`Self::certificate`] vouches for.
    ///
    /// # Panics
    /// When there is none to start.
    #[must_use]
    pub fn with_tls() -> Self {
        let folder = folder("redis");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout", "key.pem", "-out", "cert.pem"])
            .current_dir(&folder)
            .stderr(Stdio::null())
            .status();
        assert!(made.expect("openssl").success());
        let mut server = Self { child: None, port: free_port(), folder, tls: true };
        server.again();
        server
    }

    /// Starts it, empty.
    ///
    /// # Panics
    /// When it does not come up.
    pub fn again(&mut self) {
        let port = self.port.to_string();
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--requirepass", PASSWORD]).current_dir(&self.folder);
        if self.tls {
            command.args([
                "--port",
                "0",
                "--tls-port",
                &port,
                "--tls-cert-file",
                "cert.pem",
                "--tls-key-file",
                "key.pem",
            ]);
            command.args(["--tls-ca-cert-file", "cert.pem", "--tls-auth-clients", "no"]);
        } else {
            command.args(["--port", &port]);
        }
        self.child = Some(command.stdout(Stdio::null()).spawn().expect("redis-server is installed"));
        wait_for(self.port);
    }

    /// kill -9.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// SIGSTOP, or on with it: it is there and says nothing.
    pub fn freeze(&self, frozen: bool) {
        let child = self.child.as_ref().expect("it runs");
        signal(child, if frozen { "-STOP" } else { "-CONT" });
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://:{ESCAPED}@127.0.0.1:{}", if self.tls { "rediss" } else { "redis" }, self.port)
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What vouches for it.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            _ = child.kill();
            _ = child.wait();
        }
        _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A PgBouncer in transaction mode with few connections, before the test PostgreSQL.
pub struct Bouncer {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Bouncer {
    /// `more`: lines of its settings.
    ///
    /// # Panics
    /// When there is none to start.
    #[must_use]
    pub fn start(more: &str) -> Self {
        let server = std::env::var("BERTH_TEST_POSTGRES_URL").expect("BERTH_TEST_POSTGRES_URL");
        let authority = server.split('/').nth(2).and_then(|part| part.rsplit('@').next()).expect("a host");
        let (host, postgres) = authority.rsplit_once(':').expect("a port");
        let (folder, port) = (folder("pgbouncer"), free_port());
        let settings = format!(
            "[databases]\n* = host={host} port={postgres} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
             listen_port = {port}\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\n{more}\n"
        );
        let file = folder.join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("its settings");
        let mut command =
            Command::new(if Path::new("/usr/sbin/pgbouncer").exists() { "/usr/sbin/pgbouncer" } else { "pgbouncer" });
        if std::fs::metadata("/proc/self").is_ok_and(|me| std::os::unix::fs::MetadataExt::uid(&me) == 0) {
            command.args(["-u", "postgres"]); // it refuses to run as root
        }
        let child = command.arg("-q").arg(&file).stderr(Stdio::null()).spawn().expect("pgbouncer is installed");
        wait_for(port);
        Self { child, port, folder }
    }

    /// The way to the same database, through it.
    ///
    /// # Panics
    /// When the URL names no database.
    #[must_use]
    pub fn before(&self, url: &str) -> String {
        let (_, database) = url.rsplit_once('/').expect("a database");
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
        _ = std::fs::remove_dir_all(&self.folder);
    }
}
