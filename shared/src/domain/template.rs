//! A template: the recipe that a desktop is started from.

use super::desktop::{ConnectKind, Reason};
use super::words;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

words!(
    /// What becomes of a desktop's home when it is stopped.
    #[schema(as = HomeKind)]
    Home {
        /// It is there again at the next start.
        Kept = "kept",
        /// It goes, and the next start begins with an empty one.
        ThrownAway = "thrown_away",
    }
);

words!(
    /// Who may start desktops from a template.
    Audience {
        Everyone = "everyone",
        /// Only the members of some groups, and administrators.
        Groups = "groups",
    }
);

words!(
    /// Whether a node has a template's image.
    #[schema(as = ImageState)]
    ImageState { Present = "present", Missing = "missing", Pulling = "pulling", Failed = "failed" }
);

/// A variable that goes into the container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvVar {
    #[schema(example = "TZ")]
    pub name: String,
    pub value: String,
}

/// The variables of a template, in their order; JSON in the database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Env(pub Vec<EnvVar>);

impl TryFrom<String> for Env {
    type Error = serde_json::Error;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

/// Most variables, and most bytes of a value.
pub const MOST_ENV: usize = 50;
pub const LONGEST_ENV: usize = 4096;

/// Names that a container needs as they are, or by which Berth and the desktop's screen are steered.
const KEPT_NAMES: &[&str] = &["PATH", "HOME", "USER", "SHELL", "DISPLAY"];
const KEPT_PREFIXES: &[&str] = &["BERTH_", "VNC_", "LD_"];

impl EnvVar {
    /// What is wrong with it, if anything: the field, and words.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        let upper = |b: u8| b.is_ascii_uppercase() || b == b'_';
        let good = self.name.len() <= 128
            && self.name.bytes().next().is_some_and(upper)
            && self.name.bytes().all(|b| upper(b) || b.is_ascii_digit());
        if !good {
            return Some(("name", "a variable's name has A-Z, 0-9 and _, and does not begin with a digit"));
        }
        let name = self.name.as_str();
        if KEPT_NAMES.contains(&name) || KEPT_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            return Some(("name", "this variable is not for templates to set"));
        }
        if self.value.len() > LONGEST_ENV {
            return Some(("value", "a value has at most 4 KiB"));
        }
        if self.value.contains(char::is_control) {
            return Some(("value", "a value has no line breaks and no control characters"));
        }
        None
    }
}

/// A template as the api shows it to who may start it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Template)]
pub struct TemplateView {
    pub id: String,
    pub name: String,
    pub description: String,
    /// The name of a picture that the page has.
    pub icon: String,
    pub kind: ConnectKind,
    pub memory_mib: i64,
    pub cpus: f64,
    pub home: Home,
    /// Started when nothing else was chosen.
    pub default: bool,
    /// Whether a start would find its image, or download it first.
    pub ready: bool,
    pub reason: Option<Reason>,
    /// The middle one of its last starts, from claimed to running; null before the first.
    pub typical_start_ms: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_are_not_for_templates_are_refused() {
        let fault = |name: &str, value: &str| {
            EnvVar { name: name.to_owned(), value: value.to_owned() }.fault().map(|(field, _)| field)
        };
        for name in ["TZ", "_X1", "HTTP_PROXY", "HOMEPAGE", "PATHS", "A"] {
            assert_eq!(fault(name, "ä = $x"), None, "{name}");
        }
        for name in
            ["", "tz", "1A", "A-B", "A B", "A=B", "PATH", "HOME", "LD_PRELOAD", "BERTH_GEOMETRY", "VNC_PASSWORD"]
        {
            assert_eq!(fault(name, ""), Some("name"), "{name}");
        }
        assert_eq!(fault("A", &"x".repeat(LONGEST_ENV)), None);
        assert_eq!(fault("A", &"x".repeat(LONGEST_ENV + 1)), Some("value"));
        assert_eq!(fault("A", "x\ny"), Some("value"));
    }
}
