//! Names and labels of everything that this installation makes in an engine.
//!
//! Labels carry the whole ids and are what decides; names carry a short form, are readable, and are unique per desktop and
//! generation, so that the engine's own name conflict keeps two workers from making the same container twice.

use std::collections::HashMap;
use std::sync::Arc;

pub(crate) const LABEL_INSTALLATION: &str = "berth.installation";
pub(crate) const LABEL_DESKTOP: &str = "berth.desktop";
pub(crate) const LABEL_GENERATION: &str = "berth.generation";
pub(crate) const LABEL_OWNER: &str = "berth.owner";
/// The template's id and the desktop's name when it was made: what a record lost with its database is made again from.
pub(crate) const LABEL_TEMPLATE: &str = "berth.template";
pub(crate) const LABEL_NAME: &str = "berth.name";

/// How the host's interfaces of desktops' networks begin, of every installation.
pub const BRIDGES: &str = "berth-";

/// One installation of Berth, as the engine sees it: several may share an engine and never touch each other's things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    id: Arc<str>,
    short: Arc<str>,
}

impl Installation {
    /// Of the installation's id, as the database keeps it.
    #[must_use]
    pub fn new(id: &str) -> Self {
        // The end of a ULID is its random part; its beginning is the time, alike for two that were made together.
        let letters: Vec<char> = id.chars().filter(char::is_ascii_alphanumeric).collect();
        let short: String = letters[letters.len().saturating_sub(8)..].iter().collect();
        Self { id: id.into(), short: short.to_ascii_lowercase().into() }
    }

    /// The whole id, as the label [`LABEL_INSTALLATION`] carries it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// `berth-<installation>-<desktop>-<generation>`
    #[must_use]
    pub fn container_name(&self, desktop: &str, generation: i64) -> String {
        format!("berth-{}-{}-{generation}", self.short, desktop.to_ascii_lowercase())
    }

    /// `berth-<installation>-<desktop>-home`: the same over all generations.
    #[must_use]
    pub fn volume_name(&self, desktop: &str) -> String {
        format!("berth-{}-{}-home", self.short, desktop.to_ascii_lowercase())
    }

    /// `berth-<installation>-net<index>`
    #[must_use]
    pub fn network_name(&self, index: u16) -> String {
        format!("berth-{}-net{index}", self.short)
    }

    /// `berth-<installation>-<index>`: the host's interface of that network, 15 characters at most. The firewall (`crate::firewall`)
    /// knows desktops by [`BRIDGES`], with which all of them begin.
    #[must_use]
    pub fn bridge_name(&self, index: u16) -> String {
        format!("{BRIDGES}{}-{index}", &self.short[self.short.len().saturating_sub(6)..])
    }

    /// `label=value`, as the engine's list filters want it.
    pub(crate) fn filter(&self) -> String {
        format!("{LABEL_INSTALLATION}={}", self.id)
    }

    pub(crate) fn owns(&self, labels: &HashMap<String, String>) -> bool {
        labels.get(LABEL_INSTALLATION).is_some_and(|id| **id == *self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::Installation;

    #[test]
    fn names_are_short_lower_and_stable() {
        let installation = Installation::new("01JDCXAB00000000Q7MZ4K2T9W");
        assert_eq!(installation.container_name("01JDDESKTOP", 3), "berth-mz4k2t9w-01jddesktop-3");
        assert_eq!(installation.volume_name("01JDDESKTOP"), "berth-mz4k2t9w-01jddesktop-home");
        assert_eq!(installation.network_name(7), "berth-mz4k2t9w-net7");
        assert_eq!(installation.bridge_name(65), "berth-4k2t9w-65");
        assert!(installation.bridge_name(65).len() <= 15, "the kernel takes no longer names");
        assert_eq!(Installation::new("ab-1").network_name(0), "berth-ab1-net0");
        assert_eq!(Installation::new("ab-1").bridge_name(0), "berth-ab1-0");
    }
}
