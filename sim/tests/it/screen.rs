//! The port of a pretended desktop, as a viewer sees it.

use des::Des;
use des::cipher::{Array, BlockCipherEncrypt, KeyInit};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::rig::{PASSWORD, Rig, port};

async fn take<const N: usize>(stream: &mut TcpStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.expect("as many bytes");
    bytes
}

/// Greets, offers this password, and gives the server's verdict.
async fn knock(at: u16, password: &str) -> (TcpStream, u32) {
    let mut stream = TcpStream::connect(("127.0.0.1", at)).await.expect("a listener");
    assert_eq!(&take::<12>(&mut stream).await, b"RFB 003.008\n");
    stream.write_all(b"RFB 003.008\n").await.expect("sent");
    assert_eq!(take::<2>(&mut stream).await, [1, 2], "VNC authentication and nothing else");
    stream.write_all(&[2]).await.expect("sent");
    let mut key = [0; 8];
    key.iter_mut().zip(password.bytes()).for_each(|(bits, byte)| *bits = byte.reverse_bits());
    let des = Des::new(&Array(key));
    let mut challenge = take::<16>(&mut stream).await;
    for block in challenge.chunks_exact_mut(8) {
        let mut one = Array([0; 8]);
        one.copy_from_slice(block);
        des.encrypt_block(&mut one);
        block.copy_from_slice(&one);
    }
    stream.write_all(&challenge).await.expect("sent");
    let verdict = stream.read_u32().await.expect("a verdict");
    (stream, verdict)
}

#[tokio::test]
async fn who_knows_the_password_sees_a_moving_picture() {
    let (rig, at) = (Rig::new().await, port());
    rig.boot("one", at).await;
    let (mut stream, verdict) = knock(at, PASSWORD).await;
    assert_eq!(verdict, 0);
    stream.write_all(&[1]).await.expect("sent");
    let hello = take::<24>(&mut stream).await;
    let (width, height) = (u16::from_be_bytes([hello[0], hello[1]]), u16::from_be_bytes([hello[2], hello[3]]));
    let mut name = vec![0; usize::from(hello[23])];
    stream.read_exact(&mut name).await.expect("its name");
    let request = |incremental: u8| {
        let (w, h) = (width.to_be_bytes(), height.to_be_bytes());
        [3, incremental, 0, 0, 0, 0, w[0], w[1], h[0], h[1]]
    };
    // Input of all kinds is read and ignored.
    stream.write_all(&[4, 1, 0, 0, 0, 0, 0, 97]).await.expect("a key");
    stream.write_all(&[5, 0, 0, 1, 0, 1]).await.expect("a pointer");
    stream.write_all(&[6, 0, 0, 0, 0, 0, 0, 2, 97, 98]).await.expect("a clipboard");
    stream.write_all(&[2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 7]).await.expect("encodings");
    let mut squares = Vec::new();
    for incremental in [0, 1, 1] {
        stream.write_all(&request(incremental)).await.expect("a request");
        assert_eq!(take::<4>(&mut stream).await, [0, 0, 0, 1], "one rectangle");
        let head = take::<12>(&mut stream).await;
        let number = |at: usize| usize::from(u16::from_be_bytes([head[at], head[at + 1]]));
        let mut pixels = vec![0; number(4) * number(6) * 4];
        stream.read_exact(&mut pixels).await.expect("its pixels");
        if incremental == 0 {
            assert_eq!((number(4), number(6)), (usize::from(width), usize::from(height)), "all of it");
        } else {
            squares.push(pixels);
        }
    }
    assert_ne!(squares[0], squares[1], "it moves");
}

#[tokio::test]
async fn who_does_not_know_the_password_stays_outside() {
    let (rig, at) = (Rig::new().await, port());
    rig.boot("one", at).await;
    let (mut stream, verdict) = knock(at, "wrong").await;
    assert_eq!(verdict, 1);
    let mut words = Vec::new();
    stream.read_to_end(&mut words).await.expect("words");
    assert_eq!(&words[4..], b"Authentication failed");
}

#[tokio::test]
async fn before_it_has_its_password_it_hangs_up_and_afterwards_its_port_is_free() {
    let (rig, at) = (Rig::new().await, port());
    rig.create("one", at).await;
    assert!(TcpStream::connect(("127.0.0.1", at)).await.is_err(), "not started");
    rig.post("/containers/one/start").await;
    let mut early = TcpStream::connect(("127.0.0.1", at)).await.expect("taken in");
    assert_eq!(early.read(&mut [0; 12]).await.unwrap_or(0), 0, "and hung up on");
    rig.call("POST", "/containers/one/stop?t=1", json!(null)).await;
    assert!(TcpStream::connect(("127.0.0.1", at)).await.is_err());
    assert!(std::net::TcpListener::bind(("127.0.0.1", at)).is_ok());
}

#[tokio::test]
async fn viewers_are_hung_up_on_when_the_desktop_ends() {
    let (rig, at) = (Rig::new().await, port());
    rig.boot("one", at).await;
    let (mut viewer, _) = knock(at, PASSWORD).await;
    rig.call("POST", "/containers/one/kill", json!(null)).await;
    assert_eq!(viewer.read(&mut [0; 12]).await.unwrap_or(0), 0);
}
