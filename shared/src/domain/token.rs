//! What a program's token may do. More words may do more: `desktops` reads too, and `admin` does all that its owner may.

use super::words;

words!(
    /// A share of its owner's rights.
    #[schema(as = TokenScope)]
    Scope {
        /// To look at everything that its owner may see.
        Read = "read",
        /// Also to start, open, rename, stop and delete desktops.
        Desktops = "desktops",
        /// Everything that its owner's role allows.
        Admin = "admin",
    }
);

/// Scopes as a row has them; what this version does not know allows nothing.
#[must_use]
pub fn parse(text: &str) -> Vec<Scope> {
    text.split(',').filter_map(|word| Scope::try_from(word.to_owned()).ok()).collect()
}

/// Scopes for a row, each once.
#[must_use]
pub fn to_text(scopes: &[Scope]) -> String {
    let words = Scope::ALL.iter().filter(|scope| scopes.contains(scope)).map(|scope| scope.as_str());
    words.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{Scope, parse, to_text};

    #[test]
    fn scopes_come_back_and_unknown_ones_allow_nothing() {
        assert_eq!(to_text(&[Scope::Admin, Scope::Read, Scope::Read]), "read,admin");
        assert_eq!(parse("read,admin"), [Scope::Read, Scope::Admin]);
        assert!(parse("").is_empty() && parse("root").is_empty());
    }
}
