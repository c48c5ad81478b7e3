//! What a desktop's VNC server says while we log in to it. Whoever is in the desktop may have replaced that server.
#![no_main]

use berth_api::proxy::{UpstreamError, log_in};
use futures_util::FutureExt;
use libfuzzer_sys::fuzz_target;
use tokio::io::{empty, join};

/// What we say: the version, a security type, the answer to a challenge, and ClientInit.
const MOST_SAID: usize = 12 + 1 + 16 + 1;

fuzz_target!(|data: &[u8]| {
    let mut said = Vec::new();
    let mut stream = join(data, &mut said);
    let ended = log_in(&mut stream, "password").now_or_never().expect("all that it waits for is here");
    if let Err(UpstreamError::Refused(reason)) = &ended {
        assert!(reason.chars().count() <= 1024);
    }
    assert!(said.len() <= MOST_SAID);
    // Nothing at all is no greeting.
    let nothing = log_in(&mut empty(), "password").now_or_never();
    assert!(matches!(nothing, Some(Err(UpstreamError::Unreachable(_)))));
});
