//! What a container "does" once it is started. Most images are desktops; a test can say that an image is something else.

use std::time::Duration;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::output::Channel;
use crate::screen::Screen;

/// When in its start a desktop's port begins to greet; the rest is its session being painted.
const GREETS_AT: f64 = 0.6;

/// What an image does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "does", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Program {
    /// Reads its password, greets, says `ready`, and goes on until it is told to end.
    #[default]
    Desktop,
    /// Reads a line, writes `words` on standard error, and ends.
    Quits {
        code: i64,
        #[serde(default)]
        words: String,
        #[serde(default)]
        oom: bool,
    },
    /// Does nothing but what is said here.
    Sleeps {
        /// A line on standard output.
        says: Option<String>,
        /// Its port greets, without asking for a password.
        #[serde(default)]
        greets: bool,
        /// Nothing but a kill ends it.
        #[serde(default)]
        deaf: bool,
    },
    /// Is not there: the engine cannot start it.
    Missing { path: String },
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) exit_code: i64,
    pub(crate) oom: bool,
}

impl Ending {
    pub(crate) const fn code(exit_code: i64) -> Self {
        Self { exit_code, oom: false }
    }
}

/// What somebody tells a running container.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Order {
    Terminate,
    Kill,
    Die(Ending),
}

/// It dies by itself, this long after its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doom {
    pub(crate) after: Duration,
    pub(crate) ending: Ending,
}

/// What befalls a start.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mishap {
    pub(crate) doom: Option<Doom>,
    /// Its port is found taken.
    pub(crate) port_taken: bool,
}

/// One run of one container.
pub(crate) struct Run<'a, S> {
    pub(crate) program: Program,
    pub(crate) start: Duration,
    pub(crate) input: mpsc::UnboundedReceiver<Bytes>,
    pub(crate) orders: mpsc::UnboundedReceiver<Order>,
    pub(crate) screen: &'a Screen,
    pub(crate) doom: Option<Doom>,
    pub(crate) say: S,
}

impl<S: Fn(Channel, &str) + Send + Sync> Run<'_, S> {
    /// Runs until it ends, or is told to.
    pub(crate) async fn run(self) -> Ending {
        let Self { program, start, mut input, mut orders, screen, doom, say } = self;
        let deaf = matches!(program, Program::Sleeps { deaf: true, .. });
        let doomed = async {
            match doom {
                Some(doom) => {
                    sleep(doom.after).await;
                    doom.ending
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ending = work(&program, start, &mut input, screen, &say) => ending,
            ending = obey(&mut orders, deaf) => ending,
            ending = doomed => ending,
        }
    }
}

async fn work(
    program: &Program,
    start: Duration,
    input: &mut mpsc::UnboundedReceiver<Bytes>,
    screen: &Screen,
    say: &(impl Fn(Channel, &str) + Sync),
) -> Ending {
    match program {
        Program::Desktop => {
            let password = line(input).await;
            sleep(start.mul_f64(GREETS_AT)).await;
            screen.open(Some(password));
            sleep(start.mul_f64(1.0 - GREETS_AT)).await;
            say(Channel::Stdout, "ready");
        }
        Program::Quits { code, words, oom } => {
            line(input).await;
            if !words.is_empty() {
                say(Channel::Stderr, words);
            }
            return Ending { exit_code: *code, oom: *oom };
        }
        Program::Sleeps { says, greets, .. } => {
            if let Some(words) = says {
                say(Channel::Stdout, words);
            }
            if *greets {
                screen.open(None);
            }
        }
        Program::Missing { .. } => return Ending::code(127),
    }
    std::future::pending().await
}

/// Waits for a whole line; input that is closed without one is waited at for ever, as Docker keeps it open.
async fn line(input: &mut mpsc::UnboundedReceiver<Bytes>) -> String {
    let mut read = Vec::new();
    loop {
        match input.recv().await {
            Some(bytes) => read.extend_from_slice(&bytes),
            None => return std::future::pending().await,
        }
        if let Some(end) = read.iter().position(|byte| *byte == b'\n') {
            return String::from_utf8_lossy(&read[..end]).trim_end_matches('\r').to_owned();
        }
    }
}

async fn obey(orders: &mut mpsc::UnboundedReceiver<Order>, deaf: bool) -> Ending {
    loop {
        match orders.recv().await {
            // 128 and the number of the signal, as an init passes it on.
            Some(Order::Terminate) if !deaf => return Ending::code(143),
            Some(Order::Terminate) => {}
            Some(Order::Kill) | None => return Ending::code(137),
            Some(Order::Die(ending)) => return ending,
        }
    }
}
