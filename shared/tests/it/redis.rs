//! Hints over a real Redis: heard at once, by those of the same installation, and proven; away, frozen or restarted, it comes back by
//! itself and what may have been missed is taken as missed.

use berth_shared::events::{Fanout, RedisFault, Signals, Whose, ask_redis};
use berth_shared::store::Db;
use berth_shared::testing::{RedisServer, TestDb, eventually};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// One process: its signals, and what it was told to forget.
struct Process {
    signals: Signals,
    forgot: Arc<Mutex<Vec<Whose>>>,
    end: CancellationToken,
}

impl Process {
    /// It hears nothing through the database.
    fn start(db: &TestDb, redis: &RedisServer, installation: &str) -> Self {
        let Db::Postgres { pool, room, quick, pooler, .. } = db.db.clone() else { panic!("PostgreSQL") };
        let deaf = Db::Postgres { pool, room, quick, pooler, direct_url: "postgres://127.0.0.1:1/nowhere".to_owned() };
        let fanout = Fanout::new(&redis.url(), installation).unwrap();
        let (forgot, end) = (Arc::<Mutex<Vec<Whose>>>::default(), CancellationToken::new());
        let notes = forgot.clone();
        fanout.on_people(move |whose| notes.lock().unwrap().push(whose.clone()));
        let signals = Signals::over(Some(fanout));
        tokio::spawn(signals.clone().run(deaf, end.clone()));
        Self { signals, forgot, end }
    }

    fn link(&self) -> &Fanout {
        self.signals.redis().unwrap()
    }

    async fn is_linked(&self) {
        eventually("the link is proven", async || self.link().proven().then_some(())).await;
    }

    /// What it was told to forget since it was asked last.
    fn told(&self) -> Vec<Whose> {
        std::mem::take(&mut self.forgot.lock().unwrap())
    }

    async fn is_told(&self, whose: &Whose) {
        eventually("it is told", async || self.told().contains(whose).then_some(())).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

fn ada() -> Whose {
    Whose::User("ada".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn hints_are_heard_at_once_by_the_same_installation_only() {
    let (db, redis) = (TestDb::postgres().await, RedisServer::start());
    let (one, two) = (Process::start(&db, &redis, "here"), Process::start(&db, &redis, "here"));
    let stranger = Process::start(&db, &redis, "there");
    for process in [&one, &two, &stranger] {
        process.is_linked().await;
    }
    // Each says once, as it comes, that others are to forget everything.
    two.is_told(&Whose::Everybody).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let _ = (one.told(), two.told(), stranger.told());
    let (mut heard, mut strange) = (two.signals.events(), stranger.signals.events());
    heard.mark_unchanged();
    strange.mark_unchanged();
    one.link().people(&ada());
    one.signals.changed();
    tokio::time::timeout(Duration::from_secs(5), heard.changed()).await.expect("it is heard").unwrap();
    two.is_told(&ada()).await;
    assert_eq!(one.told(), [], "nobody is told by themselves");
    assert_eq!(stranger.told(), []);
    assert!(!strange.has_changed().unwrap());
    // Too many names are everybody.
    for n in 0..2_000 {
        one.link().people(&Whose::User(n.to_string()));
    }
    two.is_told(&Whose::Everybody).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_was_away_comes_back_by_itself_and_everything_is_forgotten() {
    let (db, mut redis) = (TestDb::postgres().await, RedisServer::start());
    let (one, two) = (Process::start(&db, &redis, "here"), Process::start(&db, &redis, "here"));
    one.is_linked().await;
    two.is_linked().await;
    two.is_told(&Whose::Everybody).await;
    redis.kill();
    for process in [&one, &two] {
        eventually("it is noticed", async || (!process.link().proven()).then_some(())).await;
    }
    _ = two.told();
    one.link().people(&ada()); // nobody hears it
    redis.again();
    one.is_linked().await;
    two.is_linked().await;
    two.is_told(&Whose::Everybody).await;

    // Frozen: nothing is proven after a second, and what was said is heard when it goes on.
    redis.freeze(true);
    let begun = Instant::now();
    eventually("it is noticed", async || (!two.link().proven()).then_some(())).await;
    assert!(begun.elapsed() <= Duration::from_millis(1_500), "{:?}", begun.elapsed());
    _ = two.told();
    one.link().people(&ada());
    redis.freeze(false);
    eventually("she is forgotten, alone or with everybody", async || (!two.told().is_empty()).then_some(())).await;
    one.is_linked().await;
    two.is_linked().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_redis_of_ours_is_said_in_words() {
    let mut redis = RedisServer::start();
    let version = ask_redis(&redis.url()).await.unwrap();
    assert!(version.starts_with(|c: char| c.is_ascii_digit()), "{version}");
    let address = format!("127.0.0.1:{}", redis.port());
    let db = TestDb::postgres().await;
    let postgres = db.url.split('/').nth(2).unwrap().rsplit('@').next().unwrap().to_owned();
    let web = web_server().await;
    let tls = RedisServer::with_tls();
    for (url, words) in [
        (format!("redis://{address}"), "Authentication required"),
        (format!("redis://:wrong@{address}"), "does not let us in"),
        (format!("rediss://{address}"), "without TLS"),
        (format!("redis://{postgres}"), "is a PostgreSQL"),
        (format!("rediss://{postgres}"), "is a PostgreSQL"),
        (format!("redis://{web}"), "is a web server"),
        // Nobody vouches for its certificate.
        (tls.url(), "cannot be trusted"),
    ] {
        match ask_redis(&url).await {
            Err(RedisFault::Wrong(said)) => assert!(said.contains(words), "{url}: {said}"),
            other => panic!("{url}: {other:?}"),
        }
    }
    match ask_redis(&format!("redis://127.0.0.1:{}", tls.port())).await {
        Err(RedisFault::Away(said) | RedisFault::Wrong(said)) => assert!(said.contains("rediss://"), "{said}"),
        other => panic!("{other:?}"),
    }
    redis.kill();
    assert!(matches!(ask_redis(&redis.url()).await, Err(RedisFault::Away(_))));
}

/// Says that it does not understand, as web servers do. Returns its address.
async fn web_server() -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut said = [0; 64];
                _ = stream.read(&mut said).await;
                _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").await;
            });
        }
    });
    address
}
