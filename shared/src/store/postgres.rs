//! How PostgreSQL is reached: straight, or for transactions through a pooler in transaction mode (PgBouncer, also those before
//! 1.21 that know nothing of named statements). Through a pooler every statement runs inside a transaction, so that it stays on
//! one server's connection, and has no name ([`super::Tx`] sees to it); time-outs are set by each transaction for itself, since a pooler takes no settings with a
//! connection. What runs alone (claims, ends, LISTEN, migrations) goes the direct way.
//!
//! Whatever only reads (a standby, while the primary moves) is no way: a connection that leads there is thrown away.

use super::StoreError;
use super::error::broken_at;
use super::quick::Quick;
use crate::peer::{Peer, who_listens};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool, Row as _};
use std::str::FromStr as _;
use std::time::Duration;
use tokio::time::timeout;

/// No statement of ours takes a tenth of it; one that does takes the place of many.
const STATEMENT: &str = "30s";
/// Longer than any transaction of ours lasts: who waits this long waits for somebody who hangs.
const LOCK: &str = "10s";
/// A process that was stopped in the middle of a transaction must not hold its locks for ever.
const IDLE_INSIDE: &str = "60s";
/// The same, said by each transaction.
macro_rules! through_pooler {
    ($begin:literal) => {
        concat!(
            $begin,
            "; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'; \
             SET LOCAL idle_in_transaction_session_timeout = '60s'"
        )
    };
}
pub(super) const ACQUIRE: Duration = Duration::from_secs(5);
const RECYCLE: Duration = Duration::from_secs(3_600);
/// A connection that rested longer than this is asked whether it lives before it is used.
const IDLE_UNASKED: Duration = Duration::from_secs(1);
/// After something broke, each connection from before is asked, for this long.
const DOUBT: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(2);

/// Ways for single statements, beside the pool.
#[derive(Clone, Debug)]
pub struct QuickWays {
    pub ends: Quick,
    /// Of stops and cleanups; apart, so that ends do not wait for them.
    pub claims: Quick,
}

/// What one URL, or two, lead to.
pub(super) struct Ways {
    pooled: PgConnectOptions,
    direct: PgConnectOptions,
    /// Whether the two differ: there is a pooler between.
    pub(super) pooler: bool,
}

/// Whether a text can be the URL of a database.
///
/// # Errors
/// Why not, in words.
pub fn check_database_url(url: &str) -> Result<(), String> {
    const HOW: &str = "write postgres://USER:PASSWORD@HOST/DATABASE or sqlite://FILE";
    if let Some(file) = url.strip_prefix("sqlite://") {
        return if file.is_empty() { Err(format!("it names no file; {HOW}")) } else { Ok(()) };
    }
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(HOW.to_owned());
    }
    let options = PgConnectOptions::from_str(url).map_err(|error| match error {
        sqlx::Error::Configuration(why) => format!("{why}; {HOW}"),
        other => format!("{other}; {HOW}"),
    })?;
    if options.get_database().is_none_or(str::is_empty) {
        return Err(format!("it names no database; {HOW}"));
    }
    Ok(())
}

impl Ways {
    pub(super) fn new(url: &str, direct_url: &str) -> Result<Self, StoreError> {
        let named = |url| PgConnectOptions::from_str(url).map(|options| options.application_name("berth"));
        let timeouts = [
            ("statement_timeout", STATEMENT),
            ("lock_timeout", LOCK),
            ("idle_in_transaction_session_timeout", IDLE_INSIDE),
        ];
        let direct = named(direct_url)?.options(timeouts);
        let pooler = url != direct_url;
        let pooled =
            if pooler { named(url)?.statement_cache_capacity(0).extra_float_digits(None) } else { direct.clone() };
        Ok(Self { pooled, direct, pooler })
    }

    /// Goes each way once.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when they lead astray: what to do is in its words.
    pub(super) async fn examine(&self) -> Result<(), StoreError> {
        let mut direct = self.go_direct().await?;
        if text(&mut direct, "SHOW statement_timeout").await? != STATEMENT {
            return Err(pooler_found("takes no settings with a connection"));
        }
        if !leads_to_writer(&mut direct).await? {
            let words = "it only reads: a standby, or a primary that is just being moved";
            return Err(StoreError::Unavailable(sqlx::Error::Io(std::io::Error::other(words))));
        }
        if !self.pooler {
            return Ok(());
        }
        let mut pooled = PgConnection::connect_with(&self.pooled).await?;
        const WHICH: &str =
            "SELECT current_database() || ' of the server that was started at ' || pg_postmaster_start_time()";
        let (one, two) = (text(&mut pooled, WHICH).await?, text(&mut direct, WHICH).await?);
        // It may be moving just now; then the connections are not long-lived either.
        if one != two && text(&mut pooled, WHICH).await? != text(&mut direct, WHICH).await? {
            return Err(StoreError::Setup(format!(
                "BERTH_DATABASE_URL and BERTH_DATABASE_DIRECT_URL lead to two databases ({one}; {two}); they must be two ways \
                 to the same one"
            )));
        }
        Ok(())
    }

