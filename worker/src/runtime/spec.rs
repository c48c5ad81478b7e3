//! What a desktop's container looks like: one pure function from what is wanted to what the engine is asked for.
//!
//! Every desktop is hardened alike: no capability, no new privileges, the default seccomp profile, a read-only root with small
//! tmpfs, limits on memory, CPU and pids, its one port on one address. What must survive lives in the home's volume.
//! No secret passes here: whatever stands in this request can be read from the engine by `inspect`.

use std::collections::HashMap;
use std::net::IpAddr;

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions, PortBinding,
    ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};

use super::names::{
    Installation, LABEL_DESKTOP, LABEL_GENERATION, LABEL_INSTALLATION, LABEL_NAME, LABEL_OWNER, LABEL_TEMPLATE,
};

/// Where the home's volume is mounted.
pub const HOME: &str = "/home/user";

const MIB: i64 = 1024 * 1024;

/// The recipe, as far as the engine is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub image: String,
    pub container_port: u16,
    pub memory_mib: u32,
    /// Thousandths of a CPU.
    pub cpus_milli: u32,
    /// Processes and threads together.
    pub pids: u32,
    /// Size of `/dev/shm`, which browsers want.
    pub shm_mib: u32,
    pub env: Vec<(String, String)>,
    /// In place of the image's own command; empty leaves that.
    pub command: Vec<String>,
    /// The image brings an init of its own as PID 1 (ours do); others get the engine's.
    pub own_init: bool,
}

/// One container of one desktop.
#[derive(Debug, Clone)]
pub struct ContainerSpec<'a> {
    pub installation: &'a Installation,
    pub desktop: &'a str,
    pub generation: i64,
    /// The owner's id, as a label for whoever looks at the engine.
    pub owner: &'a str,
    pub template: &'a Template,
    /// The template's id, as a label.
    pub template_id: &'a str,
    /// The leased port on the node, and the one address it is published on.
    pub node_port: u16,
    pub bind: IpAddr,
    /// The network's id: names are not unique in an engine.
    pub network: &'a str,
    /// The desktop's name: as a label, and as what it calls itself; anything is allowed, see [`hostname`].
    pub hostname: &'a str,
    /// The engine refuses more CPUs than it has.
    pub engine_cpus: u32,
}

impl ContainerSpec<'_> {
    #[must_use]
    pub(crate) fn name(&self) -> String {
        self.installation.container_name(self.desktop, self.generation)
    }

    #[must_use]
    pub(crate) fn body(&self) -> ContainerCreateBody {
        let template = self.template;
        ContainerCreateBody {
            image: Some(template.image.clone()),
            hostname: Some(hostname(self.hostname)),
            env: Some(template.env.iter().map(|(key, value)| format!("{key}={value}")).collect()),
            cmd: (!template.command.is_empty()).then(|| template.command.clone()),
            labels: Some(self.labels()),
            exposed_ports: Some(vec![self.port_key()]),
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            // Not once: a worker that dies after attaching leaves standard input open for the next one.
            open_stdin: Some(true),
            stdin_once: Some(false),
            tty: Some(false),
            host_config: Some(self.host()),
            ..Default::default()
        }
    }

    pub(crate) fn port_key(&self) -> String {
        format!("{}/tcp", self.template.container_port)
    }

    fn labels(&self) -> HashMap<String, String> {
        HashMap::from([
            (LABEL_INSTALLATION.to_owned(), self.installation.id().to_owned()),
            (LABEL_DESKTOP.to_owned(), self.desktop.to_owned()),
            (LABEL_GENERATION.to_owned(), self.generation.to_string()),
            (LABEL_OWNER.to_owned(), self.owner.to_owned()),
            (LABEL_TEMPLATE.to_owned(), self.template_id.to_owned()),
            (LABEL_NAME.to_owned(), self.hostname.to_owned()),
        ])
    }

    fn host(&self) -> HostConfig {
        let template = self.template;
        let memory = i64::from(template.memory_mib) * MIB;
        let cpus_milli = template.cpus_milli.min(self.engine_cpus.max(1) * 1000);
        let binding = PortBinding { host_ip: Some(self.bind.to_string()), host_port: Some(self.node_port.to_string()) };
        HostConfig {
            memory: Some(memory),
            memory_swap: Some(memory),
            nano_cpus: Some(i64::from(cpus_milli) * 1_000_000),
            pids_limit: Some(i64::from(template.pids)),
            shm_size: Some(i64::from(template.shm_mib) * MIB),
            // No more files than the engine itself may have: runc cannot raise a hard limit without the capability for it.
            ulimits: Some(vec![limit("core", 0, 0), limit("nofile", 4096, 8192)]),
            // When the host runs out of memory, a desktop goes before anything of the host's own.
            oom_score_adj: Some(500),
            cap_drop: Some(vec!["ALL".to_owned()]),
            privileged: Some(false),
            security_opt: Some(vec!["no-new-privileges:true".to_owned()]),
            readonly_rootfs: Some(true),
            tmpfs: Some(self.tmpfs()),
            mounts: Some(vec![self.home()]),
            ipc_mode: Some("private".to_owned()),
            init: Some(!template.own_init),
            // Who starts it again is the queue's business, through the start slots.
            restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), maximum_retry_count: None }),
            auto_remove: Some(false),
            publish_all_ports: Some(false),
            port_bindings: Some(HashMap::from([(self.port_key(), Some(vec![binding]))])),
            network_mode: Some(self.network.to_owned()),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some(HashMap::from([
                    ("max-size".to_owned(), "1m".to_owned()),
                    ("max-file".to_owned(), "2".to_owned()),
                ])),
            }),
            ..Default::default()
        }
    }

    /// Pages written here count as the desktop's memory, so the sizes only keep one of them from taking all of it.
    fn tmpfs(&self) -> HashMap<String, String> {
        let tmp_mib = (self.template.memory_mib / 2).clamp(32, 1024);
        HashMap::from([
            ("/tmp".to_owned(), format!("rw,nosuid,nodev,exec,mode=1777,size={tmp_mib}m")),
            ("/run".to_owned(), "rw,nosuid,nodev,noexec,mode=1777,size=16m".to_owned()),
        ])
    }

    /// A new volume is filled from the image, owners included, so the desktop's user may write to it.
    fn home(&self) -> Mount {
        let labels = self.labels().into_iter().filter(|(key, _)| key != LABEL_GENERATION).collect();
        Mount {
            target: Some(HOME.to_owned()),
            source: Some(self.installation.volume_name(self.desktop)),
            typ: Some(MountType::VOLUME),
            read_only: Some(false),
            volume_options: Some(MountVolumeOptions { labels: Some(labels), ..Default::default() }),
            ..Default::default()
        }
    }
}

