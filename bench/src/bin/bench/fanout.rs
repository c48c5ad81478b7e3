//! Thousands of event streams on two apis with PostgreSQL and Redis: how long a change of one desktop's status takes to its
//! owner's streams and to those of all administrators, and what a stream costs the apis in memory.
//!
//! The streams are read by as little as can be, for it shares the cores with what is measured.

use anyhow::{Context as _, ensure};
use berth_bench::client::Client;
use berth_bench::server::{Server, random_password};
use futures_util::stream::{self, TryStreamExt as _};
use reqwest::Method;
use serde_json::json;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

use crate::queue::Site;
use crate::report::{Row, percentile};
use crate::{Bench, Figures, beside, machine};

/// Each person's streams with each api: the most that there may be.
const EACH: usize = 20;
/// One person of so many is an administrator, who listens to everybody's events.
const ONE_ADMIN_OF: usize = 5;
const OPENED_AT_ONCE: usize = 50;
const CHANGES: usize = 20;
/// Not a multiple of the beats at which apis do this and that.
const EVERY: Duration = Duration::from_millis(1_370);
const SETTLES: Duration = Duration::from_secs(10);
const HEARD_WITHIN: Duration = Duration::from_secs(20);
const AIM_MS: f64 = 100.0;
const AIM_KIB: f64 = 16.0;

/// A change as one stream heard it.
struct Heard {
    of_admin: bool,
    version: u64,
    at: Instant,
}

/// Whose streams, and the cookies that open them.
struct Person {
    is_admin: bool,
    client: Client,
}

pub(crate) async fn measure(bench: &Bench) -> anyhow::Result<Figures> {
    let server = bench.postgres.as_deref().context("this is measured on PostgreSQL: --postgres URL")?;
    let site = Site::new(bench, server).await?;
    let (redis, url) = beside::redis(site.folder.path()).await?;
    let mut env = site.env();
    env.extend([
        ("BERTH_REDIS_URL", url),
        ("BERTH_LOG", "warn".to_owned()),
        ("BERTH_API_LIMITS", "off".to_owned()),
        ("BERTH_START_LIMITS", "off".to_owned()),
        ("BERTH_SESSION_TTL", "2h".to_owned()),
    ]);
    let api = async || Server::start(&bench.berth, "api", site.folder.path(), &site.password, &env).await;
    let apis = [api().await?, api().await?];
    let measured = streams(bench, &site, &apis).await;
    for api in apis {
        api.stop().await?;
    }
    drop(redis);
    site.end(server).await?;
    measured
}

async fn streams(bench: &Bench, site: &Site, apis: &[Server; 2]) -> anyhow::Result<Figures> {
    let people = people(bench, site, apis).await?;
    let owner = &people.iter().find(|person| !person.is_admin).context("nobody but administrators")?.client;
    let desktop = owner.start(&owner.template().await?).await?;
    machine::quiet(SETTLES).await;
    let resident = || apis.iter().map(Server::resident_kib).sum::<anyhow::Result<u64>>();
    let before = resident()?;
    let (tell, mut heard) = unbounded_channel();
    let opened = open(&people, apis, &tell).await?;
    println!("{} streams are open after {:.1} s", opened.streams, opened.seconds);
    sleep(SETTLES).await;
    let open_kib = resident()?;

    let (of_owner, of_admins) = (EACH * apis.len(), opened.of_admins);
    let mut asked = HashMap::new();
    for n in 0..CHANGES {
        // No worker runs: it waits in line or it is stopped.
        let wish = if n % 2 == 0 { "stop" } else { "start" };
        let begun = Instant::now();
        let answer = owner.ask(Method::POST, &format!("/desktops/{desktop}/{wish}"), None).await?;
        asked.insert(answer["version"].as_u64().context("a desktop without a version")?, begun);
        sleep(EVERY).await;
    }
    let (own, admins) = all_heard(&mut heard, &asked, [of_owner, of_admins].map(|each| each * CHANGES)).await?;
    let after = resident()?;
    let kib = (open_kib.max(after) - before) as f64 / opened.streams as f64;

    let among = format!("{} open on 2 apis", opened.streams);
    let row = |what: String, times: &[f64]| {
        let [p50, p95, most] = [0.5, 0.95, 1.0].map(|share| percentile(times, share));
        let figure = format!("p50 {p50:.1} ms, p95 {p95:.1} ms, at most {most:.1} ms");
        Row { what, figure, aim: "p95 < 100 ms", reached: Some(p95 < AIM_MS) }
    };
    let rows = vec![
        row(format!("a change of status → its owner's {of_owner} event streams, {among}"), &own),
        row(format!("the same → the {of_admins} streams of all administrators"), &admins),
        Row {
            what: format!("resident memory of both apis, a stream ({} MiB without any)", before / 1024),
            figure: format!("{kib:.1} KiB"),
            aim: "≤ 16 KiB",
            reached: Some(kib <= AIM_KIB),
        },
    ];
    let detail = json!({
        "streams": opened.streams, "opened_in_s": opened.seconds, "owner_ms": own, "admins_ms": admins,
        "before_kib": before, "open_kib": open_kib, "after_kib": after, "kib_a_stream": kib,
    });
    Ok(Figures { rows, detail })
}