    async fn go_direct(&self) -> Result<PgConnection, StoreError> {
        match timeout(ACQUIRE, PgConnection::connect_with(&self.direct)).await {
            Ok(Err(sqlx::Error::Database(told))) if told.message().contains("unsupported startup parameter") => {
                Err(pooler_found("says so"))
            }
            Ok(Err(error @ sqlx::Error::Protocol(_))) => Err(self.no_postgres().await.unwrap_or_else(|| error.into())),
            Err(_) => Err(self.no_postgres().await.unwrap_or(StoreError::Unavailable(sqlx::Error::PoolTimedOut))),
            Ok(other) => Ok(other?),
        }
    }

    /// None: whoever listens there may be one.
    async fn no_postgres(&self) -> Option<StoreError> {
        let (host, port) = (self.direct.get_host(), self.direct.get_port());
        let what = match who_listens(host, port).await {
            Peer::Redis => "is a Redis",
            Peer::Web => "is a web server",
            Peer::Other => "answers otherwise than PostgreSQL does",
            Peer::Nobody | Peer::Postgres | Peer::Tls | Peer::Silent => return None,
        };
        Some(StoreError::Setup(format!("{host}:{port} {what}, no PostgreSQL: look at the URL's host and port")))
    }

    /// # Errors
    /// When it cannot be reached.
    pub(super) async fn pool(&self, min: u32, max: u32) -> Result<PgPool, StoreError> {
        let pool = PgPoolOptions::new()
            .min_connections(min)
            .max_connections(max)
            .acquire_timeout(ACQUIRE)
            .max_lifetime(RECYCLE)
            // A question whether it lives, before each use, would cost as much as most statements do.
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    if leads_to_writer(connection).await? {
                        return Ok(());
                    }
                    Err(sqlx::Error::Io(std::io::Error::other("the database only reads at the moment")))
                })
            })
            .before_acquire(|connection, known| {
                Box::pin(async move {
                    let doubted = broken_at().is_some_and(|at| at.elapsed() < DOUBT && known.age > at.elapsed());
                    if known.idle_for > IDLE_UNASKED || doubted { leads_to_writer(connection).await } else { Ok(true) }
                })
            })
            .connect_with(self.pooled.clone())
            .await?;
        Ok(pool)
    }

    pub(super) fn quick(&self) -> QuickWays {
        const ENDS_AT_ONCE: usize = 8;
        const CLAIMS_AT_ONCE: usize = 2;
        // Their statements find every row by an index. A plan made while a table was empty would read all of it instead,
        // and be kept while the table grows.
        let by_index = [("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")];
        let once = [("plan_cache_mode", "force_generic_plan"), ("jit", "off")];
        let plans_once = self.direct.clone().options(once).options(by_index);
        QuickWays { ends: Quick::new(plans_once.clone(), ENDS_AT_ONCE), claims: Quick::new(plans_once, CLAIMS_AT_ONCE) }
    }
}

/// The direct way; `otherwise` when the URL cannot be read, which was checked when the pool was opened.
pub(super) fn straight(direct_url: &str, otherwise: &PgConnectOptions) -> PgConnectOptions {
    Ways::new(direct_url, direct_url).map_or_else(|_| otherwise.clone(), |ways| ways.direct)
}

/// How a transaction begins.
pub(super) const fn begin(pooler: bool) -> &'static str {
    if pooler { through_pooler!("BEGIN") } else { "BEGIN" }
}

/// How one begins that only reads, and sees one moment throughout.
pub(super) const fn begin_reading(pooler: bool) -> &'static str {
    if pooler {
        through_pooler!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    } else {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }
}

fn pooler_found(how: &str) -> StoreError {
    StoreError::Setup(format!(
        "the way to the database goes through a pooler (it {how}), and some of what Berth does cannot: name the database \
         itself in BERTH_DATABASE_DIRECT_URL, and the pooler in BERTH_DATABASE_URL"
    ))
}

/// Whether what is written over a connection can be kept.
async fn leads_to_writer(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    Ok(text(connection, "SHOW transaction_read_only").await? == "off")
}

/// One value, asked for in one round trip and outside of any transaction, which a pooler stands.
async fn text(connection: &mut PgConnection, sql: &'static str) -> Result<String, sqlx::Error> {
    let asked =
        async { sqlx::Executor::fetch_one(&mut *connection, sqlx::raw_sql(sql)).await?.try_get::<String, _>(0) };
    timeout(ANSWER, asked).await.unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_have_the_same_time_outs() {
        for limit in [STATEMENT, LOCK, IDLE_INSIDE] {
            assert!(begin(true).contains(&format!("'{limit}'")), "{limit}");
        }
    }
}
