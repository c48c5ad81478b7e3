//! What is wrong with `BERTH_REDIS_URL`, in words: first the text alone, then by asking whoever answers there. A Redis that is
//! away is no fault, Berth works without; one that is no Redis, or does not let us in, is.

use crate::peer::{Peer, who_listens};
use redis::{AsyncConnectionConfig, ConnectionAddr, ErrorKind, RedisError, ServerErrorKind};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);
const HOW: &str = "write redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER], or rediss://… for TLS";

/// Why Redis is not used.
#[derive(Debug, thiserror::Error)]
pub enum RedisFault {
    /// Passes: nothing is lost meanwhile.
    #[error("it does not answer ({0})")]
    Away(String),
    /// Does not pass by itself.
    #[error("{0}")]
    Wrong(String),
}

/// Whether a text can be the URL of a Redis.
///
/// # Errors
/// Why not, in words.
pub fn check_redis_url(url: &str) -> Result<(), String> {
    let rest = url.strip_prefix("redis://").or_else(|| url.strip_prefix("rediss://")).ok_or(HOW)?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if host.is_empty() || host.starts_with(':') {
        return Err(format!("it names no host; {HOW}"));
    }
    redis::Client::open(url).map(drop).map_err(|error| format!("{error}; {HOW}"))
}

/// Asks whoever answers at a URL whether it is a Redis that lets us in. Says its version.
///
/// # Errors
/// [`RedisFault`].
pub async fn ask_redis(url: &str) -> Result<String, RedisFault> {
    let client = redis::Client::open(url).map_err(|error| RedisFault::Wrong(error.to_string()))?;
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    let asked = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        redis::cmd("PING").exec_async(&mut connection).await?;
        // Not everybody may be told which one it is.
        Ok(redis::cmd("INFO").arg("server").query_async::<String>(&mut connection).await.unwrap_or_default())
    };
    match asked.await {
        Ok(info) => {
            let version = info.lines().find_map(|line| line.strip_prefix("redis_version:"));
            Ok(version.unwrap_or("of an unknown version").trim().to_owned())
        }
        Err(error) => Err(fault(&error, client.get_connection_info().addr()).await),
    }
}

async fn fault(error: &RedisError, address: &ConnectionAddr) -> RedisFault {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::TryAgain) => {
            return RedisFault::Away(error.to_string());
        }
        ErrorKind::AuthenticationFailed => return RedisFault::Wrong(format!("it does not let us in: {error}")),
        ErrorKind::Server(_) | ErrorKind::Extension => return RedisFault::Wrong(format!("it refuses: {error}")),
        _ => {}
    }
    let (host, port, tls) = match address {
        ConnectionAddr::Tcp(host, port) => (host, *port, false),
        ConnectionAddr::TcpTls { host, port, .. } => (host, *port, true),
        _ => return RedisFault::Away(error.to_string()),
    };
    let wrong = |what: &str| RedisFault::Wrong(format!("{host}:{port} {what}"));
    match (who_listens(host, port).await, tls) {
        (Peer::Nobody, _) => RedisFault::Away(error.to_string()),
        (Peer::Postgres, _) => wrong("is a PostgreSQL, no Redis"),
        (Peer::Web, _) => wrong("is a web server, no Redis"),
        (Peer::Redis, true) => wrong("is a Redis without TLS: write redis:// instead of rediss://"),
        (Peer::Tls, false) => wrong("wants TLS: write rediss:// instead of redis://"),
        (Peer::Tls, true) => wrong(&format!("cannot be trusted, or is no Redis: {error}")),
        (Peer::Silent, true) if !error.is_timeout() && !error.is_connection_dropped() => {
            wrong(&format!("cannot be trusted: {error}"))
        }
        // It hung up in the middle, or is slow.
        (Peer::Redis, false) => RedisFault::Away(error.to_string()),
        (Peer::Silent, _) => RedisFault::Away(format!(
            "{host}:{port} takes connections and says nothing: what it stands for is away, or it wants TLS, which is rediss://; \
             {error}"
        )),
        (Peer::Other, _) => wrong(&format!("answers, but not as a Redis does: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::check_redis_url;

    #[test]
    fn urls_of_redis() {
        for good in [
            "redis://127.0.0.1",
            "redis://:pass@redis:6379/2",
            "rediss://user:pass@[::1]:6380",
            "redis://h?protocol=resp3",
        ] {
            assert_eq!(check_redis_url(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "redis",
            "redis://",
            "redis://:6379",
            "redis://u:p@",
            "postgres://h/d",
            "http://h:6379",
            "redis://h:port",
            "redis://h/x",
        ] {
            assert!(check_redis_url(bad).is_err(), "{bad}");
        }
    }
}
