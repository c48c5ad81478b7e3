//! The same against TigerVNC's Xvnc, where the machine has one.
use std::{
    fs,
    io::Write,
    process::{Child, Command, Stdio},
    time::Duration,
};

use berth_api::proxy::{Upstream, rfb::vnc_auth};
use tokio::net::TcpStream;

use super::fake::{Api, hear, quick, say};

const PASSWORD: &str = "s3cret_-";

struct Xvnc(Child, std::path::PathBuf);

impl Drop for Xvnc {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
        let _ = fs::remove_file(&self.1);
    }
}

/// None where it is not installed.
async fn start() -> Option<(Xvnc, u16)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok()?.port();
    let file = std::env::temp_dir().join(format!("berth-xvnc-{port}"));
    // Its password file is the password, padded, encrypted with a key that everybody knows.
    let known: [u8; 8] = [0xe8, 0x4a, 0xd6, 0x60, 0xc4, 0x72, 0x1a, 0xe0];
    let mut block = [0; 16];
    block[..8].copy_from_slice(PASSWORD.as_bytes());
    let obscured = vnc_auth::respond_with_key(block, known);
    fs::File::create(&file).ok()?.write_all(&obscured[..8]).ok()?;
    let display = format!(":{}", 1000 + port % 60_000);
    let child = Command::new("Xvnc")
        .args([
            &display,
            "-rfbport",
            &port.to_string(),
            "-geometry",
            "64x48",
            "-depth",
            "24",
            "-SecurityTypes",
            "VncAuth",
        ])
        .args(["-interface", "127.0.0.1", "-nolisten", "tcp", "-PasswordFile"])
        .arg(&file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let xvnc = Xvnc(child, file);
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return Some((xvnc, port));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("Xvnc does not listen");
}

#[tokio::test]
async fn a_real_screen_comes_through() {
    let Some((_xvnc, port)) = start().await else { return };
    let upstream = Upstream { address: "127.0.0.1".to_owned(), port, password: PASSWORD.to_owned() };
    let mut browser = Api::with(upstream, quick()).await.viewer().await;

    let init = hear_init(&mut browser).await;
    assert_eq!(init[..4], [0, 64, 0, 48], "the size");
    // SetEncodings: raw; then the whole screen.
    say(&mut browser, &[2, 0, 0, 1, 0, 0, 0, 0]).await;
    say(&mut browser, &[3, 0, 0, 0, 0, 0, 0, 64, 0, 48]).await;
    let pixels = hear(&mut browser, 4 + 12 + 64 * 48 * 4).await;
    assert_eq!(pixels[..4], [0, 0, 0, 1], "an update of one rectangle");
}

/// ServerInit ends with a name of the length that it says.
async fn hear_init(browser: &mut super::fake::Browser) -> Vec<u8> {
    match super::fake::next(browser).await {
        tokio_tungstenite::tungstenite::Message::Binary(bytes) => {
            assert_eq!(bytes.len(), 24 + usize::from(bytes[23]));
            bytes.to_vec()
        }
        other => panic!("{other:?}"),
    }
}
