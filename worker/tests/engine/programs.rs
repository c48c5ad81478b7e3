//! Images that do something else than the desktop does: for Docker the desktop image with another program in it, for the pretended
//! engine an image that is said to behave so.

use berth_worker::runtime::Template;
use bollard::models::{ContainerConfig, ContainerCreateBody};
use bollard::query_parameters as query;
use serde_json::{Value, json};

use crate::engines::Which;
use crate::http;
use crate::rig::{IMAGE, Rig};

pub(crate) enum Program {
    /// Reads a line, writes `words` on standard error, and ends with `code`.
    Quits { code: i64, words: &'static str },
    /// Cannot be started at all.
    NotThere,
    /// Starts, and cannot find what it wants to run.
    FindsNothing,
    /// Sleeps; a signal ends it.
    Sleeps,
    /// Sleeps, and no signal but the last ends it.
    SleepsDeaf,
    /// Says that it is ready; nothing answers.
    OnlySaysReady,
    /// Greets without a password; never says that it is ready.
    OnlyGreets,
    /// Takes memory until it has none.
    EatsMemory,
    /// A desktop as usual, some seconds later: long enough for something to befall its start.
    ComesUpLate,
}

impl Program {
    fn for_docker(&self) -> Vec<String> {
        let bash = |line: &str| ["bash", "-c", line].map(str::to_owned).to_vec();
        let under_init = |line: &str| ["tini", "--", "bash", "-c", line].map(str::to_owned).to_vec();
        match self {
            Self::Quits { code, words: "" } => bash(&format!("read x; exit {code}")),
            Self::Quits { code, words } => bash(&format!("read x; echo '{words}' >&2; exit {code}")),
            Self::NotThere => vec!["/no/such/program".to_owned()],
            Self::FindsNothing => bash("read x; no-such-program"),
            Self::Sleeps => ["tini", "--", "sleep", "60"].map(str::to_owned).to_vec(),
            Self::SleepsDeaf => bash("trap '' TERM; while :; do sleep 1; done"),
            Self::OnlySaysReady => under_init("echo ready; sleep 60"),
            Self::OnlyGreets => under_init("Xvnc :1 -rfbport 5900 -SecurityTypes None 2>/dev/null"),
            Self::EatsMemory => bash("read x; x=x; while :; do x=$x$x; done"),
            Self::ComesUpLate => under_init("sleep 4 </dev/null; exec /usr/lib/berth/start"),
        }
    }

    fn pretended(&self) -> Value {
        match self {
            Self::Quits { code, words } => json!({"does": "quits", "code": code, "words": words}),
            Self::NotThere => json!({"does": "missing", "path": "/no/such/program"}),
            Self::FindsNothing => {
                json!({"does": "quits", "code": 127, "words": "bash: line 1: no-such-program: command not found"})
            }
            Self::Sleeps => json!({"does": "sleeps", "says": null}),
            Self::SleepsDeaf => json!({"does": "sleeps", "says": null, "deaf": true}),
            Self::OnlySaysReady => json!({"does": "sleeps", "says": "ready"}),
            Self::OnlyGreets => json!({"does": "sleeps", "says": null, "greets": true}),
            Self::EatsMemory => json!({"does": "quits", "code": 137, "oom": true}),
            // As late as all of its desktops.
            Self::ComesUpLate => json!({"does": "desktop"}),
        }
    }
}

impl Rig {
    /// A template whose image does this.
    pub(crate) async fn template_of(&self, program: Program) -> Template {
        match self.which() {
            Which::Docker => {
                let words = program.for_docker();
                self.template_that_runs(&words.iter().map(String::as_str).collect::<Vec<_>>()).await
            }
            Which::Pretended => {
                let name = format!("berth-test/{}:latest", ulid::Ulid::generate().to_string().to_lowercase());
                let image = json!({"name": name, "program": program.pretended()});
                http::sim(&self.place.socket, "POST", "/sim/images", &image).await;
                self.images.lock().expect("lock").push(name.clone());
                Template { image: name, ..self.template() }
            }
        }
    }

    /// The desktop image with another program in place of its own; Docker only.
    pub(crate) async fn template_that_runs(&self, program: &[&str]) -> Template {
        assert_eq!(self.which(), Which::Docker, "the pretended engine runs nothing");
        let name = format!("berth-test/{}", ulid::Ulid::generate().to_string().to_lowercase());
        let body = ContainerCreateBody { image: Some(IMAGE.to_owned()), ..Default::default() };
        let scratch = self.docker.create_container(None, body).await.expect("a scratch container").id;
        let program: Vec<String> = program.iter().map(|part| (*part).to_owned()).collect();
        let options = query::CommitContainerOptionsBuilder::default()
            .container(&scratch)
            .repo(&name)
            .tag("latest")
            .changes(&format!("ENTRYPOINT {}", serde_json::to_string(&program).expect("JSON")))
            .build();
        let committed = self.docker.commit_container(options, ContainerConfig::default()).await;
        let _ = self.docker.remove_container(&scratch, None).await;
        committed.expect("an image made of the container");
        let name = format!("{name}:latest");
        self.images.lock().expect("lock").push(name.clone());
        Template { image: name, ..self.template() }
    }

    /// The user leaves.
    pub(crate) async fn log_out(&self, container_id: &str) {
        match self.which() {
            Which::Docker => drop(self.inside(container_id, "DISPLAY=:1 openbox --exit").await),
            Which::Pretended => self.dies(container_id, &json!({"exit_code": 0})).await,
        }
    }

    /// Its screen breaks down.
    pub(crate) async fn crash(&self, container_id: &str) {
        match self.which() {
            Which::Docker => drop(self.inside(container_id, "pkill -KILL Xvnc").await),
            Which::Pretended => self.dies(container_id, &json!({"exit_code": 1})).await,
        }
    }

    async fn dies(&self, container_id: &str, how: &Value) {
        http::sim(&self.place.socket, "POST", &format!("/sim/containers/{container_id}/die"), how).await;
    }
}
