//! The list of all settings: name, variable, default, meaning. `.env.sample` says the same; a test holds them together.

/// One setting.
#[derive(Debug)]
pub struct Key {
    /// In the file.
    pub name: &'static str,
    /// In the environment.
    pub env: &'static str,
    pub default: Option<&'static str>,
    /// What stands for the value in `--help`.
    pub value: &'static str,
    pub help: &'static str,
    /// May be given as `…_FILE`, and is never printed.
    pub secret: bool,
}

impl Key {
    pub(super) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    pub(super) fn help_with_default(&self) -> String {
        match self.default {
            Some(default) => format!("{} [default: {default}]", self.help),
            None => self.help.to_owned(),
        }
    }
}

const fn key(
    name: &'static str,
    env: &'static str,
    default: &'static str,
    value: &'static str,
    help: &'static str,
) -> Key {
    Key { name, env, default: Some(default), value, help, secret: false }
}

const fn unset(name: &'static str, env: &'static str, value: &'static str, help: &'static str) -> Key {
    Key { name, env, default: None, value, help, secret: false }
}

const fn secret(name: &'static str, env: &'static str, value: &'static str, help: &'static str) -> Key {
    Key { name, env, default: None, value, help, secret: true }
}

/// Variables that begin like ours and are read elsewhere: by clap itself, the Makefile and the tests.
pub(super) fn elsewhere(name: &str) -> bool {
    name == "BERTH_CONFIG" || name.starts_with("BERTH_TEST_") || name.starts_with("BERTH_MAKE_")
}

