//! What a template says besides its image: variables, and what becomes of the home.

use berth_shared::domain::desktop::Status;
use berth_shared::domain::template::{Env, EnvVar, Home};
use berth_shared::lifecycle::Wish;
use berth_shared::store::templates;

use crate::berth::Berth;
use crate::engines::{Which, both_engines};
use crate::rig::{IMAGE, in_home};

both_engines! {
    async fn variables_go_in_and_a_home_that_is_thrown_away_goes_with_the_stop(which: Which, db: TestDb) {
        let berth = Berth::on(which, db, &[]).await;
        let worker = berth.worker();
        let mut template = berth.another_template(IMAGE).await;
        template.env = Env(vec![EnvVar { name: "GREETING".into(), value: "ahoy = $HOME".into() }]);
        template.home = Home::ThrownAway;
        let mut tx = berth.db.begin().await.expect("a transaction");
        templates::update(&mut tx, &template).await.expect("written");
        tx.commit().await.expect("a commit");

        let d = berth.click_on(&template, 2).await;
        let container = berth.wait_for(&d.id, Status::Running).await.container_id.expect("a container");
        let env = berth.rig.raw(&container).await.config.and_then(|config| config.env).unwrap_or_default();
        assert!(env.contains(&"GREETING=ahoy = $HOME".to_owned()), "{env:?}");
        if which == Which::Docker {
            let said = berth.rig.inside(&container, &format!("echo \"$GREETING\"; touch {}", in_home("note"))).await.0;
            assert_eq!(said.trim(), "ahoy = $HOME");
        }
        let home = berth.rig.engine.installation().volume_name(&d.id);
        assert!(berth.rig.docker.inspect_volume(&home).await.is_ok());

        // What it says later holds for desktops that are made later.
        let mut tx = berth.db.begin().await.expect("a transaction");
        template.home = Home::Kept;
        templates::update(&mut tx, &template).await.expect("written");
        tx.commit().await.expect("a commit");
        berth.ask(&d.id, Wish::Stop).await;
        berth.wait_for(&d.id, Status::Stopped).await;
        assert!(berth.rig.docker.inspect_volume(&home).await.is_err(), "the home is gone");
        berth.ask(&d.id, Wish::Start).await;
        let container = berth.wait_for(&d.id, Status::Running).await.container_id.expect("a container");
        if which == Which::Docker {
            let said = berth.rig.inside(&container, &format!("ls {}", in_home("note"))).await;
            assert_ne!(said.1, 0, "{}", said.0);
        }
        worker.end().await;
    }
}
