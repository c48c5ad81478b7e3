//! Bodies, queries and path ids, refused in our own words.
//!
//! The contract's order is: who calls, then the thing, then the body. So a body is only *taken* by the extractor
//! (`RawJson`, which never refuses) and parsed by the handler once the caller is known and the thing loaded.
use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, RawPathParams, Request},
    http::{HeaderMap, header, request::Parts},
};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::timeout;

use crate::problem::{ApiError, FieldError};

/// Largest body that any call takes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// How long it may take to come: a slow client does not hold what is kept for it.
const BODY_TIME: Duration = Duration::from_secs(20);

/// A body as it came; `parse` says what is wrong with it.
pub struct RawJson {
    is_json: bool,
    bytes: Result<Bytes, Unread>,
}

/// Why a body is not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    TooLarge,
    TooSlow,
    BrokeOff,
}

impl From<Unread> for ApiError {
    fn from(why: Unread) -> Self {
        match why {
            Unread::TooLarge => Self::PayloadTooLarge { limit_bytes: BODY_LIMIT },
            Unread::TooSlow => Self::BodyTooSlow { limit_seconds: BODY_TIME.as_secs() },
            Unread::BrokeOff => Self::BodyBrokeOff,
        }
    }
}

impl RawJson {
    /// The body as a `T`, which should derive `deny_unknown_fields`.
    ///
    /// # Errors
    /// 415 for another content type, 413 above the limit, 408 when it came too slowly, 400 for what is not JSON, 422 naming the field that is
    /// unknown, missing or of the wrong type.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let bytes = self.bytes.as_ref().map_err(|why| *why)?;
        if !self.is_json {
            return Err(ApiError::UnsupportedMediaType);
        }
        // Syntax first: half a document says nothing about its fields.
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|e| malformed(&e))?;
        // serde would also take a struct from an array of its values.
        if bytes.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
            return Err(ApiError::invalid("", "The body must be a JSON object."));
        }
        let mut json = serde_json::Deserializer::from_slice(bytes);
        serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let path = e.path().to_string();
            match e.into_inner() {
                // Escapes and encodings are only looked at where a text is really read.
                inner if inner.is_syntax() => malformed(&inner),
                inner => ApiError::ValidationFailed(vec![fault(&path, &inner.to_string())]),
            }
        })
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.bytes.as_ref().is_ok_and(Bytes::is_empty)
    }

    /// What identifies the request under an `Idempotency-Key`.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }
}

impl<S: Send + Sync> FromRequest<S> for RawJson {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<Self, Infallible> {
        let is_json = says_json(request.headers());
        let bytes = read(request.into_body(), BODY_TIME).await;
        Ok(Self { is_json, bytes })
    }
}

async fn read(body: Body, time: Duration) -> Result<Bytes, Unread> {
    let all = async {
        let (mut parts, mut all) = (body.into_data_stream(), BytesMut::new());
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Unread::BrokeOff)?;
            if all.len() + part.len() > BODY_LIMIT {
                return Err(Unread::TooLarge);
            }
            all.extend_from_slice(&part);
        }
        Ok(all.freeze())
    };
    timeout(time, all).await.unwrap_or(Err(Unread::TooSlow))
}

/// A query string as a `T`; 422 naming the parameter.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query = serde_urlencoded::Deserializer::new(pairs);
        serde_path_to_error::deserialize(query).map(Self).map_err(|e| {
            let path = e.path().to_string();
            ApiError::ValidationFailed(vec![fault(&path, &e.into_inner().to_string())])
        })
    }
}

/// The one id in a path. What could not be an id of ours names nothing: 404, and never reaches the database.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        let id = params.iter().next().map(|(_, value)| value).filter(|v| could_be_id(v)).ok_or(ApiError::NotFound)?;
        Ok(Self(id.to_owned()))
    }
}

/// The two ids in a path, of a thing and of one of its own.
pub struct TwoIds(pub String, pub String);

impl<S: Send + Sync> FromRequestParts<S> for TwoIds {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, state).await.map_err(|_| ApiError::NotFound)?;
        let mut ids = params.iter().map(|(_, value)| value).filter(|v| could_be_id(v)).map(str::to_owned);
        match (ids.next(), ids.next()) {
            (Some(one), Some(other)) => Ok(Self(one, other)),
            _ => Err(ApiError::NotFound),
        }
    }
}

pub fn could_be_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Gathers every fault of a body, so that a form can show them at once.
#[derive(Default)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// Writes down what is wrong, if something is.
    pub fn add<T>(&mut self, field: &str, checked: Result<T, impl std::fmt::Display>) -> Option<T> {
        match checked {
            Ok(fits) => Some(fits),
            Err(message) => {
                self.check(false, field, &message.to_string());
                None
            }
        }
    }

    pub fn check(&mut self, ok: bool, field: &str, message: &str) -> &mut Self {
        if !ok {
            self.0.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        }
        self
    }

    pub fn done(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::ValidationFailed(self.0)) }
    }
}

fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()) else { return false };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn malformed(e: &serde_json::Error) -> ApiError {
    ApiError::MalformedJson { message: without_place(&e.to_string()).to_owned(), line: e.line(), column: e.column() }
}

fn without_place(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |at| &message[..at])
}

/// serde names a missing or unknown field in its text only; the path it reports ends at the object around it.
fn fault(path: &str, message: &str) -> FieldError {
    let message = without_place(message);
    let parent = if path == "." { "" } else { path };
    let join = |name: &str| match parent {
        "" => name.to_owned(),
        parent if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    let (field, message) = match message.split('`').collect::<Vec<_>>().as_slice() {
        ["missing field ", name, ..] => (join(name), "is missing".to_owned()),
        ["unknown field ", name, rest @ ..] => (join(name), format!("is not known{}", rest.join("`"))),
        ["duplicate field ", name, ..] => (join(name), "is given twice".to_owned()),
        _ => (parent.to_owned(), message.to_owned()),
    };
    FieldError { field, message }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: String,
        inner: Option<Inner>,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        count: u32,
    }

    async fn parse_as(content_type: &str, body: impl Into<Body>) -> Result<Thing, ApiError> {
        let request = Request::builder().header("content-type", content_type).body(body.into()).unwrap();
        let Ok(raw) = RawJson::from_request(request, &()).await;
        raw.parse()
    }

    async fn faults(body: &'static str) -> (String, String) {
        match parse_as("application/json", body).await {
            Err(ApiError::ValidationFailed(mut e)) => (e.remove(0)).into(),
            other => panic!("{body}: {other:?}"),
        }
    }

    impl From<FieldError> for (String, String) {
        fn from(e: FieldError) -> Self {
            (e.field, e.message)
        }
    }

    #[tokio::test]
    async fn a_field_is_named() {
        for (body, field, message) in [
            (r#"{}"#, "name", "is missing"),
            (r#"{"name":"a","x":1}"#, "x", "is not known, expected `name` or `inner`"),
            (r#"{"name":"a","name":"b"}"#, "name", "is given twice"),
            (r#"{"name":7}"#, "name", "invalid type: integer `7`, expected a string"),
            (r#"{"name":"a","inner":{}}"#, "inner.count", "is missing"),
            (r#"{"name":"a","inner":{"count":1,"y":2}}"#, "inner.y", "is not known, expected `count`"),
            (r#"{"name":"a","inner":{"count":-1}}"#, "inner.count", "invalid value: integer `-1`, expected u32"),
            (r#"["a"]"#, "", "The body must be a JSON object."),
        ] {
            assert_eq!(faults(body).await, (field.to_owned(), message.to_owned()), "{body}");
        }
    }

    #[tokio::test]
    async fn what_is_not_json_has_a_place() {
        for (body, line, column) in
            [("{\n  oops}", 2, 3), ("", 1, 0), (r#"{"name":"a"} x"#, 1, 14), (r#"{"name":"\ud800"}"#, 1, 16)]
        {
            match parse_as("application/json", body).await {
                Err(ApiError::MalformedJson { line: l, column: c, .. }) => assert_eq!((l, c), (line, column), "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn type_and_size_are_looked_at() {
        let ok = Thing { name: "a".to_owned(), inner: None };
        assert_eq!(parse_as("application/json; charset=utf-8", r#"{"name":"a"}"#).await.unwrap(), ok);
        assert!(matches!(parse_as("text/plain", "{}").await, Err(ApiError::UnsupportedMediaType)));
        let large = format!(r#"{{"name":"{}"}}"#, "a".repeat(BODY_LIMIT));
        assert!(matches!(parse_as("application/json", large).await, Err(ApiError::PayloadTooLarge { .. })));
    }

    #[tokio::test]
    async fn a_body_comes_in_time_and_whole_or_not_at_all() {
        use futures_util::stream;

        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
        });
        assert_eq!(read(Body::from_stream(drops), Duration::from_millis(50)).await, Err(Unread::TooSlow));
        let parts = [Ok(Bytes::from_static(b"{")), Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))];
        assert_eq!(read(Body::from_stream(stream::iter(parts)), BODY_TIME).await, Err(Unread::BrokeOff));
        let flood = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1024])));
        assert_eq!(read(Body::from_stream(flood), BODY_TIME).await, Err(Unread::TooLarge));
        assert_eq!(read(Body::from("{}"), BODY_TIME).await.unwrap(), "{}");
    }

    #[tokio::test]
    async fn a_query_parameter_is_named() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Page {
            #[serde(rename = "limit")]
            _limit: Option<u32>,
        }
        for (uri, field) in [("/?limit=x", "limit"), ("/?limt=1", "limt"), ("/?limit=1&limit=2", "limit")] {
            let (mut parts, ()) = Request::builder().uri(uri).body(()).unwrap().into_parts();
            match Query::<Page>::from_request_parts(&mut parts, &()).await.map(|q| q.0) {
                Err(ApiError::ValidationFailed(e)) => assert_eq!(e[0].field, field, "{uri}: {e:?}"),
                other => panic!("{uri}: {other:?}"),
            }
        }
    }
}