/// All settings.
pub const KEYS: &[Key] = &[
    key("listen", "BERTH_LISTEN", "127.0.0.1:8080", "ADDRESS", "Address of the api"),
    unset(
        "public_url",
        "BERTH_PUBLIC_URL",
        "URL",
        "What browsers call us; cookies, Origin checks and links follow it [default: http:// and the listen address]",
    ),
    key(
        "metrics_listen",
        "BERTH_METRICS_LISTEN",
        "127.0.0.1:9464",
        "ADDRESS",
        "Address of /metrics, /healthz and /readyz of this process",
    ),
    unset(
        "trusted_proxies",
        "BERTH_TRUSTED_PROXIES",
        "ADDRESSES",
        "Addresses or networks, with commas, whose X-Forwarded-* headers count",
    ),
    key(
        "log",
        "BERTH_LOG",
        "info",
        "FILTER",
        "What is logged: a level, or levels by module (tracing's filter language)",
    ),
    unset("log_format", "BERTH_LOG_FORMAT", "FORMAT", "text or json [default: text on a terminal, else json]"),
    key(
        "data_dir",
        "BERTH_DATA_DIR",
        "./data",
        "FOLDER",
        "Folder of the SQLite file and of secrets made at the first start",
    ),
    secret(
        "secret_key",
        "BERTH_SECRET_KEY",
        "KEY",
        "One key for the installation, at least 32 characters, the same in api and worker [default: made in the data folder]",
    ),
    secret(
        "database_url",
        "BERTH_DATABASE_URL",
        "URL",
        "postgres://… or sqlite://FILE [default: berth.db in the data folder]",
    ),
    secret(
        "database_direct_url",
        "BERTH_DATABASE_DIRECT_URL",
        "URL",
        "The same database, not through a pooler: for LISTEN and migrations [default: the database URL]",
    ),
    key("database_pool_max", "BERTH_DATABASE_POOL_MAX", "60", "NUMBER", "Most database connections of one process"),
    key("database_pool_min", "BERTH_DATABASE_POOL_MIN", "20", "NUMBER", "Fewest database connections of one process"),
    secret(
        "redis_url",
        "BERTH_REDIS_URL",
        "URL",
        "redis:// or rediss://…, where several processes tell each other sooner what changed; needed by none [default: none]",
    ),
    key(
        "admin_user",
        "BERTH_ADMIN_USER",
        "admin",
        "NAME",
        "Administrator made at the first start on an empty database",
    ),
    secret(
        "admin_password",
        "BERTH_ADMIN_PASSWORD",
        "PASSWORD",
        "Their password [default: made at random and printed once]",
    ),
    key(
        "runtime",
        "BERTH_RUNTIME",
        "docker",
        "NAME",
        "What runs desktops: docker; sim, a pretended engine for tests and demonstrations; swarm is not there yet",
    ),
    unset("docker_host", "BERTH_DOCKER_HOST", "URL", "Where the worker reaches the engine [default: the local socket]"),
    unset(
        "node",
        "BERTH_NODE",
        "NAME",
        "Name of this worker's node: one engine, its ports and start slots [default: the host's name]",
    ),
    key("port_range", "BERTH_PORT_RANGE", "7000-9000", "RANGE", "Host ports for desktops, first-last"),
    key("port_rest", "BERTH_PORT_REST", "5s", "TIME", "How long a port rests before it is used again"),
    key("port_bind", "BERTH_PORT_BIND", "127.0.0.1", "ADDRESS", "Address that desktops' ports are published on"),
    unset(
        "port_connect",
        "BERTH_PORT_CONNECT",
        "ADDRESS",
        "Address by which api and worker reach those ports [default: the address they are published on]",
    ),
    key(
        "worker_concurrency",
        "BERTH_WORKER_CONCURRENCY",
        "32",
        "NUMBER",
        "Jobs at once in one worker process, a quarter of them kept for stops and cleanups",
    ),
    key(
        "starts_per_host",
        "BERTH_STARTS_PER_HOST",
        "auto",
        "NUMBER",
        "Starts at once on one node, over all its workers; auto: twice the engine's CPUs, at least 2",
    ),
    key("start_timeout", "BERTH_START_TIMEOUT", "60s", "TIME", "From claimed to running, one attempt"),
    key(
        "job_max_attempts",
        "BERTH_JOB_MAX_ATTEMPTS",
        "8",
        "NUMBER",
        "Tries of a start that fails for a passing reason",
    ),
    key("job_backoff", "BERTH_JOB_BACKOFF", "500ms..60s", "RANGE", "Shortest and longest wait between tries"),
    key("lease_ttl", "BERTH_LEASE_TTL", "15s", "TIME", "A worker that is silent this long loses its jobs"),
    key("shutdown_limit", "BERTH_SHUTDOWN_LIMIT", "20s", "TIME", "How long SIGTERM waits for what is running"),
    key("max_desktops_per_user", "BERTH_MAX_DESKTOPS_PER_USER", "3", "NUMBER", "Quota: desktops that are not deleted"),
    key("start_limits", "BERTH_START_LIMITS", "5/minute,50/hour,200/day", "LIMITS", "Starts per user; off for none"),
    key("max_streams_per_user", "BERTH_MAX_STREAMS_PER_USER", "20", "NUMBER", "Viewers' connections at once, per user"),
    key(
        "admin_opens_desktops",
        "BERTH_ADMIN_OPENS_DESKTOPS",
        "off",
        "on|off",
        "Whether administrators may look into others' desktops; the owner is told each time",
    ),
    key(
        "api_limits",
        "BERTH_API_LIMITS",
        "600/minute",
        "LIMITS",
        "Calls per user, or per address without one, of one api process; off for none",
    ),
    key("session_ttl", "BERTH_SESSION_TTL", "15m", "TIME", "How long a session lasts before it is refreshed"),
    key("refresh_ttl", "BERTH_REFRESH_TTL", "30d", "TIME", "How long a log-in lasts without use"),
    secret(
        "oidc",
        "BERTH_OIDC",
        "JSON",
        "OpenID providers to sign in with: a list of {id, name, issuer, client_id, client_secret, …}; docs/sign-in.md has all",
    ),
    key("keep_jobs", "BERTH_KEEP_JOBS", "7d", "TIME", "How long finished jobs are kept"),
    key("keep_events", "BERTH_KEEP_EVENTS", "24h", "TIME", "How long events are kept for pages that come back"),
    key(
        "keep_audit",
        "BERTH_KEEP_AUDIT",
        "365d",
        "TIME",
        "How long the audit log and what happened to desktops are kept",
    ),
    key(
        "idle_stop",
        "BERTH_IDLE_STOP",
        "off",
        "TIME",
        "Stop a desktop that nobody has used for this long; not used yet",
    ),
    key("max_lifetime", "BERTH_MAX_LIFETIME", "off", "TIME", "Stop a desktop that has run for this long; not used yet"),
    key(
        "apps_domain",
        "BERTH_APPS_DOMAIN",
        "apps.localhost",
        "HOST",
        "Web desktops each get a host below it; not used yet",
    ),
    secret(
        "sentry_dsn",
        "BERTH_SENTRY_DSN",
        "URL",
        "Where errors are reported: the DSN that Sentry, or what speaks as it does, gives a project",
    ),
    unset(
        "otlp_endpoint",
        "BERTH_OTLP_ENDPOINT",
        "URL",
        "Where traces are sent, by OTLP over HTTP: http://collector:4318",
    ),
    unset(
        "sim_socket",
        "BERTH_SIM_SOCKET",
        "FILE",
        "sim: where the pretended engine listens; started there when nobody does [default: sim.sock in the data folder]",
    ),
    key("sim_start", "BERTH_SIM_START", "2s", "TIME", "sim: how long a pretended start takes, a fifth more or less"),
    key("sim_fail", "BERTH_SIM_FAIL", "0", "SHARE", "sim: share of engine calls that fail, 0 to 1"),
    key("desktop_image", "BERTH_DESKTOP_IMAGE", "berth/desktop:latest", "IMAGE", "Image of the built-in template"),
    key(
        "browser_image",
        "BERTH_BROWSER_IMAGE",
        "berth/desktop-browser:latest",
        "IMAGE",
        "Image of the built-in template with a browser",
    ),
    key(
        "pull_images",
        "BERTH_PULL_IMAGES",
        "named",
        "WHICH",
        "Missing images that are downloaded: named (those whose name begins with their registry's host), all (others from \
         Docker Hub) or off",
    ),
];
