//! A client with a cookie jar, and answers that tests can look into.
use reqwest::{Client, ClientBuilder, Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Browser {
    client: Client,
    pub(crate) host: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

/// Built with the api, reqwest takes the cryptography that the process has chosen, though nothing here is encrypted.
pub(crate) fn client() -> ClientBuilder {
    _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}

impl Browser {
    pub(crate) fn new(host: &str) -> Self {
        Self { client: client().cookie_store(true).build().unwrap(), host: host.to_owned() }
    }

    /// A request to a path below `/api/v1`, to be sent with `Answer::of`.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("http://{}/api/v1{path}", self.host);
        self.client.request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str) -> Answer {
        Answer::of(self.request(method, path)).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(method, path).json(body)).await
    }

    pub(crate) async fn log_in(&self, username: &str, password: &str) -> Answer {
        self.send("POST", "/auth/login", &json!({ "username": username, "password": password })).await
    }

    /// A desktop of template `light`.
    pub(crate) async fn desktop(&self) -> Value {
        self.send("POST", "/desktops", &json!({ "template": "light" })).await.ok(202)
    }
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap();
        Self { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    /// The body, if the status is this one.
    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// That it is this problem.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers)).to_str().unwrap()
    }

    /// The names of the cookies that it sets.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect()
    }
}

/// A body without what differs from run to run: ids, times, measured milliseconds.
pub(crate) fn scrubbed(body: Value) -> Value {
    match body {
        Value::String(text) if text.len() == 26 && text.bytes().all(|b| b.is_ascii_alphanumeric()) => json!("[id]"),
        Value::String(text) if text.ends_with('Z') && text.contains('T') && text.contains(':') => json!("[time]"),
        Value::String(text) => {
            let words = text.split('/').map(|part| if part.len() == 26 { "[id]" } else { part });
            json!(words.collect::<Vec<_>>().join("/"))
        }
        Value::Array(items) => items.into_iter().map(scrubbed).collect(),
        Value::Object(fields) => {
            let measured = |name: &str, value: &Value| name.ends_with("_ms") && value.is_number();
            fields
                .into_iter()
                .map(|(name, value)| {
                    let value = if measured(&name, &value) { json!("[ms]") } else { scrubbed(value) };
                    (name, value)
                })
                .collect()
        }
        plain @ (Value::Null | Value::Bool(_) | Value::Number(_)) => plain,
    }
}
