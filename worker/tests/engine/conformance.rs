//! The same calls, one after the other, to the real engine and to the pretended one: the answers must be the same, word for word.
//!
//! Clients read Docker's words, so these are what the pretended engine is held to. They are Docker 20.10's; of another version only the
//! status codes are compared.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::engines::Which;
use crate::http::{Answer, call};
use crate::programs::Program;
use crate::rig::{IMAGE, LIMIT, Rig, address, desktop_id, port};

/// The words of this version are the model.
const MODEL: &str = "20.10.";

struct Talk {
    rig: Rig,
    /// What is different in each run, and what stands for it.
    masks: Vec<(String, &'static str)>,
    said: Vec<String>,
}

impl Talk {
    async fn with(which: Which) -> Self {
        let rig = Rig::on(which).await;
        Self { rig, masks: Vec::new(), said: Vec::new() }
    }

    fn mask(&mut self, text: impl ToString, stands: &'static str) -> String {
        self.masks.push((text.to_string(), stands));
        text.to_string()
    }

    fn masked(&self, text: &str) -> String {
        let text = self.masks.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        // Ids: 64 hexadecimal digits.
        let mut out = String::new();
        let mut hex = String::new();
        for c in text.chars().chain(['\0']) {
            if c.is_ascii_hexdigit() && !c.is_ascii_uppercase() {
                hex.push(c);
                continue;
            }
            out.push_str(if hex.len() == 64 { "ID" } else { &hex });
            hex.clear();
            out.push(c);
        }
        out.trim_end_matches('\0').to_owned()
    }

    fn note(&mut self, line: &str) {
        let line = self.masked(line);
        self.said.push(line);
    }

    async fn ask(&mut self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let answer = call(&self.rig.place.socket, method, &format!("/v1.41{path}"), body).await;
        self.note(&format!("{method} {path} → {} {}", answer.status, answer.message()));
        answer
    }

    async fn get(&mut self, path: &str) -> Value {
        self.ask("GET", path, None).await.json()
    }

    async fn post(&mut self, path: &str) -> Answer {
        self.ask("POST", path, None).await
    }

    async fn delete(&mut self, path: &str) -> Answer {
        self.ask("DELETE", path, None).await
    }

    /// Makes a container; its labels are those of this run's installation, so that it is swept away.
    async fn create(&mut self, name: &str, image: &str, host: Value) -> Answer {
        let labels = json!({"berth.installation": self.rig.engine.installation().id(), "berth.desktop": "d", "berth.generation": "1"});
        let body = json!({"Image": image, "OpenStdin": true, "Labels": labels, "ExposedPorts": {"5900/tcp": {}}, "HostConfig": host});
        self.ask("POST", &format!("/containers/create?name={name}"), Some(&body)).await
    }

    /// How a container is, in its own words.
    async fn state(&mut self, name: &str) -> Value {
        let seen = self.get(&format!("/containers/{name}/json")).await;
        let state = &seen["State"];
        let never = |time: &Value| time.as_str().is_some_and(|time| time.starts_with("0001-"));
        let words = json!({
            "Status": state["Status"], "Running": state["Running"], "ExitCode": state["ExitCode"], "Error": state["Error"],
            "OOMKilled": state["OOMKilled"], "Dead": state["Dead"], "started": !never(&state["StartedAt"]),
            "finished": !never(&state["FinishedAt"]), "Name": seen["Name"], "Ports": seen["NetworkSettings"]["Ports"],
            "PortBindings": seen["HostConfig"]["PortBindings"], "NetworkMode": seen["HostConfig"]["NetworkMode"],
            "networks": seen["NetworkSettings"]["Networks"].as_object().map(|all| all.keys().cloned().collect::<Vec<_>>()),
            "mounts": seen["Mounts"].as_array().map(|all| all.iter().map(|m| m["Name"].clone()).collect::<Vec<_>>()),
            "label": seen["Config"]["Labels"]["berth.ready"], "image": seen["Config"]["Image"],
        });
        self.note(&words.to_string());
        words
    }

