//! Two transactions may meet in the database; then one of them is asked to come again, and does.
use std::time::Duration;

use berth_shared::store::StoreError;

use crate::problem::ApiError;

const TRIES: u32 = 4;

/// Runs `work`, one whole transaction, until it does not meet another one. A meeting changes nothing.
///
/// # Errors
/// What `work` says, and `DatabaseDown` when it met others each time.
pub async fn retrying<T, F>(work: impl Fn() -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let mut tries = 1;
    loop {
        match work().await {
            Err(ApiError::DatabaseDown(e)) if tries < TRIES && is_conflict(&*e) => {
                // The one that was let through is done in a moment; who waits differently long does not meet again.
                let pause = Duration::from_millis(u64::from(rand::random_range(1..=5 * tries)));
                tokio::time::sleep(pause).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

fn is_conflict(error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    matches!(error.downcast_ref::<StoreError>(), Some(StoreError::Conflict(_)))
}
