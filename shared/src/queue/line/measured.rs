//! How long starts take, as it was measured: the last ones, the latest weighing most. Pure.

use std::collections::HashMap;

/// How many of the last starts are looked at.
pub(super) const LOOKED_AT: i64 = 60;
/// A start this many places further back weighs half as much.
const HALF: f64 = 15.0;
/// From how many starts on a template is reckoned by its own.
const ENOUGH: usize = 5;

/// Durations of starts, in seconds, the latest first; none of them measured: nothing is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Sample(Vec<(f64, f64)>);

impl Sample {
    fn new(latest_first: impl Iterator<Item = f64>) -> Self {
        let weight = |place: u32| 0.5_f64.powf(f64::from(place) / HALF);
        let mut sample: Vec<_> = (0..).zip(latest_first).map(|(place, took)| (took, weight(place))).collect();
        sample.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self(sample)
    }

    /// The middle: what one start will probably take.
    pub(super) fn typical(&self) -> Option<f64> {
        let mut left = self.0.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
        self.0
            .iter()
            .find(|(_, weight)| {
                left -= weight;
                left <= 0.0
            })
            .map(|(took, _)| *took)
    }

    /// The mean: what many starts one after the other take each. A few that hang hold their slots too.
    pub(super) fn mean(&self) -> Option<f64> {
        mean(self.0.iter().copied())
    }

    /// What is left of a start that has been at it for `ran`: of those that took longer, how much longer they took. Longer
    /// than all of them: half as long again, for nobody knows.
    pub(super) fn left_after(&self, ran: f64) -> Option<f64> {
        let longer = self.0.iter().filter(|(took, _)| *took > ran).map(|(took, weight)| (took - ran, *weight));
        self.typical().map(|_| mean(longer).unwrap_or(ran / 2.0))
    }
}

fn mean(sample: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weights) = sample.fold((0.0, 0.0), |(sum, all), (took, weight)| (sum + took * weight, all + weight));
    (weights > 0.0).then(|| sum / weights)
}

/// The sample of all starts, and of each template that has enough.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    all: Sample,
    by_template: HashMap<String, Sample>,
}

impl Measured {
    /// From the last starts, the latest first: how long each held its slot, and of which template it was, where that is known.
    pub(super) fn new(latest_first: &[(f64, Option<String>)]) -> Self {
        let mut by_template: HashMap<&str, Vec<f64>> = HashMap::new();
        for (took, template) in latest_first {
            if let Some(template) = template {
                by_template.entry(template).or_default().push(*took);
            }
        }
        Self {
            all: Sample::new(latest_first.iter().map(|(took, _)| *took)),
            by_template: by_template
                .into_iter()
                .filter(|(_, took)| took.len() >= ENOUGH)
                .map(|(template, took)| (template.to_owned(), Sample::new(took.into_iter())))
                .collect(),
        }
    }

    /// Whether it matters of which template a start is.
    pub(super) fn tells_templates_apart(&self) -> bool {
        self.by_template.len() > 1
    }

    pub(super) fn of(&self, template: Option<&str>) -> &Sample {
        template.and_then(|template| self.by_template.get(template)).unwrap_or(&self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::{Measured, Sample};

    fn sample(took: &[f64]) -> Sample {
        Sample::new(took.iter().copied())
    }

    #[test]
    fn the_latest_weigh_most() {
        let slower_now: Vec<f64> = [9.0; 20].into_iter().chain([1.0; 40]).collect();
        let faster_now: Vec<f64> = [1.0; 20].into_iter().chain([9.0; 40]).collect();
        assert_eq!((sample(&slower_now).typical(), sample(&faster_now).typical()), (Some(9.0), Some(1.0)));
        assert!(sample(&slower_now).mean().unwrap() > 6.0 && sample(&faster_now).mean().unwrap() < 4.0);
        assert_eq!(sample(&[]).typical(), None);
        assert_eq!(sample(&[]).left_after(1.0), None);
    }

    #[test]
    fn a_start_that_runs_late_is_not_expected_at_once() {
        let usual = sample(&[2.0, 2.0, 2.0, 6.0]);
        assert!((usual.left_after(0.0).unwrap() - usual.mean().unwrap()).abs() < 1e-9);
        assert!((usual.left_after(3.0).unwrap() - 3.0).abs() < 1e-9, "only the long one was longer");
        assert!((usual.left_after(10.0).unwrap() - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_template_with_enough_starts_is_reckoned_by_its_own() {
        let of = |took: f64, template: &str| (took, Some(template.to_owned()));
        let mut last = vec![of(9.0, "heavy"); 5];
        last.extend(vec![of(1.0, "light"); 12]);
        last.push(of(99.0, "rare"));
        let measured = Measured::new(&last);
        assert!(measured.tells_templates_apart());
        assert_eq!(measured.of(Some("heavy")).typical(), Some(9.0));
        assert_eq!(measured.of(Some("light")).typical(), Some(1.0));
        assert_eq!(measured.of(Some("rare")).typical(), measured.of(None).typical());
    }
}
