//! `Origin` and `Host` of a call that changes something: lines of their own. Another site is never taken for us.
#![no_main]

use axum::http::{HeaderMap, HeaderValue, header};
use berth_api::origin::{Origin, may_change};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let (Some(origin), host) = (lines.next(), lines.next().and_then(|host| str::from_utf8(host).ok())) else { return };
    let Ok(value) = HeaderValue::from_bytes(origin) else { return };
    let mut headers = HeaderMap::new();
    headers.insert(header::ORIGIN, value);
    let public = Origin::parse("https://desks.example.org").expect("an origin");
    if may_change(&headers, host, &public) {
        let said = Origin::parse(str::from_utf8(origin).expect("only text is taken")).expect("only origins are taken");
        assert!(said == public || host.is_some());
    }
    if let Some(said) = str::from_utf8(origin).ok().and_then(Origin::parse) {
        assert_ne!(said, Origin::nowhere());
    }
});
