//! `berth migrate`: brings the schema up to date, or with `--check` says what is missing.

use crate::open;
use berth_shared::config::Settings;

pub(crate) async fn run(settings: &Settings, check: bool) -> anyhow::Result<()> {
    if !check {
        open::open(settings, false).await?;
        eprintln!("The database is up to date.");
        return Ok(());
    }
    let missing = open::connect(settings).await?.pending_migrations().await?;
    if missing.is_empty() {
        eprintln!("The database is up to date.");
        return Ok(());
    }
    anyhow::bail!("the database lacks {}; run `berth migrate`", missing.join(", "))
}
