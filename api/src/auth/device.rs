//! A log-in's device in words that its owner knows again: `Firefox on Linux`.

const BROWSERS: [(&str, &str); 8] = [
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];
/// Each says the names of those before it, too.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// From a `User-Agent`, which may say anything.
pub fn name(user_agent: &str) -> String {
    let known = |list: &'static [(&str, &'static str)]| list.iter().find(|(mark, _)| user_agent.contains(mark));
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some((_, browser)), Some((_, system))) => format!("{browser} on {system}"),
        (Some((_, browser)), None) => (*browser).to_owned(),
        _ => {
            let first = user_agent.split([' ', '/', '(']).next().unwrap_or_default();
            let plain: String = first.chars().filter(|c| c.is_ascii_graphic()).take(40).collect();
            if plain.is_empty() { "Unknown device".to_owned() } else { plain }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn devices_have_names() {
        for (agent, want) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 (KHTML) Version/19 Safari/605.1",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32", "python-requests"),
            ("", "Unknown device"),
            ("\u{202e}\n", "Unknown device"),
        ] {
            assert_eq!(name(agent), want);
        }
    }
}
