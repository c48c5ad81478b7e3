//! The two cookies of a log-in, and the one of a way to an OpenID provider and back. Under https they carry the `__Host-` prefix, so that no other host of the same
//! site, a desktop's own one for instance, can plant one; over plain http browsers refuse that prefix.
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

use super::tokens::Token;

/// Other pages on this host may have set cookies of the same name: more of them than this are not looked at.
const MOST_CANDIDATES: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Minutes; names the caller on each call.
    Session,
    /// Days; changes with each use.
    Refresh,
    /// Minutes; what must come back from an OpenID provider.
    Oidc,
}

/// How cookies look under one public address.
#[derive(Debug, Clone, Copy)]
pub struct Cookies {
    pub https: bool,
}

impl Cookies {
    pub fn name(self, cookie: Cookie) -> &'static str {
        match (cookie, self.https) {
            (Cookie::Session, true) => "__Host-berth_session",
            (Cookie::Session, false) => "berth_session",
            (Cookie::Refresh, true) => "__Host-berth_refresh",
            (Cookie::Refresh, false) => "berth_refresh",
            (Cookie::Oidc, true) => "__Host-berth_oidc",
            (Cookie::Oidc, false) => "berth_oidc",
        }
    }

    /// Every token that came under this name, in the browser's order; often one, never a garbled one.
    pub fn read(self, headers: &HeaderMap, cookie: Cookie) -> Vec<Token> {
        self.read_as(headers, cookie, Token::parse)
    }

    /// Every text that came under this name.
    pub fn read_text(self, headers: &HeaderMap, cookie: Cookie) -> Vec<String> {
        self.read_as(headers, cookie, |text| Some(text.to_owned()))
    }

    fn read_as<T: PartialEq>(self, headers: &HeaderMap, cookie: Cookie, parse: fn(&str) -> Option<T>) -> Vec<T> {
        let name = self.name(cookie);
        let lines = headers.get_all(header::COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
        let mut found = Vec::new();
        for line in lines {
            for pair in line.split(';') {
                let Some((key, value)) = pair.split_once('=') else { continue };
                let value = value.trim().trim_matches('"');
                if key.trim() == name && found.len() < MOST_CANDIDATES {
                    found.extend(parse(value).filter(|t| !found.contains(t)));
                }
            }
        }
        found
    }

    /// The `Set-Cookie` that gives a browser its token.
    pub fn set(self, cookie: Cookie, token: &Token, lasts: Duration) -> HeaderValue {
        self.line(cookie, token.reveal(), lasts.as_secs())
    }

    /// The `Set-Cookie` that gives a browser a text of base64url.
    pub fn set_text(self, cookie: Cookie, text: &str, lasts: Duration) -> HeaderValue {
        self.line(cookie, text, lasts.as_secs())
    }

    /// The `Set-Cookie` that takes it away.
    pub fn clear(self, cookie: Cookie) -> HeaderValue {
        self.line(cookie, "", 0)
    }

    fn line(self, cookie: Cookie, value: &str, max_age: u64) -> HeaderValue {
        let name = self.name(cookie);
        let secure = if self.https { "; Secure" } else { "" };
        let line = format!("{name}={value}; Max-Age={max_age}; Path=/; HttpOnly; SameSite=Lax{secure}");
        // Names and tokens are plain ASCII.
        HeaderValue::try_from(line).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: Cookies = Cookies { https: false };
    const HTTPS: Cookies = Cookies { https: true };

    #[test]
    fn a_cookie_says_all_it_must() {
        let token = Token::generate();
        let line = HTTPS.set(Cookie::Session, &token, Duration::from_secs(900));
        let want =
            format!("__Host-berth_session={}; Max-Age=900; Path=/; HttpOnly; SameSite=Lax; Secure", token.reveal());
        assert_eq!(line.to_str().unwrap(), want);
        assert_eq!(
            HTTP.clear(Cookie::Refresh).to_str().unwrap(),
            "berth_refresh=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
        );
    }

    #[test]
    fn reading_survives_what_else_is_there() {
        let (a, b) = (Token::generate(), Token::generate());
        let mut headers = HeaderMap::new();
        let line =
            format!("=; theme; berth_session=garbage; berth_session={}; x=berth_session={}", a.reveal(), b.reveal());
        headers.append(header::COOKIE, HeaderValue::try_from(line).unwrap());
        headers.append(header::COOKIE, HeaderValue::from_bytes(b"caf\xe9=1;;").unwrap());
        let line = format!("berth_session=\"{}\";berth_session={}", b.reveal(), a.reveal());
        headers.append(header::COOKIE, HeaderValue::try_from(line).unwrap());
        assert_eq!(HTTP.read(&headers, Cookie::Session), vec![a, b]);
        assert_eq!(HTTP.read(&headers, Cookie::Refresh), vec![]);
        assert_eq!(HTTPS.read(&headers, Cookie::Session), vec![]);
    }
}
