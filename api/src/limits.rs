//! `BERTH_API_LIMITS`: how many calls a user, or without one an address, may make in a window.
//!
//! Counted by each api process for itself, in memory; what a *start* costs is counted in the database, elsewhere.
use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use crate::{
    address::ClientAddress,
    auth::{caller, throttle::network},
    problem::{ApiError, RateWindow},
    state::App,
};

/// Calls between two looks for callers that have not been seen for a whole window.
const PRUNE_EVERY: u32 = 4096;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    User(String),
    Address(IpAddr),
}

struct Window {
    limit: u32,
    window: Duration,
    counted: DefaultKeyedRateLimiter<Caller>,
}

#[derive(Default)]
pub struct ApiLimits {
    windows: Vec<Window>,
    calls: AtomicU32,
    clock: DefaultClock,
}

impl ApiLimits {
    /// Windows of no length and limits of zero are left out: the settings refuse them.
    pub fn new(windows: impl IntoIterator<Item = (u32, Duration)>) -> Self {
        let window = |(limit, window): (u32, Duration)| {
            let quota = Quota::with_period(window.checked_div(limit)?)?.allow_burst(NonZeroU32::new(limit)?);
            Some(Window { limit, window, counted: DefaultKeyedRateLimiter::keyed(quota) })
        };
        Self { windows: windows.into_iter().filter_map(window).collect(), ..Self::default() }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// `RateLimited` for the window that is used up.
    pub fn check(&self, caller: &Caller) -> Result<(), ApiError> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % PRUNE_EVERY == PRUNE_EVERY - 1 {
            self.windows.iter().for_each(|w| w.counted.retain_recent());
        }
        for Window { limit, window, counted } in &self.windows {
            if let Err(full) = counted.check_key(caller) {
                let retry_after = full.wait_time_from(self.clock.now());
                return Err(ApiError::RateLimited(RateWindow { limit: *limit, window: *window, retry_after }));
            }
        }
        Ok(())
    }
}

/// Counts the call of whoever makes it.
pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let counted = match caller::known(request.extensions()) {
        Some(caller) => Caller::User(caller.user.id.clone()),
        None => Caller::address(ClientAddress::of(request.extensions(), request.headers(), &app.trusted_proxies).0),
    };
    match app.api_limits.check(&counted) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

impl Caller {
    pub fn address(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_window_of_his_own() {
        let limits = ApiLimits::new([(3, Duration::from_secs(60)), (100, Duration::from_secs(3600))]);
        let ada = Caller::User("ada".to_owned());
        assert_eq!((0..5).filter(|_| limits.check(&ada).is_ok()).count(), 3);
        let Err(ApiError::RateLimited(refused)) = limits.check(&ada) else { panic!("let through") };
        assert_eq!((refused.limit, refused.window.as_secs()), (3, 60));
        assert!(refused.retry_after <= Duration::from_secs(20), "{:?}", refused.retry_after);
        assert!(limits.check(&Caller::address([10, 0, 0, 1].into())).is_ok());
    }

    #[test]
    fn no_limits_let_everything_through() {
        assert!((0..10_000).all(|_| ApiLimits::default().check(&Caller::User("ada".to_owned())).is_ok()));
    }
}