    async fn until_it_has_ended(&mut self, name: &str) {
        let began = Instant::now();
        loop {
            let seen = call(&self.rig.place.socket, "GET", &format!("/containers/{name}/json"), None).await.json();
            if seen["State"]["Running"] == json!(false) {
                return;
            }
            assert!(began.elapsed() < LIMIT, "{name} does not end");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn now(&self) -> String {
        let info = call(&self.rig.place.socket, "GET", "/info", None).await.json();
        let now: jiff::Timestamp = info["SystemTime"].as_str().expect("a time").parse().expect("RFC 3339");
        format!("{}.{:09}", now.as_second(), now.subsec_nanosecond())
    }
}

fn published(port: u16) -> Value {
    json!({"PortBindings": {"5900/tcp": [{"HostIp": "127.0.0.1", "HostPort": port.to_string()}]}})
}

/// Runs a conversation with both engines, and compares.
async fn the_same(converse: impl AsyncFn(&mut Talk)) {
    let mut both = Vec::new();
    for which in [Which::Docker, Which::Pretended] {
        let mut talk = Talk::with(which).await;
        converse(&mut talk).await;
        both.push(talk);
    }
    let version = both[0].rig.engine.info(Instant::now() + LIMIT).await.expect("info").version;
    let words = version.starts_with(MODEL);
    // Of other versions only the statuses: up to the first space after the arrow.
    let cut = |line: &String| match line.split_once(" → ") {
        Some((asked, answer)) if !words => format!("{asked} → {}", answer.split(' ').next().unwrap_or_default()),
        _ => line.clone(),
    };
    let [real, pretended] = [0, 1].map(|i: usize| both[i].said.iter().map(cut).collect::<Vec<_>>());
    let pretended =
        if words { pretended } else { pretended.into_iter().filter(|line| line.contains(" → ")).collect() };
    let real = if words { real } else { real.into_iter().filter(|line| line.contains(" → ")).collect::<Vec<_>>() };
    let others: Vec<_> = real.iter().zip(&pretended).filter(|(real, pretended)| real != pretended).collect();
    assert_eq!(others, [], "the pretended engine (second) does not answer as Docker {version} does (first)");
    assert_eq!(real.len(), pretended.len());
}

#[tokio::test]
async fn what_is_not_there() {
    the_same(async |talk| {
        for (method, path) in [
            ("GET", "/containers/none/json"),
            ("POST", "/containers/none/start"),
            ("POST", "/containers/none/stop"),
            ("POST", "/containers/none/kill"),
            ("GET", "/containers/none/logs?stdout=1"),
            ("GET", "/containers/none/stats?stream=0"),
            ("DELETE", "/containers/none"),
            ("GET", "/images/berth/no-such-image:latest/json"),
            ("GET", "/networks/none-such"),
            ("DELETE", "/networks/none-such"),
            ("DELETE", "/networks/bridge"),
            ("GET", "/volumes/none-such"),
            ("DELETE", "/volumes/none-such"),
            ("GET", "/no/such/thing"),
            ("GET", "/events?since=yesterday"),
            ("GET", "/containers/json?filters=%7B%22colour%22%3A%5B%22red%22%5D%7D"),
        ] {
            talk.ask(method, path, None).await;
        }
        talk.create("zz-none", "berth/no-such-image:latest", json!({})).await;
        talk.create("not%20a%20name", IMAGE, json!({})).await;
        // What Go's parser says of it is its own.
        let nonsense = call(&talk.rig.place.socket, "GET", "/containers/json?filters=nonsense", None).await;
        talk.note(&format!("nonsense → {}", nonsense.status));
        let newer = call(&talk.rig.place.socket, "GET", "/v1.99/info", None).await;
        talk.note(&format!("newer → {} {}", newer.status, newer.message()));
    })
    .await;
}

#[tokio::test]
async fn a_container_s_life() {
    the_same(async |talk| {
        let (name, at) = (format!("zz-{}", desktop_id().to_lowercase()), port());
        let (name, home) = (talk.mask(&name, "NAME"), talk.mask(format!("{name}-home"), "HOME"));
        talk.masks.swap(0, 1); // the longer one first
        talk.mask(at, "PORT");
        let label = format!("berth.installation={}", talk.rig.engine.installation().id());
        talk.mask(talk.rig.engine.installation().id().to_owned(), "INSTALLATION");
        let mut host = published(at);
        host["Mounts"] = json!([{"Type": "volume", "Source": home, "Target": "/home/user"}]);
        let began = talk.now().await;

        talk.create(&name, IMAGE, host.clone()).await;
        talk.create(&name, IMAGE, host).await;
        talk.state(&name).await;
        talk.post(&format!("/containers/{name}/kill")).await;
        talk.post(&format!("/containers/{name}/stop")).await;
        let log = talk.ask("GET", &format!("/containers/{name}/logs?stdout=1"), None).await;
        talk.note(&format!("log {:?}", log.body));
        talk.get(&format!("/containers/{name}/logs")).await;

        talk.post(&format!("/containers/{name}/start")).await;
        talk.post(&format!("/containers/{name}/start")).await;
        talk.state(&name).await;
        let filter = format!("%7B%22label%22%3A%5B%22{}%22%5D%7D", label.replace('=', "%3D"));
        let list = talk.get(&format!("/containers/json?filters={filter}")).await;
        let one = &list[0];
        talk.note(
            &json!([one["Names"], one["State"], one["Ports"], one["Image"], one["HostConfig"], list[1]]).to_string(),
        );
        talk.delete(&format!("/containers/{name}")).await;
        talk.delete(&format!("/volumes/{home}")).await;
        talk.post(&format!("/containers/{name}/stop?t=5")).await;
        talk.post(&format!("/containers/{name}/stop?t=5")).await;
        talk.state(&name).await;
        let list = talk.get(&format!("/containers/json?filters={filter}")).await;
        talk.note(&format!("running: {list}"));

        talk.post(&format!("/containers/{name}/start")).await;
        talk.post(&format!("/containers/{name}/kill?signal=TERM")).await;
        talk.until_it_has_ended(&name).await;
        talk.state(&name).await;
        talk.post(&format!("/containers/{name}/start")).await;
        talk.post(&format!("/containers/{name}/kill")).await;
        talk.state(&name).await;
        talk.post(&format!("/containers/{name}/start")).await;
        talk.delete(&format!("/containers/{name}?force=1&v=1")).await;
        talk.delete(&format!("/containers/{name}?force=1&v=1")).await;
        talk.delete(&format!("/volumes/{home}")).await;
        talk.delete(&format!("/volumes/{home}")).await;

        let ended = talk.now().await;
        let events =
            call(&talk.rig.place.socket, "GET", &format!("/events?since={began}&until={ended}&filters={filter}"), None)
                .await;
        for line in events.body.lines().filter(|line| line.starts_with('{')) {
            let event: Value = serde_json::from_str(line).expect("an event");
            let facts = &event["Actor"]["Attributes"];
            let words = json!([
                event["Type"],
                event["Action"],
                event["status"],
                event["from"],
                facts["name"],
                facts["image"],
                facts["exitCode"],
                facts["signal"],
                facts["berth.desktop"],
                event["scope"],
            ]);
            talk.note(&words.to_string());
        }
    })
    .await;
}

#[tokio::test]
async fn ports_that_are_taken() {
    the_same(async |talk| {
        let names = ["ONE", "TWO"].map(|n| (n, format!("zz-{}", desktop_id().to_lowercase())));
        let [one, two] = names.map(|(mask, name)| talk.mask(name, mask));
        let at = port();
        talk.mask(at, "PORT");
        let stranger = TcpListener::bind(address(at)).expect("bound");
        talk.create(&one, IMAGE, published(at)).await;
        talk.post(&format!("/containers/{one}/start")).await;
        talk.state(&one).await;
        drop(stranger);
        talk.post(&format!("/containers/{one}/start")).await;
        talk.state(&one).await;
        talk.create(&two, IMAGE, published(at)).await;
        talk.post(&format!("/containers/{two}/start")).await;
        talk.state(&two).await;
        talk.delete(&format!("/containers/{one}?force=1")).await;
        talk.post(&format!("/containers/{two}/start")).await;
        talk.delete(&format!("/containers/{two}?force=1")).await;
    })
    .await;
}

#[tokio::test]
async fn programs_that_are_not_there_or_do_not_listen() {
    the_same(async |talk| {
        let names = ["ONE", "TWO", "THREE"].map(|n| (n, format!("zz-{}", desktop_id().to_lowercase())));
        let [missing, deaf, quits] = names.map(|(mask, name)| talk.mask(name, mask));
        for (name, program) in [
            (&missing, Program::NotThere),
            (&deaf, Program::SleepsDeaf),
            (&quits, Program::Quits { code: 7, words: "so it goes" }),
        ] {
            let image = talk.rig.template_of(program).await.image;
            talk.mask(&image, "IMAGE");
            talk.create(name, &image, json!({})).await;
            talk.post(&format!("/containers/{name}/start")).await;
        }
        talk.state(&missing).await;
        talk.post(&format!("/containers/{missing}/stop")).await;
        // Its trap must be set before it is told to end.
        sleep(Duration::from_millis(500)).await;
        talk.post(&format!("/containers/{deaf}/stop?t=1")).await;
        talk.state(&deaf).await;
        for name in [missing, deaf, quits] {
            talk.delete(&format!("/containers/{name}?force=1")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn networks_that_overlap_are_used_or_gone() {
    the_same(async |talk| {
        let id = desktop_id().to_lowercase();
        let (net, name) = (talk.mask(format!("zz-net-{id}"), "NET"), talk.mask(format!("zz-{id}"), "NAME"));
        let third = std::process::id() % 60 * 4;
        let subnet = talk.mask(format!("10.88.{third}.0/22"), "SUBNET");
        let wanted = json!({
            "Name": net, "Driver": "bridge", "Options": {"com.docker.network.bridge.enable_icc": "false"},
            "Labels": {"berth.installation": talk.rig.engine.installation().id()}, "IPAM": {"Config": [{"Subnet": subnet}]},
        });
        talk.ask("POST", "/networks/create", Some(&wanted)).await;
        talk.ask("POST", "/networks/create", Some(&wanted)).await;
        let seen = talk.get(&format!("/networks/{net}")).await;
        talk.note(&json!([seen["Name"], seen["Driver"], seen["IPAM"], seen["Options"], seen["Containers"]]).to_string());
        talk.create(&name, IMAGE, json!({"NetworkMode": net})).await;
        talk.post(&format!("/containers/{name}/start")).await;
        talk.delete(&format!("/networks/{net}")).await;
        talk.post(&format!("/containers/{name}/stop?t=5")).await;
        talk.delete(&format!("/networks/{net}")).await;
        talk.delete(&format!("/networks/{net}")).await;
        talk.post(&format!("/containers/{name}/start")).await;
        talk.state(&name).await;
        talk.delete(&format!("/containers/{name}")).await;
        let again = call(&talk.rig.place.socket, "POST", "/networks/create", Some(&wanted)).await;
        talk.note(&format!("again → {}", again.status));
        talk.delete(&format!("/networks/{net}")).await;
    })
    .await;
}
