//! The second factor: on, needed, and off.
use berth_shared::{both_databases, domain::user::Role, store::two_factor};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::{
    app::{PASSWORD, TestApp},
    browser::{Answer, Browser},
    groups::path_of,
    invites::invite,
};

fn app(secret: &str) -> Totp {
    Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap()
}

/// The code of the step after this one: fresh however soon it comes after another.
fn next(app: &Totp) -> String {
    app.generate(app.next_step_current()).to_string()
}

async fn log_in(browser: &Browser, code: Option<&str>) -> Answer {
    let body = json!({ "username": "ada", "password": PASSWORD, "code": code });
    browser.send("POST", "/auth/login", &body).await
}

/// Turns it on; the app and the recovery codes.
async fn turn_on(browser: &Browser) -> (Totp, Vec<String>) {
    let begun = browser.send("POST", "/me/two-factor", &json!({ "password": PASSWORD })).await.ok(200);
    let app = app(begun["secret"].as_str().unwrap());
    let code = app.generate_current().to_string();
    let on = browser.send("POST", "/me/two-factor/confirm", &json!({ "code": code })).await.ok(200);
    let codes = on["recovery_codes"].as_array().unwrap();
    (app, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

both_databases! {
    async fn a_code_is_needed_once_it_is_on(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        assert_eq!(ada.get("/me/two-factor").await.ok(200), json!({ "on": false, "recovery_left": 0 }));
        ada.send("POST", "/me/two-factor/confirm", &json!({ "code": "123456" })).await.refused(409, "two_factor_not_begun");
        ada.send("POST", "/me/two-factor", &json!({ "password": "wrong" })).await.refused(401, "bad_credentials");
        let begun = ada.send("POST", "/me/two-factor", &json!({ "password": PASSWORD })).await.ok(200);
        let secret = begun["secret"].as_str().unwrap();
        assert_eq!(begun["uri"], format!("otpauth://totp/Berth:ada?secret={secret}&issuer=Berth"));
        // Not on before the app has shown that it knows the secret.
        ada.send("POST", "/me/two-factor/confirm", &json!({ "code": "000000" })).await.refused(401, "two_factor_wrong");
        log_in(&api.browser(), None).await.ok(200);
        let (app, codes) = turn_on(&ada).await;
        assert_eq!(codes.len(), 10);
        assert_eq!(ada.get("/me/two-factor").await.ok(200), json!({ "on": true, "recovery_left": 10 }));
        ada.send("POST", "/me/two-factor", &json!({ "password": PASSWORD })).await.refused(409, "two_factor_on");
        ada.send("POST", "/me/two-factor/confirm", &json!({ "code": next(&app) })).await.refused(409, "two_factor_on");

        let browser = api.browser();
        log_in(&browser, None).await.refused(401, "two_factor_required");
        log_in(&browser, Some(" ")).await.refused(401, "two_factor_required");
        log_in(&browser, Some("000000")).await.refused(401, "two_factor_wrong");
        // The password comes first: a right code tells nothing about a wrong one.
        let body = json!({ "username": "ada", "password": "wrong", "code": next(&app) });
        browser.send("POST", "/auth/login", &body).await.refused(401, "bad_credentials");
        browser.get("/me").await.refused(401, "unauthenticated");
        let code = next(&app);
        let typed = format!("{} {}", &code[..3], &code[3..]);
        log_in(&browser, Some(&typed)).await.ok(200);
        log_in(&api.browser(), Some(&code)).await.refused(401, "two_factor_wrong");
    }

    async fn a_recovery_code_works_once(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let (_, codes) = turn_on(&ada).await;
        let tries = (0..4).map(|_| async { log_in(&api.browser(), Some(&codes[3].to_uppercase())).await.status });
        let mut statuses = futures_util::future::join_all(tries).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401]);
        assert_eq!(ada.get("/me/two-factor").await.ok(200)["recovery_left"], 9);
        log_in(&api.browser(), Some(&codes[4])).await.ok(200);
    }

    async fn codes_are_throttled_as_passwords_are(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let (app, _) = turn_on(&ada).await;
        // To know the password gives no more guesses.
        let browser = api.browser();
        for _ in 0..5 {
            log_in(&browser, None).await.refused(401, "two_factor_required");
            log_in(&browser, Some("000000")).await.refused(401, "two_factor_wrong");
        }
        log_in(&browser, Some(&next(&app))).await.refused(429, "too_many_failures");
    }

    async fn it_is_turned_off_by_its_owner_or_an_administrator(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let root = api.signed_in("root", Role::Admin).await;
        turn_on(&ada).await;
        ada.send("DELETE", "/me/two-factor", &json!({ "password": "wrong" })).await.refused(401, "bad_credentials");
        ada.send("DELETE", "/me/two-factor", &json!({})).await.refused(422, "validation_failed");
        ada.send("DELETE", "/me/two-factor", &json!({ "password": PASSWORD })).await.ok(204);
        assert_eq!(ada.get("/me/two-factor").await.ok(200), json!({ "on": false, "recovery_left": 0 }));
        log_in(&api.browser(), None).await.ok(200);

        let (_, codes) = turn_on(&ada).await;
        let path = format!("/admin/users/{}/two-factor", ada.get("/me").await.ok(200)["id"].as_str().unwrap());
        ada.call("DELETE", &path).await.refused(403, "forbidden");
        root.call("DELETE", &path).await.ok(204);
        root.call("DELETE", &path).await.ok(204);
        log_in(&api.browser(), None).await.ok(200);
        // What was on before counts no more.
        turn_on(&ada).await;
        log_in(&api.browser(), Some(&codes[0])).await.refused(401, "two_factor_wrong");
    }

    async fn an_invitation_stands_for_the_password_alone(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let root = api.signed_in("root", Role::Admin).await;
        let (app, _) = turn_on(&ada).await;
        let path = path_of(&root, "ada").await;
        assert_eq!(root.get(&path).await.ok(200)["two_factor"], true);
        let token = invite(&root, &path).await;
        let accept = |code: Option<&str>| json!({ "token": token, "password": "another password", "code": code });
        let browser = api.browser();
        browser.send("POST", "/auth/invite/accept", &accept(None)).await.refused(401, "two_factor_required");
        browser.send("POST", "/auth/invite/accept", &accept(Some("000000"))).await.refused(401, "two_factor_wrong");
        ada.get("/me").await.ok(200);
        browser.send("POST", "/auth/invite/accept", &accept(Some(&next(&app)))).await.ok(200);
        assert_eq!(browser.get("/me").await.ok(200)["username"], "ada");
        ada.get("/me").await.refused(401, "session_ended");
        let lines = root.get("/admin/audit?action=two_factor.,sign_in.refused").await.ok(200);
        let actions: Vec<&str> = lines["items"].as_array().unwrap().iter().map(|l| l["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["sign_in.refused", "two_factor.on"]);
    }

    async fn the_secret_is_sealed(db: TestDb) {
        let api = TestApp::start(&db).await;
        let ada = api.signed_in("ada", Role::User).await;
        let begun: Value = ada.send("POST", "/me/two-factor", &json!({ "password": PASSWORD })).await.ok(200);
        let id = ada.get("/me").await.ok(200)["id"].as_str().unwrap().to_owned();
        let row = two_factor::get(&mut api.db.read().await.unwrap(), &id).await.unwrap().unwrap();
        assert!(!row.secret.contains(begun["secret"].as_str().unwrap()));
        for bad in [json!({}), json!({ "password": 1 }), json!({ "password": PASSWORD, "x": 1 })] {
            ada.send("POST", "/me/two-factor", &bad).await.refused(422, "validation_failed");
        }
    }
}
