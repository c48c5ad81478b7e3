//! One run from beginning to end: reaches or starts a Berth, makes users, plays the scenario, has everybody leave, and looks
//! at what is left. Whatever happens in between, everybody leaves.

use anyhow::Context as _;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::crowd::Crowd;
use crate::engine::Engine;
use crate::ledger::Ledger;
use crate::own::OwnBerth;
use crate::person::Terms;
use crate::plan::{Place, Plan, There};
use crate::progress::Progress;
use crate::report::{Facts, Report};
use crate::site::{Holds, Site};
use crate::strike::{self, Struck};
use crate::watch::Watch;
use crate::{resources, scenario};

const SLOTS_WITHIN: Duration = Duration::from_secs(20);
const LEAVE_WITHIN: Duration = Duration::from_secs(180);
/// What was put in line by the last to leave may take a moment longer.
const SETTLES_WITHIN: Duration = Duration::from_secs(15);

/// Told to end: by the first word everybody leaves in order, by the second nothing is waited for.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    pub first: CancellationToken,
    pub second: CancellationToken,
}

/// Loads a Berth as planned.
///
/// # Errors
/// When it cannot begin, in words; when what it made cannot be taken away again, with what is left.
pub async fn run(plan: &Plan, version: &'static str, stop: &Stop) -> anyhow::Result<Report> {
    plan.faults_fit()?;
    resources::allow_files(plan.users * 4 + plan.all_desktops() + 200)?;
    let (own, there) = match &plan.place {
        Place::There(there) => (None, there.clone()),
        Place::Own(own) => {
            let (own, there) = tokio::select! {
                started = OwnBerth::start(own, plan.all_desktops()) => started?,
                // It takes seconds, and what was begun could not be taken away in order.
                () = stop.second.cancelled() => anyhow::bail!("interrupted before anything was done"),
            };
            (Some(Arc::new(Mutex::new(own))), there)
        }
    };
    let loaded = Run::new(plan, own.clone()).load(there, version, stop).await;
    let ended = match own.map(Arc::into_inner) {
        Some(Some(own)) => own.into_inner().end(!stop.second.is_cancelled()).await,
        Some(None) | None => Ok(()),
    };
    let report = loaded?;
    ended.context("taking away the Berth that was started for this")?;
    Ok(report)
}

/// Removes all users that earlier runs have left behind, with all they have; how many there were.
///
/// # Errors
/// When they cannot be removed.
pub async fn clean(there: There, stop: &Stop) -> anyhow::Result<usize> {
    let site = Site::reach(there).await?;
    let count = site.ask_users_to_leave("").await?;
    tokio::select! {
        left = site.until_users_left("", LEAVE_WITHIN) => left.map(|()| count),
        () = stop.first.cancelled() => anyhow::bail!("interrupted: Berth goes on deleting them by itself"),
    }
}

