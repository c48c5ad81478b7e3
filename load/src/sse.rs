//! Server-sent events, as far as Berth uses them: id, name and JSON; comments are left out.

use anyhow::Context as _;
use serde_json::Value;

pub struct Events {
    answer: reqwest::Response,
    rest: Vec<u8>,
}

/// One event that was heard.
#[derive(Debug)]
pub struct Event {
    /// What to resume from; events that are not stored have none.
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

impl Events {
    /// Reads a stream that has just been answered.
    #[must_use]
    pub const fn new(answer: reqwest::Response) -> Self {
        Self { answer, rest: Vec::new() }
    }

    /// The next event.
    ///
    /// # Errors
    /// When the stream ends or is not understood.
    pub async fn next(&mut self) -> anyhow::Result<Event> {
        loop {
            while let Some(end) = self.rest.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.rest.drain(..end + 2).collect();
                if let Some(event) = parse(std::str::from_utf8(&block)?)? {
                    return Ok(event);
                }
            }
            let more = self.answer.chunk().await?.context("the event stream ended")?;
            self.rest.extend_from_slice(&more);
        }
    }

    /// The next state of this desktop.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub async fn desktop(&mut self, id: &str) -> anyhow::Result<Value> {
        loop {
            let event = self.next().await?;
            if event.name == "desktop" && event.data["id"] == id {
                return Ok(event.data);
            }
        }
    }
}

/// None for a block of comments only.
fn parse(block: &str) -> anyhow::Result<Option<Event>> {
    let field = |name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(|text| text.trim_start())
    };
    let Some(data) = field("data") else { return Ok(None) };
    let data = serde_json::from_str(data).context("an event that is not JSON")?;
    Ok(Some(Event { id: field("id").map(str::to_owned), name: field("event").unwrap_or("message").to_owned(), data }))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn events_have_a_name_and_json_and_comments_are_none() {
        let event = parse("id: 7\nevent: desktop\ndata: {\"id\":\"a\"}\n\n").expect("understood").expect("an event");
        assert_eq!((event.id.as_deref(), event.name.as_str()), (Some("7"), "desktop"));
        assert_eq!(event.data["id"], "a");
        assert!(parse(": keep-alive\n\n").expect("understood").is_none());
    }
}
