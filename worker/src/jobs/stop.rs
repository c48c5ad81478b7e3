//! `desktop.stop`: takes container and port away, keeps the home. Begun once, it is never superseded: it ends what it began.

use berth_shared::lifecycle::StepDone;

use super::{GRACE, Shift, Trouble};

pub(crate) async fn run(shift: &Shift<'_>) -> Result<(), Trouble> {
    shift.clear(GRACE).await?;
    shift.step(StepDone::Cleared).await
}
