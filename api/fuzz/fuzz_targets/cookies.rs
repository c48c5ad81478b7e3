//! `Cookie` headers, one a line.
#![no_main]

use axum::http::{HeaderMap, HeaderValue, header};
use berth_api::auth::{
    cookies::{Cookie, Cookies},
    tokens::Token,
};
use libfuzzer_sys::fuzz_target;

/// What is there twice is read once, and no more than these are looked at.
const MOST: usize = 4;

fuzz_target!(|data: &[u8]| {
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(header::COOKIE, value);
        }
    }
    for cookies in [Cookies { https: false }, Cookies { https: true }] {
        for cookie in [Cookie::Session, Cookie::Refresh, Cookie::Oidc] {
            let tokens = cookies.read(&headers, cookie);
            assert!(tokens.len() <= MOST);
            for (n, token) in tokens.iter().enumerate() {
                assert_eq!(Token::parse(token.reveal()).as_ref(), Some(token));
                assert!(!tokens[..n].contains(token));
            }
            assert!(cookies.read_text(&headers, cookie).len() <= MOST);
        }
    }
});
