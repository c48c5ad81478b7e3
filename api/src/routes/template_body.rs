//! What an administrator may say about a template, and whether it fits.
use berth_shared::{
    domain::{
        desktop::ConnectKind,
        image_ref::ImageRef,
        names,
        template::{Audience, Env, EnvVar, Home, MOST_ENV},
    },
    store::{nodes::Size, templates::Template},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{extract::Faults, problem::ApiError};

const LONGEST_DESCRIPTION: usize = 300;
const MOST_GROUPS: usize = 100;
const MIB_OF_ONE: i64 = 1024 * 1024;
const SHORTEST_MEMORY: i64 = 64;
const MOST_PIDS: i64 = 32_768;

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateTemplate {
    #[schema(min_length = 1, max_length = 64)]
    pub(super) name: String,
    #[serde(default)]
    #[schema(max_length = 300)]
    pub(super) description: String,
    /// The name of a picture that the page has.
    #[serde(default = "terminal")]
    #[schema(default = "terminal", pattern = "^[a-z0-9-]{1,32}$")]
    pub(super) icon: String,
    #[serde(default = "vnc")]
    #[schema(default = "vnc")]
    pub(super) kind: ConnectKind,
    #[schema(example = "registry.example/team/desktop:1")]
    pub(super) image: String,
    /// Where the desktop's screen is served inside its container.
    #[serde(default = "rfb")]
    #[schema(default = 5900, minimum = 1, maximum = 65535)]
    pub(super) container_port: i64,
    pub(super) memory_mib: i64,
    #[schema(example = 1.5)]
    pub(super) cpus: f64,
    /// Processes and threads together.
    #[serde(default = "pids")]
    #[schema(default = 256)]
    pub(super) pids: i64,
    #[serde(default = "shm")]
    #[schema(default = 64)]
    pub(super) shm_mib: i64,
    #[serde(default)]
    #[schema(max_items = 50)]
    pub(super) env: Vec<EnvVar>,
    #[serde(default = "kept")]
    #[schema(default = "kept")]
    pub(super) home: Home,
    #[serde(default = "everyone")]
    #[schema(default = "everyone")]
    pub(super) audience: Audience,
    #[serde(default)]
    pub(super) groups: Vec<String>,
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub(super) enabled: bool,
    #[serde(default)]
    pub(super) default: bool,
}

/// What is left out stays as it is.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PatchTemplate {
    #[schema(min_length = 1, max_length = 64)]
    pub(super) name: Option<String>,
    #[schema(max_length = 300)]
    pub(super) description: Option<String>,
    pub(super) icon: Option<String>,
    pub(super) kind: Option<ConnectKind>,
    pub(super) image: Option<String>,
    pub(super) container_port: Option<i64>,
    pub(super) memory_mib: Option<i64>,
    pub(super) cpus: Option<f64>,
    pub(super) pids: Option<i64>,
    pub(super) shm_mib: Option<i64>,
    pub(super) env: Option<Vec<EnvVar>>,
    /// Of desktops that are made from now on.
    pub(super) home: Option<Home>,
    pub(super) audience: Option<Audience>,
    pub(super) groups: Option<Vec<String>>,
    pub(super) enabled: Option<bool>,
    /// True takes it from the one that was it.
    pub(super) default: Option<bool>,
}

/// All templates, as they are to stand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TemplateOrder {
    /// Every template's id, once.
    pub(super) ids: Vec<String>,
}

fn terminal() -> String {
    "terminal".to_owned()
}
const fn vnc() -> ConnectKind {
    ConnectKind::Vnc
}
const fn rfb() -> i64 {
    5900
}
const fn pids() -> i64 {
    256
}
const fn shm() -> i64 {
    64
}
const fn kept() -> Home {
    Home::Kept
}
const fn everyone() -> Audience {
    Audience::Everyone
}
const fn yes() -> bool {
    true
}

impl CreateTemplate {
    /// What it says about a new template, as a change of an empty one.
    pub(super) fn as_change(&self) -> PatchTemplate {
        let new = self.clone();
        PatchTemplate {
            name: Some(new.name),
            description: Some(new.description),
            icon: Some(new.icon),
            kind: Some(new.kind),
            image: Some(new.image),
            container_port: Some(new.container_port),
            memory_mib: Some(new.memory_mib),
            cpus: Some(new.cpus),
            pids: Some(new.pids),
            shm_mib: Some(new.shm_mib),
            env: Some(new.env),
            home: Some(new.home),
            audience: Some(new.audience),
            groups: Some(new.groups),
            enabled: Some(new.enabled),
            default: Some(new.default),
        }
    }
}

