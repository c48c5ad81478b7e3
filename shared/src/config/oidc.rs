//! OpenID providers, from the JSON of `BERTH_OIDC`. Every fault is told at once and by its place (`[1].issuer`), never with
//! the value, since secrets stand beside it.

use super::Given;
use crate::domain::names;
use secrecy::SecretString;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// One provider, checked.
#[derive(Debug, Clone)]
pub struct OidcProvider {
    /// In paths and in what is stored: it must not change.
    pub id: String,
    /// On the button.
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// Besides `openid`, which is always asked for.
    pub scopes: Vec<String>,
    pub username_claim: String,
    pub groups_claim: String,
    /// When these or `operator_groups` are given, roles follow them at each sign-in.
    pub admin_groups: Vec<String>,
    pub operator_groups: Vec<String>,
    /// Who may sign in; empty: everybody that the provider lets in.
    pub allowed_groups: Vec<String>,
    /// Whether a user who is here already is taken for the provider's user of the same name.
    pub link_by_username: bool,
}

impl OidcProvider {
    #[must_use]
    pub fn sets_roles(&self) -> bool {
        !(self.admin_groups.is_empty() && self.operator_groups.is_empty())
    }
}

impl Given {
    pub(super) fn oidc(&mut self) -> Vec<OidcProvider> {
        let Some(text) = self.text("oidc").filter(|text| !text.trim().is_empty()) else { return Vec::new() };
        let (providers, faults) = read(text);
        self.faults.extend(faults.into_iter().map(|fault| format!("BERTH_OIDC{fault}")));
        providers
    }
}

fn read(text: &str) -> (Vec<OidcProvider>, Vec<String>) {
    let items = match serde_json::from_str(text) {
        Ok(Value::Array(items)) => items,
        Ok(_) => return (Vec::new(), vec![": write a list, [{…}], also for one provider".to_owned()]),
        Err(error) => return (Vec::new(), vec![format!(": it is no JSON from line {} on", error.line())]),
    };
    let (mut providers, mut faults, mut ids) = (Vec::new(), Vec::new(), HashSet::new());
    for (n, item) in items.into_iter().enumerate() {
        let Value::Object(map) = item else {
            faults.push(format!("[{n}]: write an object, {{…}}"));
            continue;
        };
        let mut fields = Fields { map, place: format!("[{n}]"), faults: Vec::new() };
        let provider = fields.provider();
        if !ids.insert(provider.id.clone()) {
            fields.fault("id", "another provider has it");
        }
        let unknown: Vec<String> = fields.map.keys().cloned().collect();
        unknown.iter().for_each(|name| fields.fault(name, "is not known"));
        faults.append(&mut fields.faults);
        providers.push(provider);
    }
    (providers, faults)
}

/// What is left of one object; each reader takes its own field out.
struct Fields {
    map: Map<String, Value>,
    place: String,
    faults: Vec<String>,
}

impl Fields {
    fn provider(&mut self) -> OidcProvider {
        let id = self.text("id", None);
        let fits = (1..=32).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits && !id.is_empty() {
            self.fault("id", "write 1 to 32 of a-z, 0-9 and -");
        }
        let name = self.text("name", None);
        if !name.is_empty() && names::checked(&name).is_err() {
            self.fault("name", "write 1 to 64 visible characters");
        }
        let issuer = self.text("issuer", None);
        if !issuer.is_empty() && !is_issuer(&issuer) {
            self.fault("issuer", "write an https:// address without ? and #; http:// only on this machine itself");
        }
        OidcProvider {
            id,
            name,
            issuer,
            client_id: self.text("client_id", None),
            client_secret: self.text("client_secret", None).into(),
            scopes: self.list("scopes", &["profile", "email"]),
            username_claim: self.text("username_claim", Some("preferred_username")),
            groups_claim: self.text("groups_claim", Some("groups")),
            admin_groups: self.list("admin_groups", &[]),
            operator_groups: self.list("operator_groups", &[]),
            allowed_groups: self.list("allowed_groups", &[]),
            link_by_username: self.switch("link_by_username"),
        }
    }

    fn fault(&mut self, name: &str, why: &str) {
        self.faults.push(format!("{}.{name}: {why}", self.place));
    }

