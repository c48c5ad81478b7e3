//! The way into a desktop through the whole api: who gets in, and what ends it.
use berth_api::proxy::rfb::vnc_auth;
use berth_shared::{both_databases, domain::user::Role, testing};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::oneshot,
};
use tokio_tungstenite::{connect_async, tungstenite::client::IntoClientRequest};

use crate::{
    app::{PASSWORD, TestApp},
    browser::Browser,
    proxy::fake::{self, closed, hear, say},
    worker,
};

/// A desktop that runs, whose VNC server takes the password that the api derives and then echoes.
pub(crate) async fn running(api: &TestApp, browser: &Browser) -> String {
    let claimant = worker::sign_on(api, 2).await;
    let id = browser.desktop().await["id"].as_str().unwrap().to_owned();
    let (password, listener) = (api.app.key.vnc_password(&id, 1), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    worker::run_next(api, &claimant, port).await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let password = password.clone();
            tokio::spawn(async move {
                stream.write_all(b"RFB 003.008\n").await?;
                stream.read_exact(&mut [0; 12]).await?;
                stream.write_all(&[1, 2]).await?;
                stream.read_u8().await?;
                stream.write_all(&[7; 16]).await?;
                let mut answer = [0; 16];
                stream.read_exact(&mut answer).await?;
                assert_eq!(answer, vnc_auth::respond([7; 16], &password));
                stream.write_all(&[0; 4]).await?;
                stream.read_u8().await?;
                let (mut read, mut write) = stream.split();
                tokio::io::copy(&mut read, &mut write).await
            });
        }
    });
    id
}

/// A viewer that has greeted.
pub(crate) async fn view(api: &TestApp, cookie: &str, id: &str) -> fake::Browser {
    let mut request = format!("ws://{}/api/v1/desktops/{id}/vnc", api.host).into_client_request().unwrap();
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    request.headers_mut().insert("origin", format!("http://{}", api.host).parse().unwrap());
    let (mut viewer, _) = connect_async(request).await.unwrap();
    say(&mut viewer, b"RFB 003.008\n\x01\x01").await;
    assert_eq!(hear(&mut viewer, 18).await[..12], *b"RFB 003.008\n");
    say(&mut viewer, b"echo").await;
    assert_eq!(hear(&mut viewer, 4).await, b"echo");
    viewer
}

/// A log-in whose session cookie the test can put into a WebSocket's request.
pub(crate) async fn cookie(api: &TestApp, name: &str) -> (Browser, String) {
    let browser = api.browser();
    let answer = browser.log_in(name, PASSWORD).await;
    let cookie = answer.cookies().iter().map(|line| line.split(';').next().unwrap().to_owned()).collect::<Vec<_>>();
    (browser, cookie.join("; "))
}

both_databases! {
    async fn each_end_of_it_has_its_code(db: TestDb) {
        let api = TestApp::with(&db, &["--start-limits=off", "--max-desktops-per-user=9"]).await;
        testing::template(&api.db, "berth/light").await;
        api.user("ada", Role::User).await;
        let root = api.signed_in("root", Role::Admin).await;
        let (ada, session) = cookie(&api, "ada").await;
        let (there, session_there) = cookie(&api, "ada").await;
        let id = running(&api, &ada).await;
        ada.get(&format!("/desktops/{id}/vnc")).await.refused(426, "upgrade_required");
        root.get(&format!("/desktops/{id}/vnc")).await.refused(404, "not_found");

        let (mut own, mut other) = (view(&api, &session, &id).await, view(&api, &session_there, &id).await);
        there.call("POST", "/auth/logout").await.ok(204);
        assert_eq!(u16::from(closed(&mut other).await.code), 4002);
        say(&mut own, b"still").await;
        assert_eq!(hear(&mut own, 5).await, b"still");
        // A token that is renewed ends nothing; the log-in does.
        ada.call("POST", "/auth/refresh").await.ok(200);
        say(&mut own, b"still").await;
        assert_eq!(hear(&mut own, 5).await, b"still");
        ada.call("POST", "/auth/logout-all").await.ok(204);
        assert_eq!(u16::from(closed(&mut own).await.code), 4002);

        let (ada, session) = cookie(&api, "ada").await;
        let mut viewer = view(&api, &session, &id).await;
        ada.call("POST", &format!("/desktops/{id}/stop")).await.ok(202);
        assert_eq!(u16::from(closed(&mut viewer).await.code), 4000);
        ada.get(&format!("/desktops/{id}/vnc")).await.refused(409, "not_running");

        let second = running(&api, &ada).await;
        let mut viewer = view(&api, &session, &second).await;
        ada.call("DELETE", &format!("/desktops/{second}")).await.ok(202);
        assert_eq!(u16::from(closed(&mut viewer).await.code), 4001);

        let third = running(&api, &ada).await;
        let mut viewer = view(&api, &session, &third).await;
        api.app.ending.cancel();
        assert_eq!(u16::from(closed(&mut viewer).await.code), 4003);
        viewer.close(None).await.ok();
    }

    async fn another_site_does_not_get_in(db: TestDb) {
        let api = TestApp::start(&db).await;
        testing::template(&api.db, "berth/light").await;
        api.user("ada", Role::User).await;
        let (ada, session) = cookie(&api, "ada").await;
        let id = running(&api, &ada).await;
        let mut request = format!("ws://{}/api/v1/desktops/{id}/vnc", api.host).into_client_request().unwrap();
        request.headers_mut().insert("cookie", session.parse().unwrap());
        request.headers_mut().insert("origin", "http://evil.test".parse().unwrap());
        match connect_async(request).await {
            Err(tokio_tungstenite::tungstenite::Error::Http(refused)) => {
                let body: Value = serde_json::from_slice(refused.body().as_deref().unwrap()).unwrap();
                assert_eq!((refused.status().as_u16(), &body["code"]), (403, &json!("origin_refused")));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Streams are told to come back, and the process ends in good time.
#[tokio::test]
async fn a_shutdown_waits_for_viewers_to_be_told() {
    let db = testing::TestDb::sqlite().await;
    let mut api = TestApp::start(&db).await;
    testing::template(&api.db, "berth/light").await;
    api.user("ada", Role::User).await;
    let (ada, session) = cookie(&api, "ada").await;
    let id = running(&api, &ada).await;
    let mut viewer = view(&api, &session, &id).await;
    let (told, code) = oneshot::channel();
    tokio::spawn(async move { told.send(u16::from(closed(&mut viewer).await.code)) });
    api.app.ending.cancel();
    let server = std::mem::replace(&mut api.server, tokio::spawn(async {}));
    tokio::time::timeout(std::time::Duration::from_secs(4), server).await.expect("it ends").unwrap();
    assert_eq!(code.await.unwrap(), 4003);
}
