//! Everything that can go wrong on the way to a provider and back. Nobody is signed in by any of it.
use std::time::Duration;

use berth_api::auth::oidc::pending::Pending;
use berth_shared::{both_databases, domain::time::Time, testing::TestDb};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::provider::{PUBLIC, Provider, Walker, api, location, parameter};
use crate::app::TestApp;

/// A way back whose cookie is `pending`, as a browser that kept it would send it.
async fn back_with(api: &TestApp, callback: &str, cookie: &str) -> String {
    let walker = Walker::new(api);
    let request = walker.client.get(walker.here(callback)).header("cookie", format!("berth_oidc={cookie}"));
    let answer = request.send().await.unwrap();
    assert!(!answer.headers().get_all("set-cookie").iter().any(|v| v.to_str().unwrap().starts_with("berth_session=")));
    location(&answer)
}

/// The cookie that a start sets, and where it leads.
async fn started(walker: &Walker) -> (String, String) {
    let answer = walker.get("/auth/oidc/corp/start").await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    (value, location(&answer))
}

const EXPIRED: &str = "/sign-in?error=oidc_expired";
const FAILED: &str = "/sign-in?error=oidc_failed";
const DOWN: &str = "/sign-in?error=oidc_down";

both_databases! {
    async fn an_answer_counts_once_and_in_its_own_browser(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let walker = Walker::new(&api);
        let (cookie, authorize) = started(&walker).await;
        let callback = walker.through(&authorize, "ada").await;
        // Another browser, the wrong state, none.
        assert_eq!(location(&Walker::new(&api).back(&callback).await), EXPIRED);
        let state = parameter(&callback, "state");
        assert_eq!(back_with(&api, &callback.replace(&state, "another"), &cookie).await, EXPIRED);
        assert_eq!(back_with(&api, &callback.split("&state").next().unwrap(), &cookie).await, EXPIRED);
        // Its own; and then the same answer again, with the cookie that a thief has kept.
        assert_eq!(location(&walker.back(&callback).await), "/");
        assert_eq!(back_with(&api, &callback, &cookie).await, EXPIRED);
        assert_eq!(location(&walker.back(&callback).await), EXPIRED);
        assert_eq!(walker.me().await["username"], "ada");
    }

    async fn a_way_that_takes_too_long_is_begun_anew(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let pending = Pending {
            provider: "corp".into(),
            state: "s".into(),
            nonce: "n".into(),
            verifier: "v".repeat(43),
            return_to: "/".into(),
            begun_at: Time::of_this_process().minus(Duration::from_secs(601)),
        };
        let callback = format!("{PUBLIC}/api/v1/auth/oidc/corp/callback?state=s&code=c");
        assert_eq!(back_with(&api, &callback, &pending.seal(&api.app.key)).await, EXPIRED);
        // In time, and for another provider than it was begun with.
        let now = Time::of_this_process();
        let other = Pending { begun_at: now, provider: "other".into(), ..pending.clone() };
        assert_eq!(back_with(&api, &callback, &other.seal(&api.app.key)).await, EXPIRED);
        // The provider never gave out this code.
        let ours = Pending { begun_at: now, ..pending };
        assert_eq!(back_with(&api, &callback, &ours.seal(&api.app.key)).await, EXPIRED);
    }

    async fn a_code_of_another_way_does_not_fit(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let (one, other) = (Walker::new(&api), Walker::new(&api));
        let stolen = one.through(&one.start().await, "ada").await;
        let own = other.through(&other.start().await, "bob").await;
        // The code belongs to the challenge of the first way (PKCE).
        let mixed = own.replace(&parameter(&own, "code"), &parameter(&stolen, "code"));
        assert_eq!(location(&other.back(&mixed).await), EXPIRED);
        assert_eq!(other.me().await["code"], "unauthenticated");
    }

    async fn who_is_not_let_in_there_is_not_let_in_here(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        for (error, code) in [("access_denied", "oidc_refused"), ("temporarily_unavailable", "oidc_down"), ("x", "oidc_failed")] {
            let walker = Walker::new(&api);
            let state = parameter(&walker.start().await, "state");
            let callback = format!("{PUBLIC}/api/v1/auth/oidc/corp/callback?state={state}&error={error}");
            assert_eq!(location(&walker.back(&callback).await), format!("/sign-in?error={code}"));
        }
        let walker = Walker::new(&api);
        let callback = walker.through(&walker.start().await, "ada").await;
        let foreign = callback.split("&iss=").next().unwrap().to_owned() + "&iss=https%3A%2F%2Fevil.test";
        assert_eq!(location(&walker.back(&foreign).await), FAILED);
    }

    async fn what_a_token_says_must_be_true(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        for broken in [
            json!({ "signature": true }),
            json!({ "claims": { "nonce": "another" } }),
            json!({ "claims": { "iss": "https://evil.test" } }),
            json!({ "claims": { "aud": "another client" } }),
            json!({ "claims": { "exp": 1_000_000_000 } }),
            json!({ "claims": { "sub": "another" } }),
        ] {
            corp.breaks(broken.clone()).await;
            let walker = Walker::new(&api);
            assert_eq!(walker.sign_in("ada").await, FAILED, "{broken}");
            assert_eq!(walker.me().await["code"], "unauthenticated", "{broken}");
        }
        // New keys are asked for when they are first seen.
        corp.breaks(json!({ "keys": true })).await;
        assert_eq!(Walker::new(&api).sign_in("ada").await, "/desktops");
    }

    async fn a_provider_out_of_order_is_said_and_tried_again(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let walker = Walker::new(&api);
        for (broken, code) in [
            (json!({ "status": 503 }), DOWN),
            (json!({ "status": 404 }), FAILED),
            (json!({ "text": "<html>" }), FAILED),
            (json!({ "text": "{}" }), FAILED),
            (json!({ "metadata": { "issuer": "https://evil.test" } }), FAILED),
            (json!({ "metadata": { "jwks_uri": "http://127.0.0.1:1/" } }), DOWN),
        ] {
            corp.breaks(broken.clone()).await;
            assert_eq!(walker.start().await, code, "{broken}");
        }
        corp.breaks(json!({})).await;
        assert_eq!(walker.sign_in("ada").await, "/desktops");
        // It goes while a browser is there.
        let walker = Walker::new(&api);
        let callback = walker.through(&walker.start().await, "ada").await;
        corp.breaks(json!({ "status": 500 })).await;
        assert_eq!(location(&walker.back(&callback).await), DOWN);
    }

    async fn bad_addresses(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        api.browser().get("/auth/oidc/other/start").await.refused(404, "not_found");
        api.browser().get("/auth/oidc/other/callback").await.refused(404, "not_found");
        let walker = Walker::new(&api);
        assert_eq!(location(&walker.get("/auth/oidc/corp/callback").await), EXPIRED);
        let twice = walker.get("/auth/oidc/corp/start?return_to=/a&return_to=/b").await;
        assert_eq!(twice.json::<Value>().await.unwrap()["code"], "validation_failed");
        // Nobody is sent on to another site.
        let authorize = location(&walker.get("/auth/oidc/corp/start?return_to=//evil.test").await);
        let callback = walker.through(&authorize, "ada").await;
        assert_eq!(location(&walker.back(&callback).await), "/");
    }
}

/// Nobody listens; then somebody does who never answers; then the provider.
#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_comes_up_later_is_found() {
    let db = TestDb::sqlite().await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let api = api(&db, &format!("http://127.0.0.1:{port}"), json!({})).await;
    let walker = Walker::new(&api);
    assert_eq!(walker.start().await, DOWN);
    let silent = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(walker.start().await, DOWN);
    assert!((4..10).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    drop(silent);
    let _corp = Provider::start_at(port).await;
    assert_eq!(walker.sign_in("ada").await, "/desktops");
}