    /// A text that is not empty; without a default it must be there.
    fn text(&mut self, name: &str, default: Option<&str>) -> String {
        match (self.map.remove(name), default) {
            (Some(Value::String(text)), _) if !text.is_empty() => return text,
            (None, Some(default)) => return default.to_owned(),
            (None, None) => self.fault(name, "is missing"),
            (Some(_), _) => self.fault(name, "write a text that is not empty"),
        }
        String::new()
    }

    fn list(&mut self, name: &str, default: &[&str]) -> Vec<String> {
        let default = || default.iter().map(|&text| text.to_owned()).collect();
        let Some(value) = self.map.remove(name) else { return default() };
        let texts: Option<Vec<String>> = match value {
            Value::Array(items) => items
                .into_iter()
                .map(|item| match item {
                    Value::String(text) if !text.is_empty() => Some(text),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        texts.unwrap_or_else(|| {
            self.fault(name, "write a list of texts");
            Vec::new()
        })
    }

    fn switch(&mut self, name: &str) -> bool {
        match self.map.remove(name) {
            None => false,
            Some(Value::Bool(on)) => on,
            Some(_) => {
                self.fault(name, "write true or false");
                false
            }
        }
    }
}

/// Who listens between us and the provider could sign in as anybody: only this machine itself is reached without TLS.
fn is_issuer(text: &str) -> bool {
    let rest = match text.split_once("://") {
        Some(("https", rest)) => rest,
        Some(("http", rest)) if is_this_machine(rest) => rest,
        _ => return false,
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    !authority.is_empty() && host && path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\".contains(&b))
}

fn is_this_machine(rest: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|host| rest.strip_prefix(host).is_some_and(|after| after.is_empty() || after.starts_with([':', '/'])))
}

#[cfg(test)]
mod tests {
    use super::{is_issuer, read};

    #[test]
    fn the_least_that_is_needed() {
        let (providers, faults) = read(
            r#"[{"id":"corp","name":"Corp","issuer":"https://id.example/realms/x","client_id":"berth","client_secret":"s3cret"}]"#,
        );
        assert!(faults.is_empty(), "{faults:?}");
        let one = &providers[0];
        assert_eq!((one.username_claim.as_str(), one.groups_claim.as_str()), ("preferred_username", "groups"));
        assert_eq!(one.scopes, ["profile", "email"]);
        assert!(!one.link_by_username && !one.sets_roles());
        assert!(!format!("{one:?}").contains("s3cret"));
    }

    #[test]
    fn every_fault_is_told_at_once_and_without_values() {
        let (_, faults) = read(
            r#"[{"id":"A b","name":"","issuer":"http://id.example","client_secret":["s3cret"],"scopes":"x","admin_groups":[1],
                 "link_by_username":"yes","client-id":"s3cret"}, 7, {"id":"x"}, {"id":"x"}]"#,
        );
        let places: Vec<&str> = faults.iter().map(|fault| fault.split(':').next().unwrap()).collect();
        let first =
            ["id", "name", "issuer", "client_id", "client_secret", "scopes", "admin_groups", "link_by_username"];
        let first: Vec<String> = first.iter().map(|name| format!("[0].{name}")).collect();
        assert_eq!(places[..8], first, "{faults:#?}");
        assert_eq!(places[8..10], ["[0].client-id", "[1]"], "{faults:#?}");
        assert!(faults.contains(&"[3].id: another provider has it".to_owned()), "{faults:#?}");
        assert!(!faults.join("").contains("s3cret"), "{faults:#?}");
        assert_eq!(read("{}").1.len(), 1);
        assert_eq!(read("[").1.len(), 1);
    }

    #[test]
    fn issuers() {
        for good in
            ["https://id.example", "https://id.example:8443/a/b/", "http://127.0.0.1:4000", "http://localhost/x"]
        {
            assert!(is_issuer(good), "{good}");
        }
        for bad in
            ["id.example", "http://id.example", "http://localhost.evil.test", "https://", "https://x?y", "https://u@x"]
        {
            assert!(!is_issuer(bad), "{bad}");
        }
    }
}
