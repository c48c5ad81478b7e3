//! What a container writes, for those who follow it: from its log, or attached from now on.
//!
//! Pieces go over the wire as Docker frames them when there is no terminal: a byte for the stream (1: output, 2: errors), three empty ones,
//! the length as 32 bits, then the text.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{BufMut, Bytes, BytesMut};
use futures_util::Stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Channel {
    Stdout,
    Stderr,
}

/// One line, with when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Timestamp,
    pub(crate) channel: Channel,
    pub(crate) text: String,
}

impl Line {
    fn frame(&self) -> Bytes {
        let stream = match self.channel {
            Channel::Stdout => 1,
            Channel::Stderr => 2,
        };
        let length = self.text.len() + 1;
        let mut frame = BytesMut::with_capacity(8 + length);
        frame.put_slice(&[stream, 0, 0, 0]);
        frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
        frame.put_slice(self.text.as_bytes());
        frame.put_u8(b'\n');
        frame.freeze()
    }
}

/// All that one container wrote, over all its runs.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    lines: Arc<Mutex<Vec<Line>>>,
    state: Arc<watch::Sender<State>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    lines: usize,
    running: bool,
    /// How many runs have ended.
    ended: u32,
}

/// What somebody wants to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) stdout: bool,
    pub(crate) stderr: bool,
    /// Only what was written from then on.
    pub(crate) since: Option<Timestamp>,
    pub(crate) from: From,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// The log, to its present end.
    Log,
    /// The log, and on until the container's run ends.
    LogAndOn,
    /// From now on until the present or next run ends.
    Now,
}

impl Output {
    pub(crate) fn new() -> Self {
        let state = State { lines: 0, running: false, ended: 0 };
        Self { lines: Arc::default(), state: Arc::new(watch::Sender::new(state)) }
    }

    pub(crate) fn begins(&self) {
        self.state.send_modify(|state| state.running = true);
    }

    pub(crate) fn says(&self, line: Line) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push(line);
        let count = lines.len();
        drop(lines);
        self.state.send_modify(|state| state.lines = count);
    }

    /// The run is over, and so are the streams of those who follow it.
    pub(crate) fn ends(&self) {
        self.state.send_modify(|state| {
            state.running = false;
            state.ended += 1;
        });
    }

    /// What is wanted, framed, until it ends.
    pub(crate) fn follow(&self, wanted: Wanted) -> impl Stream<Item = Bytes> + Send + 'static + use<> {
        let state = self.state.subscribe();
        let began = *state.borrow();
        let at = if wanted.from == From::Now { began.lines } else { 0 };
        let follower = Follower { output: self.clone(), state, wanted, began, at };
        futures_util::stream::unfold(follower, |mut follower| async move {
            follower.next().await.map(|frame| (frame, follower))
        })
    }
}

struct Follower {
    output: Output,
    state: watch::Receiver<State>,
    wanted: Wanted,
    began: State,
    at: usize,
}

impl Follower {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // First the state, then the lines: a run's last line is written before its end.
            let state = *self.state.borrow_and_update();
            while let Some(line) = self.line() {
                if self.wants(&line) {
                    return Some(line.frame());
                }
            }
            let over = match self.wanted.from {
                From::Log => true,
                From::LogAndOn => !state.running,
                From::Now => state.ended > self.began.ended,
            };
            if over {
                return None;
            }
            self.state.changed().await.ok()?;
        }
    }

    fn line(&mut self) -> Option<Line> {
        let line = self.output.lines.lock().unwrap_or_else(PoisonError::into_inner).get(self.at).cloned()?;
        self.at += 1;
        Some(line)
    }

    fn wants(&self, line: &Line) -> bool {
        let channel = match line.channel {
            Channel::Stdout => self.wanted.stdout,
            Channel::Stderr => self.wanted.stderr,
        };
        channel && self.wanted.since.is_none_or(|since| line.at >= since)
    }
}

#[cfg(test)]
mod tests {
    use super::{Channel, From, Line, Output, Wanted};
    use futures_util::StreamExt;
    use jiff::Timestamp;

    const ALL: Wanted = Wanted { stdout: true, stderr: true, since: None, from: From::Log };

    fn line(seconds: i64, channel: Channel, text: &str) -> Line {
        Line { at: Timestamp::from_second(seconds).expect("a time"), channel, text: text.to_owned() }
    }

    #[tokio::test]
    async fn frames_are_as_docker_makes_them() {
        let output = Output::new();
        output.says(line(1, Channel::Stderr, "no"));
        let frames: Vec<_> = output.follow(ALL).collect().await;
        assert_eq!(frames, [&b"\x02\0\0\0\0\0\0\x03no\n"[..]]);
    }

    #[tokio::test]
    async fn a_log_is_read_from_a_time_on_and_by_channel() {
        let output = Output::new();
        for (at, channel) in [(1, Channel::Stdout), (2, Channel::Stderr), (3, Channel::Stdout)] {
            output.says(line(at, channel, "x"));
        }
        let since = Some(Timestamp::from_second(2).expect("a time"));
        assert_eq!(output.follow(Wanted { since, ..ALL }).count().await, 2);
        assert_eq!(output.follow(Wanted { since, stdout: false, ..ALL }).count().await, 1);
    }

    #[tokio::test]
    async fn attached_from_now_on_until_the_run_ends() {
        let output = Output::new();
        output.says(line(1, Channel::Stdout, "before"));
        let mut attached = Box::pin(output.follow(Wanted { from: From::Now, ..ALL }));
        output.begins();
        let mut followed = Box::pin(output.follow(Wanted { from: From::LogAndOn, ..ALL }));
        output.says(line(2, Channel::Stdout, "after"));
        assert!(attached.next().await.is_some_and(|frame| frame.ends_with(b"after\n")));
        assert!(followed.next().await.is_some_and(|frame| frame.ends_with(b"before\n")));
        output.ends();
        assert_eq!((attached.next().await, followed.count().await), (None, 1));
    }
}
