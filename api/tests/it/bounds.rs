//! How much a call may bring, through all layers. How long it may take: `connection` and `extract`.
use berth_api::extract::BODY_LIMIT;
use berth_shared::{both_databases, domain::user::Role};
use serde_json::json;

use crate::{app::TestApp, browser::Answer};

both_databases! {
    async fn heads_and_bodies_have_a_largest_size(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let large = json!({ "template": "light", "name": "x".repeat(BODY_LIMIT) });
        ada.send("POST", "/desktops", &large).await.refused(413, "payload_too_large");
        // Who calls is looked at before.
        api.browser().send("POST", "/desktops", &large).await.refused(401, "unauthenticated");

        let cookies = |length: usize| format!("theme={}", "x".repeat(length));
        let me = |length: usize| api.browser().request("GET", "/me").header("cookie", cookies(length));
        Answer::of(me(16 * 1024)).await.refused(401, "unauthenticated");
        assert_eq!(Answer::of(me(33 * 1024)).await.status, 431);
        let long = format!("/templates?x={}", "x".repeat(33 * 1024));
        assert_eq!(ada.get(&long).await.status, 431);
    }
}
