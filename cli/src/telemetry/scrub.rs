//! Takes out of a text what might be a secret or say who somebody is, before it leaves this machine: passwords in URLs, what
//! follows a question mark, addresses of mail, long words that look like keys.

/// Stands for what was there.
const GONE: &str = "…";
/// Ids of ours have 26 characters, traces 32; keys and tokens are longer.
const LONGEST_WORD: usize = 40;

/// The text without them.
pub(super) fn scrub(text: &str) -> String {
    text.split_inclusive(char::is_whitespace).map(word).collect()
}

fn word(word: &str) -> String {
    let (word, space) = word.split_at(word.trim_end().len());
    let mut clean = word.to_owned();
    if let Some(scheme) = clean.find("://") {
        let rest = &clean[scheme + 3..];
        let authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if let Some(at) = rest[..authority].rfind('@') {
            clean = format!("{}://{GONE}@{}", &clean[..scheme], &rest[at + 1..]);
        }
        if let Some(query) = clean.find(['?', '#']) {
            clean.truncate(query + 1);
            clean.push_str(GONE);
        }
    } else if is_mail(&clean) {
        clean = GONE.to_owned();
    }
    let parts = clean.split_inclusive(|c: char| !c.is_ascii_alphanumeric() && !"-_+=.".contains(c));
    let parts = parts.map(|part| {
        let bare = part.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_key = bare.len() > LONGEST_WORD && bare.bytes().any(|b| b.is_ascii_digit()) && !bare.contains('.');
        if is_key { GONE.to_owned() + &part[bare.len()..] } else { part.to_owned() }
    });
    parts.collect::<String>() + space
}

fn is_mail(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, host)| {
        name.ends_with(|c: char| c.is_alphanumeric())
            && host.starts_with(|c: char| c.is_alphanumeric())
            && host.contains('.')
    })
}

#[cfg(test)]
mod tests {
    use super::scrub;

    #[test]
    fn secrets_and_people_go_and_the_rest_stays() {
        for (text, clean) in [
            ("error with postgres://berth:hunter2@db:5432/berth now", "error with postgres://…@db:5432/berth now"),
            ("GET https://id.example/cb?code=abc&state=d failed", "GET https://id.example/cb?… failed"),
            ("no mail to anna.smith@example.org today", "no mail to … today"),
            ("token berth_pat_0123456789abcdef0123456789abcdef0123456789", "token …"),
            (
                "job 01JD8ZQK5T7V9XWBCDEFGHJKMN, trace 4bf92f3577b34da6a3ce929d0e0e4736.",
                "job 01JD8ZQK5T7V9XWBCDEFGHJKMN, trace 4bf92f3577b34da6a3ce929d0e0e4736.",
            ),
            ("the engine said: port is already allocated", "the engine said: port is already allocated"),
            ("", ""),
        ] {
            assert_eq!(scrub(text), clean);
        }
    }
}
