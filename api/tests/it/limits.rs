//! Limits that hold over any number of apis: starts and quota under a burst, viewers at once, streams of events; and the way of an
//! administrator into somebody else's desktop.
use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::{Value, json};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Error, client::IntoClientRequest},
};

use crate::{
    app::{PASSWORD, TestApp},
    events::Stream,
    groups::path_of,
    vnc::{cookie, running, view},
};

/// A viewer that was let in, or why not: status, code, `Retry-After`.
async fn knock(api: &TestApp, cookie: &str, id: &str) -> Result<crate::proxy::fake::Browser, (u16, String, String)> {
    let mut request = format!("ws://{}/api/v1/desktops/{id}/vnc", api.host).into_client_request().unwrap();
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    match connect_async(request).await {
        Ok((viewer, _)) => Ok(viewer),
        Err(Error::Http(refused)) => {
            let body: Value = serde_json::from_slice(refused.body().as_deref().unwrap()).unwrap();
            let wait = refused.headers().get("retry-after").map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
            Err((refused.status().as_u16(), body["code"].as_str().unwrap().to_owned(), wait))
        }
        Err(other) => panic!("{other:?}"),
    }
}

both_databases! {
    async fn forty_clicks_over_two_apis_are_counted_exactly(db: TestDb) {
        let flags = ["--max-desktops-per-user=30", "--start-limits=5/minute"];
        let one = TestApp::with(&db, &flags).await;
        let two = one.beside(&flags).await;
        testing::template(&one.db, "berth/light").await;
        let root = one.signed_in("root", Role::Admin).await;
        let group = json!({ "name": "Course", "limits": { "max_desktops": 3, "start_limits": "off" } });
        let group = root.send("POST", "/admin/groups", &group).await.ok(201)["id"].clone();
        one.user("ada", Role::User).await;
        one.user("bob", Role::User).await;
        root.send("PATCH", &path_of(&root, "ada").await, &json!({ "group": group })).await.ok(200);
        for (name, let_in, code, used) in [("ada", 3, "quota_exceeded", 3), ("bob", 5, "start_rate_limited", 5)] {
            let (here, there) = (one.browser(), two.browser());
            here.log_in(name, PASSWORD).await.ok(200);
            there.log_in(name, PASSWORD).await.ok(200);
            let clicks = (0..40).map(|n| {
                let browser = if n % 2 == 0 { here.clone() } else { there.clone() };
                tokio::spawn(async move { browser.send("POST", "/desktops", &json!({ "template": "light" })).await })
            });
            let mut accepted = 0;
            for click in clicks.collect::<Vec<_>>() {
                let answer = click.await.unwrap();
                match answer.status {
                    202 => accepted += 1,
                    _ => answer.refused(if code == "quota_exceeded" { 409 } else { 429 }, code),
                }
            }
            assert_eq!(accepted, let_in, "{name}");
            let limits = there.get("/limits").await.ok(200);
            assert_eq!(limits["desktops"]["used"], used);
            assert_eq!(here.get("/desktops").await.ok(200)["items"].as_array().unwrap().len(), let_in);
        }
    }

    async fn viewers_are_counted_over_two_apis_and_give_their_place_back(db: TestDb) {
        let flags = ["--max-streams-per-user=3"];
        let one = TestApp::with(&db, &flags).await;
        let two = one.beside(&flags).await;
        testing::template(&one.db, "berth/light").await;
        one.user("ada", Role::User).await;
        let (ada, session) = cookie(&one, "ada").await;
        let id = running(&one, &ada).await;
        let knocks = (0..12).map(|n| knock(if n % 2 == 0 { &one } else { &two }, &session, &id));
        let (mut open, mut refused) = (Vec::new(), Vec::new());
        for knocked in futures_util::future::join_all(knocks).await {
            match knocked {
                Ok(viewer) => open.push(viewer),
                Err(why) => refused.push(why),
            }
        }
        assert_eq!((open.len(), refused.len()), (3, 9));
        assert!(refused.iter().all(|why| *why == (429, "too_many_streams".to_owned(), "10".to_owned())), "{refused:?}");
        assert_eq!(ada.get("/limits").await.ok(200)["streams"], json!({ "limit": 3, "used": 3 }));
        drop(open.pop());
        let back = testing::eventually("a place", async || {
            (ada.get("/limits").await.ok(200)["streams"]["used"] == 2).then_some(())
        });
        back.await;
        view(&two, &session, &id).await;
        // Before there is anything to upgrade, nothing is counted.
        ada.get(&format!("/desktops/{id}/vnc")).await.refused(426, "upgrade_required");
    }

    async fn streams_of_events_are_limited(db: TestDb) {
        let api = TestApp::start(&db).await;
        let (ada, bob) = (api.signed_in("ada", Role::User).await, api.signed_in("bob", Role::User).await);
        let mut open = Vec::new();
        for _ in 0..20 {
            open.push(Stream::open(&ada, "", None).await);
        }
        let refused = ada.get("/events").await;
        refused.refused(429, "too_many_event_streams");
        assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("20", "0"));
        assert_eq!(refused.header("retry-after"), "10");
        Stream::open(&bob, "", None).await;
        open.pop();
        testing::eventually("room for one more", async || {
            let status = ada.request("GET", "/events").send().await.unwrap().status();
            (status == 200).then_some(())
        })
        .await;
    }

    async fn an_administrator_looks_into_a_desktop_only_where_that_is_allowed(db: TestDb) {
        let closed = TestApp::start(&db).await;
        let allowed = closed.beside(&["--admin-opens-desktops=on"]).await;
        testing::template(&closed.db, "berth/light").await;
        for (name, role) in [("ada", Role::User), ("root", Role::Admin), ("op", Role::Operator)] {
            closed.user(name, role).await;
        }
        let (ada, _) = cookie(&closed, "ada").await;
        let (root, admin) = cookie(&allowed, "root").await;
        let (_, operator) = cookie(&allowed, "op").await;
        let id = running(&closed, &ada).await;
        let mut stream = Stream::open(&ada, "", None).await;
        stream.stored().await;
        assert_eq!(knock(&closed, &admin, &id).await.unwrap_err().0, 404);
        assert_eq!(knock(&allowed, &operator, &id).await.unwrap_err().0, 404);
        let _viewer = view(&allowed, &admin, &id).await;
        let told = stream.stored().await;
        assert_eq!((told.event.as_str(), &told.data["code"]), ("notice", &json!("opened_by_admin")));
        assert_eq!(told.data["text"], "root has opened your desktop “Light desktop”.");
        let lines = root.get("/admin/audit?action=desktop.open").await.ok(200);
        let line = &lines["items"][0];
        assert_eq!((&line["actor"], &line["target"]["id"], &line["detail"]), (&json!("root"), &json!(id), &json!("Of ada.")));
        assert_eq!(lines["items"].as_array().unwrap().len(), 1);
    }
}
