//! Two transactions may meet in the database; then one of them is asked to come again, and does. So does one whose connection
//! broke before anything was to be kept: the server was restarted, or another one is the primary now.
use std::time::Duration;

use berth_shared::store::StoreError;

use crate::problem::ApiError;

const TRIES: u32 = 4;

/// Runs `work`, one whole transaction, until it does not meet another one and its connection holds. Neither changes anything;
/// a commit that was not confirmed may have, and is not tried again.
///
/// # Errors
/// What `work` says, and `DatabaseDown` when it was so each time.
pub async fn retrying<T, F>(work: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut tries = 1;
    loop {
        match work().await {
            Err(ApiError::DatabaseDown(e)) if tries < TRIES && is_undone(&*e) => {
                // The one that was let through is done in a moment; who waits differently long does not meet again.
                let pause = Duration::from_millis(u64::from(rand::random_range(1..=5 * tries)));
                tokio::time::sleep(pause).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

fn is_undone(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    error.downcast_ref::<StoreError>().is_some_and(StoreError::undone)
}
