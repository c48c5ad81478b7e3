//! Credentials for registries: they come in and never go out.
use berth_shared::{
    both_databases,
    domain::user::Role,
    store::registries::{self, PURPOSE},
};
use serde_json::json;

use crate::app::TestApp;

both_databases! {
    async fn they_are_set_listed_without_passwords_and_forgotten(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let path = "/admin/registries/Registry.Example:5000";
        let set = root.send("PUT", path, &json!({ "username": "berth", "password": "s3cret" })).await.ok(200);
        assert_eq!((&set["host"], &set["username"], &set["changed_by"]), (&json!("registry.example:5000"), &json!("berth"), &json!("root")));
        root.send("PUT", path, &json!({ "username": "other", "password": "an0ther" })).await.ok(200);
        let listed = root.get("/admin/registries").await.ok(200);
        assert_eq!((listed["items"].as_array().unwrap().len(), &listed["items"][0]["username"]), (1, &json!("other")));
        assert!(!listed.to_string().contains("an0ther") && listed["items"][0].get("password").is_none());

        let row = registries::get(&mut api.db.read().await.unwrap(), "registry.example:5000").await.unwrap().unwrap();
        assert!(!row.password.contains("an0ther"));
        assert_eq!(api.app.key.open(PURPOSE, "registry.example:5000", &row.password).as_deref(), Some("an0ther"));
        assert_eq!(api.app.key.open(PURPOSE, "registry.example", &row.password), None);

        root.call("DELETE", path).await.ok(204);
        root.call("DELETE", path).await.refused(404, "not_found");
        assert_eq!(root.get("/admin/registries").await.ok(200)["items"], json!([]));
    }

    async fn what_is_no_registry_is_refused(db: TestDb) {
        let api = TestApp::start(&db).await;
        let root = api.signed_in("root", Role::Admin).await;
        let good = json!({ "username": "a", "password": "b" });
        for host in ["https:%2F%2Fx", "a%20b", "x:0", "-x", "user@x"] {
            let refused = root.send("PUT", &format!("/admin/registries/{host}"), &good).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], "host");
        }
        for (body, field) in [
            (json!({ "username": "", "password": "b" }), "username"),
            (json!({ "username": "a", "password": "b\n" }), "password"),
            (json!({ "username": "a" }), "password"),
            (json!({ "username": "a", "password": "b", "x": 1 }), "x"),
        ] {
            let refused = root.send("PUT", "/admin/registries/registry.example", &body).await;
            refused.refused(422, "validation_failed");
            assert_eq!(refused.body["errors"][0]["field"], field);
        }
    }
}