struct Run<'a> {
    plan: &'a Plan,
    own: Option<Arc<Mutex<OwnBerth>>>,
    ledger: Arc<Ledger>,
    progress: Progress,
    watch: Watch,
    at_work: AtomicBool,
    struck: Struck,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Plan, own: Option<Arc<Mutex<OwnBerth>>>) -> Self {
        let ledger = Arc::new(Ledger::default());
        let progress = Progress::new(Arc::clone(&ledger));
        let (watch, at_work, struck) = (Watch::default(), AtomicBool::new(false), Struck::default());
        Self { plan, own, ledger, progress, watch, at_work, struck }
    }

    async fn load(&self, there: There, version: &'static str, stop: &Stop) -> anyhow::Result<Report> {
        let begun_at = jiff::Timestamp::now();
        self.progress.phase("looking at Berth");
        let engine = there.sim_socket.as_deref().map(Engine::at).transpose()?;
        let site = Site::reach(there).await?;
        let slots = site.slots(SLOTS_WITHIN).await?;
        let template = site.template(self.plan.template.as_deref()).await?;
        site.has_ports_for(self.plan.all_desktops()).await?;
        let (place, port_range) = self.words(&site).await;
        let before = site.holds(false).await?;
        let run = format!("{:06x}", rand::random::<u32>() & 0xff_ffff);

        let all = async {
            let played = tokio::select! {
                played = self.play(&site, &run, template, engine.as_ref()) => played,
                () = stop.first.cancelled() => Ok(()),
            };
            self.at_work.store(false, Ordering::Relaxed);
            let whole = strike::make_whole(self.plan, self.own.as_deref(), engine.as_ref()).await;
            let interrupted = stop.first.is_cancelled();
            self.progress.phase(if interrupted { "interrupted: everybody leaves" } else { "everybody leaves" });
            let asked = Instant::now();
            let left = tokio::select! {
                left = self.leave(&site, &run, &before) => left,
                () = stop.second.cancelled() => Err(self.left_alone(&run)),
            };
            (played.and(whole), left, asked.elapsed().as_secs_f64(), interrupted)
        };
        let (played, left, seconds, interrupted) = tokio::select! {
            done = all => done,
            never = self.keep_looking(&site) => match never {},
            never = self.progress.keep_telling() => match never {},
        };
        let leaks = left?;
        played?;
        let facts = Facts {
            version,
            begun_at,
            place,
            slots,
            port_range,
            interrupted,
            faults: self.struck.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            left_after_seconds: leaks.is_empty().then_some(seconds),
            leaks,
            looks: self.watch.looks(),
            gauges: self.watch.gauges(),
        };
        Ok(Report::of(self.plan, &self.ledger, facts))
    }

    async fn play(&self, site: &Site, run: &str, template: String, engine: Option<&Engine>) -> anyhow::Result<()> {
        let plan = self.plan;
        self.progress.phase("making users");
        let accounts = site.make_users(run, plan.users, plan.desktops).await?;
        let terms = Terms { ledger: Arc::clone(&self.ledger), template, patience: plan.patience };
        let origins = site.there.origins.clone();
        let crowd = Arc::new(Crowd::new(origins, accounts, terms, (plan.viewers, plan.seed)));
        self.progress.phase(plan.scenario.name());
        self.at_work.store(true, Ordering::Relaxed);
        let breaking = strike::keep_breaking(plan, &crowd, self.own.as_deref(), engine, (&self.struck, &self.progress));
        let played = tokio::select! {
            played = scenario::play(&crowd, plan) => played,
            never = breaking, if !plan.faults.is_empty() => match never {},
        };
        crowd.goes_home();
        played
    }

    /// Everybody leaves; what was left behind, in words.
    async fn leave(&self, site: &Site, run: &str, before: &Holds) -> anyhow::Result<Vec<String>> {
        site.ask_users_to_leave(run).await.with_context(|| self.left_words(run))?;
        let mut leaks = Vec::new();
        if let Err(error) = site.until_users_left(run, LEAVE_WITHIN).await {
            leaks.push(error.to_string());
        }
        let until = Instant::now() + SETTLES_WITHIN;
        let mut after = site.holds(true).await?;
        while (after.busy_slots > before.busy_slots || after.live_jobs > before.live_jobs) && Instant::now() < until {
            after = site.holds(false).await?;
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        for (what, now, then) in [
            ("start slots are busy", after.busy_slots, before.busy_slots),
            ("jobs are not over", after.live_jobs, before.live_jobs),
        ] {
            if now > then {
                leaks.push(format!("{now} {what}, {then} were before (others may have them)"));
            }
        }
        leaks.extend(after.drift.difference(&before.drift).cloned());
        if let Some(own) = &self.own {
            leaks.extend(own.lock().await.left().await?.into_iter().map(|left| format!("the engine has {left}")));
        }
        Ok(leaks)
    }

    fn left_alone(&self, run: &str) -> anyhow::Error {
        anyhow::anyhow!("interrupted twice; {}", self.left_words(run))
    }

    fn left_words(&self, run: &str) -> String {
        match self.own {
            Some(_) => "the Berth that was started for this is taken away as it is".to_owned(),
            None => format!(
                "users named load-{run}-… may still be there, with their desktops: `berth load clean` removes them; nobody \
                 else's are touched"
            ),
        }
    }

    /// What is loaded, in words, and the ports it has.
    async fn words(&self, site: &Site) -> (String, Option<String>) {
        let Some(own) = &self.own else { return (format!("at {}", site.there.origins.join(", ")), None) };
        let own = own.lock().await;
        let version = own.engine.version().await.unwrap_or_default();
        let engine = if own.pretended { "the pretended engine".to_owned() } else { format!("Docker Engine {version}") };
        let processes: Vec<String> = own.processes().into_iter().map(|(name, _)| name).collect();
        let database = match &self.plan.place {
            Place::Own(own) if own.database.is_some() => "PostgreSQL",
            Place::Own(_) | Place::There(_) => "SQLite",
        };
        (
            format!("started for this ({}) on {database} and {engine}", processes.join(", ")),
            Some(own.port_range.clone()),
        )
    }

    /// Goes on until it is dropped.
    async fn keep_looking(&self, site: &Site) -> Infallible {
        let found = site.processes();
        loop {
            let own = self.own.as_ref().and_then(|own| own.try_lock().ok());
            let (processes, folder) = match (&own, &self.own) {
                (Some(own), _) => (own.processes(), Some(own.folder_kib())),
                // Something of it is being started again.
                (None, Some(_)) => (Vec::new(), None),
                (None, None) => (found.clone(), None),
            };
            drop(own);
            if !(processes.is_empty() && self.own.is_some()) {
                self.watch.look(&processes, self.at_work.load(Ordering::Relaxed), folder);
            }
            self.watch.look_at_gauges(&site.there.metrics).await;
            tokio::time::sleep(self.plan.look_every).await;
        }
    }
}