fn limit(name: &str, soft: i64, hard: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.to_owned()), soft: Some(soft), hard: Some(hard) }
}

/// A name that people chose, as a host name (RFC 1123): letters, digits and inner hyphens, 63 at most; `desktop` when nothing is left.
fn hostname(name: &str) -> String {
    let mut host = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => host.push(c.to_ascii_lowercase()),
            _ if !host.is_empty() && !host.ends_with('-') => host.push('-'),
            _ => {}
        }
    }
    host.truncate(63);
    let host = host.trim_end_matches('-');
    if host.is_empty() { "desktop".to_owned() } else { host.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{ContainerSpec, Template, hostname};
    use crate::runtime::Installation;

    fn template() -> Template {
        Template {
            image: "berth/desktop:latest".into(),
            container_port: 5900,
            memory_mib: 256,
            cpus_milli: 500,
            pids: 256,
            shm_mib: 64,
            env: vec![("LANG".into(), "C.UTF-8".into())],
            command: vec![],
            own_init: true,
        }
    }

    fn spec<'a>(installation: &'a Installation, template: &'a Template) -> ContainerSpec<'a> {
        ContainerSpec {
            installation,
            desktop: "01JDDESKTOP0000000000000AB",
            generation: 2,
            owner: "01JDUSER",
            template,
            template_id: "light",
            node_port: 7001,
            bind: [127, 0, 0, 1].into(),
            network: "8a2f",
            hostname: "My desk",
            engine_cpus: 2,
        }
    }

    #[test]
    fn what_the_engine_is_asked_for() {
        let (installation, template) = (Installation::new("01JDCXAB00000000Q7MZ4K2T9W"), template());
        let spec = spec(&installation, &template);
        let body = serde_json::to_value(spec.body()).expect("serializable");
        insta::assert_snapshot!(serde_json::to_string_pretty(&body).expect("text"));
    }

    #[test]
    fn a_foreign_image_gets_an_init_and_never_more_cpus_than_there_are() {
        let installation = Installation::new("x");
        let template = Template { cpus_milli: 4000, own_init: false, command: vec!["serve".into()], ..template() };
        let body = spec(&installation, &template).body();
        let host = body.host_config.expect("host config");
        assert_eq!((host.nano_cpus, host.init), (Some(2_000_000_000), Some(true)));
        assert_eq!(body.cmd, Some(vec!["serve".to_owned()]));
    }

    #[test]
    fn host_names_are_made_of_any_name() {
        for (name, host) in [("My desk", "my-desk"), ("--", "desktop"), ("Ärger (2)", "rger-2"), ("", "desktop")] {
            assert_eq!(hostname(name), host);
        }
        assert_eq!(hostname(&"x".repeat(100)).len(), 63);
    }
}
