//! The templates that come with Berth. Each is written once: one that an administrator deletes or changes stays as they want it.

use berth_shared::config::Settings;
use berth_shared::domain::desktop::ConnectKind;
use berth_shared::domain::template::{Audience, Env, Home};
use berth_shared::domain::time::Time;
use berth_shared::store::templates::{self, Template};
use berth_shared::store::{StoreError, Tx, installation};

/// The light desktop where there is no template at all, and the one with a browser where it never was.
pub(crate) async fn seed(tx: &mut Tx, settings: &Settings, now: Time) -> Result<(), StoreError> {
    if templates::all(tx).await?.is_empty() {
        templates::insert(tx, &light(settings, now)).await?;
    }
    let browser = Template { position: templates::last_position(tx).await?, ..browser(settings, now) };
    let key = browser.name.to_lowercase();
    let taken = templates::all(tx).await?.iter().any(|t| t.id == browser.id || t.name.to_lowercase() == key);
    if installation::seeds(tx, &browser.id).await? && !taken {
        templates::insert(tx, &browser).await?;
    }
    Ok(())
}

fn light(settings: &Settings, now: Time) -> Template {
    Template {
        id: "light".into(),
        name: "Light desktop".into(),
        description: "Terminal, files, editor and image viewer.".into(),
        icon: "terminal".into(),
        kind: ConnectKind::Vnc,
        image: settings.desktop_image.clone(),
        container_port: 5900,
        memory_mib: 512,
        cpu_millis: 1_000,
        pids: 256,
        shm_mib: 64,
        position: 0,
        is_default: true,
        disabled_at: None,
        created_at: now,
        env: Env::default(),
        home: Home::Kept,
        audience: Audience::Everyone,
    }
}

/// A browser wants more of everything, and its threads count as processes.
fn browser(settings: &Settings, now: Time) -> Template {
    Template {
        id: "browser".into(),
        name: "Desktop with browser".into(),
        description: "XFCE with Firefox, files, editor and terminal.".into(),
        icon: "desktop".into(),
        image: settings.browser_image.clone(),
        memory_mib: 1_536,
        cpu_millis: 2_000,
        pids: 512,
        shm_mib: 512,
        is_default: false,
        ..light(settings, now)
    }
}
