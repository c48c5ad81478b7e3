//! VNC authentication (RFC 6143 §7.2.2): the challenge, encrypted with DES under the password.
use des::{
    Des,
    cipher::{Array, BlockCipherEncrypt, KeyInit},
};

pub const CHALLENGE: usize = 16;

/// The answer to Xvnc's challenge. Only the first eight bytes of a password count.
pub fn respond(challenge: [u8; CHALLENGE], password: &str) -> [u8; CHALLENGE] {
    let mut key = [0; 8];
    // The first implementation took a key's bits in the wrong order, and all have since.
    key.iter_mut().zip(password.bytes()).for_each(|(bits, byte)| *bits = byte.reverse_bits());
    respond_with_key(challenge, key)
}

/// Plain DES, a block at a time.
pub fn respond_with_key(challenge: [u8; CHALLENGE], key: [u8; 8]) -> [u8; CHALLENGE] {
    let des = Des::new(&Array(key));
    let mut answer = challenge;
    for block in answer.chunks_exact_mut(8) {
        let mut one = Array([0; 8]);
        one.copy_from_slice(block);
        des.encrypt_block(&mut one);
        block.copy_from_slice(&one);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with OpenSSL: `-des-ecb -nopad` under the reversed key.
    #[test]
    fn answers_as_others_do() {
        let challenge = std::array::from_fn(|i| i as u8);
        let hex = |bytes: [u8; 16]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        assert_eq!(hex(respond(challenge, "password")), "b866924125c8eebb9debc1db61c538e2");
        assert_eq!(hex(respond(challenge, "abc")), "9c22b4f2088c3465a1562c4b9d6edb04");
        assert_eq!(respond(challenge, "password"), respond(challenge, "password and more"));
    }
}
