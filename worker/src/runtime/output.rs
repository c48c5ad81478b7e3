//! What a container writes, as lines: the word it says when it is ready, and its last ones when it ends.

use std::pin::Pin;

use bollard::container::LogOutput;
use bollard::errors::Error as Bollard;
use futures_util::{Stream, StreamExt};

/// What an image of ours writes, on a line of its own on standard output, once its session is painted.
const READY: &str = "ready";
/// A container that writes without line ends does not fill our memory.
const LONGEST_LINE: usize = 4096;
const LAST_WORDS: usize = 3;

/// The standard output and error of one container, read line by line.
pub(crate) struct Output {
    stream: Pin<Box<dyn Stream<Item = Result<LogOutput, Bollard>> + Send>>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    said_ready: bool,
    /// The last lines of either, oldest first.
    last: Vec<String>,
}

impl Output {
    pub(crate) fn new(stream: impl Stream<Item = Result<LogOutput, Bollard>> + Send + 'static) -> Self {
        Self { stream: Box::pin(stream), stdout: vec![], stderr: vec![], said_ready: false, last: vec![] }
    }

    /// Reads until it says that it is ready, now or before (true), or the output ends (false).
    pub(crate) async fn says_ready(&mut self) -> bool {
        while !self.said_ready {
            match self.stream.next().await {
                Some(Ok(piece)) => self.take(piece),
                Some(Err(_)) | None => return false,
            }
        }
        true
    }

    /// Reads until the output ends, which is when the container does, or the connection to the engine.
    pub(crate) async fn ends(&mut self) {
        while let Some(Ok(piece)) = self.stream.next().await {
            self.take(piece);
        }
    }

    /// The last lines it wrote, for whoever asks why it ended.
    pub(crate) fn last_words(&self) -> String {
        let rests = [&self.stdout, &self.stderr].into_iter().filter(|rest| !rest.is_empty()).map(|rest| text(rest));
        self.last.iter().cloned().chain(rests).collect::<Vec<_>>().join(" | ")
    }

    fn take(&mut self, piece: LogOutput) {
        let (buffer, stdout, message) = match piece {
            LogOutput::StdOut { message } | LogOutput::Console { message } => (&mut self.stdout, true, message),
            LogOutput::StdErr { message } => (&mut self.stderr, false, message),
            LogOutput::StdIn { .. } => return,
        };
        for byte in message {
            if byte == b'\n' || buffer.len() >= LONGEST_LINE {
                let line = text(buffer);
                buffer.clear();
                self.said_ready |= stdout && line == READY;
                if !line.is_empty() {
                    self.last.push(line);
                }
            }
            if byte != b'\n' {
                buffer.push(byte);
            }
        }
        let surplus = self.last.len().saturating_sub(LAST_WORDS);
        self.last.drain(..surplus);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::Output;
    use bollard::container::LogOutput;
    use futures_util::stream;

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: text.as_bytes().to_vec().into() }
    }

    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr { message: text.as_bytes().to_vec().into() }
    }

    fn output(pieces: Vec<LogOutput>) -> Output {
        Output::new(stream::iter(pieces.into_iter().map(Ok)))
    }

    #[tokio::test]
    async fn ready_counts_on_a_line_of_its_own_on_standard_output() {
        assert!(output(vec![out("hello\nrea"), err("noise\n"), out("dy\n")]).says_ready().await);
        assert!(!output(vec![out("not ready\n"), err("ready\n"), out("ready")]).says_ready().await);
    }

    #[tokio::test]
    async fn ready_is_remembered() {
        let mut output = output(vec![out("ready\n"), out("more\n")]);
        output.ends().await;
        assert!(output.says_ready().await);
    }

    #[tokio::test]
    async fn the_last_words_are_kept() {
        let mut output = output(vec![out("one\ntwo\n"), err("three\n\n"), out("four\n"), err("five")]);
        output.ends().await;
        assert_eq!(output.last_words(), "two | three | four | five");
    }

    #[tokio::test]
    async fn a_line_without_end_is_cut() {
        let mut output = output((0..10).map(|_| out(&"x".repeat(3000))).collect());
        output.ends().await;
        assert!(output.last_words().len() < 20_000);
    }
}
