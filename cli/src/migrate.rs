//! `berth migrate`: brings the schema up to date, or with `--check` changes nothing and says how it stands: exit code 0 when this
//! binary can work on the database as it is, 1 when it cannot.

use crate::open;
use berth_shared::config::Settings;

pub(crate) async fn run(settings: &Settings, check: bool) -> anyhow::Result<()> {
    if !check {
        open::open(settings, false).await?;
        eprintln!("The database is up to date.");
        return Ok(());
    }
    let schema = open::connect(settings).await?.schema().await?;
    schema.check_not_too_new()?;
    if !schema.missing.is_empty() {
        anyhow::bail!("the database lacks {}; run `berth migrate`", schema.missing.join(", "));
    }
    if schema.newer.is_empty() {
        eprintln!("The database is up to date.");
    } else {
        let newer: Vec<String> = schema.newer.iter().map(|version| format!("{version:04}")).collect();
        eprintln!(
            "The database is of a newer Berth (it has {} more), and this one may still use it.",
            newer.join(", ")
        );
    }
    Ok(())
}
