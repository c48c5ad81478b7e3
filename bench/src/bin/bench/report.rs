//! Figures as a table, in docs/benchmarks.md between its markers, and as JSON.

use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::path::Path;

use crate::machine;

const BEGIN: &str = "<!-- figures: written by `make bench` -->";
const END: &str = "<!-- end of figures -->";

/// One line of the table.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) figure: String,
    pub(crate) aim: &'static str,
    /// Whether the aim is reached; none where there is no aim.
    pub(crate) reached: Option<bool>,
}

pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec!["| what | figure | aim | |".to_owned(), "| --- | --- | --- | --- |".to_owned()];
    for Row { what, figure, aim, reached } in rows {
        let reached = reached.map_or("", |reached| if reached { "reached" } else { "**missed**" });
        lines.push(format!("| {what} | {figure} | {aim} | {reached} |"));
    }
    lines.join("\n")
}

pub(crate) async fn write(page: &Path, file: &Path, rows: &[Row], details: Map<String, Value>) -> anyhow::Result<()> {
    let machine = machine::describe().await?;
    let text = std::fs::read_to_string(page).with_context(|| format!("{} cannot be read", page.display()))?;
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("no {BEGIN} in {}", page.display()))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("no {END} in {}", page.display()))?;
    let figures = format!("{machine}\n\n{}", table(rows));
    std::fs::write(page, format!("{before}{BEGIN}\n\n{figures}\n\n{END}{after}"))?;
    let all = json!({ "machine": machine, "figures": details });
    std::fs::write(file, serde_json::to_vec_pretty(&all)?).with_context(|| format!("writing {}", file.display()))
}

/// The value that this share of all is not above, by nearest rank; 0 of none.
pub(crate) fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let (low, high) = (percentile(values, 0.5), -percentile(&values.iter().map(|v| -v).collect::<Vec<_>>(), 0.5));
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!([0.5, 0.99, 1.0].map(|share| percentile(&hundred, share)), [50.0, 99.0, 100.0]);
        assert_eq!((median(&hundred), median(&[3.0, 1.0, 2.0]), percentile(&[], 0.5)), (50.5, 2.0, 0.0));
    }
}
