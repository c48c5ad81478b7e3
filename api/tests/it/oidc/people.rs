//! Who gets in, as whom, and out again.
use berth_shared::{both_databases, domain::user::Role, store::identities};
use serde_json::{Value, json};

use super::provider::{PUBLIC, Provider, Walker, api, location, parameter};

both_databases! {
    async fn a_first_sign_in_makes_a_user_and_the_next_finds_them(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let about = api.browser().get("/about").await.ok(200);
        assert_eq!(about["sign_in"], json!(["password", "oidc:corp"]));
        assert_eq!(about["providers"], json!([{ "id": "corp", "name": "Example Corp" }]));

        let walker = Walker::new(&api);
        let authorize = walker.start().await;
        assert!(authorize.starts_with(&format!("{}/auth?", corp.issuer)), "{authorize}");
        assert_eq!(parameter(&authorize, "code_challenge_method"), "S256");
        assert_eq!(parameter(&authorize, "scope"), "openid profile groups");
        let callback = walker.through(&authorize, "Ada").await;
        let answer = walker.back(&callback).await;
        let cookies: Vec<&str> = answer.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        assert_eq!((answer.status().as_u16(), location(&answer).as_str()), (303, "/desktops"));
        assert!(cookies.iter().any(|line| line.starts_with("berth_oidc=;") && line.contains("Max-Age=0")), "{cookies:?}");
        assert!(cookies.iter().all(|line| line.contains("; HttpOnly; SameSite=Lax")), "{cookies:?}");
        let me = walker.me().await;
        assert_eq!((&me["username"], &me["display_name"], &me["role"]), (&json!("Ada"), &json!("Ada of Corp"), &json!("user")));

        // Elsewhere, as the same user; who they are is the provider's subject.
        let elsewhere = Walker::new(&api);
        assert_eq!(elsewhere.sign_in("Ada").await, "/desktops");
        assert_eq!(elsewhere.me().await["id"], me["id"]);
        let mut tx = api.db.read().await.unwrap();
        assert_eq!(identities::providers_of(&mut tx, me["id"].as_str().unwrap()).await.unwrap(), ["corp"]);
        drop(tx);
        // There is no password to guess.
        api.browser().log_in("Ada", "").await.refused(401, "bad_credentials");
        let list: Value = elsewhere.get("/me/sessions").await.json().await.unwrap();
        assert_eq!(list["items"].as_array().unwrap().len(), 2);
    }

    async fn signing_out_leads_to_the_provider(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let walker = Walker::new(&api);
        walker.sign_in("ada").await;
        let out = walker.sign_out().await;
        assert_eq!(out.status(), 200);
        let url = out.json::<Value>().await.unwrap()["end_session_url"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("{}/session/end?", corp.issuer)), "{url}");
        assert_eq!(parameter(&url, "post_logout_redirect_uri"), format!("{PUBLIC}/sign-in"));
        assert!(parameter(&url, "id_token_hint").starts_with("ey"));
        assert_eq!(walker.me().await["code"], "unauthenticated");
        // The provider knows the log-in by its token.
        assert_eq!(walker.client.get(&url).send().await.unwrap().status(), 200);

        // A password's log-in ends here only, and so does one whose provider has no such place.
        let ada = api.signed_in("bob", Role::User).await;
        ada.call("POST", "/auth/logout").await.ok(204);
    }

    async fn a_provider_that_is_away_does_not_keep_anybody_in(db: TestDb) {
        let corp = Provider::start().await;
        let first = api(&db, &corp.issuer, json!({})).await;
        let walker = Walker::new(&first);
        walker.sign_in("ada").await;
        corp.breaks(json!({ "status": 503 })).await;
        // This one has never asked the provider anything.
        let second = api(&db, &corp.issuer, json!({})).await;
        let out = walker.at(&second).sign_out().await;
        assert_eq!(out.status(), 200);
        assert_eq!(out.json::<Value>().await.unwrap(), json!({ "end_session_url": null }));
        assert_eq!(walker.me().await["code"], "unauthenticated");
        assert_eq!(walker.at(&second).sign_out().await.status(), 204);
    }

    async fn roles_follow_the_groups_at_each_sign_in(db: TestDb) {
        let corp = Provider::start().await;
        let roles = json!({ "admin_groups": ["admins"], "operator_groups": ["ops", "noc"] });
        let api = api(&db, &corp.issuer, roles).await;
        api.user("root", Role::Admin).await;
        let role = async |login: &str| {
            let walker = Walker::new(&api);
            assert_eq!(walker.sign_in(login).await, "/desktops");
            walker.me().await["role"].as_str().unwrap().to_owned()
        };
        assert_eq!(role("ada+noc").await, "operator");
        let before = Walker::new(&api);
        before.sign_in("ada+ops+admins").await;
        assert_eq!(before.me().await["role"], "admin");
        // What was taken away ends the log-ins that had it.
        assert_eq!(role("ada").await, "user");
        assert_eq!(before.me().await["code"], "session_ended");
        // A role that was given here does not last.
        assert_eq!(role("ada+admins").await, "admin");
    }

    async fn the_last_administrator_stays_one(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({ "admin_groups": ["admins"] })).await;
        let walker = Walker::new(&api);
        walker.sign_in("ada+admins").await;
        let again = Walker::new(&api);
        assert_eq!(again.sign_in("ada").await, "/desktops");
        assert_eq!((&again.me().await["role"], &walker.me().await["role"]), (&json!("admin"), &json!("admin")));
    }

    async fn only_allowed_groups_get_in(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({ "allowed_groups": ["staff"] })).await;
        let walker = Walker::new(&api);
        assert_eq!(walker.sign_in("ada+guests").await, "/sign-in?error=oidc_not_allowed");
        assert_eq!(walker.me().await["code"], "unauthenticated");
        let walker = Walker::new(&api);
        assert_eq!(walker.sign_in("ada+staff").await, "/desktops");
        // Roles are ours where no groups are said to give them.
        assert_eq!(walker.me().await["role"], "user");
    }

    async fn a_name_that_is_taken_is_not_given_away(db: TestDb) {
        let corp = Provider::start().await;
        let careful = api(&db, &corp.issuer, json!({})).await;
        let own = careful.user("Ada", Role::Operator).await;
        assert_eq!(Walker::new(&careful).sign_in("ada").await, "/sign-in?error=oidc_username_taken");
        let trusting = api(&db, &corp.issuer, json!({ "link_by_username": true })).await;
        let walker = Walker::new(&trusting);
        assert_eq!(walker.sign_in("ada").await, "/desktops");
        let me = walker.me().await;
        assert_eq!((&me["id"], &me["role"]), (&json!(own.id), &json!("operator")));
        // Linked once, for good; and the password is still one.
        assert_eq!(Walker::new(&careful).sign_in("ada").await, "/desktops");
        careful.browser().log_in("ada", crate::app::PASSWORD).await.ok(200);
    }

    async fn a_name_that_the_provider_gave_to_somebody_else_is_not(db: TestDb) {
        let corp = Provider::start().await;
        let trusting = api(&db, &corp.issuer, json!({ "link_by_username": true })).await;
        let own = trusting.user("Ada", Role::Operator).await;
        let mut tx = trusting.db.begin().await.unwrap();
        let now = tx.now().await.unwrap();
        identities::link(&mut tx, "corp", "who had the name before", &own.id, now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(Walker::new(&trusting).sign_in("ada").await, "/sign-in?error=oidc_username_taken");
    }

    async fn the_audit_log_says_who_came_and_through_whom(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({ "admin_groups": ["admins"], "allowed_groups": ["staff"] })).await;
        let root = api.signed_in("root", Role::Admin).await;
        Walker::new(&api).sign_in("ada+guests").await;
        Walker::new(&api).sign_in("ada+staff").await;
        let walker = Walker::new(&api);
        walker.sign_in("ada+staff+admins").await;
        walker.sign_out().await;
        let lines = root.get("/admin/audit?actor=ada").await.ok(200);
        let told = lines["items"].as_array().unwrap().iter().rev().map(|line| line["action"].as_str().unwrap());
        let expected = ["sign_in.refused", "user.create", "sign_in", "role.change", "sign_in", "sign_out"];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        let id = lines["items"][0]["target"]["id"].as_str().unwrap();
        assert_eq!(root.get(&format!("/admin/users/{id}")).await.ok(200)["sign_in"], json!(["oidc:corp"]));
    }

    async fn who_is_shut_out_here_stays_out(db: TestDb) {
        let corp = Provider::start().await;
        let api = api(&db, &corp.issuer, json!({})).await;
        let root = api.signed_in("root", Role::Admin).await;
        let walker = Walker::new(&api);
        walker.sign_in("ada").await;
        let id = walker.me().await["id"].as_str().unwrap().to_owned();
        root.send("PATCH", &format!("/admin/users/{id}"), &json!({ "disabled": true })).await.ok(200);
        assert_eq!(walker.me().await["code"], "session_ended");
        assert_eq!(Walker::new(&api).sign_in("ada").await, "/sign-in?error=oidc_not_allowed");
    }
}
