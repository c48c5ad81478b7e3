//! The claiming workers, by apalis: one for starts, one for stops and cleanups and one for pulls of images, so that none blocks another.
//!
//! apalis brings the concurrency and the restarts of a worker that broke; the truth stays in the jobs table. With `.concurrency(n)` it asks
//! our backend for a task exactly when a permit is free, and each task is then worked on under its lease in [`crate::jobs`].

use std::sync::Arc;

use apalis::layers::WorkerBuilderExt as _;
use apalis_core::monitor::Monitor;
use apalis_core::worker::builder::WorkerBuilder;
use apalis_core::worker::ext::parallelize::ParallelizeExt as _;
use berth_shared::queue::backend::{ClaimBackend, Source};
use berth_shared::queue::{Claimant, Class};

use crate::context::Context;
use crate::jobs;

/// Claims for ever. Dropping this ends the claiming at once; jobs under way are tasks of their own and go on.
pub(crate) async fn run(ctx: Arc<Context>) {
    let mut monitor = Monitor::new().should_restart(|_, _| true);
    for (class, name) in [(Class::Starts, "starts"), (Class::Ends, "ends"), (Class::Pulls, "pulls")] {
        let ctx = Arc::clone(&ctx);
        let permits = permits(&ctx, class);
        monitor = monitor.register(move |run| {
            let work = Arc::clone(&ctx);
            WorkerBuilder::new(format!("{}-{name}-{run}", ctx.worker_id))
                .backend(ClaimBackend::new(source(&ctx, class)))
                .parallelize(tokio::spawn)
                .concurrency(permits)
                .build(move |job_id: String| jobs::work(Arc::clone(&work), job_id))
        });
    }
    if let Err(error) = monitor.run().await {
        tracing::error!(error = &error as &dyn std::error::Error, "claiming ended");
    }
}

fn permits(ctx: &Context, class: Class) -> usize {
    let concurrency = i64::try_from(ctx.settings.worker_concurrency).unwrap_or(i64::MAX);
    usize::try_from(class.permits(concurrency)).unwrap_or(1)
}

fn source(ctx: &Context, class: Class) -> Source {
    Source {
        db: ctx.db.clone(),
        signals: ctx.signals.clone(),
        keeper: ctx.keeper.clone(),
        claimant: Claimant {
            worker_id: ctx.worker_id.clone(),
            node_id: ctx.settings.node.clone(),
            lease_ttl: ctx.settings.lease_ttl,
        },
        class,
        permits: permits(ctx, class),
        claims: ctx.claims.clone(),
        open: ctx.circuit.subscribe(),
    }
}
