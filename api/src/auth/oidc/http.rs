//! The one way in which providers are asked: within five seconds, no further than where they say they are, and not more than
//! one can hold.
use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use openidconnect::{HttpRequest, HttpResponse};
use reqwest::{Client, redirect::Policy};

const TIMEOUT: Duration = Duration::from_secs(5);
/// Of an answer, in bytes: keys and claims are a few thousand.
const LARGEST: usize = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub(super) enum HttpError {
    #[error("no answer")]
    NoAnswer(#[source] reqwest::Error),
    #[error("the provider fails: {0}")]
    Fails(reqwest::StatusCode),
    #[error("the answer is larger than {} bytes", LARGEST)]
    TooLarge,
    #[error("not a request")]
    NotARequest(#[source] openidconnect::http::Error),
}

/// # Errors
/// When this machine's list of authorities cannot be read.
pub(super) fn client() -> Result<Client, reqwest::Error> {
    // A second caller finds the first one's; they are alike.
    _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(TIMEOUT).redirect(Policy::none()).user_agent("berth").build()
}

pub(super) async fn ask(client: Arc<Client>, request: HttpRequest) -> Result<HttpResponse, HttpError> {
    let request = reqwest::Request::try_from(request).map_err(HttpError::NoAnswer)?;
    let response = client.execute(request).await.map_err(HttpError::NoAnswer)?;
    let (status, headers) = (response.status(), response.headers().clone());
    if status.is_server_error() {
        return Err(HttpError::Fails(status));
    }
    let mut body = Vec::new();
    let mut parts = response.bytes_stream();
    while let Some(part) = parts.next().await {
        body.extend_from_slice(&part.map_err(HttpError::NoAnswer)?);
        if body.len() > LARGEST {
            return Err(HttpError::TooLarge);
        }
    }
    let mut answer = openidconnect::http::Response::builder().status(status);
    if let Some(all) = answer.headers_mut() {
        *all = headers;
    }
    answer.body(body).map_err(HttpError::NotARequest)
}
