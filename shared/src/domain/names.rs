//! Names that people give: desktops and display names. Free text, but one line, visible, and of bounded length.

/// Most characters of a desktop's or a person's name.
pub const LONGEST: usize = 64;

/// Trims a name and checks it.
///
/// # Errors
/// In words, when it is empty, too long, or has control characters or marks that turn the direction of text around.
pub fn checked(name: &str) -> Result<String, &'static str> {
    let name = name.trim();
    if name.is_empty() {
        return Err("a name needs at least one visible character");
    }
    if name.chars().count() > LONGEST {
        return Err("a name has at most 64 characters");
    }
    if name.chars().any(hidden) {
        return Err("a name cannot have line breaks, control characters or marks that change the direction of text");
    }
    Ok(name.to_owned())
}

/// Characters that show as nothing or change how their neighbours show (Unicode TR 36 and TR 39).
#[must_use]
pub fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}')
        || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

/// The first of `name`, `name 2`, `name 3`, … that is not taken.
#[must_use]
pub fn free(name: &str, taken: &[String]) -> String {
    let is_free = |name: &String| !taken.contains(name);
    let numbered = (2..).map(|n| format!("{name} {n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}

/// A host name for a desktop of this name: what is left of it in `a-z 0-9 -`, or `desktop`.
#[must_use]
pub fn host_name(name: &str) -> String {
    let mut host = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            host.push(c);
        } else if !host.is_empty() && !host.ends_with('-') {
            host.push('-');
        }
    }
    host.truncate(40);
    let host = host.trim_matches('-');
    if host.is_empty() { "desktop".to_owned() } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{checked, host_name};

    #[test]
    fn odd_names_are_refused_and_good_ones_trimmed() {
        assert_eq!(checked("  Thesis 👩🏽‍🎓 日本 ").unwrap(), "Thesis 👩🏽‍🎓 日本");
        for bad in ["", "   ", "a\nb", "a\u{202e}b", "\u{200b}", &"x".repeat(65), "a\0b"] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn host_names_are_host_names() {
        assert_eq!(host_name("Course week 3!"), "course-week-3");
        assert_eq!(host_name("日本"), "desktop");
        assert_eq!(host_name("--x--"), "x");
    }
}
