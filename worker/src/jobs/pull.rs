//! `image.pull`: fetches an image from its registry to this node. Whoever waits for it is woken by its end.

use std::time::Duration;

use berth_shared::domain::image_ref::ImageRef;
use berth_shared::lifecycle::{self, Applied};
use berth_shared::queue::End;
use berth_shared::queue::keeper::Go;
use berth_shared::queue::pulls::{self, Pull};
use berth_shared::store::registries;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::{Shift, Trouble, as_wanted};
use crate::runtime::{Credentials, EngineError, Kind, Progress, Pulling};

/// How often it is told how far it has come.
const TELL_EVERY: Duration = Duration::from_secs(1);
const ONE_LOOK: Duration = Duration::from_secs(10);

pub(crate) async fn run(shift: &Shift<'_>) -> Result<(), Trouble> {
    let pull = shift.persist(async || pulls::get(&mut shift.ctx.db.read().await?, &shift.lease.job_id).await).await?;
    let pull = pull.ok_or(Trouble::Stopped(Go::Lost))?;
    shift.may_go_on()?;
    let is_here = shift.ctx.engine.image(&pull.image, shift.until()).await?.is_some();
    if !is_here || pull.again {
        let reference =
            ImageRef::parse(&pull.image).map_err(|why| EngineError::new(Kind::ImageMissing, "image_pull", why))?;
        let who = credentials(shift, &reference).await?;
        let pulling = shift.ctx.engine.pull(&reference, who, shift.until()).await?;
        if follow(shift, pulling).await? == Applied::Superseded {
            return end(shift, &End::Cancel, None).await;
        }
    }
    let image = shift.ctx.engine.image(&pull.image, shift.until().min(Instant::now() + ONE_LOOK)).await?;
    let image = image.ok_or_else(|| missing(&pull))?;
    tracing::info!(image = pull.image, id = image.id, "an image is there");
    end(shift, &End::Done, Some(&image.id)).await
}

/// Gives a pull up for good.
pub(super) async fn give_up(shift: &Shift<'_>, words: String, error: String) -> Result<(), Trouble> {
    end(shift, &End::Discard { words, error }, None).await
}

fn missing(pull: &Pull) -> EngineError {
    EngineError::new(Kind::ImageMissing, "image_pull", format!("{} was pulled and is not there", pull.image))
}

async fn end(shift: &Shift<'_>, end: &End, image_id: Option<&str>) -> Result<(), Trouble> {
    let (db, signals) = (&shift.ctx.db, &shift.ctx.signals);
    as_wanted(shift.persist(|| lifecycle::pull_ended(db, signals, shift.lease, end, image_id)).await?)
}

async fn credentials(shift: &Shift<'_>, image: &ImageRef) -> Result<Option<Credentials>, Trouble> {
    let host = image.registry();
    let found = shift.persist(async || registries::get(&mut shift.ctx.db.read().await?, host).await).await?;
    let Some(registry) = found else { return Ok(None) };
    match shift.ctx.key.open(registries::PURPOSE, host, &registry.password) {
        Some(password) => Ok(Some(Credentials { host: host.to_owned(), username: registry.username, password })),
        None => {
            let detail = format!("the password for {host} was sealed with another key; give it again");
            Err(EngineError::new(Kind::PullDenied, "image_pull", detail).into())
        }
    }
}

/// Follows a pull to its end and tells how far it is. `Superseded`: somebody wants it to end.
async fn follow(shift: &Shift<'_>, mut pulling: Pulling) -> Result<Applied, Trouble> {
    let mut tick = interval(TELL_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut progress = Progress::default();
    loop {
        tokio::select! {
            why = shift.permit.stopped() => return Err(Trouble::Stopped(why)),
            news = pulling.next() => match news? {
                None => return Ok(Applied::Yes),
                Some(news) => progress.clone_from(news),
            },
            _ = tick.tick() => match tell(shift, &progress).await {
                Applied::Yes => {}
                Applied::Superseded => return Ok(Applied::Superseded),
                Applied::LeaseLost => return Err(Trouble::Stopped(Go::Lost)),
            },
        }
    }
}

/// A database that does not answer holds up no pull: whether the lease is lost, the keeper sees.
async fn tell(shift: &Shift<'_>, progress: &Progress) -> Applied {
    let (db, signals, lease) = (&shift.ctx.db, &shift.ctx.signals, shift.lease);
    let text = progress.text();
    let told = lifecycle::pull_progress(db, signals, lease, progress.percent(), &text);
    match timeout(TELL_EVERY, told).await {
        Ok(Ok(applied)) => applied,
        Ok(Err(error)) => {
            tracing::debug!(%error, "how far a pull has come was not written down");
            Applied::Yes
        }
        Err(_) => Applied::Yes,
    }
}
