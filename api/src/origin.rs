//! Refuses calls that another site made the browser send: cookies go along with those too.
//!
//! Looked at on each call that changes something and each WebSocket. A page of ours is one at
//! `BERTH_PUBLIC_URL` or at the very host that the call went to (127.0.0.1 and localhost are both us). Other ports
//! and subdomains are "same site" to a browser, but a desktop may be serving there: they are refused. A call with a token
//! comes from a program, whatever it says.
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{auth::bearer, problem::ApiError, state::App};

const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Scheme, host and port, with the scheme's own port filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: u16,
}

impl Origin {
    /// None for `null`, opaque origins and what is no origin at all.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?.to_ascii_lowercase(), uri.authority()?);
        let (host, port) = host_and_port(authority, &scheme)?;
        Some(Self { scheme, host, port })
    }

    /// What no page is at.
    pub fn nowhere() -> Self {
        Self { scheme: String::new(), host: String::new(), port: 0 }
    }

    fn is_host(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        host_and_port(&authority, &self.scheme) == Some((self.host.clone(), self.port))
    }
}

fn host_and_port(authority: &Authority, scheme: &str) -> Option<(String, u16)> {
    let own_port = match scheme {
        "http" | "ws" => 80,
        "https" | "wss" => 443,
        _ => return None,
    };
    let named = !authority.host().is_empty() && !authority.as_str().contains('@');
    named.then(|| (authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(own_port)))
}

/// Whether a call that changes something may have come from where it says.
pub fn may_change(headers: &HeaderMap, host: Option<&str>, public: &Origin) -> bool {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("unreadable"));
    match text(header::ORIGIN.as_str()) {
        Some(origin) => Origin::parse(origin)
            .is_some_and(|origin| origin == *public || host.is_some_and(|host| origin.is_host(host))),
        // Programs send neither header; browsers send at least one.
        None => matches!(text(SEC_FETCH_SITE), None | Some("same-origin" | "none")),
    }
}

pub async fn layer(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let is_upgrade = headers.contains_key(header::UPGRADE);
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok());
    let host = host.or_else(|| request.uri().authority().map(Authority::as_str));
    let changes = is_upgrade || !request.method().is_safe();
    if changes && !bearer::is_there(headers) && !may_change(headers, host, &app.public) {
        return ApiError::OriginRefused.into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn allowed(origin: Option<&'static str>, site: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in [("origin", origin), (SEC_FETCH_SITE, site)] {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
        }
        let public = Origin::parse("https://desks.example.org").unwrap();
        may_change(&headers, Some("127.0.0.1:8080"), &public)
    }

    #[test]
    fn our_own_pages_and_programs_may() {
        assert!(allowed(Some("https://desks.example.org"), None));
        assert!(allowed(Some("https://DESKS.example.org:443"), None));
        assert!(allowed(Some("http://127.0.0.1:8080"), Some("same-origin")));
        assert!(allowed(None, None));
        assert!(allowed(None, Some("same-origin")));
        assert!(allowed(None, Some("none")));
    }

    #[test]
    fn others_may_not() {
        for origin in [
            "null",
            "",
            "http://desks.example.org",
            "https://desks.example.org.evil.com",
            "https://desks.example.org@evil.com",
            "https://x.desks.example.org",
            "http://127.0.0.1:8081",
            "http://127.0.0.1",
            "http://localhost:8080",
            "file://",
            "chrome-extension://abcdef",
        ] {
            assert!(!allowed(Some(origin), None), "{origin}");
        }
        assert!(!allowed(None, Some("cross-site")));
        assert!(!allowed(None, Some("same-site")));
    }

    #[test]
    fn ipv6_hosts_compare() {
        assert!(Origin::parse("http://[::1]:8080").unwrap().is_host("[::1]:8080"));
        assert!(!Origin::parse("http://[::1]:8080").unwrap().is_host("[::2]:8080"));
    }
}
