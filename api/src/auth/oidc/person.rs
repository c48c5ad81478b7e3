//! What a provider says about somebody, and what follows from it: may they sign in, and as what.
use berth_shared::{config::OidcProvider, domain::user::Role};
use serde_json::{Map, Value};

use super::OidcError;

pub type Claims = Map<String, Value>;

/// Somebody whom a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What names them there for ever.
    pub subject: String,
    pub username: String,
    /// Empty: none is said.
    pub display_name: String,
    /// None: the provider's groups say nothing about roles.
    pub role: Option<Role>,
}

impl Person {
    /// # Errors
    /// `NotAllowed` without a group that may sign in; `Failed` without a username.
    pub fn read(settings: &OidcProvider, subject: String, claims: &Claims) -> Result<Self, OidcError> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let username = text(&settings.username_claim)
            .ok_or_else(|| OidcError::failed(format!("there is no claim “{}”", settings.username_claim)))?;
        let groups = groups(claims.get(&settings.groups_claim));
        let is_in = |wanted: &[String]| wanted.iter().any(|group| groups.contains(&group.as_str()));
        if !settings.allowed_groups.is_empty() && !is_in(&settings.allowed_groups) {
            return Err(OidcError::NotAllowed(username.to_owned()));
        }
        let role = settings.sets_roles().then(|| match () {
            () if is_in(&settings.admin_groups) => Role::Admin,
            () if is_in(&settings.operator_groups) => Role::Operator,
            () => Role::User,
        });
        let display_name = text("name").unwrap_or_default().to_owned();
        Ok(Self { subject, username: username.to_owned(), display_name, role })
    }
}

/// Whether a claim that is needed is missing, so that the provider's other answer has to be asked for.
pub fn is_incomplete(settings: &OidcProvider, claims: &Claims) -> bool {
    let needs_groups = settings.sets_roles() || !settings.allowed_groups.is_empty();
    !claims.contains_key(&settings.username_claim)
        || !claims.contains_key("name")
        || (needs_groups && !claims.contains_key(&settings.groups_claim))
}

/// A list of names, or one name.
fn groups(claim: Option<&Value>) -> Vec<&str> {
    match claim {
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings() -> OidcProvider {
        OidcProvider {
            id: "corp".into(),
            name: "Corp".into(),
            issuer: "https://id.example".into(),
            client_id: "berth".into(),
            client_secret: "secret".to_owned().into(),
            scopes: Vec::new(),
            username_claim: "preferred_username".into(),
            groups_claim: "groups".into(),
            admin_groups: vec!["admins".into()],
            operator_groups: vec!["ops".into()],
            allowed_groups: Vec::new(),
            link_by_username: false,
        }
    }

    fn role(settings: &OidcProvider, groups: Value) -> Option<Role> {
        let claims = json!({ "preferred_username": "ada", "groups": groups });
        Person::read(settings, "1".into(), claims.as_object().unwrap()).unwrap().role
    }

    #[test]
    fn roles_follow_groups_where_they_are_set() {
        let set = settings();
        assert_eq!(role(&set, json!(["ops", "admins"])), Some(Role::Admin));
        assert_eq!(role(&set, json!("ops")), Some(Role::Operator));
        assert_eq!(role(&set, json!([1, "others"])), Some(Role::User));
        assert_eq!(role(&set, json!(null)), Some(Role::User));
        let unset = OidcProvider { admin_groups: Vec::new(), operator_groups: Vec::new(), ..set };
        assert_eq!(role(&unset, json!(["admins"])), None);
    }

    #[test]
    fn who_is_in_no_allowed_group_stays_out() {
        let only = OidcProvider { allowed_groups: vec!["staff".into()], ..settings() };
        let read = |claims: Value| Person::read(&only, "1".into(), claims.as_object().unwrap());
        let refused = read(json!({ "preferred_username": "ada", "groups": ["admins"] })).unwrap_err();
        assert_eq!(refused.code(), "oidc_not_allowed");
        assert_eq!(read(json!({ "preferred_username": "ada" })).unwrap_err().code(), "oidc_not_allowed");
        assert!(read(json!({ "preferred_username": "ada", "groups": ["staff"] })).is_ok());
        assert_eq!(read(json!({ "groups": ["staff"] })).unwrap_err().code(), "oidc_failed");
    }
}
