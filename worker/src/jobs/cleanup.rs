//! `desktop.cleanup`: takes everything of a deleted desktop away, the home too, and then its row.

use berth_shared::lifecycle::StepDone;

use super::{GRACE, Shift, Trouble};

pub(crate) async fn run(shift: &Shift<'_>) -> Result<(), Trouble> {
    shift.clear(GRACE).await?;
    shift.remove_home().await?;
    shift.step(StepDone::Removed).await
}
