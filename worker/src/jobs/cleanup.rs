//! `desktop.cleanup`: takes everything of a deleted desktop away, the home too, and then its row.

use berth_shared::lifecycle::StepDone;

use super::{GRACE, Shift, Trouble};
use crate::runtime::Kind;

pub(crate) async fn run(shift: &Shift<'_>) -> Result<(), Trouble> {
    shift.clear(GRACE).await?;
    match shift.ctx.engine.remove_home(&shift.lease.desktop_id, shift.until()).await {
        // Not ours to remove, and no reason to keep the desktop in its owner's list for ever.
        Err(error) if error.kind == Kind::NotOurs => {
            tracing::warn!(desktop = shift.lease.desktop_id, %error, "a volume with a home's name was left alone");
        }
        other => other?,
    }
    shift.step(StepDone::Removed).await
}
