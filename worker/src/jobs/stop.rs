//! `desktop.stop`: takes container and port away, keeps the home (unless its template does not). Begun once, it is never superseded: it ends what it began.

use berth_shared::lifecycle::StepDone;

use super::{GRACE, Shift, Trouble};

pub(crate) async fn run(shift: &Shift<'_>) -> Result<(), Trouble> {
    shift.clear(GRACE).await?;
    shift.throw_away_home().await?;
    shift.step(StepDone::Cleared).await
}