impl PatchTemplate {
    /// Looks at all that is given. `sizes` is what the engines have that are known.
    ///
    /// # Errors
    /// 422 with every fault.
    pub(super) fn check(&self, sizes: &[Size]) -> Result<(), ApiError> {
        let mut faults = Faults::default();
        if let Some(Err(message)) = self.name.as_deref().map(names::checked) {
            faults.check(false, "name", message);
        }
        if let Some(text) = &self.description {
            let fits = text.chars().count() <= LONGEST_DESCRIPTION && !text.contains(char::is_control);
            faults.check(fits, "description", "write at most 300 characters on one line");
        }
        if let Some(icon) = &self.icon {
            let letters = icon.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            faults.check(letters && (1..=32).contains(&icon.len()), "icon", "write a picture's name: a-z, 0-9 and -");
        }
        faults.check(self.kind != Some(ConnectKind::Web), "kind", "web desktops are not there yet; write vnc");
        if let Some(Err(message)) = self.image.as_deref().map(ImageRef::parse) {
            faults.check(false, "image", message);
        }
        let port = self.container_port.is_none_or(|port| (1..=65_535).contains(&port));
        faults.check(port, "container_port", "write a number from 1 to 65535");
        self.check_limits(&mut faults, sizes);
        self.check_env(&mut faults);
        if let Some(groups) = &self.groups {
            faults.check(groups.len() <= MOST_GROUPS, "groups", "name at most 100 groups");
        }
        faults.done()
    }

    fn check_limits(&self, faults: &mut Faults, sizes: &[Size]) {
        if let Some(mib) = self.memory_mib {
            match sizes.iter().min_by_key(|size| size.memory_mib) {
                _ if !(SHORTEST_MEMORY..=MIB_OF_ONE).contains(&mib) => {
                    faults.check(false, "memory_mib", "write a number of MiB from 64 to 1048576");
                }
                Some(least) if mib > least.memory_mib => {
                    let words = format!("the server {} has {} MiB in all", least.id, least.memory_mib);
                    faults.check(false, "memory_mib", &words);
                }
                Some(_) | None => {}
            }
        }
        if let Some(cpus) = self.cpus {
            match sizes.iter().min_by_key(|size| size.cpus) {
                _ if !(0.01..=1_024.0).contains(&cpus) => {
                    faults.check(false, "cpus", "write a number of CPUs from 0.01 to 1024");
                }
                Some(least) if millis(cpus) > least.cpus * 1000 => {
                    let words = format!("the server {} has {} CPUs", least.id, least.cpus);
                    faults.check(false, "cpus", &words);
                }
                Some(_) | None => {}
            }
        }
        let pids = self.pids.is_none_or(|pids| (16..=MOST_PIDS).contains(&pids));
        faults.check(pids, "pids", "write a number from 16 to 32768");
        let shm = self.shm_mib.is_none_or(|mib| (1..=MIB_OF_ONE).contains(&mib));
        faults.check(shm, "shm_mib", "write a number of MiB, at least 1");
    }

    fn check_env(&self, faults: &mut Faults) {
        let Some(env) = &self.env else { return };
        faults.check(env.len() <= MOST_ENV, "env", "write at most 50 variables");
        for (at, var) in env.iter().enumerate() {
            if let Some((field, message)) = var.fault() {
                faults.check(false, &format!("env[{at}].{field}"), message);
            } else if env[..at].iter().any(|before| before.name == var.name) {
                faults.check(false, &format!("env[{at}].name"), "this variable is there twice");
            }
        }
    }

    /// The template as it is after this change. What is left out, and its place, stays.
    pub(super) fn on(self, mut t: Template, now: berth_shared::domain::time::Time) -> Template {
        fn set<T>(field: &mut T, given: Option<T>) {
            if let Some(given) = given {
                *field = given;
            }
        }
        set(&mut t.name, self.name.map(|name| name.trim().to_owned()));
        set(&mut t.description, self.description.map(|text| text.trim().to_owned()));
        set(&mut t.icon, self.icon);
        set(&mut t.kind, self.kind);
        set(&mut t.image, self.image);
        set(&mut t.container_port, self.container_port);
        set(&mut t.memory_mib, self.memory_mib);
        set(&mut t.cpu_millis, self.cpus.map(millis));
        set(&mut t.pids, self.pids);
        set(&mut t.shm_mib, self.shm_mib);
        set(&mut t.env, self.env.map(Env));
        set(&mut t.home, self.home);
        set(&mut t.audience, self.audience);
        match self.enabled {
            Some(true) => t.disabled_at = None,
            Some(false) => t.disabled_at = t.disabled_at.or(Some(now)),
            None => {}
        }
        set(&mut t.is_default, self.default);
        t
    }
}

/// Which of its fields are other ones now, as the audit log says it. None: nothing is.
pub(super) fn what_changed(before: &Template, after: &Template, groups: bool) -> Option<String> {
    let changed = [
        ("name", before.name != after.name),
        ("description", before.description != after.description),
        ("icon", before.icon != after.icon),
        ("kind", before.kind != after.kind),
        ("image", before.image != after.image),
        ("port", before.container_port != after.container_port),
        ("memory", before.memory_mib != after.memory_mib),
        ("CPUs", before.cpu_millis != after.cpu_millis),
        ("processes", before.pids != after.pids),
        ("shared memory", before.shm_mib != after.shm_mib),
        ("environment", before.env != after.env),
        ("home", before.home != after.home),
        ("audience", before.audience != after.audience),
        ("groups", groups),
        ("enabled", before.disabled_at.is_some() != after.disabled_at.is_some()),
        ("default", before.is_default != after.is_default),
    ];
    let changed: Vec<&str> = changed.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect();
    (!changed.is_empty()).then(|| format!("Changed: {}.", changed.join(", ")))
}

/// Thousandths of a CPU.
#[allow(clippy::cast_possible_truncation)] // checked to be at most 1024
fn millis(cpus: f64) -> i64 {
    (cpus * 1000.0).round() as i64
}
