//! The stream of events: a snapshot, then each change once and in order, whatever connection it comes over.
use std::time::Duration;

use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::Value;
use tokio::time::timeout;

use crate::{app::TestApp, browser::Browser, worker};

pub(crate) struct Stream {
    response: reqwest::Response,
    text: String,
    /// Everything, as it came.
    all: String,
}

#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) event: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Stream {
    pub(crate) async fn open(browser: &Browser, query: &str, last: Option<&str>) -> Self {
        let mut request = browser.request("GET", &format!("/events{query}"));
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let response = request.header("accept-encoding", "gzip, br").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "a compressor would hold events back");
        Self { response, text: String::new(), all: String::new() }
    }

    /// The next event; None at the end.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    let lines = block.lines().filter_map(|line| line.strip_prefix(name)).map(|v| v.trim_start());
                    lines.map(str::to_owned).next()
                };
                let heard = field("event:").map(|event| Heard {
                    event,
                    id: field("id:"),
                    data: serde_json::from_str(&field("data:").unwrap()).unwrap(),
                });
                self.text = rest.to_owned();
                match heard {
                    Some(heard) => return Some(heard),
                    None => continue,
                }
            }
            let more = timeout(Duration::from_secs(20), self.response.chunk()).await.expect("something within 20 s");
            let more = more.unwrap()?;
            let more = std::str::from_utf8(&more).unwrap();
            self.text.push_str(more);
            self.all.push_str(more);
        }
    }

    /// All that came so far.
    pub(crate) fn said(&self) -> &str {
        &self.all
    }

    /// The next stored event.
    pub(crate) async fn stored(&mut self) -> Heard {
        loop {
            let heard = self.next().await.expect("an event");
            assert_eq!(heard.id.is_some(), heard.event != "queue", "{heard:?}");
            if heard.event != "queue" {
                return heard;
            }
        }
    }

    /// Waits for its end; nothing stored comes before.
    pub(crate) async fn ends(&mut self) {
        while let Some(heard) = self.next().await {
            assert_eq!(heard.event, "queue", "{heard:?}");
        }
    }

    /// The next news of the queue.
    pub(crate) async fn queue(&mut self) -> Value {
        loop {
            let heard = self.next().await.expect("an event");
            if heard.event == "queue" {
                return heard.data;
            }
        }
    }

    /// The next places in line.
    async fn places(&mut self) -> Value {
        self.queue().await["items"].clone()
    }
}

both_databases! {
    async fn each_change_comes_once_and_in_order(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 2).await;
        let ada = api.signed_in("ada", Role::User).await;
        let first = ada.desktop().await["id"].clone();
        let mut stream = Stream::open(&ada, "", None).await;
        let snapshot = stream.stored().await;
        assert_eq!((snapshot.event.as_str(), &snapshot.data["desktops"][0]["id"]), ("snapshot", &first));
        assert_eq!(snapshot.data["desktops"][0]["queue"]["position"], 1);

        let id = ada.desktop().await["id"].as_str().unwrap().to_owned();
        let asked = stream.stored().await;
        assert_eq!((asked.event.as_str(), asked.data["id"].as_str()), ("desktop", Some(id.as_str())));
        worker::run_next(&api, &claimant, 7001).await;
        let mut versions = Vec::new();
        let mut ids = vec![snapshot.id.unwrap(), asked.id.unwrap()];
        while versions.last() != Some(&("running".to_owned(), 5)) {
            let heard = stream.stored().await;
            assert_eq!(heard.data["id"], first, "the first in line runs first");
            versions.push((heard.data["status"].as_str().unwrap().to_owned(), heard.data["version"].as_i64().unwrap()));
            ids.push(heard.id.unwrap());
        }
        assert_eq!(versions.iter().map(|(_, v)| *v).collect::<Vec<_>>(), [2, 3, 4, 5], "{versions:?}");

        // Whoever comes back hears what is after the last id and nothing else, also by the query.
        for (query, last, missed) in [
            (String::new(), Some(&ids[3]), 2),
            (format!("?after={}", ids[4]), None, 1),
            (format!("?after={}", ids[0]), Some(&ids[2]), 3),
        ] {
            let mut again = Stream::open(&ada, &query, last.map(String::as_str)).await;
            for id in &ids[ids.len() - missed..] {
                assert_eq!(again.stored().await.id.as_ref(), Some(id));
            }
        }
        // Too old, not ours or garbage: begin anew.
        let future = format!("{}-ffffff-ffffff", ids[1].split('-').next().unwrap());
        for bad in ["garbage", "other-0-1", &future] {
            assert_eq!(Stream::open(&ada, "", Some(bad)).await.stored().await.event, "snapshot", "{bad}");
        }

        ada.call("DELETE", &format!("/desktops/{id}")).await.ok(202);
        assert_eq!(stream.stored().await.data["status"], "deleting");
        worker::end_next(&api, &claimant).await;
        assert_eq!(stream.stored().await.data, serde_json::json!({ "id": id, "deleted": true }));
    }

    async fn places_in_line_come_without_an_id_and_end_empty(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let claimant = worker::sign_on(&api, 1).await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let mut stream = Stream::open(&ada, "", None).await;
        assert_eq!(stream.stored().await.data["desktops"], serde_json::json!([]));
        bob.desktop().await;
        let id = ada.desktop().await["id"].clone();
        let places = stream.places().await;
        assert_eq!((&places[0]["desktop_id"], &places[0]["queue"]["position"]), (&id, &Value::from(2)));
        assert_eq!(places.as_array().unwrap().len(), 1, "others' places are not told");
        worker::run_next(&api, &claimant, 7001).await;
        worker::run_next(&api, &claimant, 7002).await;
        loop {
            let places = stream.places().await;
            if places == serde_json::json!([]) {
                break;
            }
        }
    }

    async fn a_stream_ends_with_its_log_in_and_with_the_process(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (here, there) = (api.signed_in("ada", Role::User).await, api.browser());
        there.log_in("ada", crate::app::PASSWORD).await.ok(200);
        let (mut kept, mut ended) = (Stream::open(&here, "", None).await, Stream::open(&there, "", None).await);
        kept.stored().await;
        ended.stored().await;
        // A token that is renewed ends nothing.
        there.call("POST", "/auth/refresh").await.ok(200);
        there.call("POST", "/auth/logout").await.ok(204);
        ended.ends().await;
        api.app.ending.cancel();
        kept.ends().await;
    }

    async fn the_admin_room_hears_everybody(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        let (ada, operator) = (api.signed_in("ada", Role::User).await, api.signed_in("op", Role::Operator).await);
        let mut all = Stream::open(&operator, "?room=admin", None).await;
        let mut own = Stream::open(&operator, "", None).await;
        all.stored().await;
        own.stored().await;
        let id = ada.desktop().await["id"].clone();
        assert_eq!(all.stored().await.data["id"], id);
        operator.call("POST", "/auth/logout").await.ok(204);
        // The other room does not: it ends with its log-in and has heard of no desktop.
        own.ends().await;
    }
}