/// As many as it takes, signed in.
async fn people(bench: &Bench, site: &Site, apis: &[Server; 2]) -> anyhow::Result<Vec<Person>> {
    let admin = apis[0].admin(&site.password).await?;
    let mut people = Vec::new();
    for n in 0..bench.streams.div_ceil(EACH * apis.len()).max(2) {
        let is_admin = n % ONE_ADMIN_OF == 0;
        let (name, password) = (format!("person{n}"), random_password());
        let role = if is_admin { "admin" } else { "user" };
        let user = json!({ "username": name, "password": password, "role": role });
        admin.ask(Method::POST, "/admin/users", Some(&user)).await?;
        people.push(Person { is_admin, client: Client::sign_in(&apis[0].origin(), &name, &password).await? });
    }
    Ok(people)
}

struct Opened {
    streams: usize,
    of_admins: usize,
    seconds: f64,
}

async fn open(people: &[Person], apis: &[Server; 2], tell: &UnboundedSender<Heard>) -> anyhow::Result<Opened> {
    let begun = Instant::now();
    let mut all = Vec::new();
    for _ in 0..EACH {
        for api in apis {
            for person in people {
                all.push((api.address, person));
            }
        }
    }
    let of_admins = all.iter().filter(|(_, person)| person.is_admin).count();
    let streams = all.len();
    stream::iter(all.into_iter().map(Ok))
        .try_for_each_concurrent(OPENED_AT_ONCE, async |(address, person)| {
            let cookies = person.client.cookies()?;
            let mut ear = Ear::open(address, person.is_admin, cookies.to_str()?).await?;
            let tell = tell.clone();
            tokio::spawn(async move { while ear.next(&tell).await.is_some() {} });
            anyhow::Ok(())
        })
        .await?;
    Ok(Opened { streams, of_admins, seconds: begun.elapsed().as_secs_f64() })
}

/// One stream: the bytes of the answer, looked through for what the desktop's version is now.
struct Ear {
    stream: TcpStream,
    is_admin: bool,
    rest: Vec<u8>,
}

impl Ear {
    /// Returns when the snapshot is there.
    async fn open(address: SocketAddr, is_admin: bool, cookies: &str) -> anyhow::Result<Self> {
        let room = if is_admin { "?room=admin" } else { "" };
        let request = format!("GET /api/v1/events{room} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookies}\r\n\r\n");
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut ear = Self { stream, is_admin, rest: Vec::new() };
        loop {
            let block = timeout(HEARD_WITHIN, ear.block()).await.ok().flatten().context("a stream is not opened")?;
            let block = String::from_utf8_lossy(&block);
            if block.contains("event: snapshot\n") {
                ensure!(block.starts_with("HTTP/1.1 200 "), "a stream is refused: {block}");
                return Ok(ear);
            }
        }
    }

    /// The next block of lines, with what belongs to HTTP before it. None: the stream has ended.
    async fn block(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                return Some(self.rest.drain(..end + 2).collect());
            }
            self.rest.reserve(2048);
            if self.stream.read_buf(&mut self.rest).await.ok()? == 0 {
                return None;
            }
        }
    }

    async fn next(&mut self, tell: &UnboundedSender<Heard>) -> Option<()> {
        let block = self.block().await?;
        let at = Instant::now();
        let block = String::from_utf8_lossy(&block);
        if block.contains("event: desktop\n") {
            let version =
                block.split_once("\"version\":")?.1.split_once(|c: char| !c.is_ascii_digit())?.0.parse().ok()?;
            tell.send(Heard { of_admin: self.is_admin, version, at }).ok()?;
        }
        Some(())
    }
}

/// Milliseconds from before each change was asked for to its being heard; the owner's and the administrators', so many each.
async fn all_heard(
    heard: &mut UnboundedReceiver<Heard>,
    asked: &HashMap<u64, Instant>,
    expected: [usize; 2],
) -> anyhow::Result<(Vec<f64>, Vec<f64>)> {
    let (mut own, mut admins) = (Vec::new(), Vec::new());
    let hear = async {
        while own.len() < expected[0] || admins.len() < expected[1] {
            let Heard { of_admin, version, at } = heard.recv().await.context("all streams have ended")?;
            let begun = asked.get(&version).with_context(|| format!("version {version} was not asked for"))?;
            let ms = at.duration_since(*begun).as_secs_f64() * 1e3;
            if of_admin { admins.push(ms) } else { own.push(ms) }
        }
        anyhow::Ok(())
    };
    let done = timeout(HEARD_WITHIN, hear).await;
    ensure!(done.is_ok(), "only {} and {} of {expected:?} were heard", own.len(), admins.len());
    done??;
    ensure!(heard.is_empty() && [own.len(), admins.len()] == expected, "some were told twice");
    Ok((own, admins))
}
