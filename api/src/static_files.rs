//! The page: `frontend/dist`, embedded into the binary. Addresses that are no file and ask for HTML get
//! `index.html`, since the page routes by itself. Built without a page, it says how to make one.
use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rust_embed::{EmbeddedFile, RustEmbed};
use tower_http::compression::{
    CompressionLayer,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

#[derive(RustEmbed)]
#[folder = "../frontend/dist"]
#[allow_missing = true]
struct Dist;

/// Files below it carry a hash of their content in their names.
const HASHED: &str = "assets/";

const NO_PAGE: &str = include_str!("no_page.html");

/// Everything outside `/api`.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = uri.path().trim_start_matches('/');
    let is_page = path.is_empty() || (!path.starts_with(HASHED) && accepts_html(&headers));
    match Dist::get(path) {
        Some(found) if !path.is_empty() => file(path, found, &headers),
        _ if is_page => match Dist::get("index.html") {
            Some(index) => file("index.html", index, &headers),
            None => Html(NO_PAGE).into_response(),
        },
        _ => (StatusCode::NOT_FOUND, "There is no such file.\n").into_response(),
    }
}

/// brotli or gzip for whatever shrinks. An event stream is left alone: a compressor would hold events back.
pub fn compression() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(512)
        .and(NotForContentType::const_new("text/event-stream"))
        .and(NotForContentType::const_new("image/png"))
        .and(NotForContentType::const_new("font/woff2"));
    CompressionLayer::new().compress_when(worth_it)
}

fn file(path: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response {
    // Weak: the compressed and the plain form have the same one.
    let etag = format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&found.metadata.sha256_hash()[..12]));
    let caching = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = asked.get(header::IF_NONE_MATCH).is_some_and(|v| names(v, &etag));
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type(&found))], found.data).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

fn content_type(found: &EmbeddedFile) -> String {
    let kind = found.metadata.mimetype();
    let is_text = kind.starts_with("text/") || kind == "application/javascript";
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

fn names(if_none_match: &HeaderValue, etag: &str) -> bool {
    let bare = etag.trim_start_matches("W/");
    let Ok(text) = if_none_match.to_str() else { return false };
    text.trim() == "*" || text.split(',').any(|one| one.trim().trim_start_matches("W/") == bare)
}

/// Browsers name HTML when a person goes somewhere; scripts and images do not.
fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok());
    accept.is_some_and(|v| v.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(path: &str, accept: &'static str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        serve(Method::GET, path.parse().unwrap(), headers).await
    }

    #[tokio::test]
    async fn a_page_address_gets_the_page_and_a_missing_file_does_not() {
        for (path, accept, status) in [
            ("/", "*/*", StatusCode::OK),
            ("/desktops/01J", "text/html,*/*", StatusCode::OK),
            ("/assets/gone-1234.js", "text/html", StatusCode::NOT_FOUND),
            ("/gone.png", "image/*", StatusCode::NOT_FOUND),
        ] {
            assert_eq!(get(path, accept).await.status(), status, "{path}");
        }
        assert!(get("/", "*/*").await.headers()[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
        let posted = serve(Method::POST, "/".parse().unwrap(), HeaderMap::new()).await;
        assert_eq!(
            (posted.status(), &posted.headers()[header::ALLOW]),
            (StatusCode::METHOD_NOT_ALLOWED, &HeaderValue::from_static("GET, HEAD"))
        );
    }

    #[test]
    fn a_known_file_is_not_sent_again() {
        let first = file("assets/a.js", sample(), &HeaderMap::new());
        let etag = first.headers()[header::ETAG].clone();
        assert_eq!(first.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
        let mut asked = HeaderMap::new();
        asked.insert(
            header::IF_NONE_MATCH,
            HeaderValue::try_from(format!("\"x\", {}", etag.to_str().unwrap())).unwrap(),
        );
        let again = file("index.html", sample(), &asked);
        assert_eq!(
            (again.status(), &again.headers()[header::CACHE_CONTROL]),
            (StatusCode::NOT_MODIFIED, &HeaderValue::from_static("no-cache"))
        );
    }

    fn sample() -> EmbeddedFile {
        EmbeddedFile {
            data: std::borrow::Cow::Borrowed(b"hello"),
            metadata: rust_embed::Metadata::__rust_embed_new([7; 32], None, None, "text/javascript"),
        }
    }
}
