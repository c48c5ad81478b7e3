//! The name of an image, as engines and registries read it (the reference grammar of the distribution project):
//! `[host[:port]/]path[:tag][@digest]`. Checked before it is stored, so that nothing else ever reaches an engine.

/// Most characters of host and path together.
const LONGEST: usize = 255;
const LONGEST_TAG: usize = 128;
/// What a name without a host means to every engine.
pub const DEFAULT_HOST: &str = "docker.io";

/// A name that follows the grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRef {
    /// Of the registry; none: it is not said, and an engine would ask [`DEFAULT_HOST`].
    pub host: Option<String>,
    pub path: String,
    pub tag: Option<String>,
    /// `algorithm:hex`
    pub digest: Option<String>,
}

impl ImageRef {
    /// # Errors
    /// In words, naming the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("write the name of an image, for example registry.example/team/desktop:1");
        }
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("an image's name has no spaces");
        }
        let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
        if !digest.is_none_or(is_digest) {
            return Err("after the @ comes a digest, for example sha256: and 64 hexadecimal digits");
        }
        // A colon after the last slash begins a tag; one before it belongs to the host.
        let after = name.rfind('/').map_or(0, |at| at + 1);
        let (name, tag) = match name[after..].find(':') {
            Some(at) => (&name[..after + at], Some(&name[after + at + 1..])),
            None => (name, None),
        };
        if !tag.is_none_or(is_tag) {
            return Err("a tag has letters, digits and . _ -, begins with none of . and -, and is at most 128 long");
        }
        if name.len() > LONGEST {
            return Err("an image's name has at most 255 characters");
        }
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if names_a_host(first) => (Some(first), rest),
            _ => (None, name),
        };
        if !host.is_none_or(is_host) {
            return Err(
                "before the first slash comes a registry's host, for example registry.example or 127.0.0.1:5000",
            );
        }
        if !path.split('/').all(is_component) {
            return Err("the path has lower-case letters and digits, and single . _ - between them");
        }
        if host.is_none() && path.len() == 64 && path.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err("this is an image's id; write its name");
        }
        let owned = |part: Option<&str>| part.map(str::to_owned);
        Ok(Self { host: owned(host), path: path.to_owned(), tag: owned(tag), digest: owned(digest) })
    }

    /// What an engine is asked to pull: the name, and the tag or digest of it. Never all tags at once.
    #[must_use]
    pub fn to_pull(&self) -> (String, String) {
        let name = self.host.as_ref().map_or_else(|| self.path.clone(), |host| format!("{host}/{}", self.path));
        let version = self.digest.clone().or_else(|| self.tag.clone());
        (name, version.unwrap_or_else(|| "latest".to_owned()))
    }

    /// The registry that it comes from.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.host.as_deref().unwrap_or(DEFAULT_HOST)
    }
}

/// Whether a text can be a registry's host, as an image's name carries it: `name[:port]` or an address.
#[must_use]
pub fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !text.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let label = |label: &str| {
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let address = || host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let good_host = match address() {
        Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.len() <= LONGEST && host.split('.').all(label),
    };
    good_host && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

/// How engines tell a host from the first part of a path.
fn names_a_host(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':', '[']) || first.bytes().any(|b| b.is_ascii_uppercase())
}

/// `[a-z0-9]+` parts, with one `.`, one or two `_`, or any number of `-` between them.
fn is_component(text: &str) -> bool {
    let alnum = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    let ends_well = |b: Option<&u8>| b.is_some_and(|b| alnum(*b));
    ends_well(bytes.first())
        && ends_well(bytes.last())
        && bytes
            .split(|b| alnum(*b))
            .all(|between| matches!(between, b"" | b"." | b"_" | b"__") || between.iter().all(|b| *b == b'-'))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=LONGEST_TAG).contains(&text.len())
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, hex)) = text.split_once(':') else { return false };
    let known = matches!((algorithm, hex.len()), ("sha256", 64) | ("sha384", 96) | ("sha512", 128));
    known && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Option<String>, String, Option<String>) {
        let parsed = ImageRef::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        (parsed.host, parsed.path, parsed.tag)
    }

    #[test]
    fn names_are_taken_apart_as_engines_do() {
        let owned = |host: &str, path: &str, tag: &str| {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            (some(host), path.to_owned(), some(tag))
        };
        for (text, host, path, tag) in [
            ("debian", "", "debian", ""),
            ("berth/desktop:latest", "", "berth/desktop", "latest"),
            ("localhost/x", "localhost", "x", ""),
            ("localhost:5000/x:1.2-a_B", "localhost:5000", "x", "1.2-a_B"),
            ("127.0.0.1:5000/team/x", "127.0.0.1:5000", "team/x", ""),
            ("[::1]:5000/x", "[::1]:5000", "x", ""),
            ("Registry/x", "Registry", "x", ""),
            ("ghcr.io/a/b/c__d---e.f:v1", "ghcr.io", "a/b/c__d---e.f", "v1"),
        ] {
            assert_eq!(parts(text), owned(host, path, tag), "{text}");
        }
        let digest = format!("sha256:{}", "a".repeat(64));
        let parsed = ImageRef::parse(&format!("quay.io/x:1@{digest}")).unwrap();
        assert_eq!(parsed.to_pull(), ("quay.io/x".to_owned(), digest));
        assert_eq!(ImageRef::parse("x").unwrap().to_pull(), ("x".to_owned(), "latest".to_owned()));
        assert_eq!(ImageRef::parse("x").unwrap().registry(), "docker.io");
    }

    #[test]
    fn what_does_not_follow_the_grammar_is_refused() {
        let hex = "a".repeat(64);
        let long = "a".repeat(256);
        for text in [
            "",
            " x",
            "x y",
            "x\n",
            "-x",
            "--privileged",
            "x;reboot",
            "$(x)",
            "`x`",
            "x|y",
            "x&y",
            "Team/x/Y",
            "a//b",
            "/a",
            "a/",
            "a..b",
            "a___b",
            "a_-b",
            "-.example/x",
            "example.-/x",
            "host:0/x",
            "host:99999/x",
            "host:/x",
            "x:",
            "x:-1",
            "x:.1",
            "x@",
            "x@sha256:abc",
            "x@md5:abc",
            "[::g]:5/x",
            "ä/x",
            "x:tag/y:",
            hex.as_str(),
            long.as_str(),
            "https://example.com/x",
        ] {
            assert!(ImageRef::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn hosts() {
        for good in ["docker.io", "localhost", "localhost:5000", "10.0.0.1:443", "[::1]", "[::1]:5000"] {
            assert!(is_host(good), "{good}");
        }
        for bad in ["", "a b", "x/y", "x:", "x:http", "-x", "x..y", "user@x", "[::1", "https://x"] {
            assert!(!is_host(bad), "{bad}");
        }
    }
}
