//! The link to other processes over Redis, when the settings name one. One that is away is waited for while Berth works without;
//! one that is no Redis, or does not let us in, is said at start.

use crate::open::Opened;
use berth_shared::config::Settings;
use berth_shared::events::{Fanout, RedisFault, ask_redis};
use secrecy::ExposeSecret as _;

/// # Errors
/// What is wrong with it, in words, when that does not pass by itself.
pub(crate) async fn link(settings: &Settings, opened: &Opened) -> anyhow::Result<Option<Fanout>> {
    let Some(url) = &settings.redis_url else { return Ok(None) };
    if opened.is_alone() {
        return Ok(None);
    }
    let url = url.expose_secret();
    match ask_redis(url).await {
        Ok(version) => tracing::info!(version, "Redis answers"),
        Err(RedisFault::Away(why)) => tracing::warn!(why, "Redis does not answer; Berth works without meanwhile"),
        Err(fault @ RedisFault::Wrong(_)) => anyhow::bail!("BERTH_REDIS_URL: {fault}"),
    }
    Ok(Some(Fanout::new(url, &opened.installation.id)?))
}
