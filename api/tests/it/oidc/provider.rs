//! Starts the real provider of `api/tests/oidc` and walks through its pages as a browser would.
use std::{path::Path, process::Stdio};

use reqwest::{Client, Response, header::LOCATION, redirect::Policy};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::{app::TestApp, browser::client};
use berth_shared::testing::TestDb;

/// What the api believes to be called; where it really listens is known only later, so answers are carried over.
pub(crate) const PUBLIC: &str = "http://127.0.0.1:8080";
const SECRET: &str = "a secret of the client, long enough";

/// The provider's process; ends with this.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    _process: Child,
    /// Kept open: it goes on talking.
    _said: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    pub(crate) async fn start() -> Self {
        Self::start_at(0).await
    }

    pub(crate) async fn start_at(port: u16) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("oidc");
        assert!(folder.join("node_modules/oidc-provider").exists(), "first: scripts/packages.sh api/tests/oidc");
        let mut process = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .args([
                &format!("{PUBLIC}/api/v1/auth/oidc/corp/callback"),
                &format!("{PUBLIC}/sign-in"),
                &port.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = loop {
            let line = lines.next_line().await.unwrap().expect("the provider starts");
            if let Some(issuer) = line.strip_prefix("ready ") {
                break issuer.to_owned();
            }
        };
        Self { issuer, _process: process, _said: lines }
    }

    /// Breaks it in one of the ways that `provider.mjs` knows; `{}` mends it.
    pub(crate) async fn breaks(&self, how: Value) {
        let client = client().build().unwrap();
        let answer = client.post(format!("{}/test", self.issuer)).json(&how).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
}

/// An api that knows the provider as `corp`.
pub(crate) async fn api(db: &TestDb, issuer: &str, more: Value) -> TestApp {
    let mut settings = json!({
        "id": "corp", "name": "Example Corp", "issuer": issuer, "client_id": "berth", "client_secret": SECRET,
        "scopes": ["profile", "groups"],
    });
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    TestApp::with(db, &[&format!("--oidc={}", json!([settings])), &format!("--public-url={PUBLIC}")]).await
}

/// A browser that stops at each redirect, so that a test can look at it.
pub(crate) struct Walker {
    pub(crate) client: Client,
    host: String,
}

impl Walker {
    pub(crate) fn new(api: &TestApp) -> Self {
        let client = client().cookie_store(true).redirect(Policy::none()).build().unwrap();
        Self { client, host: api.host.clone() }
    }

    /// The same browser at another api of the same installation.
    pub(crate) fn at(&self, api: &TestApp) -> Self {
        Self { client: self.client.clone(), host: api.host.clone() }
    }

    /// An address of the api's as the outside knows it, where it really is.
    pub(crate) fn here(&self, url: &str) -> String {
        url.replacen(PUBLIC, &format!("http://{}", self.host), 1)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("http://{}/api/v1{path}", self.host)).send().await.unwrap()
    }

    /// Where the api sends a browser that wants to sign in.
    pub(crate) async fn start(&self) -> String {
        location(&self.get("/auth/oidc/corp/start?return_to=/desktops").await)
    }

    /// Goes to the provider, signs in there and agrees; where the provider sends the browser then.
    pub(crate) async fn through(&self, authorize: &str, login: &str) -> String {
        let mut url = authorize.to_owned();
        for _ in 0..12 {
            let mut answer = self.client.get(&url).send().await.unwrap();
            if answer.status() == 200 {
                let page = answer.text().await.unwrap();
                let form = if page.contains("name=\"login\"") {
                    format!("prompt=login&login={}&password=any", login.replace('+', "%2B"))
                } else {
                    "prompt=consent".to_owned()
                };
                let action = page.split("action=\"").nth(1).expect("a form").split('"').next().unwrap();
                let post = self.client.post(absolute(&url, action)).body(form);
                answer = post.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
            }
            url = absolute(&url, &location(&answer));
            if url.starts_with(PUBLIC) {
                return url;
            }
        }
        panic!("the provider goes round in circles");
    }

    /// The api's answer to what the provider sent.
    pub(crate) async fn back(&self, callback: &str) -> Response {
        self.client.get(self.here(callback)).send().await.unwrap()
    }

    /// All of it; where the api sends the browser in the end.
    pub(crate) async fn sign_in(&self, login: &str) -> String {
        let authorize = self.start().await;
        let callback = self.through(&authorize, login).await;
        location(&self.back(&callback).await)
    }

    /// Who is signed in, or the problem.
    pub(crate) async fn me(&self) -> Value {
        self.get("/me").await.json().await.unwrap()
    }

    pub(crate) async fn sign_out(&self) -> Response {
        self.client.post(format!("http://{}/api/v1/auth/logout", self.host)).send().await.unwrap()
    }
}

#[track_caller]
pub(crate) fn location(answer: &Response) -> String {
    let location = answer.headers().get(LOCATION).unwrap_or_else(|| panic!("no redirect: {answer:?}"));
    location.to_str().unwrap().to_owned()
}

fn absolute(base: &str, url: &str) -> String {
    reqwest::Url::parse(base).unwrap().join(url).unwrap().into()
}

/// A parameter of an address.
pub(crate) fn parameter(url: &str, name: &str) -> String {
    let url = reqwest::Url::parse(url).unwrap();
    url.query_pairs().find(|(key, _)| key == name).unwrap_or_else(|| panic!("no {name} in {url}")).1.into_owned()
}
