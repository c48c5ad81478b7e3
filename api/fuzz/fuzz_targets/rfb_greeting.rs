//! What a browser says first on a viewer's connection: the first byte says how the rest is cut into messages, and however
//! that is, the answer is the same.
#![no_main]

use berth_api::proxy::rfb::handshake::Greeting;
use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;

/// All answers, what is left over, and whether the greeting is done.
type Talk = Result<(Vec<u8>, Vec<u8>, bool), &'static str>;

fn talk(said: &[u8], size: usize) -> Talk {
    let (mut greeting, mut received, mut answers) = (Greeting::default(), BytesMut::new(), Vec::new());
    for part in said.chunks(size) {
        received.extend_from_slice(part);
        answers.extend(greeting.answer(&mut received)?);
    }
    Ok((answers, received.to_vec(), greeting.is_done()))
}

fuzz_target!(|data: &[u8]| {
    let Some((size, said)) = data.split_first() else { return };
    let whole = talk(said, said.len().max(1));
    assert_eq!(talk(said, usize::from(*size).max(1)), whole);
    if let Ok((answers, rest, done)) = whole {
        assert!(answers.len() <= 6, "never more than the security types and the result");
        assert!(done || rest.len() < 12, "what could be taken was taken");
    }
});
