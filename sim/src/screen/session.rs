//! One viewer: RFB 3.8 (RFC 6143) from the greeting on, with VNC authentication as Xvnc does it. What it types is read and ignored.

use std::io;
use std::time::Duration;

use des::Des;
use des::cipher::{Array, BlockCipherEncrypt, KeyInit};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::picture::{Area, Format, HEIGHT, SQUARE, WIDTH, update};

const VERSION: &[u8; 12] = b"RFB 003.008\n";
const NAME: &[u8] = b"pretended desktop";
/// How often the picture changes.
const BEAT: Duration = Duration::from_millis(500);
const LONGEST_CLIPBOARD: u32 = 1 << 24;

enum Asked {
    Format(Format),
    Update { incremental: bool, area: Area },
}

pub(super) async fn run(mut stream: TcpStream, password: Option<&str>) -> io::Result<()> {
    let _ = stream.set_nodelay(true); // only slower without
    if !shake_hands(&mut stream, password).await? {
        return Ok(());
    }
    let (mut reader, mut writer) = stream.split();
    let (asks, asked) = mpsc::channel(16);
    tokio::select! {
        read = listen(&mut reader, &asks) => read,
        written = paint(&mut writer, asked) => written,
    }
}

/// Whether the viewer was let in.
async fn shake_hands(stream: &mut TcpStream, password: Option<&str>) -> io::Result<bool> {
    stream.write_all(VERSION).await?;
    let mut version = [0; 12];
    stream.read_exact(&mut version).await?;
    let kind = if password.is_some() { 2 } else { 1 };
    stream.write_all(&[1, kind]).await?;
    if stream.read_u8().await? != kind {
        return refuse(stream, b"No matching security types").await;
    }
    if let Some(password) = password {
        let challenge: [u8; 16] = rand::random();
        stream.write_all(&challenge).await?;
        let mut answer = [0; 16];
        stream.read_exact(&mut answer).await?;
        if answer != respond(challenge, password) {
            return refuse(stream, b"Authentication failed").await;
        }
    }
    stream.write_all(&[0; 4]).await?;
    stream.read_u8().await?; // shared or not: everybody shares
    let mut hello = Vec::new();
    hello.extend_from_slice(&WIDTH.to_be_bytes());
    hello.extend_from_slice(&HEIGHT.to_be_bytes());
    hello.extend_from_slice(&Format::OURS);
    hello.extend_from_slice(&u32::try_from(NAME.len()).unwrap_or_default().to_be_bytes());
    hello.extend_from_slice(NAME);
    stream.write_all(&hello).await?;
    Ok(true)
}

async fn refuse(stream: &mut TcpStream, why: &[u8]) -> io::Result<bool> {
    stream.write_u32(1).await?;
    stream.write_u32(u32::try_from(why.len()).unwrap_or_default()).await?;
    stream.write_all(why).await?;
    stream.shutdown().await?;
    Ok(false)
}

/// RFC 6143 §7.2.2: DES under the password's first eight bytes, each with its bits the other way round.
fn respond(challenge: [u8; 16], password: &str) -> [u8; 16] {
    let mut key = [0; 8];
    key.iter_mut().zip(password.bytes()).for_each(|(bits, byte)| *bits = byte.reverse_bits());
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

/// Reads what the viewer sends, until it leaves or says something unknown.
async fn listen(from: &mut (impl AsyncRead + Unpin), asks: &mpsc::Sender<Asked>) -> io::Result<()> {
    loop {
        let asked = match from.read_u8().await? {
            0 => {
                let message: [u8; 19] = take(from).await?;
                let mut wire = [0; 16];
                wire.copy_from_slice(&message[3..]);
                Some(Asked::Format(Format::read(wire).ok_or_else(|| unknown("a pixel format"))?))
            }
            2 => {
                let head: [u8; 3] = take(from).await?;
                skip(from, u64::from(u16::from_be_bytes([head[1], head[2]])) * 4).await?;
                None
            }
            3 => {
                let m: [u8; 9] = take(from).await?;
                let [x, y, width, height] = [1, 3, 5, 7].map(|at| u16::from_be_bytes([m[at], m[at + 1]]));
                Some(Asked::Update { incremental: m[0] != 0, area: Area { x, y, width, height }.clipped() })
            }
            4 => {
                skip(from, 7).await?;
                None
            }
            5 => {
                skip(from, 5).await?;
                None
            }
            6 => {
                let head: [u8; 7] = take(from).await?;
                let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
                if length > LONGEST_CLIPBOARD {
                    return Err(unknown("a clipboard"));
                }
                skip(from, u64::from(length)).await?;
                None
            }
            _ => return Err(unknown("a message")),
        };
        if let Some(asked) = asked
            && asks.send(asked).await.is_err()
        {
            return Ok(());
        }
    }
}

/// Answers requests: a whole one at once, one for changes when there is something new.
async fn paint(to: &mut (impl AsyncWrite + Unpin), mut asked: mpsc::Receiver<Asked>) -> io::Result<()> {
    let began = Instant::now();
    let beat = || u64::try_from(began.elapsed().as_millis() / BEAT.as_millis()).unwrap_or_default();
    let mut format = Format::read(Format::OURS).ok_or_else(|| unknown("our own pixel format"))?;
    let (mut waiting, mut shown) = (false, None);
    loop {
        let next_beat = began + BEAT * u32::try_from(beat() + 1).unwrap_or(u32::MAX);
        tokio::select! {
            ask = asked.recv() => match ask {
                None => return Ok(()),
                Some(Asked::Format(wanted)) => format = wanted,
                Some(Asked::Update { incremental: false, area }) => {
                    shown = Some(beat());
                    to.write_all(&update(area, format, beat())).await?;
                }
                Some(Asked::Update { incremental: true, .. }) => waiting = true,
            },
            () = sleep_until(next_beat), if waiting => {}
        }
        let now = beat();
        if waiting && shown != Some(now) {
            waiting = false;
            shown = Some(now);
            to.write_all(&update(SQUARE, format, now)).await?;
        }
    }
}

async fn take<const N: usize>(from: &mut (impl AsyncRead + Unpin)) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes).await?;
    Ok(bytes)
}

async fn skip(from: &mut (impl AsyncRead + Unpin), count: u64) -> io::Result<()> {
    tokio::io::copy(&mut from.take(count), &mut tokio::io::sink()).await.map(drop)
}

fn unknown(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} that is not known"))
}

#[cfg(test)]
mod tests {
    use super::respond;

    /// Computed with OpenSSL: `-des-ecb -nopad` under the reversed key.
    #[test]
    fn answers_as_others_do() {
        let challenge = std::array::from_fn(|i| u8::try_from(i).expect("small"));
        let hex: String = respond(challenge, "password").iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "b866924125c8eebb9debc1db61c538e2");
    }
}
