//! Where a stream of events goes on: `Last-Event-ID`, and `?after=` in a query that may say anything.
#![no_main]

use axum::{
    extract::FromRequestParts,
    http::{Request, Uri},
};
use berth_api::extract::Query;
use berth_shared::events::Position;
use futures_util::FutureExt;
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;

const EPOCH: &str = "01JEPOCH";

#[derive(Deserialize)]
struct Asked {
    after: Option<String>,
}

fn look(id: &str) {
    if let Some(at) = Position::parse(id, EPOCH) {
        assert!(at.xid >= 0 && at.id >= 0);
        assert_eq!(Position::parse(&at.to_text(EPOCH), EPOCH), Some(at));
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    look(&text);
    let Ok(uri) = Uri::try_from([&b"/api/v1/events?"[..], data].concat()) else { return };
    let Ok(request) = Request::builder().uri(uri).body(()) else { return };
    let (mut parts, ()) = request.into_parts();
    let asked = Query::<Asked>::from_request_parts(&mut parts, &()).now_or_never().expect("it waits for nothing");
    if let Ok(Query(Asked { after: Some(id) })) = asked {
        look(&id);
    }
});
