//! What goes on after the answer has begun: events, logs, and the two ways of an attached container.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{App, Words, filters, flag};
use crate::answers::{Refusal, bad_request, server_error};
use crate::faults::{Connection, Cut};
use crate::output::{From, Wanted};

const FRAMES: &str = "application/vnd.docker.raw-stream";

/// Ends when the fault says so; never without one.
async fn cut_off(cut: Option<Cut>) {
    match cut {
        Some(Cut(after)) => sleep(after).await,
        None => std::future::pending().await,
    }
}

pub(super) fn until_cut<T>(
    stream: impl Stream<Item = T>,
    cut: Option<Extension<Cut>>,
) -> impl Stream<Item = Result<T, Infallible>> {
    stream.take_until(Box::pin(cut_off(cut.map(|Extension(cut)| cut)))).map(Ok)
}

/// Seconds, with or without a fraction; everything else is for Docker's own client to turn into that.
fn time(text: Option<&String>) -> Result<Option<Timestamp>, Refusal> {
    let Some(text) = text.filter(|text| !text.is_empty() && *text != "0") else { return Ok(None) };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let invalid = |part: &str| server_error(format!("strconv.ParseInt: parsing {part:?}: invalid syntax"));
    let seconds = whole.parse().map_err(|_| invalid(whole))?;
    let nanos = format!("{fraction:0<9}").get(..9).and_then(|digits| digits.parse().ok());
    Ok(Timestamp::new(seconds, nanos.ok_or_else(|| invalid(fraction))?).ok())
}

pub(super) async fn events(
    State(app): State<Arc<App>>,
    Query(words): Words,
    cut: Option<Extension<Cut>>,
) -> Result<Response, Refusal> {
    let (since, until) = (time(words.get("since"))?, time(words.get("until"))?);
    let lines = app.engine.events(since, until, filters(&words)?);
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(until_cut(lines, cut))).into_response())
}

pub(super) async fn logs(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(words): Words,
    cut: Option<Extension<Cut>>,
) -> Result<Response, Refusal> {
    let (stdout, stderr) = (flag(&words, "stdout"), flag(&words, "stderr"));
    if !stdout && !stderr {
        return Err(bad_request("Bad parameters: you must choose at least one stream"));
    }
    let from = if flag(&words, "follow") { From::LogAndOn } else { From::Log };
    let wanted = Wanted { stdout, stderr, since: time(words.get("since"))?, from };
    let frames = app.engine.logs(&id, wanted)?;
    Ok(([(header::CONTENT_TYPE, FRAMES)], Body::from_stream(until_cut(frames, cut))).into_response())
}

pub(super) async fn attach(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Query(words): Words,
    mut request: Request,
) -> Result<Response, Refusal> {
    let wanted = Wanted {
        stdout: flag(&words, "stdout"),
        stderr: flag(&words, "stderr"),
        since: None,
        from: if flag(&words, "logs") { From::LogAndOn } else { From::Now },
    };
    let (input, frames) = app.engine.attach(&id, wanted)?;
    let input = input.filter(|_| flag(&words, "stdin"));
    let upgrade = hyper::upgrade::on(&mut request);
    let cut = request.extensions().get::<Cut>().copied();
    let dropped = request.extensions().get::<Connection>().cloned();
    let client = app.engine.clients.enter();
    tokio::spawn(async move {
        let _client = client;
        let Ok(upgraded) = upgrade.await else { return };
        let carried = carry(TokioIo::new(upgraded), input, frames);
        let dropped = async {
            match &dropped {
                Some(Connection(token)) => token.cancelled().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = carried => {}
            () = cut_off(cut) => {}
            () = dropped => {}
        }
    });
    let headers = [(header::CONTENT_TYPE, FRAMES), (header::CONNECTION, "Upgrade"), (header::UPGRADE, "tcp")];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// Carries both ways until the run ends or the client hangs up. (A client that only closes its half is taken to have left.)
async fn carry(
    stream: TokioIo<hyper::upgrade::Upgraded>,
    input: Option<mpsc::UnboundedSender<Bytes>>,
    frames: impl Stream<Item = Bytes>,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let hear = async {
        let mut bytes = BytesMut::new();
        while reader.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
            if let Some(input) = &input {
                let _ = input.send(bytes.split().freeze()); // its run is over
            }
            bytes.clear();
        }
    };
    let tell = async {
        let mut frames = std::pin::pin!(frames);
        while let Some(frame) = frames.next().await {
            if writer.write_all(&frame).await.is_err() {
                return;
            }
        }
        let _ = writer.shutdown().await; // it has gone already
    };
    tokio::select! {
        () = hear => {}
        () = tell => {}
    }
}
